// Package fuzz is the station that tries to break a module's contract by
// coverage-guided fuzzing of the module's own Go source, with the contract's
// predicates as oracle. docs/fuzzing.md explains it to users.
//
// Any number of engines behind one interface ([Engine]) fuzz the same target
// side by side: go-fuzz and Go's own fuzzer. An input is a state, the initial
// one or one inside the invariant, and a sequence of inputs; those that are not
// well-formed are skipped. The regression corpus comes before anything else,
// tried by the reference engine. What crashes is run again by it, made as small
// as possible, and kept as a case of that corpus. What reached something seeds
// later runs.
//
// What it keeps true: a refutation was seen by the reference engine too, and
// what only one of the engines sees is a failure of its own; programs are built
// and run in the sandbox, with limits, so that no process and no file is left
// behind and nothing outside the run's folder changes but the cache of builds;
// a build that takes too much decides nothing; which engines were missing and
// what the machine could not confine is in the statement.
//
// What it does not do: finding nothing proves nothing, and two runs need not
// find the same witness. Where the contract has no opinion a module may differ
// from the incumbent; that is a figure, no failure.
package fuzz
