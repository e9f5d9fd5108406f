From K Require Import GoSem Contract Model Spec GoSolve.
From Coq Require Import ZArith List Bool Lia.
Open Scope Z_scope.

Lemma u8_id x : 0 <= x < 256 -> u8 x = x.
Proof. unfold u8. intros. apply wrapu_id. lia. Qed.
Lemma u16_id x : 0 <= x < 65536 -> u16 x = x.
Proof. unfold u16. intros. apply wrapu_id. lia. Qed.
Lemma i16_id x : -32768 <= x < 32768 -> i16 x = x.
Proof.
  intros H. unfold i16, wraps. replace (- (32768) <=? x) with true by (symmetry; apply Z.leb_le; lia).
  replace (x <? 32768) with true by (symmetry; apply Z.ltb_lt; lia). reflexivity.
Qed.

(* The place of a temperature in a table: it rises with the temperature. *)
Definition place (v from w : Z) : Z := Z.min (Z.max (Z.quot (v - from) w) 0) 14.
Lemma place_rises a b from w : 0 < w -> a <= b -> place a from w <= place b from w.
Proof. intros Hw H. unfold place. pose proof (Z.quot_le_mono (a - from) (b - from) w). lia. Qed.
Lemma place_range v from w : 0 <= place v from w <= 14.
Proof. unfold place. lia. Qed.
Lemma band v from w : -3000 <= v <= 3000 -> 0 <= from <= 1000 -> w = 10 \/ w = 30 -> mf1 v from w = Ok (place v from w).
Proof.
  intros Hv Hf Hw. unfold mf1, join, lt, bind, mk1_5, mk1_6, join, lt, bind, divz.
  rewrite (i16_id (v - from)) by lia.
  assert (Hlow : Z.quot (-4000) w <= Z.quot (v - from) w) by (apply Z.quot_le_mono; lia).
  assert (Hhigh : Z.quot (v - from) w <= Z.quot 4000 w) by (apply Z.quot_le_mono; lia).
  assert (Hl : -400 <= Z.quot (-4000) w) by (destruct Hw as [-> | ->]; compute; discriminate).
  assert (Hh : Z.quot 4000 w <= 400) by (destruct Hw as [-> | ->]; compute; discriminate).
  replace (w =? 0) with false by (symmetry; apply Z.eqb_neq; lia).
  rewrite i16_id by lia. rewrite u8_id by lia. reflexivity.
Qed.

(* Both tables rise. *)
Lemma curve i j : 0 <= i -> i <= j -> j <= 14 -> exists a b, aget mt0 i = Ok a /\ aget mt0 j = Ok b /\ 0 <= a /\ a <= b /\ b <= 10.
Proof.
  intros Hi H Hj.
  assert (Ci : i = 0 \/ i = 1 \/ i = 2 \/ i = 3 \/ i = 4 \/ i = 5 \/ i = 6 \/ i = 7 \/ i = 8 \/ i = 9 \/ i = 10 \/ i = 11 \/ i = 12 \/ i = 13 \/ i = 14) by lia.
  assert (Cj : j = 0 \/ j = 1 \/ j = 2 \/ j = 3 \/ j = 4 \/ j = 5 \/ j = 6 \/ j = 7 \/ j = 8 \/ j = 9 \/ j = 10 \/ j = 11 \/ j = 12 \/ j = 13 \/ j = 14) by lia.
  repeat match goal with C : _ \/ _ |- _ => destruct C end; subst; try (exfalso; lia);
    do 2 eexists; (split; [reflexivity |]); (split; [reflexivity |]); lia.
Qed.
Lemma slow i j : 0 <= i -> i <= j -> j <= 14 -> exists a b, aget mt1 i = Ok a /\ aget mt1 j = Ok b /\ 0 <= a /\ a <= b /\ b <= 4.
Proof.
  intros Hi H Hj.
  assert (Ci : i = 0 \/ i = 1 \/ i = 2 \/ i = 3 \/ i = 4 \/ i = 5 \/ i = 6 \/ i = 7 \/ i = 8 \/ i = 9 \/ i = 10 \/ i = 11 \/ i = 12 \/ i = 13 \/ i = 14) by lia.
  assert (Cj : j = 0 \/ j = 1 \/ j = 2 \/ j = 3 \/ j = 4 \/ j = 5 \/ j = 6 \/ j = 7 \/ j = 8 \/ j = 9 \/ j = 10 \/ j = 11 \/ j = 12 \/ j = 13 \/ j = 14) by lia.
  repeat match goal with C : _ \/ _ |- _ => destruct C end; subst; try (exfalso; lia);
    do 2 eexists; (split; [reflexivity |]); (split; [reflexivity |]); lia.
Qed.

(* The mean load, and half of it. *)
Lemma mean s l : 0 <= s <= 100 -> 0 <= l <= 100 ->
  exists m k, 0 <= m <= 100 /\ 0 <= k <= 50 /\ divz u16 (u16 (u16 (3 * s) + l)) 4 = Ok m /\ divz u16 m 2 = Ok k.
Proof.
  intros Hs Hl. rewrite (u16_id (3 * s)), (u16_id (3 * s + l)) by lia.
  assert (M : 0 <= Z.quot (3 * s + l) 4 <= 100).
  { pose proof (Z.quot_le_mono 0 (3 * s + l) 4) as A. pose proof (Z.quot_le_mono (3 * s + l) 400 4) as B.
    change (Z.quot 0 4) with 0 in A. change (Z.quot 400 4) with 100 in B. lia. }
  set (m := Z.quot (3 * s + l) 4) in *.
  assert (K : 0 <= Z.quot m 2 <= 50).
  { pose proof (Z.quot_le_mono 0 m 2) as A. pose proof (Z.quot_le_mono m 100 2) as B.
    change (Z.quot 0 2) with 0 in A. change (Z.quot 100 2) with 50 in B. lia. }
  exists m, (Z.quot m 2). split; [assumption |]. split; [assumption |]. unfold divz. cbn [Z.eqb].
  fold m. rewrite !u16_id by lia. split; reflexivity.
Qed.

(* Two steps of one state, with one load. *)
Lemma pair s a b l f : 0 <= s <= 100 -> -400 <= a -> a <= b -> b <= 1500 -> 0 <= l <= 100 ->
  exists m fa ta fb tb, 0 <= m <= 100 /\ mf2 s a l f = Ok (m, fa, ta) /\ mf2 s b l f = Ok (m, fb, tb) /\
  0 <= fa /\ fa <= fb /\ fb <= 10 /\ 0 <= ta /\ ta <= tb /\ tb <= 4 /\
  (f || (900 <=? b) = true -> fb = 10 /\ tb = 4).
Proof.
  intros Hs Ha Hab Hb Hl. destruct (mean s l Hs Hl) as (m & k & Hm & Hk & Em & Ek).
  destruct (curve (place (a + k) 535 30) (place (b + k) 535 30)) as (fa & fb & A1 & A2 & A3 & A4 & A5);
    try apply place_range; [apply place_rises; lia |].
  destruct (slow (place a 705 10) (place b 705 10)) as (ta & tb & B1 & B2 & B3 & B4 & B5);
    try apply place_range; [apply place_rises; lia |].
  assert (R : forall v, -400 <= v <= 1500 -> mf2 s v l f =
    if f || (900 <=? v) then Ok (m, 10, 4) else bind (aget mt0 (place (v + k) 535 30)) (fun p => bind (aget mt1 (place v 705 10)) (fun q => Ok (m, p, q)))).
  { intros v Hv. unfold mf2, lt. rewrite Em. cbn [bind]. destruct (f || (900 <=? v)); [reflexivity |].
    rewrite Ek. cbn [bind]. rewrite (i16_id k), (i16_id (v + k)) by lia. unfold join, mk2_11, join, mk2_12.
    rewrite (band (v + k)), (band v) by lia. reflexivity. }
  rewrite (R a), (R b) by lia.
  destruct (f || (900 <=? a)) eqn:Ca; destruct (f || (900 <=? b)) eqn:Cb.
  - do 5 eexists. split; [exact Hm |]. split; [reflexivity |]. split; [reflexivity |]. repeat split; lia.
  - exfalso. apply orb_true_iff in Ca. apply orb_false_iff in Cb. destruct Cb as [-> Cb]. destruct Ca as [Ca | Ca]; [discriminate Ca |].
    apply Z.leb_le in Ca. apply Z.leb_gt in Cb. lia.
  - rewrite A1. cbn [bind]. rewrite B1. cbn [bind].
    do 5 eexists. split; [exact Hm |]. split; [reflexivity |]. split; [reflexivity |]. repeat split; lia.
  - rewrite A1, A2. cbn [bind]. rewrite B1, B2. cbn [bind].
    do 5 eexists. split; [exact Hm |]. split; [reflexivity |]. split; [reflexivity |]. repeat split; try lia; discriminate.
Qed.

Lemma inputs a l f : inputOK (mkInput a l f) -> Wf (mkInput a l f) = true -> -400 <= a /\ a <= 1500 /\ 0 <= l <= 100.
Proof.
  unfold inputOK, rng, Wf, holds, cf0, lt. intros Hi Hw. apply andb_prop in Hw. destruct Hw as [Hw C].
  apply andb_prop in Hw. destruct Hw as [A B]. apply Z.leb_le in A. apply Z.leb_le in B. apply Z.leb_le in C. lia.
Qed.
Lemma states s : stateOK (mkState s) -> Inv (mkState s) = true -> 0 <= s <= 100.
Proof. unfold stateOK, rng, Inv, holds, mf0, lt. intros Hs H. apply Z.leb_le in H. lia. Qed.

Lemma keeps : step_keeps.
Proof.
  intros [s] [a l f] Hs Hinv Hi Hwf. pose proof (states s Hs Hinv) as S. pose proof (inputs a l f Hi Hwf) as (A & B & L).
  destruct (pair s a a l f) as (m & fa & ta & fb & tb & Hm & _ & E & F1 & F2 & F3 & T1 & T2 & T3 & H); try lia.
  unfold Step. rewrite E. cbn [bind]. do 2 eexists. split; [reflexivity |].
  unfold stateOK, rng, Inv, Post, holds, mf0, cf1, lt. split; [lia |]. split; [apply Z.leb_le; lia |].
  destruct (f || (900 <=? a)).
  - destruct (H eq_refl) as [-> ->]. reflexivity.
  - apply andb_true_intro. split; apply Z.leb_le; lia.
Qed.

Lemma runs : two_runs.
Proof.
  intros [s] [a l f] [b l2 f2] Hs Hinv Ha Hb Wa Wb Hrel. pose proof (states s Hs Hinv) as S.
  pose proof (inputs a l f Ha Wa) as (A1 & A2 & A3). pose proof (inputs b l2 f2 Hb Wb) as (B1 & B2 & B3).
  unfold Rel, holds, cf2, lt in Hrel. apply andb_prop in Hrel. destruct Hrel as [Hrel R3].
  apply andb_prop in Hrel. destruct Hrel as [R1 R2]. apply Z.leb_le in R1. apply Z.eqb_eq in R2. apply Bool.eqb_prop in R3. subst l2 f2.
  destruct (pair s a b l f) as (m & fa & ta & fb & tb & Hm & Ea & Eb & F1 & F2 & F3 & T1 & T2 & T3 & H); try lia.
  unfold Step. rewrite Ea, Eb. cbn [bind]. do 4 eexists. split; [reflexivity |]. split; [reflexivity |].
  unfold RelPost, holds, cf3, lt. apply andb_true_intro. split; apply Z.leb_le; lia.
Qed.

Theorem main : contract.
Proof.
  split; [| split; [| split]].
  - unfold some_input, inputOK, example, rng. split; [lia | reflexivity].
  - unfold init_keeps, Init. eexists. split; [reflexivity |]. unfold stateOK, rng. split; [lia | reflexivity].
  - exact keeps.
  - exact runs.
Qed.
