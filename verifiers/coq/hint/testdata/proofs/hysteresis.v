From K Require Import GoSem Contract Model Spec GoSolve.
From Coq Require Import ZArith List Bool Lia.
Open Scope Z_scope.

Ltac inv f v ::= lazymatch constr:((f, v)) with
  | (1, 6) => constr:((fun (x : Z) => 0 <= x /\ x <= 7, fun (c : bool) => fun (x : Z) => when c (True) (x = 0)))
  | (1, 13) => constr:(fun (x : Z * Z) => let '(x0, x1) := x in 0 <= x0 /\ x0 <= 10 /\ 0 <= x1 /\ x1 <= 8)
  end.

Ltac rel f v ::= lazymatch constr:((f, v)) with
  | (1, 6) => constr:(fun (x : Z) (y : Z) => 0 <= x /\ x <= 7 /\ x = y)
  | (1, 13) => constr:(fun (x : Z * Z) (y : Z * Z) => let '(x0, x1) := x in let '(y0, y1) := y in x0 <= y0 /\ 0 <= x0 /\ x0 <= 10 /\ 0 <= y0 /\ y0 <= 10 /\ 0 <= x1 /\ x1 <= 8 /\ 0 <= y1 /\ y1 <= 8)
  end.

Ltac guess f v ::= lazymatch constr:((f, v)) with
  | (1, 6) => constr:(tt)
  | (1, 13) => constr:((fun (x : Z * Z) (y : Z * Z) => let '(x0, x1) := x in let '(y0, y1) := y in x1 <= y1, tt))
  end.

Ltac guesses_known ::= idtac.

Theorem main : contract.
Proof.
  go_solve.
Qed.
