From K Require Import GoSem Contract Model Spec GoSolve.

Theorem other : contract.
Proof.
  go_solve.
Qed.
