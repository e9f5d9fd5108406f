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

(* The lowest thread of a set is in it. *)
Lemma lowest m : set m -> m <> 0 -> 0 <= tzeros 64 m < 64 /\ Z.testbit m (tzeros 64 m) = true.
Proof.
  unfold set, tzeros. intros Hm Hz. replace (m =? 0) with false by (symmetry; apply Z.eqb_neq; lia).
  assert (Hx : 0 <= Z.land m (- m)) by (apply Z.land_nonneg; lia).
  assert (Hle : Z.land m (- m) <= m) by (rewrite Z.land_comm; apply land_le; lia).
  assert (Hn : Z.land m (- m) <> 0).
  { intros E. replace (- m) with (Z.lnot (m - 1)) in E by (unfold Z.lnot; lia).
    pose proof (land_split (m - 1) m) as S. pose proof (land_le m (m - 1)) as L.
    rewrite Z.ldiff_land, E, Z.land_comm in S. lia. }
  assert (Hb : Z.testbit (Z.land m (- m)) (Z.log2 (Z.land m (- m))) = true) by (apply Z.bit_log2; lia).
  repeat split.
  - apply Z.log2_nonneg.
  - apply Z.log2_lt_pow2; lia.
  - exact (sub_land_l _ _ _ Hb).
Qed.

(* How the contract asks whether a thread is in a set. *)
Lemma inside_set a k : 0 <= k -> Z.testbit a k = true -> Z.land (Z.shiftr a k) 1 = 1.
Proof.
  intros Hk H. change 1 with (Z.ones 1) at 1. rewrite Z.land_ones by lia. change (2 ^ 1) with 2.
  rewrite <- Z.bit0_mod, Z.shiftr_spec by lia. replace (0 + k) with k by lia. rewrite H. reflexivity.
Qed.

Lemma low6 t : 0 <= t < 64 -> Z.land t 63 = t.
Proof. intros H. change 63 with (Z.ones 6). rewrite Z.land_ones by lia. apply Z.mod_small. lia. Qed.
Lemma low6_range t : 0 <= Z.land t 63 < 64.
Proof. pose proof (land_le t 63). lia. Qed.
Lemma u64_id x : set x -> u64 x = x.
Proof. unfold set, u64. intros. apply wrapu_id. lia. Qed.
Lemma u8_id x : 0 <= x < 256 -> u8 x = x.
Proof. unfold u8. intros. apply wrapu_id. lia. Qed.

(* The threads of a set from one on are of the set. *)
Lemma from_on a k : set a -> 0 <= k -> set (Z.shiftl (Z.shiftr a k) k) /\ sub (Z.shiftl (Z.shiftr a k) k) a.
Proof.
  intros Ha Hk. split.
  - rewrite Z.shiftl_mul_pow2, Z.shiftr_div_pow2 by lia. unfold set in *.
    assert (0 < 2 ^ k) by (apply Z.pow_pos_nonneg; lia).
    pose proof (Z.mul_div_le a (2 ^ k)). pose proof (Z.div_pos a (2 ^ k)). nia.
  - intros j H. destruct (Z.ltb_spec j k) as [L | L].
    + destruct (Z.ltb_spec j 0) as [N | N].
      * rewrite Z.testbit_neg_r in H by lia. discriminate.
      * rewrite Z.shiftl_spec_low in H by lia. discriminate.
    + rewrite Z.shiftl_spec_high in H by lia. rewrite Z.shiftr_spec in H by lia.
      replace (j - k + k) with j in H by lia. exact H.
Qed.

(* The last part of the step: some thread of the chosen set runs. *)
Lemma chosen v0 v8 v23 v24 : 0 <= v0 -> set v23 -> set v24 -> v24 <> 0 ->
  exists n r t l, mk1_23 v0 v8 v23 v24 = Ok (n, r, t, l) /\
  0 <= n < 64 /\ set r /\ 0 <= t < 64 /\ Z.testbit v24 t = true /\ (l = 10000 \/ l = 1000).
Proof.
  intros H0 Hr Hs Hn. unfold mk1_23, join, lt, bind. set (k := Z.land v0 63).
  assert (Hk : 0 <= k < 64) by apply low6_range.
  destruct (from_on v24 k Hs ltac:(lia)) as [Ht Hsub]. rewrite (u64_id _ Ht).
  assert (exists v29, (if negb (Z.shiftl (Z.shiftr v24 k) k =? 0) then Ok (Z.shiftl (Z.shiftr v24 k) k) else Ok v24) = Ok v29 /\
    set v29 /\ v29 <> 0 /\ sub v29 v24) as (v29 & E & H29 & N29 & S29).
  { destruct (Z.eqb_spec (Z.shiftl (Z.shiftr v24 k) k) 0); cbn [negb]; eexists; (split; [reflexivity |]); auto using sub_same. }
  rewrite E. unfold mk1_29, lt. destruct (lowest v29 H29 N29) as [Hlow Hbit].
  destruct (Z.land v8 (u64 (v8 - 1)) =? 0); do 4 eexists; (split; [reflexivity |]);
    (split; [apply low6_range |]); (split; [apply set_ldiff; assumption |]); auto.
Qed.

Ltac sets := repeat first [assumption | apply set_land].
Ltac subs := first [exact (sub_same _) | apply sub_land_r | eapply sub_trans; [apply sub_land_l |]; subs].

(* The middle part: the chosen set is of threads that can run, late ones if any
   is late. *)
Lemma narrowed v0 v1 v2 v3 v4 v5 v6 v7 : 0 <= v0 -> set v1 -> set v2 -> set v4 -> set v5 -> set v6 -> set v7 ->
  Z.ldiff v2 v3 <> 0 ->
  exists n r t l, mf1 v0 v1 v2 v3 v4 v5 v6 v7 = Ok (n, r, t, l) /\
  0 <= n < 64 /\ set r /\ 0 <= t < 64 /\ Z.testbit (Z.ldiff v2 v3) t = true /\
  (Z.land (Z.ldiff v2 v3) v4 = 0 \/ Z.testbit v4 t = true) /\ (l = 10000 \/ l = 1000).
Proof.
  intros H0 H1 H2 H4 H5 H6 H7 Hcan. unfold mf1, lt at 1.
  pose proof (set_ldiff v2 v3 H2) as Hset. set (can := Z.ldiff v2 v3) in *.
  replace (can =? 0) with false by (symmetry; apply Z.eqb_neq; exact Hcan).
  assert (exists v23 v24 : Z,
    forall f : Z * Z -> res (Z * Z * Z * Z),
    join 1 23 (if negb (Z.land can v4 =? 0)
      then lt (Z.land v2 v4) (fun v10 => lt (Z.land v1 v10) (fun v11 => lt (Z.land (Z.land can v4) v11) (fun v12 =>
        if v12 =? 0 then lt (Z.land v2 v4) (fun v13 => Ok (v13, Z.land can v4))
        else lt (Z.land (Z.land can v4) v11) (fun v14 => Ok (v11, v14)))))
      else lt (Z.land can v5) (fun v15 => join 1 17 (if negb (v15 =? 0) then lt (Z.land can v5) (fun v16 => Ok v16) else Ok can)
        (fun v17 => mk1_17 v1 v6 v7 v17))) f = f (v23, v24) /\
    set v23 /\ set v24 /\ v24 <> 0 /\ sub v24 can /\ (Z.land can v4 = 0 \/ sub v24 v4)) as (v23 & v24 & K).
  { unfold mk1_17, mk1_20, join, lt.
    repeat match goal with |- context [?a =? 0] => destruct (Z.eqb_spec a 0); cbn [negb bind] end;
    do 2 eexists; intros f; (split; [reflexivity |]);
    (split; [sets |]); (split; [sets |]); (split; [assumption |]); (split; [subs |]);
    first [left; assumption | right; subs | right; eapply sub_trans; [apply sub_land_l | apply sub_land_r] | right; apply sub_land_r]. }
  destruct (K (fun '(v23, v24) => mk1_23 v0 can v23 v24)) as (E & S23 & S24 & N24 & Sub & Late).
  unfold lt at 1. rewrite E.
  destruct (chosen v0 can v23 v24 H0 S23 S24 N24) as (n & r & t & l & E2 & A & B & C & D & F).
  exists n, r, t, l. repeat split; try tauto; try lia; try (apply B); auto.
  destruct Late; auto.
Qed.

Lemma keeps : step_keeps.
Proof.
  intros [s0 s1] [i0 i1 i2 i3 i4 i5] Hs Hinv Hi Hwf. unfold stateOK, inputOK, rng in Hs, Hi. clear Hwf.
  assert (H0 : s0 < 64).
  { unfold Inv, holds, mf0, lt in Hinv. apply Z.ltb_lt. exact Hinv. }
  unfold Step, Post, holds, cf1.
  destruct (Z.eqb_spec (Z.ldiff i0 i1) 0) as [Z0 | NZ].
  - unfold mf1, lt, bind. rewrite Z0. cbn [Z.eqb].
    do 2 eexists. split; [reflexivity |]. unfold stateOK, rng, Inv, holds, mf0, lt.
    split; [lia |]. split; [apply Z.ltb_lt; exact H0 |]. reflexivity.
  - destruct (narrowed s0 s1 i0 i1 i2 i3 i4 i5) as (n & r & t & l & E & Hn & Hr & Ht & Hcan & Hlate & Hl);
      try (unfold set; lia).
    rewrite E. unfold bind. do 2 eexists. split; [reflexivity |]. unfold stateOK, rng, Inv, holds, mf0, lt.
    unfold set in Hr. split; [lia |]. split; [apply Z.ltb_lt; lia |].
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
