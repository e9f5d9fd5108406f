From K Require Import GoSem.
From Coq Require Import BinInt List Bool.
Import ListNotations.
Open Scope Z_scope.

Inductive Input := mkInput (i0 : Z) (i1 : bool) (i2 : Z).
Definition inputOK (r : Input) : Prop :=
  let '(mkInput i0 i1 i2) := r in
  rng (-32768) 32767 i0 /\
  rng 0 255 i2.

Definition cf0 (v0 : Z) (v1 : bool) (v2 : Z) : res bool :=
 lt ((((-400) <=? v0) && (v0 <=? 1500)) && (v2 <=? 100)) (fun v3 =>
 Ok v3).
Definition cf1 (v0 : Z) (v1 : bool) (v2 : Z) (v3 : Z) (v4 : Z) : res bool :=
 if (v1 || (900 <=? v0)) then
  lt ((v3 =? 10) && (v4 =? 10)) (fun v5 =>
  Ok v5)
 else
  lt ((v3 <=? 10) && (v4 <=? 10)) (fun v6 =>
  Ok v6).
Definition cf2 (v0 : Z) (v1 : bool) (v2 : Z) (v3 : Z) (v4 : bool) (v5 : Z) : res bool :=
 lt (((v0 <=? v3) && (Bool.eqb v1 v4)) && (v2 =? v5)) (fun v6 =>
 Ok v6).
Definition cf3 (v0 : Z) (v1 : Z) (v2 : Z) (v3 : Z) : res bool :=
 lt ((v0 <=? v2) && (v1 <=? v3)) (fun v4 =>
 Ok v4).

Definition Wf (i : Input) : bool :=
  let '(mkInput i_0 i_1 i_2) := i in
  holds (cf0 i_0 i_1 i_2).
Definition Post (i : Input) (r : (Z * Z)) : bool :=
  let '(mkInput i_0 i_1 i_2) := i in
  let '(r_0, r_1) := r in
  holds (cf1 i_0 i_1 i_2 r_0 r_1).
Definition Rel (ia : Input) (ib : Input) : bool :=
  let '(mkInput ia_0 ia_1 ia_2) := ia in
  let '(mkInput ib_0 ib_1 ib_2) := ib in
  holds (cf2 ia_0 ia_1 ia_2 ib_0 ib_1 ib_2).
Definition RelPost (ra : (Z * Z)) (rb : (Z * Z)) : bool :=
  let '(ra_0, ra_1) := ra in
  let '(rb_0, rb_1) := rb in
  holds (cf3 ra_0 ra_1 rb_0 rb_1).
