From K Require Import GoSem Contract Model Spec GoSolve.

Lemma bad : False -> False.
Proof.
  auto.
Qed.
Hint Resolve bad : core.

Theorem main : contract.
Proof.
  go_solve.
Qed.
