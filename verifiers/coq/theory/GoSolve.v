(* go_solve: the tactic that closes the contracts of printed models. Untrusted.

   The driver takes a model apart from the front, depth first: it computes what
   is closed, splits at conditions unless linear arithmetic decides them, uses
   the rule of each form (GoRules.v), and gives up at the first leaf that it
   cannot close. Loops, and joins where paths are to be merged, need an
   invariant, which the caller gives by the label of the join:

     inv f v   for one run:  fun x => P, for a loop fun s i x => P
     rel f v   for two runs: fun x y => R, for a loop fun s t i x y => R

   where x and y are what the join yields (tuples are taken apart by let), s and
   t what a loop starts with, i the index before an iteration. Either
   fails (fail) at labels without one; such joins are split.

     guess f v  for two runs: (fun x y => R1, (fun x y => R2, .. tt))

   are relations that may hold as well; each is tried by itself, where the caller
   says that there are any: Ltac guesses_known ::= idtac. *)
From K Require Import GoSem.
From K Require Export GoRules.
From Coq Require Import ZArith List Bool Lia.
Open Scope Z_scope.
#[export] Unset Lia Cache.

Ltac head t := lazymatch t with ?f _ => head f | _ => t end.
Ltac is_lit c := lazymatch c with Z0 => idtac | Zpos _ => idtac | Zneg _ => idtac end.

(* An inequality over Z from those in the context. Many are there as they are, or
   between literals: that costs a tenth of linear arithmetic. *)
Ltac z := first [z_known | solve [xlia zchecker]]
with z_known := lazymatch goal with
  | |- ?a <= ?b => first
    [ is_lit b; first [is_lit a; exact (le_lit a b eq_refl) | is_var a; match goal with H : a <= b |- _ => exact H end]
    | is_var b; match goal with H : a <= b |- _ => exact H end ]
  | |- ?a < ?b => first
    [ is_lit b; first [is_lit a; exact (lt_lit a b eq_refl) | is_var a; match goal with H : a < b |- _ => exact H end]
    | is_var b; match goal with H : a < b |- _ => exact H end ]
  | |- @eq Z ?a ?a => exact eq_refl
  end.
Ltac absurd_z := exfalso; solve [xlia zchecker].

Ltac not_lit c := lazymatch c with Z0 => fail | Zpos _ => fail | Zneg _ => fail | _ => idtac end.

(* What a branch or a step has taught. Equations are used up. *)
Ltac learn H := lazymatch type of H with
  | ?x = _ => try (is_var x; subst x)
  | _ => idtac
  end.

(* Bounds of a linear expression, read off the context. *)
Ltac lower e := lazymatch e with
  | ?a + ?b => let x := lower a in let y := lower b in eval compute in (x + y)
  | ?a - ?b => let x := lower a in let y := upper b in eval compute in (x - y)
  | Zpos ?c * ?a => let x := lower a in eval compute in (Zpos c * x)
  | Zneg ?c * ?a => let x := upper a in eval compute in (Zneg c * x)
  | _ => match goal with
      | _ => let _ := lazymatch goal with _ => is_lit e end in e
      | H : ?c <= e |- _ => let _ := lazymatch goal with _ => is_lit c end in c
      | H : ?c < e |- _ => let _ := lazymatch goal with _ => is_lit c end in eval compute in (c + 1)
      end
  end
with upper e := lazymatch e with
  | ?a + ?b => let x := upper a in let y := upper b in eval compute in (x + y)
  | ?a - ?b => let x := upper a in let y := lower b in eval compute in (x - y)
  | Zpos ?c * ?a => let x := upper a in eval compute in (Zpos c * x)
  | Zneg ?c * ?a => let x := lower a in eval compute in (Zneg c * x)
  | _ => match goal with
      | _ => let _ := lazymatch goal with _ => is_lit e end in e
      | H : e <= ?c |- _ => let _ := lazymatch goal with _ => is_lit c end in c
      | H : e < ?c |- _ => let _ := lazymatch goal with _ => is_lit c end in eval compute in (c - 1)
      end
  end.

(* Drop bounds that others imply. *)
Ltac below c d := let b := eval compute in (Z.leb c d) in lazymatch b with true => idtac end.
Ltac tidy := repeat match goal with
  | H : ?x <= ?c, H' : ?x <= ?d |- _ => is_var x; is_lit c; is_lit d; below c d; clear H'
  | H : ?c <= ?x, H' : ?d <= ?x |- _ => is_var x; is_lit c; is_lit d; below d c; clear H'
  end.

(* ---- conditions ---- *)

Ltac go_if p c m n Q := lazymatch c with
  | true => refine (if_true m n Q _)
  | false => refine (if_false m n Q _)
  | negb ?c => refine (if_not c m n Q _)
  | andb ?c ?d => refine (if_and c d m n Q _)
  | orb ?c ?d => refine (if_or c d m n Q _)
  | Bool.eqb ?c ?d => refine (if_eqb c d m n Q _)
  | Z.ltb ?a ?b => let H := fresh in
      tryif (assert (H : a < b) by z) then (refine (ltb_then a b m n Q H _); clear H)
      else tryif (assert (H : b <= a) by z) then (refine (ltb_else a b m n Q H _); clear H)
      else (refine (ltb_if a b m n Q _ _); intro)
  | Z.leb ?a ?b => let H := fresh in
      tryif (assert (H : a <= b) by z) then (refine (leb_then a b m n Q H _); clear H)
      else tryif (assert (H : b < a) by z) then (refine (leb_else a b m n Q H _); clear H)
      else (refine (leb_if a b m n Q _ _); intro)
  | Z.eqb ?a ?b => first
    [ refine (eqb_then a b m n Q ltac:(z) _) | refine (eqb_else a b m n Q ltac:(z) _)
    | refine (eqb_if a b m n Q _ _ _); [let H := fresh in intro H; learn H | intro; try absurd_z | intro; try absurd_z ] ]
  | _ => first [is_var c; destruct c | let E := fresh in destruct c eqn:E; clear E]
  end.

(* ---- bindings ---- *)

Ltac go_wrap w e k Q := lazymatch w with
  | u8 => first [refine (let_u8 e k Q ltac:(z) _) | refine (any_u8 e k Q _); intros]
  | u16 => first [refine (let_u16 e k Q ltac:(z) _) | refine (any_u16 e k Q _); intros]
  | u32 => first [refine (let_u32 e k Q ltac:(z) _) | refine (any_u32 e k Q _); intros]
  | u64 => first [refine (let_u64 e k Q ltac:(z) _) | refine (any_u64 e k Q _); intros]
  | i8 => first [refine (let_i8 e k Q ltac:(z) _) | refine (any_i8 e k Q _); intros]
  | i16 => first [refine (let_i16 e k Q ltac:(z) _) | refine (any_i16 e k Q _); intros]
  | i32 => first [refine (let_i32 e k Q ltac:(z) _) | refine (any_i32 e k Q _); intros]
  | i64 => first [refine (let_i64 e k Q ltac:(z) _) | refine (any_i64 e k Q _); intros]
  end.

Ltac go_bits p e k Q := lazymatch e with
  | Z.land ?a ?b => first
    [ is_lit b; let n := eval compute in (Z.log2 (b + 1)) in refine (let_mask a b n k Q ltac:(discriminate) eq_refl _)
    | refine (let_land a b k Q ltac:(z) _)
    | rewrite (Z.land_comm a b); refine (let_land b a k Q ltac:(z) _) ]; intros
  | Z.shiftr ?a ?n => first
    [ is_lit n; let b := eval compute in (2 ^ n) in refine (let_shr a n b k Q ltac:(discriminate) eq_refl _)
    | refine (let_shr_any a n k Q ltac:(z) ltac:(z) _) ]; intros
  | Z.lor ?a ?b => let x := upper a in let y := upper b in
      let n := eval compute in (Z.log2 (Z.max 1 (Z.max x y)) + 1) in let m := eval compute in (2 ^ n - 1) in
      refine (let_lor n m a b k Q ltac:(discriminate) eq_refl ltac:(z) ltac:(z) ltac:(z) ltac:(z) _); intros
  | Z.lxor ?a ?b => let x := upper a in let y := upper b in
      let n := eval compute in (Z.log2 (Z.max 1 (Z.max x y)) + 1) in let m := eval compute in (2 ^ n - 1) in
      refine (let_lxor n m a b k Q ltac:(discriminate) eq_refl ltac:(z) ltac:(z) ltac:(z) ltac:(z) _); intros
  | Z.ldiff ?a ?b => refine (let_ldiff a b k Q ltac:(z) _); intros
  end.

Ltac go_mul w a b k Q := not_lit a; not_lit b;
  let la := lower a in let ha := upper a in let lb := lower b in let hb := upper b in
  let lo := eval compute in (Z.min (Z.min (la * lb) (la * hb)) (Z.min (ha * lb) (ha * hb))) in
  let hi := eval compute in (Z.max (Z.max (la * lb) (la * hb)) (Z.max (ha * lb) (ha * hb))) in
  refine (let_mul w a b la ha lb hb lo hi k Q ltac:(z) ltac:(z) ltac:(z) ltac:(z) eq_refl eq_refl _); intros.

Ltac go_let p e k Q := lazymatch e with
  | ?w (Z.shiftl ?a ?n) => is_lit n; let b := eval compute in (2 ^ n) in
      refine (let_shl w a n b k Q ltac:(discriminate) eq_refl _)
  | Z.min ?a ?b => refine (let_min a b k Q _)
  | Z.max ?a ?b => refine (let_max a b k Q _)
  | lzeros ?n ?a => let b := eval compute in (2 ^ n) in
      refine (let_lzeros n b a k Q ltac:(discriminate) eq_refl ltac:(z) ltac:(z) _); intros
  | tzeros ?n ?a => let b := eval compute in (2 ^ n) in
      refine (let_tzeros n b a k Q ltac:(discriminate) eq_refl ltac:(z) ltac:(z) _); intros
  | ones ?n ?a => refine (let_ones n a k Q ltac:(discriminate) _); intros
  | fill ?n ?x => let l := fresh "l" in set (l := fill n x);
      first [pose proof (arr_fill n x ltac:(discriminate) : arr n x x l) | pose proof (arrb_fill n x ltac:(discriminate) : arrb n l)];
      pose proof (every_fill n x : every l _); clearbody l; refine (let_is l k Q _)
  | ?w ?x => first [lazymatch x with ?a * ?b => go_mul w a b k Q end | go_wrap w x k Q | go_bits p e k Q | refine (let_is e k Q _)]
  | _ => refine (let_is e k Q _)
  end.

(* Two quotients by the same divisor are ordered as their dividends are. *)
Ltac order_quotient x a b := try match goal with
  | E : quotient x a b, F : quotient ?y ?c b |- _ => lazymatch x with y => fail | _ => idtac end;
      first [ assert (a <= c) by z; pose proof (quotient_le x y a c b eq_refl E F ltac:(assumption))
            | assert (c <= a) by z; pose proof (quotient_le y x c a b eq_refl F E ltac:(assumption)) ]
  end.

Ltac go_div w a b k Q :=
  let x := fresh "x" in let E := fresh "E" in
  let known := (intros x ? ? ? ? E; try (is_lit b; order_quotient x a b)) in
  lazymatch b with
  | Zneg ?c => refine (div_opp w a b (Zpos c) k Q eq_refl eq_refl _)
  | _ => first
    [ refine (div_pos w a b k Q ltac:(z) ltac:(z) _); known
    | refine (div_neg w a b k Q ltac:(z) ltac:(z) _); known
    | let H := fresh in assert (H : 0 < b) by z; clear H; destruct (Z.le_gt_cases 0 a) as [H|H];
      [ refine (div_pos w a b k Q H ltac:(z) _); known | refine (div_neg w a b k Q ltac:(z) ltac:(z) _); known ]
    | let lo := lower a in let hi := upper a in let m := eval compute in (Z.max (- lo) hi) in
      refine (div_any w a b m k Q ltac:(first [left; z | right; z]) ltac:(z) ltac:(z) _); intros ]
  end.

Ltac go_rem a b k Q := lazymatch b with
  | Zneg ?c => refine (rem_opp a b (Zpos c) k Q eq_refl eq_refl _)
  | _ => first
    [ refine (rem_pos a b k Q ltac:(z) ltac:(z) _); intros
    | refine (rem_neg a b k Q ltac:(z) ltac:(z) _); intros
    | let H := fresh in destruct (Z.le_gt_cases 0 a) as [H|H];
      [ refine (rem_pos a b k Q H ltac:(z) _); intros | refine (rem_neg a b k Q ltac:(z) ltac:(z) _); intros ] ]
  end.

(* ---- arrays ---- *)

Ltac order_table l i x R := try match goal with
  | S : read l ?j ?y |- _ => lazymatch y with x => fail | _ => idtac end;
      first [ assert (i <= j) by z; pose proof (rising_le l i j x y eq_refl R S ltac:(assumption))
            | assert (j <= i) by z; pose proof (rising_le l j i y x eq_refl S R ltac:(assumption)) ]
  end.

(* What is known of x, read from l at i. An element that was written is what was
   written, or else what was there before. A loop that said something of every
   index says it of this one: that becomes a premise of the goal. *)
Ltac known l i x R := lazymatch goal with
  | H : written l ?m ?j ?y |- _ => let S := fresh "R" in
      destruct (H i x R) as [[? ->]|[[?|?] S]]; [try absurd_z | try absurd_z; known m i x S | try absurd_z; known m i x S]
  | H : every l _ |- _ => let F := fresh in pose proof (H i x R) as F; cbv beta in F; learn F
  | _ => said l i
  end
with said l i := try match goal with
  | H : always ?lo ?hi ?b |- _ => lazymatch b with context [l] => idtac end;
      lazymatch goal with _ : seen i H |- _ => fail | _ => idtac end;
      let F := fresh in assert (F : holds (b i) = true) by (apply H; z);
      assert (seen i H) by exact I; cbv beta in F; revert F
  end.

(* A list without variables: a constant table, or an array that was just made. *)
Ltac is_table l := let n := eval vm_compute in (Z.of_nat (length l)) in is_lit n.

Ltac go_get p l i k Q :=
  let x := fresh "x" in let R := fresh "R" in
  lazymatch goal with
  | R : read l i ?x |- _ => refine (get_again l i x k Q R _)
  | H : arr ?n ?lo ?hi l |- _ => refine (get_arr n lo hi l i k Q H ltac:(z) ltac:(z) _); intros x R ? ?; known l i x R
  | H : arrb ?n l |- _ => refine (get_arrb n l i k Q H ltac:(z) ltac:(z) _); intros x R; known l i x R
  | _ => is_table l; first
    [ is_lit i; let r := eval vm_compute in (aget l i) in lazymatch r with Ok ?x => refine (get_is l i x k Q eq_refl _) end
    | let n := eval vm_compute in (Z.of_nat (length l)) in
      let lo := eval vm_compute in (least l) in
      let hi := eval vm_compute in (most l) in
      refine (get_arr n lo hi l i k Q (table_arr n lo hi l eq_refl) ltac:(z) ltac:(z) _); intros x R ? ?; order_table l i x R ]
  end.

Ltac go_set l i y k Q := lazymatch goal with
  | H : arr ?n ?lo ?hi l |- _ => first
    [ refine (set_arr n lo hi l i y k Q H ltac:(z) ltac:(z) ltac:(z) ltac:(z) _); intros
    | widen H 0 255; go_set l i y k Q | widen H 0 65535; go_set l i y k Q | widen H 0 4294967295; go_set l i y k Q
    | widen H (-128) 127; go_set l i y k Q | widen H (-32768) 32767; go_set l i y k Q | widen H (-2147483648) 2147483647; go_set l i y k Q ]
  | H : arrb ?n l |- _ => refine (set_arrb n l i y k Q H ltac:(z) ltac:(z) _); intros
  end
with widen H a b := lazymatch type of H with
  | arr ?n a b _ => fail
  | arr ?n ?lo ?hi ?l => apply (arr_wider n lo hi a b l ltac:(z) ltac:(z)) in H
  end.

(* ---- the driver ---- *)

(* Hooks: invariants by label (see the head of this file), and what to do with a
   goal that no rule closes. *)
Ltac inv f v := fail.
Ltac rel f v := fail.
Ltac guess f v := fail.
Ltac guesses_known := fail.
Ltac stuck := fail.

(* Take tuples apart. *)
Ltac parts := repeat match goal with x : (_ * _)%type |- _ => destruct x end.

(* After a merge: forget variables that the rest of the model does not use and
   that are not compared with others. *)
Ltac linked x := match goal with H : ?T |- _ => lazymatch T with
  | x <= ?c => not_lit c
  | x < ?c => not_lit c
  | ?c <= x => not_lit c
  | ?c < x => not_lit c
  | context [x] => idtac
  end end.
Ltac forget := repeat match goal with
  | x : Z |- ?G => lazymatch G with context [x] => fail | _ => assert_fails (linked x); clear dependent x end
  end.

(* One step into a function or a named predicate. *)
Ltac opened m :=
  let x := lazymatch m with match ?x with _ => _ end => x | _ => m end in
  let h := head x in eval cbv beta iota delta [h] in m.

(* An invariant with what is known without a hint: of an if, what holds if its
   condition does; of a minimum or maximum, on which side of its operands it is. *)
Ltac sided P m := 
  let Q := lazymatch P with (?Q, _) => Q | _ => P end in
  lazymatch m with
  | if ?c then _ else _ => lazymatch P with (_, ?S) => constr:(fun x => Q x /\ S c x) | _ => Q end
  | Ok (Z.min ?a ?b) => constr:(fun x => Q x /\ x <= a /\ x <= b)
  | Ok (Z.max ?a ?b) => constr:(fun x => Q x /\ a <= x /\ b <= x)
  | _ => Q
  end.

(* Whether paths are merged at joins, where inv or rel say how, or kept apart:
   a mark in the context. Loops need their invariant either way. *)
Definition kept_apart := True.
(* Whether guesses are tried where paths of two runs are merged. *)
Definition guessing := True.
Ltac guesses := lazymatch goal with _ : guessing |- _ => idtac end.
Ltac merges := lazymatch goal with _ : kept_apart |- _ => fail | _ => idtac end.

(* Goals are in beta-iota normal form here: refine leaves them so. To reduce them
   again, or to change them with a check, leaves casts that double what the kernel
   has to check; it checks every step at Qed all the same. *)
Ltac go := lazymatch goal with
  | |- W ?p (Ok (Z.min ?a ?b)) ?Q => refine (ok_min a b Q _); go
  | |- W ?p (Ok (Z.max ?a ?b)) ?Q => refine (ok_max a b Q _); go
  | |- W ?p (Ok ?a) ?Q => refine (w_ok a Q _); go
  | |- W True (Panic _) _ => exact I
  | |- W Flip (join ?f ?v ?m ?k) (fun b => W Flip ?n (fun a => @?Q a b)) => refine (w_unflip n _ Q _); go
  | |- W False (join ?f ?v ?m ?k) (fun a => W False ?n (@?Q a)) => go_both f v m k n Q
  | |- W ?p ?m ?Q => go_step p m Q
  | |- _ => go_prop
  end

with then_go tac := tryif tac then go else stuck

with go_step p m Q := lazymatch m with
  | if ?c then ?m else ?n => go_if p c m n Q; go
  | lt ?e ?k => then_go ltac:(go_let p e k Q)
  | bind ?m ?k => lazymatch m with
      | Ok ?a => refine (bind_ok a k Q _); go
      | aget ?l ?i => then_go ltac:(go_get p l i k Q)
      | aset ?l ?i ?x => then_go ltac:(go_set l i x k Q)
      | divz ?w ?a ?b => then_go ltac:(go_div w a b k Q)
      | remz ?a ?b => then_go ltac:(go_rem a b k Q)
      | lt ?e ?l => refine (bind_let e l k Q _); go
      | if ?c then ?m else ?n => refine (bind_if c m n k Q _); go
      | bind ?m ?l => refine (bind_bind m l k Q _); go
      | join ?f ?v ?m ?l => refine (bind_join f v m l k Q _); go
      | _ => let m := opened m in change_no_check (W p (bind m k) Q); go
      end
  | join ?f ?v (loop ?lo ?hi ?body ?s) ?k =>
      refine (w_bind _ k Q _); lazymatch goal with |- W _ _ ?Q => go_loop p f v lo hi body s Q end
  | join ?f ?v ?m ?k =>
      tryif (merges; let P := inv f v in let P := sided P m in let H := fresh "Merged" in assert (H : W p m P) by go)
      then (lazymatch goal with H : W p m ?P |- _ => refine (join_cut P f v m k Q H _); clear H; intro; parts; forget; go end)
      else (lazymatch m with Ok ?e => refine (join_let f v e k Q _) | _ => refine (join_bind f v m k Q _) end; go)
  | match ?x with _ => _ end => destruct x; go
  | Panic _ => go_recall
  | _ => let m := opened m in change_no_check (W p m Q); go
  end

with go_loop p f v lo hi body s Q :=
  tryif (let I := inv f v in idtac) then (let I := inv f v in go_invariant p constr:(I s) lo hi body s Q)
  else lazymatch p with
  | True => go_learn lo hi body s Q
  | _ => let I := match type of s with
        | bool => constr:(fun (_ : Z) (b : bool) => b = true)
        | ?T => constr:(fun (_ : Z) (t : T) => t = s)
        end in go_invariant p I lo hi body s Q
  end
(* What a loop that is known to have run says of each index, if it is of a form
   that says so; otherwise nothing. *)
with go_learn lo hi body s Q := let H := fresh in let E := fresh in
  tryif (assert (H : stays_false lo hi body) by (intros ? ? ?; go)) then (refine (loop_all H _ _); clear H; go)
  else tryif (lazymatch s with (false, ?r) =>
      assert (H : stays_gone lo hi body) by (intros ? ? ? ?; go);
      assert (E : goes_false lo hi body r) by (intros ? ? ?; go) end)
  then (refine (loop_early H E _ _); clear H E; go)
  else (let T := type of s in go_invariant True constr:(fun (_ : Z) (_ : T) => True) lo hi body s Q)
with go_invariant p I lo hi body s Q :=
  refine (loop_inv I lo hi body s Q ltac:(z) _ _ _); [go | intros ? ? ? ?; parts; go | intro; parts; go]

(* Both runs are at a join, or the first waits there for the second. *)
with go_both f v m k n Q := lazymatch n with
  | join f v ?n ?l =>
      tryif (let R := rel f v in let S := at_end R m n in
        let H := fresh "Merged" in assert (H : W False m (fun a => W False n (S a))) by go_related R m n)
      then (try (guesses; let gs := guess f v in go_guesses gs m n);
        lazymatch goal with H : W False m (fun a => W False n (?R a)) |- _ =>
        refine (join_cut2 R f v m n k l Q H _); clear H; intros ? ?; parts; forget; go end)
      else (first [refine (join_let2 f v _ _ k l Q _) | refine (join_bind2 f v m n k l Q _)]; go)
  | join f ?w ?n ?l =>
      let behind := eval compute in (Z.ltb w v) in
      lazymatch behind with
      | true => refine (w_flip _ _ _ _); lazymatch goal with |- W Flip ?m ?Q => go_step Flip m Q end
      | false => go_step False (join f v m k) (fun a => W False (join f w n l) (Q a))
      end
  | Ok _ => go_step False (join f v m k) (fun a => W False n (Q a))
  | join _ _ _ _ => go_step False (join f v m k) (fun a => W False n (Q a))
  | _ => refine (w_flip _ _ _ _); go
  end
(* Adds to what is known of two runs each guess that holds. *)
with go_guesses gs m n := lazymatch gs with
  | (?G, ?gs) =>
      try (lazymatch goal with H : W False m (fun a => W False n (?R a)) |- _ =>
        let K := fresh "Guessed" in assert (K : W False m (fun a => W False n (G a))) by go_related G m n;
        let B := fresh "Merged" in pose proof (w_both m n R G H K) as B; clear H K end);
      go_guesses gs m n
  | _ => idtac
  end
(* What is left of a relation behind the loop. *)
with at_end R m n := lazymatch m with
  | loop _ ?hi _ ?s => lazymatch n with loop _ _ _ ?t => constr:(R s t hi) end
  | _ => R
  end
with go_related R m n := lazymatch m with
  | loop ?lo ?hi ?g ?s => lazymatch n with loop lo hi ?h ?t =>
      refine (loop_inv2 (R s t) lo hi g h s t ltac:(z) _ _); [go | intros ? ? ? ? ?; parts; go] end
  | _ => merges; go
  end

(* Statements: premises are learnt, conclusions taken apart. *)
with go_prop := lazymatch goal with
  | |- True => exact I
  | |- ?A -> ?G => go_premise A G
  | |- forall _, _ => let x := fresh "x" in intro x;
      lazymatch type of x with Z => idtac | bool => idtac | list _ => idtac | _ => destruct x end; go
  | |- exists s r t u, ?m = Ok (s, r) /\ ?n = Ok (t, u) /\ @?P s r t u => tidy; refine (w_two m n P _); go
  | |- exists s r, ?m = Ok (s, r) /\ @?P s r => tidy; refine (w_step m P _); go
  | |- exists s, ?m = Ok s /\ @?P s => refine (w_init m P _); go
  | |- ?A /\ ?B => tryif (inequalities (A /\ B)) then (unfold rng; first [z | go_recall]) else (split; go)
  | |- ?b = true => go_true b
  | |- ?b = false => refine (w_false b _); go
  | |- rng _ _ _ => unfold rng; first [z | go_recall]
  | |- when ?c ?P ?Q => refine (w_when c P Q _); go
  | |- _ <= _ => first [z | go_recall]
  | |- _ < _ => first [z | go_recall]
  | |- @eq Z _ _ => first [z | go_recall]
  | |- @eq (_ * _) _ _ => first [exact eq_refl | stuck]
  | |- arr ?n ?a ?b ?l => first
      [ assumption
      | lazymatch goal with H : arr n ?lo ?hi l |- _ => exact (arr_wider n lo hi a b l ltac:(z) ltac:(z) H) end
      | refine (arr_wider n _ _ a b _ _ _ (arr_fill n _ _)); [z | z | discriminate]
      | stuck ]
  | |- arrb ?n _ => first [assumption | apply (arrb_fill n); discriminate | stuck]
  | |- W _ _ _ => go
  | |- ?A => let A' := opened A in change_no_check A'; go
  end
(* Succeeds if A is nothing but inequalities, which are proven together. *)
with inequalities A := lazymatch A with
  | ?A /\ ?B => inequalities A; inequalities B
  | _ <= _ => idtac
  | _ < _ => idtac
  | @eq Z _ _ => idtac
  | rng _ _ _ => idtac
  end
(* At a leaf that does not close: what did earlier conditions decide? *)
with go_recall := lazymatch goal with
  | H : when ?c ?P ?Q |- _ => first
      [ let E := fresh in assert (E : c = true) by (clear H; go); generalize (when_true H E); clear H E; go
      | let E := fresh in assert (E : c = false) by (clear H; go); generalize (when_false H E); clear H E; go
      | clear H; go_recall ]
  | R : read ?l ?i ?x |- _ => tryif (small_table l)
      then (first [go_close | let E := eval vm_compute in (indexed l) in
        generalize (read_one_of l i x R : one_of E i x); clear R; go_elements])
      else (clear R; go_recall)
  | |- _ => first [go_close | stuck]
  end
with go_close := lazymatch goal with
  | |- W _ (Panic _) _ => absurd_z
  | |- _ => z
  end
with small_table l := is_table l;
  let b := eval vm_compute in (Z.of_nat (length l) <=? 32) in lazymatch b with true => idtac end
(* One element after the other: most are out of the question at once. *)
with go_elements := lazymatch goal with
  | |- one_of nil ?i ?x -> _ => exact (one_of_nil i x)
  | |- one_of ((?k, ?a) :: ?l) ?i ?x -> _ => refine (one_of_cons k a l i x _ _);
      [ let H := fresh in intro H; learn H; let H := fresh in intro H; learn H; first [absurd_z | go_recall] | go_elements ]
  end
with go_premise A G := lazymatch A with
  | True => intros _; go
  | _ /\ _ => refine (and_rect _); go
  | rng _ _ _ => intros [? ?]; go
  | ?b = true => go_given b G
  | @eq Z _ _ => let H := fresh in intro H; learn H; go
  | (_, _) = (_, _) => let H := fresh in intro H; injection H; clear H; go
  | ?a = ?b => intros ->; go
  | _ <= _ => intro; go
  | _ < _ => intro; go
  | arr _ _ _ _ => intro; go
  | arrb _ _ => intro; go
  | always _ _ _ => intro; go
  | when _ _ _ => intro; go
  | _ => let A' := opened A in change_no_check (A' -> G); go
  end
with go_given b G := lazymatch b with
  | true => intros _; go
  | false => discriminate
  | holds ?m => refine (w_given m G _); go
  | _ => tryif decides b then (refine (w_is_true b G _); go) else (let b := opened b in change_no_check (b = true -> G); go)
  end
with go_true b := lazymatch b with
  | true => exact eq_refl
  | holds ?m => refine (w_holds m _); go
  | _ => tryif decides b then (refine (w_true b _); go) else (let b := opened b in change_no_check (b = true); go)
  end
(* Succeeds if b is a boolean that go_if can take apart. *)
with decides b := lazymatch b with
  | negb _ => idtac | andb _ _ => idtac | orb _ _ => idtac | Bool.eqb _ _ => idtac
  | Z.ltb _ _ => idtac | Z.leb _ _ => idtac | Z.eqb _ _ => idtac | true => idtac | false => idtac
  | _ => is_var b
  end.

(* What stuck may do instead, to say where a proof stopped: print the goal. *)
Ltac show_goal :=
  idtac "@stuck";
  try match reverse goal with H : ?T |- _ => lazymatch type of T with Prop => idtac "@given" T | _ => idtac end; fail end;
  lazymatch goal with
  | |- W _ (bind ?m _) _ => idtac "@at" m
  | |- W _ (lt ?e _) _ => idtac "@at" e
  | |- W _ ?m _ => idtac "@at" m
  | |- ?G => idtac "@show" G
  end.

(* One clause: paths are merged where invariants say how; if that loses too much,
   with guesses, where there are two runs; and at last kept apart. *)
Ltac two_runs A := lazymatch A with context [exists s r t u, _ /\ _] => idtac end.
Ltac go_clause := first
  [ go
  | guesses_known; lazymatch goal with |- ?A => let B := opened A in two_runs B; change_no_check B end; assert guessing by exact I; go
  | assert kept_apart by exact I; go ].

Ltac is_conj A := lazymatch A with _ /\ _ => idtac end.
Ltac go_solve := lazymatch goal with
  | |- _ /\ _ => split; go_solve
  | |- ?A => tryif (let B := opened A in is_conj B) then (let B := opened A in change_no_check B; go_solve) else go_clause
  end.
