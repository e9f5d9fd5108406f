From K Require Import GoSem Contract Model Spec GoSolve.

Redirect "GoSem" Print nat.

Theorem main : contract.
Proof.
  go_solve.
Qed.
