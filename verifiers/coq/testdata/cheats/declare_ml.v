From K Require Import GoSem Contract Model Spec GoSolve.

Declare ML Module "coq-core.plugins.extraction".

Theorem main : contract.
Proof.
  go_solve.
Qed.
