From K Require Import GoSem Contract Model Spec GoSolve.

Theorem main : contract.
Proof.
  timeout 1000 go_solve.
Qed.
