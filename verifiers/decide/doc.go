// Package decide bit-blasts what a contract demands of a module and asks a SAT
// solver (gini). It stands before Coq: most wrong modules get a counter-example
// in milliseconds, and of those that hold it says so before a proof is looked
// for, so that "wrong" and "not proven yet" are told apart.
//
// [Module] decides the conjuncts of the theorem that coqgen prints, one by one:
// the initial state is inside Inv; from every state inside Inv and for every
// input inside Wf nothing panics, Inv is kept, Post and Frame hold; two runs on
// related inputs keep RelPost. [Equivalent] compares two modules of a contract.
//
// A function becomes a circuit of and-gates and inverters: calls are expanded,
// loops unrolled (their bounds are constants), both sides of a branch computed
// and chosen from, an array with an unknown index becomes a tree of choices. The
// arithmetic is that of package ir, bit by bit: wrap-around, division that
// truncates, MinInt / -1, shifts up to and beyond the width.
//
// What it keeps true: a refutation was run on the reference engine before it is
// returned, so a wrong circuit can at worst be an error or a wrong "holds";
// against the latter stand the tests, which compare circuits with the reference
// engine and verdicts with enumeration. Nothing is decided beyond the limits of
// [Options]; an answer says which limit was met. Equal units and limits give
// equal answers, except where time was up.
//
// What it does not do: it proves nothing to anybody else. Coq stays the judge,
// and "holds" is never taken for a proof. It knows no surroundings: what takes
// many steps is for the explorer (kernel/tilego/joint).
package decide
