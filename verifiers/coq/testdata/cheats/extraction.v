From K Require Import GoSem Contract Model Spec GoSolve.

From Coq Require Extraction.
Extraction "OUTSIDE" nat.

Theorem main : contract.
Proof.
  go_solve.
Qed.
