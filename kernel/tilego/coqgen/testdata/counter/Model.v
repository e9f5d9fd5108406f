From K Require Import GoSem Contract.
From Coq Require Import BinInt List Bool.
Import ListNotations.
Open Scope Z_scope.

Inductive State := mkState (s0 : Z) (s1 : Z).
Definition stateOK (r : State) : Prop :=
  let '(mkState s0 s1) := r in
  rng 0 4294967295 s0 /\
  rng (-9223372036854775808) 9223372036854775807 s1.

Definition mf0 (v0 : Z) (v1 : Z) : res bool :=
 lt (((-1000000) <=? v1) && (v1 <=? 1000000)) (fun v2 =>
 Ok v2).
Definition mk1_7 (v2 : Z) (v4 : Z) (v7 : Z) : res (Z * Z * Z) :=
 bind (divz u32 1000000 v2) (fun v8 =>
 Ok (v4, v7, v8)).
Definition mk1_6 (v2 : Z) (v4 : Z) (v6 : Z) : res (Z * Z * Z) :=
 join 1 7 (Ok (Z.max v6 (-1000000))) (fun v7 => mk1_7 v2 v4 v7).
Definition mf1 (v0 : Z) (v1 : Z) (v2 : Z) (v3 : Z) : res (Z * Z * Z) :=
 lt (u32 (v0 + 1)) (fun v4 =>
 lt (i64 (v1 + v3)) (fun v5 =>
 join 1 6 (Ok (Z.min v5 1000000)) (fun v6 => mk1_6 v2 v4 v6))).

Definition Init : res State := Ok (mkState 0 0).
Definition Inv (s : State) : bool :=
  let '(mkState s_0 s_1) := s in
  holds (mf0 s_0 s_1).
Definition Step (s : State) (i : Input) : res (State * Z) :=
  let '(mkState s_0 s_1) := s in
  let '(mkInput i_0 i_1) := i in
  bind (mf1 s_0 s_1 i_0 i_1) (fun '(s_0, s_1, r0) => Ok ((mkState s_0 s_1), r0)).
