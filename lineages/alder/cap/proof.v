From K Require Import GoSem Contract Model Spec GoSolve.
From Coq Require Import ZArith List Bool Lia.
Open Scope Z_scope.

(* A module that decides by questions is proven by asking them: each is answered
   both ways, once, wherever it stands. *)
Ltac known := match goal with
  | H : ?a = true |- context [?a] => rewrite H
  | H : ?a = false |- context [?a] => rewrite H
  end.
Ltac ask b := lazymatch b with
  | if ?c then _ else _ => ask c
  | _ => destruct b eqn:?
  end.
Ltac question := match goal with |- context [if ?b then _ else _] => ask b end.
Ltac numbers := repeat match goal with
  | H : Z.eqb _ _ = true |- _ => apply Z.eqb_eq in H
  | H : Z.eqb _ _ = false |- _ => apply Z.eqb_neq in H
  | H : Z.leb _ _ = true |- _ => apply Z.leb_le in H
  | H : Z.leb _ _ = false |- _ => apply Z.leb_gt in H
  | H : Z.ltb _ _ = true |- _ => apply Z.ltb_lt in H
  | H : Z.ltb _ _ = false |- _ => apply Z.ltb_ge in H
  end.
Ltac impossible := exfalso; numbers; lia.
Ltac simple_now := cbv - [Z.eqb Z.leb Z.ltb Z.ldiff Z.add Z.modulo Z.le u8 u16].

Lemma u8_id x : 0 <= x < 256 -> u8 x = x.
Proof.
  intros H. unfold u8, wrapu. replace (0 <=? x) with true by (symmetry; apply Z.leb_le; lia).
  replace (x <? 256) with true by (symmetry; apply Z.ltb_lt; lia). reflexivity.
Qed.
Lemma u16_id x : 0 <= x < 65536 -> u16 x = x.
Proof.
  intros H. unfold u16, wrapu. replace (0 <=? x) with true by (symmetry; apply Z.leb_le; lia).
  replace (x <? 65536) with true by (symmetry; apply Z.ltb_lt; lia). reflexivity.
Qed.

Lemma keeps : step_keeps.
Proof.
  intros [s0] [i0 i1 i2 i3 i4 i5 i6 i7 i8 i9] Hs Hinv Hi Hwf.
  unfold stateOK, inputOK, rng in Hs, Hi.
  assert (Hw : i0 <= 2 /\ i2 <= 8 /\ i3 <= 8 /\ i4 <= 15 /\ i5 <= 15 /\ i8 <= 15).
  { revert Hwf. simple_now. repeat (first [known | question]; cbv beta iota); intros Hwf; try discriminate Hwf; numbers; lia. }
  clear Hwf Hinv.
  assert (H8 : u8 (i8 + 1) = i8 + 1) by (apply u8_id; lia).
  assert (H16 : u16 (i8 + 1) = i8 + 1) by (apply u16_id; lia).
  simple_now. rewrite ?H8.
  repeat (question; cbv beta iota);
  (do 2 eexists; split; [reflexivity |]; numbers; subst; split; [split; lia |]; split; [reflexivity |]);
  simple_now; rewrite ?H16; repeat (first [known | question]; cbv beta iota); try apply Z.eqb_refl; try reflexivity;
  rewrite ?Z.ldiff_diag in *; impossible.
Qed.

Theorem main : contract.
Proof.
  split; [| split].
  - simple_now. repeat split; try reflexivity; try lia.
  - eexists. split; [reflexivity |]. simple_now. repeat split; try reflexivity; lia.
  - exact keeps.
Qed.
