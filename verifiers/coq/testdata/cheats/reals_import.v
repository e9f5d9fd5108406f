From K Require Import GoSem Contract Model Spec GoSolve.

From Coq Require Import Reals.Reals.

Theorem main : contract.
Proof.
  go_solve.
Qed.
