// Package coq is the station that proves a module: the theorem that coqgen
// prints for the module and its contract, checked by Coq.
//
// The proposer is hostile. Coq 8.16 accepts published proofs of False without
// showing an axiom, and so does its checker coqchk; a proof can switch checks
// off for others, and write files. So the layers are, in this order:
//
//   - refute first: a run that breaks the contract ends the matter; package decide
//     finds one by bits, or says that all holds, and proves nothing by that;
//   - a whitelist of what the text of a proof may hold ([Whitelist]);
//   - a sandbox around every run of Coq (package sandbox), the theory and the
//     model out of the proof's reach and hashed again afterwards;
//   - the gate: a file of our own, in a process of its own, that takes the proof
//     for the contract and asks what it assumes;
//   - coqchk on the compiled proof, its text read, not its exit status.
//
// [Prove] climbs a ladder: the module's own proof, the proof of the module that
// it replaces, the accepted proof of the nearest model of the contract as it is
// and patched (package nearest), the tactic library with invariants of package
// hint, the tactic library by itself, and at last a [Writer], if there is one. A
// proof that does not go through refutes nothing: the outcome is inconclusive.
// [Settle] also tries the module with other invariants (package invariant).
//
// The layers, and what each of them catches, are in docs/proofs.md. Provers run
// in parallel within a [Budget] of memory.
//
// What is trusted: coqgen, theory/GoSem.v, the whitelist, the gate, Coq itself,
// and the folder of [Options].Cache, which must be writable by this user alone.
// What it does not do: it judges no contract (a weak one proves little), and it
// does not run what it proves.
//
// Statements hold no times, and equal work gives equal statements.
package coq
