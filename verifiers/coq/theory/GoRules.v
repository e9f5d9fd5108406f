(* What is true of the words of GoSem.v: one rule per form of the IR.

   Untrusted, like every proof: the kernel checks it. The judgement is W p m Q:
   Q holds of what m returns, and p if m panics. To prove a model, p is False; to
   read a hypothesis (a predicate that is known to hold), p is True.

   The premises of the rules say what is known of variables by inequalities over
   Z and nothing else, so that the tactics of GoSolve.v can use linear arithmetic
   without preprocessing. Facts that it must not see are wrapped in definitions
   (quotient, read, written). *)
From K Require Import GoSem.
From Coq Require Import ZArith List Bool Lia.
Import ListNotations.
Open Scope Z_scope.

(* ---- literals ---- *)

Lemma le_lit a b : (a <=? b) = true -> a <= b.
Proof. apply Z.leb_le. Qed.
Lemma lt_lit a b : (a <? b) = true -> a < b.
Proof. apply Z.ltb_lt. Qed.

(* ---- wraps ---- *)

Lemma wrapu_mod m x : 0 < m -> wrapu m x = x mod m.
Proof.
  intros Hm. unfold wrapu. destruct (Z.leb_spec 0 x), (Z.ltb_spec x m); cbn [andb]; try reflexivity.
  symmetry. apply Z.mod_small. lia.
Qed.

Lemma wraps_mod h x : 0 < h -> wraps h x = (x + h) mod (2 * h) - h.
Proof.
  intros Hh. unfold wraps. destruct (Z.leb_spec (- h) x), (Z.ltb_spec x h); cbn [andb]; try reflexivity.
  rewrite Z.mod_small; lia.
Qed.

Lemma wrapu_id m x : 0 <= x < m -> wrapu m x = x.
Proof. intros. rewrite wrapu_mod by lia. apply Z.mod_small. lia. Qed.

Lemma wraps_id h x : - h <= x < h -> wraps h x = x.
Proof. intros. rewrite wraps_mod by lia. rewrite Z.mod_small; lia. Qed.

Lemma wrapu_any m x : 0 < m -> exists q, wrapu m x = x + m * q /\ 0 <= wrapu m x < m.
Proof.
  intros Hm. rewrite wrapu_mod by assumption. exists (- (x / m)).
  pose proof (Z.mod_pos_bound x m Hm). pose proof (Z.div_mod x m ltac:(lia)). lia.
Qed.

Lemma wraps_any h x : 0 < h -> exists q, wraps h x = x + 2 * h * q /\ - h <= wraps h x < h.
Proof.
  intros Hh. rewrite wraps_mod by assumption. exists (- ((x + h) / (2 * h))).
  pose proof (Z.mod_pos_bound (x + h) (2 * h) ltac:(lia)). pose proof (Z.div_mod (x + h) (2 * h) ltac:(lia)). lia.
Qed.

(* ---- the judgement, and its rules ---- *)

Definition W {A} (p : Prop) (m : res A) (Q : A -> Prop) : Prop :=
  match m with Ok a => Q a | Panic _ => p end.

Lemma w_bind {A B p} (m : res A) (k : A -> res B) Q : W p m (fun a => W p (k a) Q) -> W p (bind m k) Q.
Proof. destruct m; auto. Qed.

Lemma w_ok {A p} (a : A) (Q : A -> Prop) : Q a -> W p (Ok a) Q.
Proof. auto. Qed.
Lemma bind_ok {A B p} (a : A) (k : A -> res B) Q : W p (k a) Q -> W p (bind (Ok a) k) Q.
Proof. auto. Qed.
Lemma bind_let {A B C p} (e : A) (k : A -> res B) (l : B -> res C) Q :
  W p (lt e (fun x => bind (k x) l)) Q -> W p (bind (lt e k) l) Q.
Proof. auto. Qed.

(* conditions *)
Lemma if_true {A p} (m n : res A) Q : W p m Q -> W p (if true then m else n) Q.
Proof. auto. Qed.
Lemma if_false {A p} (m n : res A) Q : W p n Q -> W p (if false then m else n) Q.
Proof. auto. Qed.
Lemma if_not {A p} (c : bool) (m n : res A) Q : W p (if c then n else m) Q -> W p (if negb c then m else n) Q.
Proof. destruct c; auto. Qed.
Lemma if_and {A p} (c d : bool) (m n : res A) Q : W p (if c then (if d then m else n) else n) Q -> W p (if c && d then m else n) Q.
Proof. destruct c; auto. Qed.
Lemma if_or {A p} (c d : bool) (m n : res A) Q : W p (if c then m else (if d then m else n)) Q -> W p (if c || d then m else n) Q.
Proof. destruct c; auto. Qed.
Lemma if_eqb {A p} (c d : bool) (m n : res A) Q :
  W p (if c then (if d then m else n) else (if d then n else m)) Q -> W p (if Bool.eqb c d then m else n) Q.
Proof. destruct c, d; auto. Qed.

Lemma ltb_then {A p} a b (m n : res A) Q : a < b -> W p m Q -> W p (if a <? b then m else n) Q.
Proof. intros. destruct (Z.ltb_spec a b); [assumption|lia]. Qed.
Lemma ltb_else {A p} a b (m n : res A) Q : b <= a -> W p n Q -> W p (if a <? b then m else n) Q.
Proof. intros. destruct (Z.ltb_spec a b); [lia|assumption]. Qed.
Lemma ltb_if {A p} a b (m n : res A) Q : (a < b -> W p m Q) -> (b <= a -> W p n Q) -> W p (if a <? b then m else n) Q.
Proof. intros. destruct (Z.ltb_spec a b); auto. Qed.
Lemma leb_then {A p} a b (m n : res A) Q : a <= b -> W p m Q -> W p (if a <=? b then m else n) Q.
Proof. intros. destruct (Z.leb_spec a b); [assumption|lia]. Qed.
Lemma leb_else {A p} a b (m n : res A) Q : b < a -> W p n Q -> W p (if a <=? b then m else n) Q.
Proof. intros. destruct (Z.leb_spec a b); [lia|assumption]. Qed.
Lemma leb_if {A p} a b (m n : res A) Q : (a <= b -> W p m Q) -> (b < a -> W p n Q) -> W p (if a <=? b then m else n) Q.
Proof. intros. destruct (Z.leb_spec a b); auto. Qed.
Lemma eqb_if {A p} a b (m n : res A) Q :
  (a = b -> W p m Q) -> (a < b -> W p n Q) -> (b < a -> W p n Q) -> W p (if a =? b then m else n) Q.
Proof. intros. destruct (Z.eqb_spec a b); [auto|]. destruct (Z.lt_total a b) as [|[|]]; auto. contradiction. Qed.
Lemma eqb_then {A p} a b (m n : res A) Q : a = b -> W p m Q -> W p (if a =? b then m else n) Q.
Proof. intros. destruct (Z.eqb_spec a b); [assumption|contradiction]. Qed.
Lemma eqb_else {A p} a b (m n : res A) Q : a < b \/ b < a -> W p n Q -> W p (if a =? b then m else n) Q.
Proof. intros. destruct (Z.eqb_spec a b); [lia|assumption]. Qed.

(* bindings *)
Lemma let_is {A B p} (e : A) (k : A -> res B) Q : W p (k e) Q -> W p (lt e k) Q.
Proof. auto. Qed.
Lemma ok_min {p} a b Q : W p (if a <=? b then Ok a else Ok b) Q -> W p (Ok (Z.min a b)) Q.
Proof. destruct (Z.leb_spec a b); [rewrite Z.min_l|rewrite Z.min_r]; auto; lia. Qed.
Lemma ok_max {p} a b Q : W p (if a <=? b then Ok b else Ok a) Q -> W p (Ok (Z.max a b)) Q.
Proof. destruct (Z.leb_spec a b); [rewrite Z.max_r|rewrite Z.max_l]; auto; lia. Qed.
Lemma let_min {A p} a b (k : Z -> res A) Q : W p (if a <=? b then k a else k b) Q -> W p (lt (Z.min a b) k) Q.
Proof. unfold lt. destruct (Z.leb_spec a b); [rewrite Z.min_l|rewrite Z.min_r]; auto; lia. Qed.
Lemma let_max {A p} a b (k : Z -> res A) Q : W p (if a <=? b then k b else k a) Q -> W p (lt (Z.max a b) k) Q.
Proof. unfold lt. destruct (Z.leb_spec a b); [rewrite Z.max_r|rewrite Z.max_l]; auto; lia. Qed.

Lemma let_u {A p} m e (k : Z -> res A) Q : 0 <= e -> e < m -> W p (k e) Q -> W p (lt (wrapu m e) k) Q.
Proof. intros. unfold lt. rewrite wrapu_id; auto. Qed.
Lemma let_s {A p} h e (k : Z -> res A) Q : - h <= e -> e < h -> W p (k e) Q -> W p (lt (wraps h e) k) Q.
Proof. intros. unfold lt. rewrite wraps_id; auto. Qed.
Lemma let_u_any {A p} m e (k : Z -> res A) Q : 0 < m ->
  (forall x q, x = e + m * q -> 0 <= x -> x < m -> W p (k x) Q) -> W p (lt (wrapu m e) k) Q.
Proof. intros Hm H. destruct (wrapu_any m e Hm) as (q & ? & ?). apply (H _ q); lia. Qed.
Lemma let_s_any {A p} h e (k : Z -> res A) Q : 0 < h ->
  (forall x q, x = e + 2 * h * q -> - h <= x -> x < h -> W p (k x) Q) -> W p (lt (wraps h e) k) Q.
Proof. intros Hh H. destruct (wraps_any h e Hh) as (q & ? & ?). apply (H _ q); lia. Qed.

(* One rule per type: literal bounds, and nothing to unfold when it is used. Both
   bounds are one premise: to read the context costs more than to solve. *)
Lemma let_u8 {A p} e (k : Z -> res A) Q : 0 <= e <= 255 -> W p (k e) Q -> W p (lt (u8 e) k) Q.
Proof. intros. apply let_u; auto; lia. Qed.
Lemma let_u16 {A p} e (k : Z -> res A) Q : 0 <= e <= 65535 -> W p (k e) Q -> W p (lt (u16 e) k) Q.
Proof. intros. apply let_u; auto; lia. Qed.
Lemma let_u32 {A p} e (k : Z -> res A) Q : 0 <= e <= 4294967295 -> W p (k e) Q -> W p (lt (u32 e) k) Q.
Proof. intros. apply let_u; auto; lia. Qed.
Lemma let_u64 {A p} e (k : Z -> res A) Q : 0 <= e <= 18446744073709551615 -> W p (k e) Q -> W p (lt (u64 e) k) Q.
Proof. intros. apply let_u; auto; lia. Qed.
Lemma let_i8 {A p} e (k : Z -> res A) Q : -128 <= e <= 127 -> W p (k e) Q -> W p (lt (i8 e) k) Q.
Proof. intros. apply let_s; auto; lia. Qed.
Lemma let_i16 {A p} e (k : Z -> res A) Q : -32768 <= e <= 32767 -> W p (k e) Q -> W p (lt (i16 e) k) Q.
Proof. intros. apply let_s; auto; lia. Qed.
Lemma let_i32 {A p} e (k : Z -> res A) Q : -2147483648 <= e <= 2147483647 -> W p (k e) Q -> W p (lt (i32 e) k) Q.
Proof. intros. apply let_s; auto; lia. Qed.
Lemma let_i64 {A p} e (k : Z -> res A) Q : -9223372036854775808 <= e <= 9223372036854775807 -> W p (k e) Q -> W p (lt (i64 e) k) Q.
Proof. intros. apply let_s; auto; lia. Qed.
Lemma any_u8 {A p} e (k : Z -> res A) Q :
  (forall x q, x = e + 256 * q -> 0 <= x -> x <= 255 -> W p (k x) Q) -> W p (lt (u8 e) k) Q.
Proof. intros H. apply let_u_any; [reflexivity|]. intros x q E ? ?. apply (H x q E); lia. Qed.
Lemma any_u16 {A p} e (k : Z -> res A) Q :
  (forall x q, x = e + 65536 * q -> 0 <= x -> x <= 65535 -> W p (k x) Q) -> W p (lt (u16 e) k) Q.
Proof. intros H. apply let_u_any; [reflexivity|]. intros x q E ? ?. apply (H x q E); lia. Qed.
Lemma any_u32 {A p} e (k : Z -> res A) Q :
  (forall x q, x = e + 4294967296 * q -> 0 <= x -> x <= 4294967295 -> W p (k x) Q) -> W p (lt (u32 e) k) Q.
Proof. intros H. apply let_u_any; [reflexivity|]. intros x q E ? ?. apply (H x q E); lia. Qed.
Lemma any_u64 {A p} e (k : Z -> res A) Q :
  (forall x q, x = e + 18446744073709551616 * q -> 0 <= x -> x <= 18446744073709551615 -> W p (k x) Q) -> W p (lt (u64 e) k) Q.
Proof. intros H. apply let_u_any; [reflexivity|]. intros x q E ? ?. apply (H x q E); lia. Qed.
Lemma any_i8 {A p} e (k : Z -> res A) Q :
  (forall x q, x = e + 256 * q -> -128 <= x -> x <= 127 -> W p (k x) Q) -> W p (lt (i8 e) k) Q.
Proof. intros H. apply let_s_any; [reflexivity|]. intros x q E ? ?. apply (H x q E); lia. Qed.
Lemma any_i16 {A p} e (k : Z -> res A) Q :
  (forall x q, x = e + 65536 * q -> -32768 <= x -> x <= 32767 -> W p (k x) Q) -> W p (lt (i16 e) k) Q.
Proof. intros H. apply let_s_any; [reflexivity|]. intros x q E ? ?. apply (H x q E); lia. Qed.
Lemma any_i32 {A p} e (k : Z -> res A) Q :
  (forall x q, x = e + 4294967296 * q -> -2147483648 <= x -> x <= 2147483647 -> W p (k x) Q) -> W p (lt (i32 e) k) Q.
Proof. intros H. apply let_s_any; [reflexivity|]. intros x q E ? ?. apply (H x q E); lia. Qed.
Lemma any_i64 {A p} e (k : Z -> res A) Q :
  (forall x q, x = e + 18446744073709551616 * q -> -9223372036854775808 <= x -> x <= 9223372036854775807 -> W p (k x) Q) -> W p (lt (i64 e) k) Q.
Proof. intros H. apply let_s_any; [reflexivity|]. intros x q E ? ?. apply (H x q E); lia. Qed.

(* division *)
Definition quotient (x a b : Z) : Prop := x = Z.quot a b.

Lemma quotient_le x y a a' b : 0 < b -> quotient x a b -> quotient y a' b -> a <= a' -> x <= y.
Proof. intros Hb -> -> H. apply Z.quot_le_mono; assumption. Qed.

Lemma quot_lower a b : 0 <= a -> 0 < b -> b * Z.quot a b <= a < b * Z.quot a b + b /\ 0 <= Z.quot a b <= a.
Proof.
  intros Ha Hb. pose proof (Z.quot_rem' a b). pose proof (Z.rem_bound_pos a b Ha Hb). pose proof (Z.quot_pos a b Ha Hb).
  assert (Z.quot a b <= a) by (apply Z.quot_le_upper_bound; nia). lia.
Qed.
Lemma quot_upper a b : a <= 0 -> 0 < b -> a <= b * Z.quot a b < a + b /\ a <= Z.quot a b <= 0.
Proof. intros Ha Hb. pose proof (quot_lower (- a) b ltac:(lia) Hb) as H. rewrite Z.quot_opp_l in H by lia. lia. Qed.
Lemma div_let {A p} w a b (k : Z -> res A) Q : b < 0 \/ 0 < b -> W p (lt (w (Z.quot a b)) k) Q -> W p (bind (divz w a b) k) Q.
Proof. intros Hb H. unfold divz. destruct (Z.eqb_spec b 0); [lia|exact H]. Qed.

(* by a divisor above zero, of a dividend of either sign *)
Lemma div_pos {A p} w a b (k : Z -> res A) Q : 0 <= a -> 0 < b ->
  (forall x, b * x <= a -> a < b * x + b -> 0 <= x -> x <= a -> quotient x a b -> W p (lt (w x) k) Q) -> W p (bind (divz w a b) k) Q.
Proof. intros Ha Hb H. pose proof (quot_lower a b Ha Hb). apply div_let; [lia|]. apply H; try reflexivity; lia. Qed.
Lemma div_neg {A p} w a b (k : Z -> res A) Q : a <= 0 -> 0 < b ->
  (forall x, a <= b * x -> b * x < a + b -> x <= 0 -> a <= x -> quotient x a b -> W p (lt (w x) k) Q) -> W p (bind (divz w a b) k) Q.
Proof. intros Ha Hb H. pose proof (quot_upper a b Ha Hb). apply div_let; [lia|]. apply H; try reflexivity; lia. Qed.
(* by one below zero: the quotient by its opposite, with the other sign *)
Lemma div_opp {A p} w a b c (k : Z -> res A) Q : b = - c -> 0 < c ->
  W p (bind (divz (fun x => w (- x)) a c) k) Q -> W p (bind (divz w a b) k) Q.
Proof.
  intros -> Hc. unfold divz. destruct (Z.eqb_spec c 0), (Z.eqb_spec (- c) 0); try lia.
  rewrite Z.quot_opp_r by lia. auto.
Qed.
(* by anything but zero: bounds *)
Lemma div_any {A p} w a b m (k : Z -> res A) Q : b < 0 \/ 0 < b -> - m <= a -> a <= m ->
  (forall x, - m <= x -> x <= m -> W p (lt (w x) k) Q) -> W p (bind (divz w a b) k) Q.
Proof.
  intros Hb H1 H2 H. apply div_let; [exact Hb|].
  assert (E : - m <= Z.quot a b <= m); [|apply H; lia].
  assert (G : forall c, 0 < c -> - m <= Z.quot a c <= m).
  { intros c Hc. destruct (Z.le_gt_cases 0 a); [pose proof (quot_lower a c)|pose proof (quot_upper a c)]; lia. }
  destruct Hb as [Hb|Hb]; [|apply G, Hb]. specialize (G (- b) ltac:(lia)). rewrite Z.quot_opp_r in G by lia. lia.
Qed.

(* the remainder: a - b * (a / b), with the sign of a *)
Lemma rem_pos {A p} a b (k : Z -> res A) Q : 0 <= a -> 0 < b ->
  (forall x q, x = a - b * q -> 0 <= x -> x < b -> x <= a -> 0 <= q -> W p (k x) Q) -> W p (bind (remz a b) k) Q.
Proof.
  intros Ha Hb H. unfold remz. destruct (Z.eqb_spec b 0); [lia|]. cbn [bind].
  pose proof (Z.quot_rem' a b). pose proof (Z.rem_bound_pos a b Ha Hb). pose proof (Z.quot_pos a b Ha Hb).
  apply (H _ (Z.quot a b)); nia.
Qed.
Lemma rem_neg {A p} a b (k : Z -> res A) Q : a <= 0 -> 0 < b ->
  (forall x q, x = a - b * q -> x <= 0 -> - b < x -> a <= x -> q <= 0 -> W p (k x) Q) -> W p (bind (remz a b) k) Q.
Proof.
  intros Ha Hb H. unfold remz. destruct (Z.eqb_spec b 0); [lia|]. cbn [bind].
  pose proof (Z.quot_rem' (- a) b). pose proof (Z.rem_bound_pos (- a) b ltac:(lia) Hb). pose proof (Z.quot_pos (- a) b ltac:(lia) Hb).
  rewrite Z.rem_opp_l, Z.quot_opp_l in * by lia. apply (H _ (Z.quot a b)); nia.
Qed.

Lemma rem_opp {A p} a b c (k : Z -> res A) Q : b = - c -> 0 < c -> W p (bind (remz a c) k) Q -> W p (bind (remz a b) k) Q.
Proof.
  intros -> Hc. unfold remz. destruct (Z.eqb_spec c 0), (Z.eqb_spec (- c) 0); try lia. rewrite Z.rem_opp_r by lia. auto.
Qed.

(* a product, by bounds of its factors *)
Lemma mul_bounds a b la ha lb hb : la <= a -> a <= ha -> lb <= b -> b <= hb ->
  Z.min (Z.min (la * lb) (la * hb)) (Z.min (ha * lb) (ha * hb)) <= a * b <=
  Z.max (Z.max (la * lb) (la * hb)) (Z.max (ha * lb) (ha * hb)).
Proof.
  intros. assert (a * b = la * b \/ la * b <> a * b) as _ by lia.
  destruct (Z.le_gt_cases 0 b), (Z.le_gt_cases 0 la), (Z.le_gt_cases 0 ha), (Z.le_gt_cases 0 lb), (Z.le_gt_cases 0 hb); nia.
Qed.
Lemma let_mul {A p} w a b la ha lb hb lo hi (k : Z -> res A) Q : la <= a -> a <= ha -> lb <= b -> b <= hb ->
  Z.min (Z.min (la * lb) (la * hb)) (Z.min (ha * lb) (ha * hb)) = lo ->
  Z.max (Z.max (la * lb) (la * hb)) (Z.max (ha * lb) (ha * hb)) = hi ->
  (forall x, lo <= x -> x <= hi -> W p (lt (w x) k) Q) -> W p (lt (w (a * b)) k) Q.
Proof. intros H1 H2 H3 H4 <- <- H. pose proof (mul_bounds a b la ha lb hb H1 H2 H3 H4). apply H; lia. Qed.

(* shifts by a literal; b is the power of two *)
Lemma let_shl {A p} w a n b (k : Z -> res A) Q : 0 <= n -> 2 ^ n = b -> W p (lt (w (b * a)) k) Q -> W p (lt (w (Z.shiftl a n)) k) Q.
Proof. intros Hn <-. rewrite Z.shiftl_mul_pow2, Z.mul_comm by assumption. auto. Qed.
Lemma let_shr {A p} a n b (k : Z -> res A) Q : 0 <= n -> 2 ^ n = b ->
  (forall x, b * x <= a -> a < b * x + b -> W p (k x) Q) -> W p (lt (Z.shiftr a n) k) Q.
Proof.
  intros Hn <- H. unfold lt. rewrite Z.shiftr_div_pow2 by assumption. apply H.
  - apply Z.mul_div_le. apply Z.pow_pos_nonneg; lia.
  - pose proof (Z.mul_succ_div_gt a (2 ^ n)). pose proof (Z.pow_pos_nonneg 2 n). lia.
Qed.
Lemma let_shr_any {A p} a n (k : Z -> res A) Q : 0 <= a -> 0 <= n ->
  (forall x, 0 <= x -> x <= a -> W p (k x) Q) -> W p (lt (Z.shiftr a n) k) Q.
Proof.
  intros Ha Hn H. unfold lt. rewrite Z.shiftr_div_pow2 by assumption. pose proof (Z.pow_pos_nonneg 2 n).
  apply H; [apply Z.div_pos; lia|apply Z.div_le_upper_bound; nia].
Qed.

(* bit operations: bounds; a mask of low bits is a remainder *)
Lemma land_split a b : b = Z.ldiff b a + Z.land a b.
Proof.
  assert (H : Z.land (Z.ldiff b a) (Z.land b a) = 0).
  { apply Z.bits_inj'. intros n _. rewrite !Z.land_spec, Z.ldiff_spec, Z.bits_0.
    destruct (Z.testbit b n), (Z.testbit a n); reflexivity. }
  rewrite (Z.land_comm a b), (Z.add_nocarry_lxor _ _ H), (Z.lxor_lor _ _ H). symmetry. apply Z.lor_ldiff_and.
Qed.
Lemma land_le a b : 0 <= b -> 0 <= Z.land a b <= b.
Proof.
  intros Hb. pose proof (land_split a b). assert (0 <= Z.ldiff b a) by (apply Z.ldiff_nonneg; auto).
  assert (0 <= Z.land a b) by (apply Z.land_nonneg; auto). lia.
Qed.
Lemma ldiff_le a b : 0 <= a -> 0 <= Z.ldiff a b <= a.
Proof.
  intros Ha. pose proof (land_split b a). assert (0 <= Z.ldiff a b) by (apply Z.ldiff_nonneg; auto).
  assert (0 <= Z.land b a) by (apply Z.land_nonneg; auto). lia.
Qed.
Lemma lor_sum a b : Z.lor a b + Z.land a b = a + b.
Proof.
  pose proof (land_split b a) as H. rewrite (Z.land_comm b a) in H. rewrite H at 3.
  assert (E : Z.land (Z.ldiff a b) b = 0) by apply Z.land_ldiff.
  assert (D : Z.lor a b = Z.ldiff a b + b).
  { rewrite (Z.add_nocarry_lxor _ _ E), (Z.lxor_lor _ _ E). apply Z.bits_inj'. intros n _.
    rewrite !Z.lor_spec, Z.ldiff_spec. destruct (Z.testbit a n), (Z.testbit b n); reflexivity. }
  lia.
Qed.
Lemma lor_le a b : 0 <= a -> 0 <= b -> a <= Z.lor a b /\ b <= Z.lor a b /\ Z.lor a b <= a + b.
Proof.
  intros. pose proof (lor_sum a b). pose proof (land_le a b H0). pose proof (land_le b a H). rewrite (Z.land_comm b a) in *. lia.
Qed.
Lemma lxor_le a b : 0 <= a -> 0 <= b -> 0 <= Z.lxor a b <= a + b.
Proof.
  intros. assert (0 <= Z.lxor a b) by (apply Z.lxor_nonneg; tauto). split; [assumption|].
  assert (E : Z.land (Z.lxor a b) (Z.land a b) = 0).
  { apply Z.bits_inj'. intros n _. rewrite !Z.land_spec, Z.lxor_spec, Z.bits_0.
    destruct (Z.testbit a n), (Z.testbit b n); reflexivity. }
  assert (D : Z.lor a b = Z.lxor a b + Z.land a b).
  { rewrite (Z.add_nocarry_lxor _ _ E), (Z.lxor_lor _ _ E). apply Z.bits_inj'. intros n _.
    rewrite !Z.lor_spec, Z.lxor_spec, Z.land_spec. destruct (Z.testbit a n), (Z.testbit b n); reflexivity. }
  pose proof (lor_sum a b). pose proof (land_le a b ltac:(assumption)). lia.
Qed.

Lemma lor_pow a b n : 0 <= n -> 0 <= a < 2 ^ n -> 0 <= b < 2 ^ n -> Z.lor a b < 2 ^ n.
Proof.
  intros Hn Ha Hb. destruct (Z.eq_dec (Z.lor a b) 0) as [->|H0]; [lia|].
  assert (0 <= Z.lor a b) by (apply Z.lor_nonneg; lia). apply Z.log2_lt_pow2; [lia|]. rewrite Z.log2_lor by lia.
  assert (G : forall c, 0 <= c < 2 ^ n -> Z.log2 c < n \/ c = 0).
  { intros c Hc. destruct (Z.eq_dec c 0); [auto|left]. apply Z.log2_lt_pow2; lia. }
  assert (n <> 0) by (intros ->; change (2 ^ 0) with 1 in *; assert (a = 0) by lia; assert (b = 0) by lia; subst; auto).
  destruct (G a Ha), (G b Hb); subst; try (change (Z.log2 0) with 0); lia.
Qed.
Lemma lxor_pow a b n : 0 <= n -> 0 <= a < 2 ^ n -> 0 <= b < 2 ^ n -> Z.lxor a b < 2 ^ n.
Proof.
  intros Hn Ha Hb. destruct (Z.eq_dec (Z.lxor a b) 0) as [->|H0]; [lia|].
  assert (0 <= Z.lxor a b) by (apply Z.lxor_nonneg; lia). pose proof (Z.log2_lxor a b ltac:(lia) ltac:(lia)).
  apply Z.log2_lt_pow2; [lia|].
  assert (G : forall c, 0 <= c < 2 ^ n -> Z.log2 c < n \/ c = 0).
  { intros c Hc. destruct (Z.eq_dec c 0); [auto|left]. apply Z.log2_lt_pow2; lia. }
  assert (n <> 0) by (intros ->; change (2 ^ 0) with 1 in *; assert (a = 0) by lia; assert (b = 0) by lia; subst; auto).
  destruct (G a Ha), (G b Hb); subst; try (change (Z.log2 0) with 0 in *); lia.
Qed.

Lemma let_mask {A p} a b n (k : Z -> res A) Q : 0 <= n -> Z.ones n = b ->
  (forall x q, x = a - (b + 1) * q -> 0 <= x -> x <= b -> (0 <= a -> x <= a) -> W p (k x) Q) -> W p (lt (Z.land a b) k) Q.
Proof.
  intros Hn <- H. unfold lt. pose proof (land_le a (Z.ones n)) as Hb. rewrite Z.land_ones in * by assumption.
  rewrite Z.ones_equiv in *. pose proof (Z.pow_pos_nonneg 2 n). pose proof (Z.div_mod a (2 ^ n) ltac:(lia)).
  apply (H _ (a / 2 ^ n)); try lia. intros. apply Z.mod_le; lia.
Qed.
Lemma let_land {A p} a b (k : Z -> res A) Q : 0 <= b ->
  (forall x, 0 <= x -> x <= b -> (0 <= a -> x <= a) -> W p (k x) Q) -> W p (lt (Z.land a b) k) Q.
Proof.
  intros Hb H. unfold lt. pose proof (land_le a b Hb). apply H; try lia. intros Ha. rewrite Z.land_comm. apply land_le. assumption.
Qed.
Lemma let_lor {A p} n m a b (k : Z -> res A) Q : 0 <= n -> 2 ^ n - 1 = m -> 0 <= a -> a <= m -> 0 <= b -> b <= m ->
  (forall x, a <= x -> b <= x -> x <= a + b -> x <= m -> W p (k x) Q) -> W p (lt (Z.lor a b) k) Q.
Proof. intros Hn <- ? ? ? ? H. pose proof (lor_le a b). pose proof (lor_pow a b n). apply H; lia. Qed.
Lemma let_lxor {A p} n m a b (k : Z -> res A) Q : 0 <= n -> 2 ^ n - 1 = m -> 0 <= a -> a <= m -> 0 <= b -> b <= m ->
  (forall x, 0 <= x -> x <= a + b -> x <= m -> W p (k x) Q) -> W p (lt (Z.lxor a b) k) Q.
Proof. intros Hn <- ? ? ? ? H. pose proof (lxor_le a b). pose proof (lxor_pow a b n). apply H; lia. Qed.
Lemma let_ldiff {A p} a b (k : Z -> res A) Q : 0 <= a ->
  (forall x, 0 <= x -> x <= a -> W p (k x) Q) -> W p (lt (Z.ldiff a b) k) Q.
Proof. intros Ha H. pose proof (ldiff_le a b Ha). apply H; lia. Qed.

(* math/bits *)
Lemma bitlen_le a n b : 0 <= a -> 2 ^ n = b -> 0 <= n -> a < b -> 0 <= bitlen a <= n.
Proof.
  intros Ha <- Hn H. unfold bitlen. destruct (Z.leb_spec a 0); [lia|].
  pose proof (Z.log2_nonneg a). assert (Z.log2 a < n) by (apply Z.log2_lt_pow2; lia). lia.
Qed.
Lemma let_bitlen {A p} n b a (k : Z -> res A) Q : 0 <= n -> 2 ^ n = b -> 0 <= a -> a < b ->
  (forall x, 0 <= x -> x <= n -> W p (k x) Q) -> W p (lt (bitlen a) k) Q.
Proof. intros Hn E Ha Hb H. pose proof (bitlen_le a n b Ha E Hn Hb). apply H; lia. Qed.
Lemma let_lzeros {A p} n b a (k : Z -> res A) Q : 0 <= n -> 2 ^ n = b -> 0 <= a -> a < b ->
  (forall x, 0 <= x -> x <= n -> W p (k x) Q) -> W p (lt (lzeros n a) k) Q.
Proof. intros Hn E Ha Hb H. pose proof (bitlen_le a n b Ha E Hn Hb). apply H; unfold lzeros; lia. Qed.
Lemma let_tzeros {A p} n b a (k : Z -> res A) Q : 0 <= n -> 2 ^ n = b -> 0 <= a -> a < b ->
  (forall x, 0 <= x -> x <= n -> (0 < a -> x < n) -> W p (k x) Q) -> W p (lt (tzeros n a) k) Q.
Proof.
  intros Hn <- Ha Hb H. unfold lt, tzeros. destruct (Z.eqb_spec a 0); [apply H; lia|].
  pose proof (Z.log2_nonneg (Z.land a (- a))). pose proof (land_le (- a) a Ha) as Hl. rewrite Z.land_comm in Hl.
  pose proof (Z.log2_le_mono (Z.land a (- a)) a ltac:(lia)). assert (Z.log2 a < n) by (apply Z.log2_lt_pow2; lia).
  apply H; lia.
Qed.
Lemma filter_le {A} f (l : list A) : (length (filter f l) <= length l)%nat.
Proof. induction l as [|x l IH]; cbn; [lia|]. destruct (f x); cbn; lia. Qed.
Lemma let_ones {A p} n a (k : Z -> res A) Q : 0 <= n ->
  (forall x, 0 <= x -> x <= n -> W p (k x) Q) -> W p (lt (ones n a) k) Q.
Proof.
  intros Hn H. unfold lt, ones.
  pose proof (filter_le (fun k => Z.testbit a (Z.of_nat k)) (seq 0 (Z.to_nat n))) as L. rewrite seq_length in L.
  apply H; lia.
Qed.

(* ---- arrays ---- *)

(* read l i x: x was read from l at i. *)
Definition read {A} (l : list A) (i : Z) (x : A) : Prop := aget l i = Ok x.
(* written k l i x: k is l with x at i. *)
Definition written {A} (k l : list A) (i : Z) (x : A) : Prop :=
  forall j y, read k j y -> (j = i /\ y = x) \/ ((j < i \/ i < j) /\ read l j y).
(* every l P: P holds of every element that can be read. *)
Definition every {A} (l : list A) (P : Z -> A -> Prop) : Prop := forall j y, read l j y -> P j y.

Lemma inside_spec {A} (l : list A) i : inside l i = true <-> 0 <= i < Z.of_nat (length l).
Proof. unfold inside. rewrite andb_true_iff, Z.leb_le, Z.ltb_lt. tauto. Qed.
Lemma aget_in {A} (l : list A) i : 0 <= i -> i < Z.of_nat (length l) -> exists x, aget l i = Ok x /\ In x l.
Proof.
  intros H0 H1. unfold aget. rewrite (proj2 (inside_spec l i)) by lia.
  destruct (nth_error l (Z.to_nat i)) as [x|] eqn:E.
  - exists x. split; [reflexivity|]. eapply nth_error_In, E.
  - apply nth_error_None in E. lia.
Qed.
Lemma get_again {A B p} (l : list A) i x (k : A -> res B) Q : read l i x -> W p (k x) Q -> W p (bind (aget l i) k) Q.
Proof. intros E H. rewrite E. exact H. Qed.
Lemma get_arr {A p} n lo hi l i (k : Z -> res A) Q : arr n lo hi l -> 0 <= i -> i < n ->
  (forall x, read l i x -> lo <= x -> x <= hi -> W p (k x) Q) -> W p (bind (aget l i) k) Q.
Proof.
  intros [<- F] H0 H1 H. destruct (aget_in l i H0 H1) as (x & E & I). rewrite E.
  rewrite Forall_forall in F. destruct (F x I). apply H; assumption.
Qed.
Lemma get_arrb {A p} n l i (k : bool -> res A) Q : arrb n l -> 0 <= i -> i < n ->
  (forall x, read l i x -> W p (k x) Q) -> W p (bind (aget l i) k) Q.
Proof. unfold arrb. intros <- H0 H1 H. destruct (aget_in l i H0 H1) as (x & E & I). rewrite E. exact (H x E). Qed.
Lemma get_is {A B p} (l : list A) i x (k : A -> res B) Q : aget l i = Ok x -> W p (k x) Q -> W p (bind (aget l i) k) Q.
Proof. intros -> H. exact H. Qed.
(* where a read may fail: a hypothesis that panics says nothing *)
Lemma get_maybe {A B} (l : list A) i (k : A -> res B) Q :
  (forall x, read l i x -> W True (k x) Q) -> W True (bind (aget l i) k) Q.
Proof. intros H. destruct (aget l i) as [x|] eqn:E; [exact (H x E)|exact I]. Qed.

Lemma aset_is {A} (l m : list A) i x : aset l i x = Ok m ->
  0 <= i < Z.of_nat (length l) /\ m = firstn (Z.to_nat i) l ++ x :: skipn (S (Z.to_nat i)) l.
Proof. unfold aset. destruct (inside l i) eqn:E; [|discriminate]. apply inside_spec in E. intros H. split; [assumption|congruence]. Qed.
Lemma aset_length {A} (l m : list A) i x : aset l i x = Ok m -> length m = length l.
Proof.
  intros H. destruct (aset_is l m i x H) as [E ->].
  assert (L : forall a b : list A, length (a ++ x :: b) = (length a + S (length b))%nat) by (intros; apply app_length).
  rewrite L, firstn_length, skipn_length. lia.
Qed.
Lemma nth_put {A} (l : list A) x : forall k n, (k < length l)%nat ->
  nth_error (firstn k l ++ x :: skipn (S k) l) n = if Nat.eqb n k then Some x else nth_error l n.
Proof.
  induction l as [|a l IH]; intros k n Hk; [inversion Hk|]. destruct k as [|k], n as [|n]; try reflexivity.
  apply (IH k n). cbn in Hk. lia.
Qed.
Lemma aset_written {A} (l m : list A) i x : aset l i x = Ok m -> written m l i x.
Proof.
  intros E j y R. pose proof (aset_length l m i x E) as L. destruct (aset_is l m i x E) as [I ->]. unfold read, aget in *.
  destruct (inside _ j) eqn:J in R; [|discriminate]. apply inside_spec in J. rewrite L in J.
  rewrite (proj2 (inside_spec l j)) by lia. rewrite nth_put in R by lia.
  destruct (Nat.eqb_spec (Z.to_nat j) (Z.to_nat i)); [left; split; [lia|congruence]|right; split; [lia|exact R]].
Qed.
Lemma in_firstn {A} n (l : list A) y : In y (firstn n l) -> In y l.
Proof. intros H. rewrite <- (firstn_skipn n l). apply in_or_app. auto. Qed.
Lemma in_skipn {A} n (l : list A) y : In y (skipn n l) -> In y l.
Proof. intros H. rewrite <- (firstn_skipn n l). apply in_or_app. auto. Qed.
Lemma set_arr {A p} n lo hi l i x (k : list Z -> res A) Q : arr n lo hi l -> 0 <= i -> i < n -> lo <= x -> x <= hi ->
  (forall m, arr n lo hi m -> written m l i x -> W p (k m) Q) -> W p (bind (aset l i x) k) Q.
Proof.
  intros [<- F] H0 H1 H2 H3 H. destruct (aset l i x) as [m|] eqn:E.
  - apply H; [|exact (aset_written l m i x E)]. split; [rewrite (aset_length l m i x E); reflexivity|].
    destruct (aset_is l m i x E) as [_ ->]. rewrite Forall_forall in *.
    intros y Hy. apply in_app_or in Hy as [Hy|[<-|Hy]]; [apply F, (in_firstn _ _ _ Hy)|split; assumption|apply F, (in_skipn (S (Z.to_nat i)) _ _ Hy)].
  - unfold aset in E. rewrite (proj2 (inside_spec l i)) in E by lia. discriminate.
Qed.
Lemma set_arrb {A p} n l i x (k : list bool -> res A) Q : arrb n l -> 0 <= i -> i < n ->
  (forall m, arrb n m -> written m l i x -> W p (k m) Q) -> W p (bind (aset l i x) k) Q.
Proof.
  intros L H0 H1 H. unfold arrb in L. destruct (aset l i x) as [m|] eqn:E.
  - apply H; [|exact (aset_written l m i x E)]. unfold arrb. rewrite (aset_length l m i x E). exact L.
  - unfold aset in E. rewrite (proj2 (inside_spec l i)) in E by lia. discriminate.
Qed.
Lemma arr_wider n lo hi lo' hi' l : lo' <= lo -> hi <= hi' -> arr n lo hi l -> arr n lo' hi' l.
Proof. intros ? ? [L F]. split; [assumption|]. revert F. apply Forall_impl. unfold rng. lia. Qed.
Lemma arr_fill n x : 0 <= n -> arr n x x (fill n x).
Proof.
  intros Hn. split; unfold fill; [rewrite repeat_length; lia|].
  rewrite Forall_forall. intros y Hy. apply repeat_spec in Hy. subst. unfold rng. lia.
Qed.
Lemma every_fill {A} n (x : A) : every (fill n x) (fun _ y => y = x).
Proof.
  intros j y. unfold read, aget, fill. destruct (inside _ j); [|discriminate].
  destruct (nth_error _ _) eqn:E; [|discriminate]. intros [= <-]. apply nth_error_In, repeat_spec in E. exact E.
Qed.
Lemma arrb_fill n x : 0 <= n -> arrb n (fill n x).
Proof. intros Hn. unfold arrb, fill. rewrite repeat_length. lia. Qed.

(* constant tables: bounds and order are decided by computation *)
Definition least (l : list Z) : Z := fold_right Z.min (hd 0 l) l.
Definition most (l : list Z) : Z := fold_right Z.max (hd 0 l) l.
Definition table (n lo hi : Z) (l : list Z) : bool :=
  (Z.of_nat (length l) =? n) && forallb (fun x => (lo <=? x) && (x <=? hi)) l.
Definition rising (l : list Z) : bool := forallb (fun p => fst p <=? snd p) (combine l (tl l)).
Lemma table_arr n lo hi l : table n lo hi l = true -> arr n lo hi l.
Proof.
  unfold table. rewrite andb_true_iff, Z.eqb_eq, forallb_forall. intros [L F]. split; [assumption|].
  rewrite Forall_forall. intros x Hx. specialize (F x Hx). unfold rng. rewrite andb_true_iff, !Z.leb_le in F. exact F.
Qed.
Lemma rising_step l : rising l = true -> forall k x y, nth_error l k = Some x -> nth_error l (S k) = Some y -> x <= y.
Proof.
  unfold rising. rewrite forallb_forall. intros H k x y Hx Hy. specialize (H (x, y)). cbn in H. apply Z.leb_le, H.
  clear H. revert k x y Hx Hy. induction l as [|a l IH]; intros k x y Hx Hy; [destruct k; discriminate|].
  destruct l as [|b l]; [destruct k; [discriminate|destruct k; discriminate]|].
  destruct k as [|k]; [left; cbn in *; congruence|]. right. apply (IH k); assumption.
Qed.
Lemma rising_le l i j x y : rising l = true -> read l i x -> read l j y -> i <= j -> x <= y.
Proof.
  intros H. unfold read, aget. destruct (inside l i) eqn:I, (inside l j) eqn:J; try discriminate.
  apply inside_spec in I, J. intros Hx Hy Hij.
  destruct (nth_error l (Z.to_nat i)) as [x'|] eqn:Ex; [|discriminate]. injection Hx as ->.
  destruct (nth_error l (Z.to_nat j)) as [y'|] eqn:Ey; [|discriminate]. injection Hy as ->.
  assert (E : exists d, Z.to_nat j = (Z.to_nat i + d)%nat) by (exists (Z.to_nat j - Z.to_nat i)%nat; lia).
  destruct E as [d Ed]. rewrite Ed in Ey. assert (B : (Z.to_nat i + d < length l)%nat) by (apply nth_error_Some; congruence).
  clear Hij I J Ed. revert y Ey. induction d as [|d IH]; intros y Ey.
  - rewrite Nat.add_0_r in Ey. rewrite Ex in Ey. injection Ey as ->. lia.
  - destruct (nth_error l (Z.to_nat i + d)) as [z|] eqn:Ez; [|apply nth_error_None in Ez; lia].
    rewrite Nat.add_succ_r in Ey. pose proof (rising_step l H _ _ _ Ez Ey). specialize (IH ltac:(lia) z eq_refl). lia.
Qed.

(* a table element by element, for when bounds do not say enough *)
Definition indexed (l : list Z) : list (Z * Z) := combine (map Z.of_nat (seq 0 (length l))) l.
Definition one_of (l : list (Z * Z)) (i x : Z) : Prop := In (i, x) l.
Lemma read_one_of l i x : read l i x -> one_of (indexed l) i x.
Proof.
  unfold read, aget, one_of, indexed. destruct (inside l i) eqn:E; [|discriminate]. apply inside_spec in E.
  destruct (nth_error l (Z.to_nat i)) as [y|] eqn:N; [|discriminate]. intros H. injection H as <-.
  replace i with (Z.of_nat (Z.to_nat i)) by lia.
  assert (G : forall k s, nth_error l k = Some y -> In (Z.of_nat (s + k), y) (combine (map Z.of_nat (seq s (length l))) l)).
  { clear. induction l as [|a l IH]; intros k s H; [destruct k; discriminate|]. destruct k as [|k]; cbn in H |- *.
    - left. rewrite Nat.add_0_r. congruence.
    - right. rewrite Nat.add_succ_r. apply (IH k (S s)), H. }
  apply (G (Z.to_nat i) O N).
Qed.
Lemma one_of_cons {G : Prop} k a l i x : (i = k -> x = a -> G) -> (one_of l i x -> G) -> one_of ((k, a) :: l) i x -> G.
Proof. intros H1 H2 [[= <- <-]|H]; auto. Qed.
Lemma one_of_nil {G : Prop} i x : one_of [] i x -> G.
Proof. contradiction. Qed.

(* ---- loops: one rule, by invariant ---- *)

Lemma loop_inv {T p} (I : Z -> T -> Prop) lo hi body (s : T) (Q : T -> Prop) : lo <= hi -> I lo s ->
  (forall i t, lo <= i -> i < hi -> I i t -> W p (body i t) (I (i + 1))) ->
  (forall t, I hi t -> Q t) -> W p (loop lo hi body s) Q.
Proof.
  intros Hlh H0 HI HQ. unfold loop.
  assert (G : forall n i t, lo <= i -> i + Z.of_nat n = hi -> I i t -> W p (forN n i body t) Q).
  { induction n as [|n IH]; intros i t Hi Hn Ht; cbn [forN].
    - apply HQ. replace hi with i by lia. exact Ht.
    - pose proof (HI i t Hi ltac:(lia) Ht) as Hb. destruct (body i t) as [t'|]; cbn [bind W] in *; [|exact Hb].
      apply IH; [lia|lia|exact Hb]. }
  apply G; [lia|lia|exact H0].
Qed.

(* The same for two runs side by side. *)
Lemma loop_inv2 {T U} (R : Z -> T -> U -> Prop) lo hi f g (s : T) (t : U) : lo <= hi -> R lo s t ->
  (forall i x y, lo <= i -> i < hi -> R i x y -> W False (f i x) (fun a => W False (g i y) (R (i + 1) a))) ->
  W False (loop lo hi f s) (fun a => W False (loop lo hi g t) (R hi a)).
Proof.
  intros Hlh H0 HR. unfold loop.
  assert (G : forall n i x y, lo <= i -> i + Z.of_nat n = hi -> R i x y ->
    W False (forN n i f x) (fun a => W False (forN n i g y) (R hi a))).
  { induction n as [|n IH]; intros i x y Hi Hn Hxy; cbn [forN].
    - cbn. replace hi with i by lia. exact Hxy.
    - pose proof (HR i x y Hi ltac:(lia) Hxy) as Hb. destruct (f i x) as [a|]; cbn [bind W] in *; [|exact Hb].
      destruct (g i y) as [b|]; cbn [bind W] in *; [apply IH; [lia|lia|exact Hb]|].
      destruct (forN n (i + 1) f a); exact Hb. }
  apply G; [lia|lia|exact H0].
Qed.

(* A loop that says whether something holds of every index: what is learnt from it.
   seen marks the indices for which it was used. *)
Definition seen {A} (i : Z) (a : A) : Prop := True.
Definition always (lo hi : Z) (b : Z -> res bool) : Prop := forall i, lo <= i -> i < hi -> holds (b i) = true.
Definition stays_false (lo hi : Z) (body : Z -> bool -> res bool) : Prop :=
  forall i, lo <= i -> i < hi -> W True (body i false) (fun r => r = false).
Lemma loop_all {lo hi body b} {Q : bool -> Prop} : stays_false lo hi body ->
  (b = true -> always lo hi (fun i => body i true) -> Q true) -> Q false ->
  W True (loop lo hi body b) Q.
Proof.
  intros HF HT Q0. unfold loop. set (n := Z.to_nat (hi - lo)).
  assert (G : forall n i b, lo <= i -> i + Z.of_nat n <= hi -> forall r, forN n i body b = Ok r -> r = true ->
    b = true /\ forall j, i <= j -> j < i + Z.of_nat n -> holds (body j true) = true).
  { clear n. induction n as [|n IH]; intros i c Hi Hn r E Hr; cbn [forN] in E.
    - injection E as ->. split; [exact Hr|]. lia.
    - pose proof (HF i Hi ltac:(lia)) as Hb. destruct (body i c) as [t|] eqn:Et; [|discriminate]. cbn [bind] in E.
      destruct (IH (i + 1) t ltac:(lia) ltac:(lia) r E Hr) as [-> Hj].
      destruct c; [|rewrite Et in Hb; discriminate Hb]. split; [reflexivity|]. intros j H1 H2.
      destruct (Z.eq_dec j i) as [->|]; [rewrite Et; reflexivity|]. apply Hj; lia. }
  destruct (Z.le_gt_cases lo hi).
  - destruct (forN n lo body b) as [[|]|] eqn:E; cbn; [|exact Q0|exact I].
    destruct (G n lo b (Z.le_refl lo) ltac:(subst n; lia) true E eq_refl) as [-> Hj].
    apply HT; [reflexivity|]. intros i H1 H2. apply Hj; subst n; lia.
  - replace n with O by (subst n; lia). cbn. destruct b; [apply HT; [reflexivity|intros i; lia]|exact Q0].
Qed.

(* The same for a loop that carries whether it was left, and then what was found:
   it was not left, or it found false. *)
Definition stays (m : res (bool * bool)) : res bool := bind m (fun '(gone, _) => Ok (negb gone)).
Definition stays_gone (lo hi : Z) (body : Z -> bool * bool -> res (bool * bool)) : Prop :=
  forall i f, lo <= i -> i < hi -> W True (body i (true, f)) (fun t => t = (true, f)).
Definition goes_false (lo hi : Z) (body : Z -> bool * bool -> res (bool * bool)) (r : bool) : Prop :=
  forall i, lo <= i -> i < hi -> W True (body i (false, r)) (fun '(gone, f) => (if gone then negb f else Bool.eqb f r) = true).
Lemma loop_early {lo hi body r} {Q : bool * bool -> Prop} : stays_gone lo hi body -> goes_false lo hi body r ->
  (always lo hi (fun i => stays (body i (false, r))) -> Q (false, r)) -> Q (true, false) ->
  W True (loop lo hi body (false, r)) Q.
Proof.
  intros HA HS HT HF. unfold loop.
  assert (G : forall n i, lo <= i -> i + Z.of_nat n <= hi -> forall f, forN n i body (true, f) = Ok (true, f) \/ exists p, forN n i body (true, f) = Panic p).
  { induction n as [|n IH]; intros i Hi Hn f; cbn [forN]; [auto|]. pose proof (HA i f Hi ltac:(lia)) as Hb.
    destruct (body i (true, f)) as [t|p]; cbn [bind W] in *; [subst t; apply IH; lia|eauto]. }
  assert (E : forall n i, lo <= i -> i + Z.of_nat n <= hi ->
    (forN n i body (false, r) = Ok (false, r) /\ forall j, i <= j -> j < i + Z.of_nat n -> holds (stays (body j (false, r))) = true) \/
    forN n i body (false, r) = Ok (true, false) \/ exists p, forN n i body (false, r) = Panic p).
  { induction n as [|n IH]; intros i Hi Hn; cbn [forN]; [left; split; [reflexivity|lia]|].
    pose proof (HS i Hi ltac:(lia)) as Hb. destruct (body i (false, r)) as [[[|] f]|p] eqn:B; cbn [bind W] in *; [| |eauto].
    - destruct f; [discriminate|]. right. apply G; lia.
    - apply Bool.eqb_prop in Hb. subst f. destruct (IH (i + 1) ltac:(lia) ltac:(lia)) as [[F Hj]|F]; [left|auto].
      split; [exact F|]. intros j H1 H2. destruct (Z.eq_dec j i) as [->|]; [rewrite B; reflexivity|apply Hj; lia]. }
  destruct (Z.le_gt_cases lo hi) as [H|H].
  - destruct (E (Z.to_nat (hi - lo)) lo ltac:(lia) ltac:(lia)) as [[-> Hj]|[->|[p ->]]]; cbn; [|exact HF|exact I].
    apply HT. intros i H1 H2. apply Hj; lia.
  - replace (Z.to_nat (hi - lo)) with O by lia. cbn. apply HT. intros i. lia.
Qed.

(* ---- sequences and joins ---- *)

Lemma bind_bind {A B C p} (m : res A) (k : A -> res B) (l : B -> res C) Q :
  W p (bind m (fun a => bind (k a) l)) Q -> W p (bind (bind m k) l) Q.
Proof. destruct m; auto. Qed.
Lemma bind_join {A B C p} f v (m : res A) (k : A -> res B) (l : B -> res C) Q :
  W p (join f v m (fun a => bind (k a) l)) Q -> W p (bind (join f v m k) l) Q.
Proof. destruct m; auto. Qed.
Lemma bind_if {A B p} (c : bool) (m n : res A) (k : A -> res B) Q :
  W p (if c then bind m k else bind n k) Q -> W p (bind (if c then m else n) k) Q.
Proof. destruct c; auto. Qed.

(* A join as what it stands for. *)
Lemma join_bind {A B p} f v (m : res A) (k : A -> res B) Q : W p (bind m k) Q -> W p (join f v m k) Q.
Proof. auto. Qed.
Lemma join_let {A B p} f v e (k : A -> res B) Q : W p (lt e k) Q -> W p (join f v (Ok e) k) Q.
Proof. auto. Qed.
Lemma join_bind2 {A B C D p} f v (m : res A) (n : res B) (k : A -> res C) (l : B -> res D) Q :
  W p (bind m k) (fun c => W p (bind n l) (Q c)) -> W p (join f v m k) (fun c => W p (join f v n l) (Q c)).
Proof. auto. Qed.
Lemma join_let2 {A B C D p} f v d e (k : A -> res C) (l : B -> res D) Q :
  W p (lt d k) (fun c => W p (lt e l) (Q c)) -> W p (join f v (Ok d) k) (fun c => W p (join f v (Ok e) l) (Q c)).
Proof. auto. Qed.

(* Paths are merged at a join: all that is kept of what it yields is P, or for
   two runs side by side, R. *)
Lemma join_cut {A B p} (P : A -> Prop) f v (m : res A) (k : A -> res B) (Q : B -> Prop) :
  W p m P -> (forall a, P a -> W p (k a) Q) -> W p (join f v m k) Q.
Proof. unfold join. destruct m; cbn; auto. Qed.
Lemma join_cut2 {A B C D p} (R : A -> B -> Prop) f v (m : res A) (n : res B) (k : A -> res C) (l : B -> res D) (Q : C -> D -> Prop) :
  W p m (fun a => W p n (R a)) -> (forall a b, R a b -> W p (k a) (fun c => W p (l b) (Q c))) ->
  W p (join f v m k) (fun c => W p (join f v n l) (Q c)).
Proof. unfold join. destruct m as [a|]; cbn; [|auto]. destruct n; cbn; [auto|]. intros. destruct (k a); cbn; auto. Qed.

(* Of two runs, two relations between what they yield. *)
Definition both {A B} (R S : A -> B -> Prop) (a : A) (b : B) : Prop := R a b /\ S a b.
Lemma w_both {A B} (m : res A) (n : res B) (R S : A -> B -> Prop) :
  W False m (fun a => W False n (R a)) -> W False m (fun a => W False n (S a)) -> W False m (fun a => W False n (both R S a)).
Proof. destruct m; cbn; [|tauto]. destruct n; cbn; [|tauto]. unfold both. auto. Qed.

(* What a condition decided, kept for when it is asked again. *)
Definition when (c : bool) (P Q : Prop) : Prop := if c then P else Q.
Lemma w_when (c : bool) (P Q : Prop) : W False (if c then Ok true else Ok false) (fun b : bool => if b then P else Q) -> when c P Q.
Proof. destruct c; auto. Qed.
Lemma when_true {c} {P Q : Prop} : when c P Q -> c = true -> P.
Proof. intros H ->. exact H. Qed.
Lemma when_false {c} {P Q : Prop} : when c P Q -> c = false -> Q.
Proof. intros H ->. exact H. Qed.

(* Two runs are taken in turns. Flip is False, and marks that the second run is
   in front. *)
Definition Flip := False.
Lemma w_flip {A B} (m : res A) (n : res B) (Q : A -> B -> Prop) :
  W Flip n (fun b => W Flip m (fun a => Q a b)) -> W False m (fun a => W False n (Q a)).
Proof. destruct m, n; cbn; tauto. Qed.
Lemma w_unflip {A B} (m : res A) (n : res B) (Q : A -> B -> Prop) :
  W False m (fun a => W False n (fun b => Q a b)) -> W Flip n (fun b => W Flip m (fun a => Q a b)).
Proof. destruct m, n; cbn; tauto. Qed.

(* ---- between models and statements ---- *)

Lemma w_holds m : W False m (fun b => b = true) -> holds m = true.
Proof. destruct m; cbn; [auto|contradiction]. Qed.
Lemma w_given m (G : Prop) : W True m (fun b => b = true -> G) -> holds m = true -> G.
Proof. destruct m; cbn; [auto|discriminate]. Qed.
Lemma w_true (b : bool) : W False (if b then Ok tt else Panic OOB) (fun _ => True) -> b = true.
Proof. destruct b; cbn; tauto. Qed.
Lemma w_is_true (b : bool) (G : Prop) : W True (if b then Ok tt else Panic OOB) (fun _ => G) -> b = true -> G.
Proof. destruct b; cbn; [auto|discriminate]. Qed.
Lemma w_false (b : bool) : W False (if b then Panic OOB else Ok tt) (fun _ => True) -> b = false.
Proof. destruct b; cbn; tauto. Qed.
Lemma w_init {A} (m : res A) (P : A -> Prop) : W False m P -> exists s, m = Ok s /\ P s.
Proof. destruct m as [a|]; cbn; [eauto|contradiction]. Qed.
Lemma w_step {A B} (m : res (A * B)) (P : A -> B -> Prop) :
  W False m (fun p => let '(s, r) := p in P s r) -> exists s r, m = Ok (s, r) /\ P s r.
Proof. destruct m as [[s r]|]; cbn; [eauto|contradiction]. Qed.
Lemma w_two {A B} (m n : res (A * B)) (P : A -> B -> A -> B -> Prop) :
  W False m (fun p => W False n (fun q => let '(s, r) := p in let '(t, u) := q in P s r t u)) ->
  exists s r t u, m = Ok (s, r) /\ n = Ok (t, u) /\ P s r t u.
Proof.
  destruct m as [[s r]|]; cbn; [|contradiction]. destruct n as [[t u]|]; cbn; [|contradiction].
  intros. exists s, r, t, u. auto.
Qed.
