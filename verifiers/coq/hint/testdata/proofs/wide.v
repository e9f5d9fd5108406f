From K Require Import GoSem Contract Model Spec GoSolve.
From Coq Require Import ZArith List Bool Lia.
Open Scope Z_scope.

Ltac inv f v ::= lazymatch constr:((f, v)) with
  | (1, 6) => constr:((fun (x : Z) => (-128) <= x /\ x <= 100, fun (c : bool) => fun (x : Z) => when c (x = 100) (True)))
  end.

Theorem main : contract.
Proof.
  go_solve.
Qed.
