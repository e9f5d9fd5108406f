From K Require Import GoSem Contract Model Spec GoSolve.

From Coq Require Import Uint63.

Lemma two : (1 + 1)%uint63 = 2%uint63.
Proof.
  reflexivity.
Qed.
Lemma kept : contract -> (1 + 1)%uint63 = 2%uint63 -> contract.
Proof.
  intros. assumption.
Qed.

Theorem main : contract.
Proof.
  apply kept; [go_solve | exact two].
Qed.
