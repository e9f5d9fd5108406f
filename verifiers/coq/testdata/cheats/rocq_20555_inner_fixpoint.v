From K Require Import GoSem Contract Model Spec GoSolve.

(* A partial call of the outer fixpoint escapes through the inner one. *)
Fixpoint around (u : unit) {struct u} : False :=
  (fix inner (k : nat) {struct k} := match k with 0 => around | S j => inner j end) 1 u.
Definition bad : False := around tt.

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
