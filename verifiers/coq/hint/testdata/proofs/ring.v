From K Require Import GoSem Contract Model Spec GoSolve.
From Coq Require Import ZArith List Bool Lia.
Open Scope Z_scope.

Ltac inv f v ::= lazymatch constr:((f, v)) with
  | (1, 11) => constr:(fun (s : Z) (i : Z) (x : Z) => 0 <= x /\ s <= x /\ x <= s + 4000 * (i - 0))
  end.

Theorem main : contract.
Proof.
  go_solve.
Qed.
