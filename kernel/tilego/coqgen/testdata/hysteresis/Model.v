From K Require Import GoSem Contract.
From Coq Require Import BinInt List Bool.
Import ListNotations.
Open Scope Z_scope.

Inductive State := mkState (s0 : Z) (s1 : Z).
Definition stateOK (r : State) : Prop :=
  let '(mkState s0 s1) := r in
  rng 0 255 s0 /\
  rng 0 255 s1.

Definition mt0 : list Z := [550; 580; 610; 640; 670; 700; 730; 760; 790; 820; 850].
Definition mk0_2 (v0 : Z) (v1 : Z) (v2 : Z) : res bool :=
 lt ((v0 <=? 10) && (v1 <=? v2)) (fun v3 =>
 Ok v3).
Definition mf0 (v0 : Z) (v1 : Z) : res bool :=
 join 0 2 (Ok (Z.max 4 8)) (fun v2 => mk0_2 v0 v1 v2).
Definition mk1_13 (v13 : Z) (v14 : Z) : res (Z * Z * Z * Z) :=
 bind (divz u8 v13 2) (fun v15 =>
 Ok (v13, v14, v13, v15)).
Definition mk1_6 (v0 : Z) (v2 : Z) (v6 : Z) : res (Z * Z * Z * Z) :=
 bind (aget mt0 v0) (fun v7 =>
 lt (i16 (v7 - 30)) (fun v8 =>
 join 1 13 (if ((v7 <=? v2) && (v0 <? 10)) then
  lt (u8 (v0 + 1)) (fun v9 =>
  Ok (v9, 4))
 else
  join 1 11 (if (((v2 <? v8) && (v6 =? 0)) && (0 <? v0)) then
   lt (u8 (v0 - 1)) (fun v10 =>
   Ok (v10, 8))
  else
   Ok (v0, v6)) (fun '(v11, v12) =>
  Ok (v11, v12))) (fun '(v13, v14) => mk1_13 v13 v14))).
Definition mf1 (v0 : Z) (v1 : Z) (v2 : Z) (v3 : bool) (v4 : Z) : res (Z * Z * Z * Z) :=
 if (v3 || (900 <=? v2)) then
  Ok (10, 8, 10, 10)
 else
  join 1 6 (if (0 <? v1) then
   lt (u8 (v1 - 1)) (fun v5 =>
   Ok v5)
  else
   Ok v1) (fun v6 => mk1_6 v0 v2 v6).

Definition Init : res State := Ok (mkState 0 0).
Definition Inv (s : State) : bool :=
  let '(mkState s_0 s_1) := s in
  holds (mf0 s_0 s_1).
Definition Step (s : State) (i : Input) : res (State * (Z * Z)) :=
  let '(mkState s_0 s_1) := s in
  let '(mkInput i_0 i_1 i_2) := i in
  bind (mf1 s_0 s_1 i_0 i_1 i_2) (fun '(s_0, s_1, r0, r1) => Ok ((mkState s_0 s_1), (r0, r1))).
