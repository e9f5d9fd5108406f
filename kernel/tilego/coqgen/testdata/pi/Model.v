From K Require Import GoSem Contract.
From Coq Require Import BinInt List Bool.
Import ListNotations.
Open Scope Z_scope.

Inductive State := mkState (s0 : Z).
Definition stateOK (r : State) : Prop :=
  let '(mkState s0) := r in
  rng (-2147483648) 2147483647 s0.

Definition mf0 (v0 : Z) : res bool :=
 lt ((0 <=? v0) && (v0 <=? 2560)) (fun v1 =>
 Ok v1).
Definition mk1_2 (v1 : Z) (v2 : Z) : res Z :=
 join 1 3 (Ok (Z.min v2 v1)) (fun v3 =>
 Ok v3).
Definition mf1 (v0 : Z) (v1 : Z) : res Z :=
 join 1 2 (if (v0 <? 0) then
  Ok 0
 else
  Ok v0) (fun v2 => mk1_2 v1 v2).
Definition mk2_22 (v17 : Z) (v19 : Z) (v22 : Z) : res (Z * Z * Z) :=
 lt (u8 v22) (fun v23 =>
 Ok (v17, v19, v23)).
Definition mk2_18 (v17 : Z) (v18 : Z) : res (Z * Z * Z) :=
 lt (u8 v18) (fun v19 =>
 lt (i32 (2 * v18)) (fun v20 =>
 lt (i32 (v20 - 10)) (fun v21 =>
 join 2 22 (Ok (Z.max v21 0)) (fun v22 => mk2_22 v17 v19 v22)))).
Definition mk2_16 (v4 : bool) (v16 : Z) (v17 : Z) : res (Z * Z * Z) :=
 join 2 18 (if v4 then
  Ok 10
 else
  Ok v16) (fun v18 => mk2_18 v17 v18).
Definition mk2_14 (v0 : Z) (v4 : bool) (v10 : Z) (v14 : Z) : res (Z * Z * Z) :=
 join 2 16 (if (10 <? v14) then
  join 2 15 (Ok (Z.min v0 v10)) (fun v15 =>
  Ok (10, v15))
 else
  Ok (v14, v10)) (fun '(v16, v17) => mk2_16 v4 v16 v17).
Definition mk2_10 (v0 : Z) (v4 : bool) (v7 : Z) (v10 : Z) : res (Z * Z * Z) :=
 lt (i32 (12 * v7)) (fun v11 =>
 lt (i32 (v11 + v10)) (fun v12 =>
 bind (divz i32 v12 256) (fun v13 =>
 join 2 14 (if (v13 <? 0) then
  Ok 0
 else
  Ok v13) (fun v14 => mk2_14 v0 v4 v10 v14)))).
Definition mk2_5 (v0 : Z) (v4 : bool) (v5 : Z) : res (Z * Z * Z) :=
 lt v5 (fun v6 =>
 lt (i32 (v6 - 700)) (fun v7 =>
 lt (i32 (1 * v7)) (fun v8 =>
 lt (i32 (v0 + v8)) (fun v9 =>
 join 2 10 (mf1 v9 2560) (fun v10 => mk2_10 v0 v4 v7 v10))))).
Definition mf2 (v0 : Z) (v1 : Z) (v2 : bool) (v3 : Z) : res (Z * Z * Z) :=
 lt (v2 || (900 <=? v1)) (fun v4 =>
 join 2 5 (if v2 then
  Ok 900
 else
  Ok v1) (fun v5 => mk2_5 v0 v4 v5)).

Definition Init : res State := Ok (mkState 0).
Definition Inv (s : State) : bool :=
  let '(mkState s_0) := s in
  holds (mf0 s_0).
Definition Step (s : State) (i : Input) : res (State * (Z * Z)) :=
  let '(mkState s_0) := s in
  let '(mkInput i_0 i_1 i_2) := i in
  bind (mf2 s_0 i_0 i_1 i_2) (fun '(s_0, r0, r1) => Ok ((mkState s_0), (r0, r1))).
