From K Require Import GoSem Contract Model Spec GoSolve.

From Ltac2 Require Import Ltac2.

Theorem main : contract.
Proof.
  ltac1:(go_solve).
Qed.
