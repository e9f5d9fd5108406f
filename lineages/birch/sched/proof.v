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
Lemma sub_ldiff a b : sub (Z.ldiff a b) a.
Proof. intros k H. rewrite Z.ldiff_spec in H. apply andb_prop in H. tauto. Qed.

(* The last part of the step: some thread of the chosen set runs. *)
Lemma chosen v0 v13 v23 v24 : set v13 -> set v23 -> set v24 -> v24 <> 0 ->
  exists n u r t l, mk1_23 v0 v13 v23 v24 = Ok (n, u, r, t, l) /\
  0 <= n < 64 /\ set u /\ set r /\ 0 <= t < 64 /\ Z.testbit v24 t = true /\ 100 <= l <= 10000.
Proof.
  intros Hu Hr Hs Hn. unfold mk1_23, join, lt, bind. set (k := Z.land (u8 (v0 + 1)) 63).
  assert (Hk : 0 <= k < 64) by apply low6_range.
  destruct (from_on v24 k Hs ltac:(lia)) as [Ht Hsub]. rewrite (u64_id _ Ht).
  assert (exists v29, (if negb (Z.shiftl (Z.shiftr v24 k) k =? 0) then Ok (Z.shiftl (Z.shiftr v24 k) k) else Ok v24) = Ok v29 /\
    set v29 /\ v29 <> 0 /\ sub v29 v24) as (v29 & E & H29 & N29 & S29).
  { destruct (Z.eqb_spec (Z.shiftl (Z.shiftr v24 k) k) 0); cbn [negb]; eexists; (split; [reflexivity |]); auto using sub_same. }
  rewrite E. unfold mk1_29, lt. destruct (lowest v29 H29 N29) as [Hlow Hbit].
  destruct (Z.land (Z.shiftr v13 (Z.land (tzeros 64 v29) 63)) 1 =? 1); do 5 eexists; (split; [reflexivity |]);
    (split; [apply low6_range |]); (split; [assumption |]); (split; [apply set_ldiff; assumption |]);
    (split; [assumption |]); (split; [apply S29; assumption | lia]).
Qed.

Ltac sets := repeat first [assumption | apply set_land | apply set_ldiff].
Ltac subs := first [exact (sub_same _) | apply sub_land_r | apply sub_ldiff | eapply sub_trans; [apply sub_land_l |]; subs].

(* The middle part: the chosen set is of threads that can run, late ones if any
   is late. *)
Lemma narrowed v0 v1 v2 v3 v4 v5 : set v1 -> set v2 -> set v3 -> set v5 -> Z.ldiff v3 v4 <> 0 ->
  forall v6 v7 v8, exists n u r t l, mf1 v0 v1 v2 v3 v4 v5 v6 v7 v8 = Ok (n, u, r, t, l) /\
  0 <= n < 64 /\ set u /\ set r /\ 0 <= t < 64 /\ Z.testbit (Z.ldiff v3 v4) t = true /\
  (Z.land (Z.ldiff v3 v4) v5 = 0 \/ Z.testbit v5 t = true) /\ 100 <= l <= 10000.
Proof.
  intros H1 H2 H3 H5 Hcan v6 v7 v8. unfold mf1, lt at 1 2 3 4 5 6.
  pose proof (set_u64 (Z.shiftl 1 (Z.land v0 63))) as Hran.
  set (ran := u64 (Z.shiftl 1 (Z.land v0 63))) in *.
  assert (Hused : set (Z.lor (Z.ldiff v1 ran) (Z.land v3 ran))) by (apply set_lor; sets).
  set (used := Z.lor (Z.ldiff v1 ran) (Z.land v3 ran)) in *.
  pose proof (set_ldiff v3 v4 H3) as Hset. set (can := Z.ldiff v3 v4) in *.
  replace (can =? 0) with false by (symmetry; apply Z.eqb_neq; exact Hcan).
  assert (exists v23 v24 : Z,
    forall f : Z * Z -> res (Z * Z * Z * Z * Z),
    join 1 23 (if negb (Z.land can v5 =? 0)
      then lt (Z.land v3 v5) (fun v16 => lt (Z.land v2 v16) (fun v17 => lt (Z.land (Z.land can v5) v17) (fun v18 =>
        if v18 =? 0 then lt (Z.land v3 v5) (fun v19 => Ok (v19, Z.land can v5))
        else lt (Z.land (Z.land can v5) v17) (fun v20 => Ok (v17, v20)))))
      else lt (Z.ldiff can used) (fun v21 => if negb (v21 =? 0) then lt (Z.ldiff can used) (fun v22 => Ok (v2, v22)) else Ok (v2, can))) f = f (v23, v24) /\
    set v23 /\ set v24 /\ v24 <> 0 /\ sub v24 can /\ (Z.land can v5 = 0 \/ sub v24 v5)) as (v23 & v24 & K).
  { unfold join, lt.
    repeat match goal with |- context [?a =? 0] => destruct (Z.eqb_spec a 0); cbn [negb bind] end;
    do 2 eexists; intros f; (split; [reflexivity |]);
    (split; [sets |]); (split; [sets |]); (split; [assumption |]); (split; [subs |]);
    first [left; assumption | right; subs | right; eapply sub_trans; [apply sub_land_l | apply sub_land_r] | right; apply sub_land_r]. }
  destruct (K (fun '(v23, v24) => mk1_23 v0 used v23 v24)) as (E & S23 & S24 & N24 & Sub & Late).
  unfold lt at 1. rewrite E.
  destruct (chosen v0 used v23 v24 Hused S23 S24 N24) as (n & u & r & t & l & E2 & A & U & B & C & D & F).
  exists n, u, r, t, l. repeat split; try tauto; try lia; try (apply U); try (apply B); auto.
  destruct Late; auto.
Qed.

Lemma keeps : step_keeps.
Proof.
  intros [s0 s1 s2] [i0 i1 i2 i3 i4 i5] Hs Hinv Hi Hwf. unfold stateOK, inputOK, rng in Hs, Hi. clear Hwf.
  assert (H0 : s0 < 64).
  { unfold Inv, holds, mf0, lt in Hinv. apply Z.ltb_lt. exact Hinv. }
  unfold Step, Post, holds, cf1.
  destruct (Z.eqb_spec (Z.ldiff i0 i1) 0) as [Z0 | NZ].
  - assert (Hused : set (Z.lor (Z.ldiff s1 (u64 (Z.shiftl 1 (Z.land s0 63)))) (Z.land i0 (u64 (Z.shiftl 1 (Z.land s0 63)))))).
    { pose proof (set_u64 (Z.shiftl 1 (Z.land s0 63))). apply set_lor; [apply set_ldiff | apply set_land]; try assumption; unfold set; lia. }
    unfold mf1, lt, bind. rewrite Z0. cbn [Z.eqb].
    do 2 eexists. split; [reflexivity |]. unfold stateOK, rng, Inv, holds, mf0, lt.
    unfold set in Hused. split; [lia |]. split; [apply Z.ltb_lt; exact H0 |]. reflexivity.
  - destruct (narrowed s0 s1 s2 i0 i1 i2) with (v6 := i3) (v7 := i4) (v8 := i5) as (n & u & r & t & l & E & Hn & Hu & Hr & Ht & Hcan & Hlate & Hl);
      try (unfold set; lia).
    rewrite E. unfold bind. do 2 eexists. split; [reflexivity |]. unfold stateOK, rng, Inv, holds, mf0, lt.
    unfold set in Hr, Hu. split; [lia |]. split; [apply Z.ltb_lt; lia |].
    replace (Z.ldiff i0 i1 =? 0) with false by (symmetry; apply Z.eqb_neq; exact NZ).
    replace (l <? 100) with false by (symmetry; apply Z.ltb_ge; lia).
    replace (10000 <? l) with false by (symmetry; apply Z.ltb_ge; lia).
    rewrite (low6 t Ht), (inside_set _ t (proj1 Ht) Hcan).
    replace (64 <=? t) with false by (symmetry; apply Z.leb_gt; lia).
    destruct Hlate as [Hnone | Hlate].
    + rewrite Hnone. reflexivity.
    + rewrite (inside_set _ t (proj1 Ht) Hlate), orb_true_r. reflexivity.
Qed.

Theorem main : contract.
Proof.
  split; [| split].
  - unfold some_input, inputOK, example, rng. split; [lia | reflexivity].
  - unfold init_keeps, Init. eexists. split; [reflexivity |]. unfold stateOK, rng. split; [lia | reflexivity].
  - exact keeps.
Qed.
