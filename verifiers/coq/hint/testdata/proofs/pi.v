From K Require Import GoSem Contract Model Spec GoSolve.
From Coq Require Import ZArith List Bool Lia.
Open Scope Z_scope.

Ltac inv f v ::= lazymatch constr:((f, v)) with
  | (1, 2) => constr:((fun (x : Z) => 0 <= x /\ x <= 3360, fun (c : bool) => fun (x : Z) => when c (x = 0) (True)))
  | (2, 5) => constr:((fun (x : Z) => (-400) <= x /\ x <= 1500, fun (c : bool) => fun (x : Z) => when c (x = 900) (True)))
  | (2, 10) => constr:(fun (x : Z) => 0 <= x /\ x <= 2560)
  | (2, 14) => constr:((fun (x : Z) => 0 <= x /\ x <= 47, fun (c : bool) => fun (x : Z) => when c (x = 0) (True)))
  | (2, 16) => constr:(fun (x : Z * Z) => let '(x0, x1) := x in 0 <= x0 /\ x0 <= 10 /\ 0 <= x1 /\ x1 <= 2560)
  | (2, 18) => constr:((fun (x : Z) => 0 <= x /\ x <= 10, fun (c : bool) => fun (x : Z) => when c (x = 10) (True)))
  | (2, 22) => constr:(fun (x : Z) => 0 <= x /\ x <= 10)
  end.

Ltac rel f v ::= lazymatch constr:((f, v)) with
  | (1, 2) => constr:(fun (x : Z) (y : Z) => x <= y /\ 0 <= x /\ x <= 3360 /\ 0 <= y /\ y <= 3360)
  | (2, 5) => constr:(fun (x : Z) (y : Z) => x <= y /\ (-400) <= x /\ x <= 1500 /\ (-400) <= y /\ y <= 1500)
  | (2, 10) => constr:(fun (x : Z) (y : Z) => x <= y /\ 0 <= x /\ x <= 2560 /\ 0 <= y /\ y <= 2560)
  | (2, 14) => constr:(fun (x : Z) (y : Z) => x <= y /\ 0 <= x /\ x <= 47 /\ 0 <= y /\ y <= 47)
  | (2, 16) => constr:(fun (x : Z * Z) (y : Z * Z) => let '(x0, x1) := x in let '(y0, y1) := y in x0 <= y0 /\ 0 <= x0 /\ x0 <= 10 /\ 0 <= y0 /\ y0 <= 10 /\ 0 <= x1 /\ x1 <= 2560 /\ 0 <= y1 /\ y1 <= 2560)
  | (2, 18) => constr:(fun (x : Z) (y : Z) => x <= y /\ 0 <= x /\ x <= 10 /\ 0 <= y /\ y <= 10)
  | (2, 22) => constr:(fun (x : Z) (y : Z) => x <= y /\ 0 <= x /\ x <= 10 /\ 0 <= y /\ y <= 10)
  end.

Ltac guess f v ::= lazymatch constr:((f, v)) with
  | (1, 2) => constr:(tt)
  | (2, 5) => constr:(tt)
  | (2, 10) => constr:(tt)
  | (2, 14) => constr:(tt)
  | (2, 16) => constr:((fun (x : Z * Z) (y : Z * Z) => let '(x0, x1) := x in let '(y0, y1) := y in x1 <= y1, tt))
  | (2, 18) => constr:(tt)
  | (2, 22) => constr:(tt)
  end.

Ltac guesses_known ::= idtac.

Theorem main : contract.
Proof.
  go_solve.
Qed.
