From K Require Import GoSem Contract Model Spec GoSolve.

Load "OUTSIDE-kept".

Theorem main : contract.
Proof.
  go_solve.
Qed.
