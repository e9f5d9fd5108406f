// Package score tests a contract as hard as a contract tests modules: it judges
// the small wrong versions of accepted modules (package mutate), and seeded ones
// that people wrote, by each clause alone.
//
// Of every mutant it says whether it is
//
//   - equivalent: no sequence of inputs tells it from its module;
//   - refuted: a witness breaks a clause of the theorem, or a trace of module and
//     surroundings breaks a safety clause;
//   - accepted: it keeps every clause for all states and inputs (package decide),
//     and in every reachable state with its surroundings (the explorer). That is a
//     survivor: a behaviour that the contract allows;
//   - undecided: a limit was met.
//
// A clause has its own killer when some mutant breaks that clause and no other:
// without the clause, that mutant would be accepted. A mutant that breaks the
// theorem and that Coq proves all the same is an unsound acceptance: Coq is asked
// blindly, without anybody looking for a witness first.
//
// What it keeps true: every refutation is a run or a trace of the reference
// engine; equal inputs give equal reports, but for answers cut short by time. What
// it does not do: it names no slot, reads no files, prints nothing, and measures
// what survivors do only by the meter that it is given.
package score
