// Package coqgen prints the canonical IR as Coq: the model of a module, the
// predicates of its contract, and the theorem that a proof must establish.
//
// It is trusted: a theorem about the wrong text would say nothing about the
// code that runs. So it is short, deterministic, and prints nothing that a
// proposer wrote: every name is a fixed word or made of an index, there are no
// comments and no strings. What the printed words mean is in GoSem.v
// (verifiers/coq/theory).
//
//   - [Contract] prints the record of inputs and the predicates Wf, Post and,
//     where the contract has them, Rel, RelPost and Frame, as functions to bool.
//   - [Model] prints one definition per function, and Init, Inv and Step over
//     the record of the state.
//   - [Spec] prints the proposition contract from a fixed template: the initial
//     state satisfies Inv; a step from any state inside Inv on any input inside
//     Wf does not panic, keeps Inv and promises Post; an example shows that Wf is
//     not empty; and two runs that Rel relates have results that RelPost relates.
//   - [DefaultProof] is the proof that leaves everything to the tactic library.
//
// In the text, m marks the module's own definitions and c the contract's; f is
// a function, t a table, v a variable, s a field of the state, i a field of the
// input, each with its index.
//
// It assumes units that passed ir.Check, and it proves nothing itself.
package coqgen
