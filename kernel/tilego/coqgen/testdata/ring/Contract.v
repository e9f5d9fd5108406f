From K Require Import GoSem.
From Coq Require Import BinInt List Bool.
Import ListNotations.
Open Scope Z_scope.

Inductive Input := mkInput (i0 : Z).
Definition inputOK (r : Input) : Prop :=
  let '(mkInput i0) := r in
  rng 0 65535 i0.

Definition cf0 (v0 : Z) : res bool :=
 lt (v0 <=? 4000) (fun v1 =>
 Ok v1).
Definition cf1 (v0 : Z) (v1 : Z) : res bool :=
 lt (v1 <=? 4000) (fun v2 =>
 Ok v2).

Definition Wf (i : Input) : bool :=
  let '(mkInput i_0) := i in
  holds (cf0 i_0).
Definition Post (i : Input) (r_0 : Z) : bool :=
  let '(mkInput i_0) := i in
  holds (cf1 i_0 r_0).
