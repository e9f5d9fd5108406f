From K Require Import GoSem Contract Model Spec GoSolve.

Theorem main : contract.
Proof.
  go_solve.
Defined.
