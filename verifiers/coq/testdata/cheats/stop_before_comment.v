From K Require Import GoSem Contract Model Spec GoSolve.

Definition one := 1.(* . *)

Theorem main : contract.
Proof.
  go_solve.
Qed.
