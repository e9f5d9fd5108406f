From K Require Import GoSem Contract Model Spec GoSolve.

From Coq Require Import Classical.

Theorem main : contract.
Proof.
  go_solve.
Qed.
