From K Require Import GoSem.
From Coq Require Import BinInt List Bool.
Import ListNotations.
Open Scope Z_scope.

Inductive Input := mkInput (i0 : Z) (i1 : Z).
Definition inputOK (r : Input) : Prop :=
  let '(mkInput i0 i1) := r in
  rng 0 4294967295 i0 /\
  rng (-9223372036854775808) 9223372036854775807 i1.

Definition cf0 (v0 : Z) (v1 : Z) : res bool :=
 lt (((1 <=? v0) && ((-1000) <=? v1)) && (v1 <=? 1000)) (fun v2 =>
 Ok v2).
Definition cf1 (v0 : Z) (v1 : Z) (v2 : Z) : res bool :=
 lt (v2 <=? 1000000) (fun v3 =>
 Ok v3).

Definition Wf (i : Input) : bool :=
  let '(mkInput i_0 i_1) := i in
  holds (cf0 i_0 i_1).
Definition Post (i : Input) (r_0 : Z) : bool :=
  let '(mkInput i_0 i_1) := i in
  holds (cf1 i_0 i_1 r_0).
