From K Require Import GoSem Contract Model Spec GoSolve.

Module Type Machine.
  Primitive int := #int63_type.
End Machine.
Module Numbers <: Machine.
  Definition int := nat.
End Numbers.

Theorem main : contract.
Proof.
  go_solve.
Qed.
