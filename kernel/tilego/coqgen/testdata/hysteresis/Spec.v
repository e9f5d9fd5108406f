From K Require Import GoSem Contract Model.
From Coq Require Import BinInt List Bool.
Import ListNotations.
Open Scope Z_scope.

Definition example : Input := (mkInput 600 false 50).

Definition some_input : Prop :=
  inputOK example /\ Wf example = true.

Definition init_keeps : Prop :=
  exists s, Init = Ok s /\ stateOK s /\ Inv s = true.

Definition step_keeps : Prop := forall (s : State) (i : Input),
  stateOK s -> Inv s = true -> inputOK i -> Wf i = true -> 
  exists s' r, Step s i = Ok (s', r) /\
  stateOK s' /\ Inv s' = true /\ Post i r = true.

Definition two_runs : Prop := forall (s : State) (ia ib : Input),
  stateOK s -> Inv s = true -> inputOK ia -> inputOK ib ->
  Wf ia = true -> Wf ib = true -> Rel ia ib = true ->
  exists sa ra sb rb, Step s ia = Ok (sa, ra) /\ Step s ib = Ok (sb, rb) /\ RelPost ra rb = true.

Definition contract : Prop :=
  some_input /\ init_keeps /\ step_keeps /\ two_runs.
