From K Require Import GoSem Contract Model Spec GoSolve.
From Coq Require Import ZArith List Bool Lia.
Open Scope Z_scope.

Ltac inv f v ::= lazymatch constr:((f, v)) with
  | (1, 8) => constr:(fun (s : Z) (i : Z) (x : Z) => 0 <= x /\ s <= x /\ x <= s + 1 * (i - 0))
  | (1, 14) => constr:(fun (s : Z * bool) (i : Z) (x : Z * bool) => let '(s0, s1) := s in let '(x0, x1) := x in 0 <= x0 /\ x0 <= 16)
  end.

Theorem main : contract.
Proof.
  go_solve.
Qed.
