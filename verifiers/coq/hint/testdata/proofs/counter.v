From K Require Import GoSem Contract Model Spec GoSolve.
From Coq Require Import ZArith List Bool Lia.
Open Scope Z_scope.

Ltac inv f v ::= lazymatch constr:((f, v)) with
  | (1, 6) => constr:(fun (x : Z) => (-1001000) <= x /\ x <= 1000000)
  | (1, 7) => constr:(fun (x : Z) => (-1000000) <= x /\ x <= 1000000)
  end.

Theorem main : contract.
Proof.
  go_solve.
Qed.
