From K Require Import GoSem Contract Model Spec GoSolve.
From Coq Require Import ZArith List Bool Lia.
Open Scope Z_scope.

Theorem main : contract.
Proof.
  go_solve.
Qed.
