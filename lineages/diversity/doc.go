// Package diversity measures how different the modules of two lineages are in
// one slot, in three ways that do not follow from each other:
//
//   - decisions: the share of a probe set on which they decide differently
//     ([Probes]);
//   - structure: the share of the lines of their printed IR that have no like in
//     the other (package printed);
//   - faults: which of a set of injected faults each survives in the slot's own
//     simulator ([Trials]); what one survives and the other does not is what two
//     lineages are kept for, and what neither survives is their common weakness.
//
// What it keeps true: a probe set follows from the contract, a seed and a size
// alone, so equal modules give equal figures on every machine, and a proposer
// cannot choose what it is compared on. Every figure is a count beside the
// number that it is a share of.
//
// What it does not do: probes are drawn from what can occur, not from what does;
// a share of 0 proves no equality (see verifiers/decide for that). It calls no
// module good, and it says nothing about faults that no simulator has.
package diversity
