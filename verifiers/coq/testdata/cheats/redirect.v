From K Require Import GoSem Contract Model Spec GoSolve.

Redirect "OUTSIDE" Print nat.

Theorem main : contract.
Proof.
  go_solve.
Qed.
