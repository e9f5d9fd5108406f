(* Trials, made and judged inside Coq. Native integers of 63 bits serve for the
   generator and the digest, which nothing is proven about; the module works on
   Z. What this does is what plan.go and batch.go do. *)
From Coq Require Import BinInt List Bool PrimInt63.
From K Require Import GoSem.
Import ListNotations.
Open Scope int63_scope.

(* Between Z and native integers. *)
Fixpoint ofpos (p : positive) : int :=
  match p with
  | xH => 1
  | xO q => lsl (ofpos q) 1
  | xI q => lor (lsl (ofpos q) 1) 1
  end.
Definition ofZ (z : Z) : int :=
  match z with Z0 => 0 | Zpos p => ofpos p | Zneg p => sub 0 (ofpos p) end.
Fixpoint upto (n : nat) (x : int) : Z :=
  match n with
  | O => 0%Z
  | S m => if eqb x 0 then 0%Z
           else if eqb (land x 1) 0 then Z.double (upto m (lsr x 1))
           else Z.succ_double (upto m (lsr x 1))
  end.
Definition toZ : int -> Z := upto 63.

(* The digest. *)
Definition word (h w : int) : int :=
  land (mul (lxor h (land w 4294967295)) 16777619) 4294967295.
Definition short (h : int) (z : Z) : int := word h (ofZ z).
Definition high (z : Z) : int :=
  if Z.ltb z 0 then 1 else if Z.leb 9223372036854775808 z then 1 else 0.
Definition long (h : int) (z : Z) : int :=
  let w := ofZ z in word (word (word h w) (lsr w 32)) (high z).
Definition flag (h : int) (b : bool) : int := word h (if b then 1 else 0).
Definition kind (p : pcode) : int := match p with OOB => 1 | DIV0 => 2 end.
Definition both (a b : bool) : int :=
  lor (if a then 1 else 0) (if b then 2 else 0).

(* Values. *)
Inductive way := narrow | broad | whole.
Inductive source := from (w : way) (lo : Z) (span : int) (count : int) (table : list Z).
Definition next (x : int) : int := land (add (mul x 1103515245) 12345) 2147483647.
Fixpoint pickt (l : list Z) (k : int) : Z :=
  match l with
  | nil => 0%Z
  | z :: r => if eqb k 0 then z else pickt r (sub k 1)
  end.
Definition pick (s : source) (x : int) (fresh : bool) (before : Z) : Z * int :=
  let '(from w lo span count table) := s in
  let x := next x in
  let k := lsr x 28 in
  if negb fresh && ltb k 5 then (before, x)
  else if eqb (land k 1) 1 && ltb 0 count
  then let x := next x in (pickt table (lsr (mul x count) 31), x)
  else
    let y := next x in
    match w with
    | narrow => (Z.add lo (toZ (lsr (mul y span) 31)), y)
    | broad => let z := next y in (Z.add lo (toZ (PrimInt63.mod (lor (lsl y 31) z) span)), z)
    | whole => let z := next y in
        (Z.add (Z.add lo (Z.mul 4 (toZ (lor (lsl y 31) z)))) (toZ (land k 3)), z)
    end.
Fixpoint draw (sources : list source) (x : int) (fresh : bool) (before : list Z) : list Z * int :=
  match sources, before with
  | s :: ss, b :: bs =>
      let '(v, x) := pick s x fresh b in
      let '(l, x) := draw ss x fresh bs in (v :: l, x)
  | _, _ => (nil, x)
  end.
Definition take (l : list Z) : Z * list Z :=
  match l with nil => (0%Z, nil) | z :: r => (z, r) end.
Definition truth (z : Z) : bool := Z.eqb z 1.
Definition z_of (b : bool) : Z := if b then 1%Z else 0%Z.

Section Trials.
  Variables State Input Results : Type.
  Variable toState : list Z -> State.
  Variable toInput : list Z -> Input.
  Variables (Wf : Input -> bool) (Inv : State -> bool) (Post : Input -> Results -> bool).
  Variable Init : res State.
  Variable Step : State -> Input -> res (State * Results).
  Variable foldState : int -> State -> int.
  Variable foldResults : int -> Results -> int.
  Variables listState : State -> list Z.
  Variables listResults : Results -> list Z.

  Definition judged (h : int) (i : Input) (r : State * Results) : int :=
    let '(s, r) := r in
    word (foldState (foldResults (word h 0) r) s) (both (Inv s) (Post i r)).

  (* n trials from first on, with generator x, digest h, state s, last input. *)
  Fixpoint trials (inputs states : list source) (zeros : list Z) (start : res State)
      (n : nat) (first : bool) (x h : int) (s : res State) (before : list Z) : int :=
    match n with
    | O => h
    | S m =>
        let c := next x in
        let j := land (lsr c 20) 31 in
        let '(s, x) :=
          if eqb j 0
          then let '(l, x) := draw states c true zeros in
               (if Inv (toState l) then Ok (toState l) else start, x)
          else (if eqb j 1 then start else s, c) in
        let '(l, x) := draw inputs x (first || eqb (land (lsr c 25) 3) 0) before in
        let i := toInput l in
        let before := if Wf i then l else before in
        match s with
        | Panic p => trials inputs states zeros start m false x (word h (kind p)) start before
        | Ok st =>
            if negb (Wf i) then trials inputs states zeros start m false x (word h 9) s before
            else match Step st i with
                 | Panic p => trials inputs states zeros start m false x (word h (kind p)) start before
                 | Ok r => trials inputs states zeros start m false x (judged h i r) (Ok (fst r)) before
                 end
        end
    end.

  (* One trial that is written out: a state, or none for the initial one. *)
  Definition answer (t : option (list Z) * list Z) : list Z :=
    let '(given, l) := t in
    let s := match given with Some g => Ok (toState g) | None => Init end in
    let i := toInput l in
    match s with
    | Panic p => [toZ (kind p)]
    | Ok st =>
        if negb (Wf i) then [9%Z]
        else match Step st i with
             | Panic p => [toZ (kind p)]
             | Ok (s, r) => 0%Z :: toZ (both (Inv s) (Post i r)) :: listResults r ++ listState s
             end
    end.
End Trials.
