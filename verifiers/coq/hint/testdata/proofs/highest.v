From K Require Import GoSem Contract Model Spec GoSolve.
From Coq Require Import ZArith List Bool Lia.
Open Scope Z_scope.

Ltac inv f v ::= lazymatch constr:((f, v)) with
  | (1, 7) => constr:(fun (s : Z) (i : Z) (x : Z) => (-400) <= x /\ x <= 1500 /\ s <= x)
  end.

Theorem main : contract.
Proof.
  go_solve.
Qed.
