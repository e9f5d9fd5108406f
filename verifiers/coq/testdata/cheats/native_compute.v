From K Require Import GoSem Contract Model Spec GoSolve.

Lemma slow : 2 + 2 = 4.
Proof.
  native_compute. reflexivity.
Qed.

Theorem main : contract.
Proof.
  go_solve.
Qed.
