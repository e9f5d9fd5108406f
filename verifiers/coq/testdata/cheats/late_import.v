From K Require Import GoSem Contract Model Spec GoSolve.

Definition one := 1.
From K Require Import GoSem Contract Model Spec GoSolve.

Theorem main : contract.
Proof.
  go_solve.
Qed.
