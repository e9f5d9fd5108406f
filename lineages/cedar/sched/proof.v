From K Require Import GoSem Contract Model Spec GoSolve.
From Coq Require Import ZArith List Bool Lia.
Open Scope Z_scope.

(* Sets of threads are numbers: what is in a set is a bit that is set. *)
Definition sub (a b : Z) : Prop := forall k, Z.testbit a k = true -> Z.testbit b k = true.
Definition set (a : Z) : Prop := 0 <= a < 18446744073709551616.

Lemma sub_land_l a b : sub (Z.land a b) a.
Proof. intros k H. rewrite Z.land_spec in H. apply andb_prop in H. tauto. Qed.
Lemma sub_land_r a b : sub (Z.land a b) b.
Proof. intros k H. rewrite Z.land_spec in H. apply andb_prop in H. tauto. Qed.
Lemma sub_trans a b c : sub a b -> sub b c -> sub a c.
Proof. intros H K k E. auto. Qed.
Lemma sub_same a : sub a a.
Proof. intros k E. exact E. Qed.
Lemma set_land a b : set a -> set b -> set (Z.land a b).
Proof. unfold set. intros. pose proof (land_le a b). lia. Qed.
Lemma set_ldiff a b : set a -> set (Z.ldiff a b).
Proof. unfold set. intros. pose proof (ldiff_le a b). lia. Qed.

(* How the contract asks whether a thread is in a set. *)
Lemma inside_set a k : 0 <= k -> Z.testbit a k = true -> Z.land (Z.shiftr a k) 1 = 1.
Proof.
  intros Hk H. change 1 with (Z.ones 1) at 1. rewrite Z.land_ones by lia. change (2 ^ 1) with 2.
  rewrite <- Z.bit0_mod, Z.shiftr_spec by lia. replace (0 + k) with k by lia. rewrite H. reflexivity.
Qed.

Lemma low6 t : 0 <= t < 64 -> Z.land t 63 = t.
Proof. intros H. change 63 with (Z.ones 6). rewrite Z.land_ones by lia. apply Z.mod_small. lia. Qed.
Lemma u64_id x : set x -> u64 x = x.
Proof. unfold set, u64. intros. apply wrapu_id. lia. Qed.
Lemma u8_id x : 0 <= x < 256 -> u8 x = x.
Proof. unfold u8. intros. apply wrapu_id. lia. Qed.

Lemma set_lor a b : set a -> set b -> set (Z.lor a b).
Proof.
  unfold set. intros Ha Hb. split; [apply Z.lor_nonneg; lia |].
  destruct (Z.eqb_spec (Z.lor a b) 0) as [E | E]; [lia |].
  assert (0 < Z.lor a b) by (assert (0 <= Z.lor a b) by (apply Z.lor_nonneg; lia); lia).
  apply (Z.log2_lt_pow2 _ 64); [assumption |]. rewrite Z.log2_lor by lia.
  apply Z.max_lub_lt.
  - destruct (Z.eq_dec a 0) as [-> | N]; [reflexivity | apply Z.log2_lt_pow2; lia].
  - destruct (Z.eq_dec b 0) as [-> | N]; [reflexivity | apply Z.log2_lt_pow2; lia].
Qed.
Lemma set_u64 x : set (u64 x).
Proof. unfold set, u64. destruct (wrapu_any 18446744073709551616 x) as (q & _ & H); [lia | exact H]. Qed.
(* What is left of the set on the way down: w threads from t on, not none, all of
   the set. *)
Definition part (first w left t : Z) : Prop :=
  0 < left < 2 ^ w /\ 0 <= t <= 64 - w /\
  forall j, 0 <= j -> Z.testbit left j = true -> Z.testbit first (t + j) = true.

(* What a set has below a place is what it has without the threads above. *)
Lemma rest a h : set a -> 0 <= h -> Z.ldiff a (u64 (Z.shiftl (Z.shiftr a h) h)) = Z.land a (Z.ones h).
Proof.
  intros Ha Hh. rewrite <- Z.ldiff_ones_r by lia. rewrite u64_id by (apply set_ldiff; assumption).
  apply Z.bits_inj'. intros k Hk. rewrite !Z.ldiff_spec, Z.land_spec.
  destruct (Z.testbit a k), (Z.testbit (Z.ones h) k); reflexivity.
Qed.

(* One level goes to a half of it that has a thread. *)
Lemma level first h v3 v4 v5 v6 : 1 <= h <= 32 -> set v3 -> part first (2 * h) v4 v5 ->
  exists a b c d, mb1_8 v3 v4 v5 v6 h = Ok (a, b, c, d, Z.shiftr h 1) /\ set a /\ part first h b c.
Proof.
  intros Hh H3 (Hv & Ht & Hin).
  assert (Hq : 0 < 2 ^ h) by (apply Z.pow_pos_nonneg; lia).
  assert (Hw : 2 ^ (2 * h) = 2 ^ h * 2 ^ h) by (rewrite <- Z.pow_add_r by lia; f_equal; lia).
  assert (H4 : set v4).
  { assert (2 ^ (2 * h) <= 2 ^ 64) by (apply Z.pow_le_mono_r; lia). change (2 ^ 64) with 18446744073709551616 in *. unfold set. lia. }
  unfold mb1_8, lt. rewrite !(low6 h) by lia. rewrite (rest v4 h) by (assumption || lia).
  pose proof (set_u64 (Z.shiftl 1 (Z.land v6 63))) as Hbit. set (bit := u64 (Z.shiftl 1 (Z.land v6 63))) in *.
  assert (Hshift : Z.shiftr v4 h = v4 / 2 ^ h) by (apply Z.shiftr_div_pow2; lia).
  assert (Hones : Z.land v4 (Z.ones h) = v4 mod 2 ^ h) by (apply Z.land_ones; lia).
  pose proof (Z.div_mod v4 (2 ^ h)) as Hsplit. pose proof (Z.mod_pos_bound v4 (2 ^ h) Hq) as Hmod.
  unfold join, bind, mk1_22, lt.
  destruct (negb (Z.shiftr v4 h =? 0) && ((Z.land v4 (Z.ones h) =? 0) || negb (Z.land v3 bit =? 0))) eqn:E.
  - apply andb_prop in E. destruct E as [E _]. apply negb_true_iff, Z.eqb_neq in E.
    do 4 eexists. split; [reflexivity |]. split; [apply set_ldiff; assumption |].
    rewrite (u8_id (v5 + h)) by lia. unfold part. split; [| split; [lia |]].
    + assert (0 <= Z.shiftr v4 h) by (apply Z.shiftr_nonneg; lia). split; [lia |].
      rewrite Hshift. apply Z.div_lt_upper_bound; [lia |]. rewrite <- Hw. lia.
    + intros j Hj H. rewrite Z.shiftr_spec in H by lia. replace (v5 + h + j) with (v5 + (j + h)) by lia. apply Hin; [lia | exact H].
  - assert (N : Z.land v4 (Z.ones h) <> 0).
    { intros Z0. rewrite Z0 in E. cbn [Z.eqb orb] in E. rewrite andb_true_r in E. apply negb_false_iff, Z.eqb_eq in E. rewrite Hones in Z0. rewrite Hshift in E. lia. }
    do 4 eexists. split; [reflexivity |]. split; [apply set_lor; assumption |].
    unfold part. split; [lia | split; [lia |]].
    intros j Hj H. apply Hin; [lia |]. exact (sub_land_l _ _ _ H).
Qed.

(* The way down ends at a thread of the set. *)
Lemma down v0 v1 v2 : set v0 -> set v2 -> v2 <> 0 ->
  exists tree t, mf1 v0 v1 v2 = Ok (tree, v1, t) /\ set tree /\ 0 <= t < 64 /\ Z.testbit v2 t = true.
Proof.
  intros H0 H2 N.
  assert (P0 : part v2 (2 * 32) v2 0).
  { unfold part, set in *. change (2 ^ (2 * 32)) with 18446744073709551616. split; [lia | split; [lia | intros j _ H; exact H]]. }
  unfold mf1, join, loop. change (Z.to_nat (6 - 0)) with 6%nat. cbn [forN].
  destruct (level v2 32 v0 v2 0 0 ltac:(lia) H0 P0) as (a1 & b1 & c1 & d1 & E1 & S1 & P1).
  rewrite E1. change (Z.shiftr 32 1) with 16. cbn [bind].
  destruct (level v2 16 a1 b1 c1 d1 ltac:(lia) S1 P1) as (a2 & b2 & c2 & d2 & E2 & S2 & P2).
  rewrite E2. change (Z.shiftr 16 1) with 8. cbn [bind].
  destruct (level v2 8 a2 b2 c2 d2 ltac:(lia) S2 P2) as (a3 & b3 & c3 & d3 & E3 & S3 & P3).
  rewrite E3. change (Z.shiftr 8 1) with 4. cbn [bind].
  destruct (level v2 4 a3 b3 c3 d3 ltac:(lia) S3 P3) as (a4 & b4 & c4 & d4 & E4 & S4 & P4).
  rewrite E4. change (Z.shiftr 4 1) with 2. cbn [bind].
  destruct (level v2 2 a4 b4 c4 d4 ltac:(lia) S4 P4) as (a5 & b5 & c5 & d5 & E5 & S5 & P5).
  rewrite E5. change (Z.shiftr 2 1) with 1. cbn [bind].
  destruct (level v2 1 a5 b5 c5 d5 ltac:(lia) S5 P5) as (a6 & b6 & c6 & d6 & E6 & S6 & P6).
  rewrite E6. cbn [bind]. do 2 eexists. split; [reflexivity |].
  destruct P6 as (Hb & Hc & Hin). change (2 ^ 1) with 2 in Hb. replace b6 with 1 in Hin by lia.
  split; [assumption |]. split; [lia |]. replace c6 with (c6 + 0) by lia. apply Hin; [lia | reflexivity].
Qed.

Ltac sets := repeat first [assumption | apply set_land].
Ltac subs := first [exact (sub_same _) | apply sub_land_r | eapply sub_trans; [apply sub_land_l |]; subs].

(* The step: the set is of threads that can run, late ones if any is late. *)
Lemma narrowed v0 v1 v2 v3 v4 v5 v6 v7 : set v0 -> set v1 -> set v2 -> set v4 -> Z.ldiff v2 v3 <> 0 ->
  exists n r t l, mf2 v0 v1 v2 v3 v4 v5 v6 v7 = Ok (n, r, t, l) /\
  set n /\ set r /\ 0 <= t < 64 /\ Z.testbit (Z.ldiff v2 v3) t = true /\
  (Z.land (Z.ldiff v2 v3) v4 = 0 \/ Z.testbit v4 t = true) /\ (l = 10000 \/ l = 1000).
Proof.
  intros H0 H1 H2 H4 Hcan. unfold mf2, lt at 1.
  pose proof (set_ldiff v2 v3 H2) as Hset. set (can := Z.ldiff v2 v3) in *.
  replace (can =? 0) with false by (symmetry; apply Z.eqb_neq; exact Hcan).
  assert (exists v15 v16 : Z,
    forall f : Z * Z -> res (Z * Z * Z * Z),
    join 2 15 (if negb (Z.land can v4 =? 0)
      then lt (Z.land v2 v4) (fun v10 => lt (Z.land v1 v10) (fun v11 => lt (Z.land (Z.land can v4) v11) (fun v12 =>
        if v12 =? 0 then lt (Z.land v2 v4) (fun v13 => Ok (v13, Z.land can v4))
        else lt (Z.land (Z.land can v4) v11) (fun v14 => Ok (v11, v14)))))
      else Ok (v1, can)) f = f (v15, v16) /\
    set v15 /\ set v16 /\ v16 <> 0 /\ sub v16 can /\ (Z.land can v4 = 0 \/ sub v16 v4)) as (v15 & v16 & K).
  { unfold join, lt.
    repeat match goal with |- context [?a =? 0] => destruct (Z.eqb_spec a 0); cbn [negb bind] end;
    do 2 eexists; intros f; (split; [reflexivity |]);
    (split; [sets |]); (split; [sets |]); (split; [assumption |]); (split; [subs |]);
    first [left; assumption | right; subs | right; eapply sub_trans; [apply sub_land_l | apply sub_land_r] | right; apply sub_land_r]. }
  destruct (K (fun '(v15, v16) => mk2_15 v0 can v15 v16)) as (E & S15 & S16 & N16 & Sub & Late).
  unfold lt at 1. rewrite E.
  destruct (down v0 v15 v16 H0 S16 N16) as (tree & t & D & St & Ht & Hbit).
  unfold mk2_15, join. rewrite D. cbn [bind]. unfold mk2_17, lt.
  assert (Z.land can v4 = 0 \/ Z.testbit v4 t = true) by (destruct Late; auto).
  destruct (Z.land can (u64 (can - 1)) =? 0); do 4 eexists; (split; [reflexivity |]);
    (split; [assumption |]); (split; [apply set_ldiff; assumption |]); (split; [assumption |]); (split; [apply Sub; assumption |]); auto.
Qed.

Lemma keeps : step_keeps.
Proof.
  intros [s0 s1] [i0 i1 i2 i3 i4 i5] Hs Hinv Hi Hwf. unfold stateOK, inputOK, rng in Hs, Hi. clear Hwf Hinv.
  unfold Step, Post, holds, cf1.
  destruct (Z.eqb_spec (Z.ldiff i0 i1) 0) as [Z0 | NZ].
  - unfold mf2, lt, bind. rewrite Z0. cbn [Z.eqb].
    do 2 eexists. split; [reflexivity |]. unfold stateOK, rng, Inv, holds, mf0, lt.
    split; [lia |]. split; reflexivity.
  - destruct (narrowed s0 s1 i0 i1 i2 i3 i4 i5) as (n & r & t & l & E & Hn & Hr & Ht & Hcan & Hlate & Hl);
      try (unfold set; lia); try assumption.
    rewrite E. unfold bind. do 2 eexists. split; [reflexivity |]. unfold stateOK, rng, Inv, holds, mf0, lt.
    unfold set in Hn, Hr. split; [lia |]. split; [reflexivity |].
    replace (Z.ldiff i0 i1 =? 0) with false by (symmetry; apply Z.eqb_neq; exact NZ).
    rewrite (low6 t Ht), (inside_set _ t (proj1 Ht) Hcan).
    replace (64 <=? t) with false by (symmetry; apply Z.leb_gt; lia).
    destruct Hlate as [Hnone | Hlate].
    + rewrite Hnone. destruct Hl as [-> | ->]; reflexivity.
    + rewrite (inside_set _ t (proj1 Ht) Hlate), orb_true_r. destruct Hl as [-> | ->]; reflexivity.
Qed.

Theorem main : contract.
Proof.
  split; [| split].
  - unfold some_input, inputOK, example, rng. split; [lia | reflexivity].
  - unfold init_keeps, Init. eexists. split; [reflexivity |]. unfold stateOK, rng. split; [lia | reflexivity].
  - exact keeps.
Qed.
