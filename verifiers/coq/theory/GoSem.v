(* The meaning of Tile Go in Coq: what printed models are made of.

   Trusted, together with the printer (kernel/tilego/coqgen). It holds
   definitions only; facts about them are proven in GoSolve.v, which nobody
   needs to trust. Every function is total, and forN is the only recursion.

   Integers are Z, kept inside the range of their Go type by one wrap after
   every operation that can leave it. Booleans are bool, arrays are lists. *)
From Coq Require Import BinInt List Bool.
Import ListNotations.
Open Scope Z_scope.

(* What a function leaves: a value, or one of Tile Go's two panics. *)
Inductive pcode := OOB | DIV0.
Inductive res (A : Type) := Ok (a : A) | Panic (p : pcode).
Arguments Ok {A} a.
Arguments Panic {A} p.

Definition bind {A B} (m : res A) (k : A -> res B) : res B :=
  match m with Ok a => k a | Panic p => Panic p end.

(* A join: bind with a label (function, variable) that means nothing. Proofs
   use it to say which invariant belongs to which join. *)
Definition join {A B} (f v : Z) (m : res A) (k : A -> res B) : res B := bind m k.

(* A binding. A constant of its own, so that no tactic reduces it by accident. *)
Definition lt {A B} (e : A) (k : A -> res B) : res B := k e.

(* A predicate holds when it returns true; one that panics does not hold. *)
Definition holds (m : res bool) : bool :=
  match m with Ok b => b | Panic _ => false end.

(* Wrapping. The range test comes first because it is the fast and usual case;
   the value is x mod m, shifted by h for signed types, either way
   (wrapu_mod, wraps_mod in GoSolve.v). *)
Definition wrapu (m x : Z) : Z :=
  if (0 <=? x) && (x <? m) then x else x mod m.
Definition wraps (h x : Z) : Z :=
  if (- h <=? x) && (x <? h) then x else (x + h) mod (2 * h) - h.

Definition u8 := wrapu 256.
Definition u16 := wrapu 65536.
Definition u32 := wrapu 4294967296.
Definition u64 := wrapu 18446744073709551616.
Definition i8 := wraps 128.
Definition i16 := wraps 32768.
Definition i32 := wraps 2147483648.
Definition i64 := wraps 9223372036854775808.

(* Division truncates toward zero; the wrap w is for the least value of a
   signed type divided by -1. The remainder has the sign of the dividend. *)
Definition divz (w : Z -> Z) (a b : Z) : res Z :=
  if b =? 0 then Panic DIV0 else Ok (w (Z.quot a b)).
Definition remz (a b : Z) : res Z :=
  if b =? 0 then Panic DIV0 else Ok (Z.rem a b).

(* math/bits, for an unsigned a of w bits. *)
Definition bitlen (a : Z) : Z := if a <=? 0 then 0 else Z.log2 a + 1.
Definition lzeros (w a : Z) : Z := w - bitlen a.
Definition tzeros (w a : Z) : Z := if a =? 0 then w else Z.log2 (Z.land a (- a)).
Definition ones (w a : Z) : Z :=
  Z.of_nat (length (filter (fun k => Z.testbit a (Z.of_nat k)) (seq 0 (Z.to_nat w)))).

(* Arrays. *)
Definition inside {A} (l : list A) (i : Z) : bool :=
  (0 <=? i) && (i <? Z.of_nat (length l)).
Definition aget {A} (l : list A) (i : Z) : res A :=
  if inside l i
  then match nth_error l (Z.to_nat i) with Some a => Ok a | None => Panic OOB end
  else Panic OOB.
Definition aset {A} (l : list A) (i : Z) (x : A) : res (list A) :=
  if inside l i
  then Ok (firstn (Z.to_nat i) l ++ x :: skipn (S (Z.to_nat i)) l)
  else Panic OOB.
Definition fill {A} (n : Z) (x : A) : list A := repeat x (Z.to_nat n).

(* Loops. loop lo hi body s runs body for lo .. hi-1. *)
Fixpoint forN {T} (n : nat) (i : Z) (body : Z -> T -> res T) (s : T) : res T :=
  match n with
  | O => Ok s
  | S n' => bind (body i s) (forN n' (i + 1) body)
  end.
Definition loop {T} (lo hi : Z) (body : Z -> T -> res T) (s : T) : res T :=
  forN (Z.to_nat (hi - lo)) lo body s.

(* The ranges of types, for the statements that are printed. *)
Definition rng (lo hi x : Z) : Prop := lo <= x <= hi.
Definition arr (n lo hi : Z) (l : list Z) : Prop :=
  Z.of_nat (length l) = n /\ Forall (rng lo hi) l.
Definition arrb (n : Z) (l : list bool) : Prop := Z.of_nat (length l) = n.
