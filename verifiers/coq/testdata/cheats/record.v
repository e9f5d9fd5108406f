From K Require Import GoSem Contract Model Spec GoSolve.

Record box := { inside : False }.

Theorem main : contract.
Proof.
  go_solve.
Qed.
