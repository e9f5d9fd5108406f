From K Require Import GoSem Contract.
From Coq Require Import BinInt List Bool.
Import ListNotations.
Open Scope Z_scope.

Inductive State := mkState (s0 : list Z) (s1 : Z).
Definition stateOK (r : State) : Prop :=
  let '(mkState s0 s1) := r in
  arr 8 0 65535 s0 /\
  rng 0 255 s1.

Definition mb0_4 (v0 : list Z) (v3 : bool) (v4 : Z) : res bool :=
 bind (aget v0 v4) (fun v5 =>
 lt (v3 && (v5 <=? 4000)) (fun v6 =>
 Ok v6)).
Definition mf0 (v0 : list Z) (v1 : Z) : res bool :=
 lt (v1 <? 8) (fun v2 =>
 join 0 7 (loop 0 8 (fun v4 v3 => mb0_4 v0 v3 v4) v2) (fun v7 =>
 Ok v7)).
Definition mb1_7 (v3 : list Z) (v6 : Z) (v7 : Z) : res Z :=
 bind (aget v3 v7) (fun v8 =>
 lt v8 (fun v9 =>
 lt (u32 (v6 + v9)) (fun v10 =>
 Ok v10))).
Definition mk1_11 (v3 : list Z) (v5 : Z) (v11 : Z) : res (list Z * Z * Z) :=
 lt (Z.shiftr v11 3) (fun v12 =>
 lt (u16 v12) (fun v13 =>
 Ok (v3, v5, v13))).
Definition mf1 (v0 : list Z) (v1 : Z) (v2 : Z) : res (list Z * Z * Z) :=
 bind (aset v0 v1 v2) (fun v3 =>
 lt (u8 (v1 + 1)) (fun v4 =>
 lt (Z.land v4 7) (fun v5 =>
 join 1 11 (loop 0 8 (fun v7 v6 => mb1_7 v3 v6 v7) 0) (fun v11 => mk1_11 v3 v5 v11)))).

Definition Init : res State := Ok (mkState (fill 8 0) 0).
Definition Inv (s : State) : bool :=
  let '(mkState s_0 s_1) := s in
  holds (mf0 s_0 s_1).
Definition Step (s : State) (i : Input) : res (State * Z) :=
  let '(mkState s_0 s_1) := s in
  let '(mkInput i_0) := i in
  bind (mf1 s_0 s_1 i_0) (fun '(s_0, s_1, r0) => Ok ((mkState s_0 s_1), r0)).
