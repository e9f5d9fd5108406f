// Package nearest keeps the proofs that were accepted, by contract, and finds
// for a new module the one whose model is nearest, patched to fit.
//
// Two models are as far apart as the number of lines by which their printed
// texts differ, numbers of variables left out ([Distance]). A patch renames:
// labels of joins and names of continuations move as the lines do that hold
// them. Or it derives anew: the tables of invariants give way to those of the
// new module, while lemmas and script stay ([Patches]).
//
// What it keeps true: equal folders and modules give equal answers, and a file
// that cannot be read is passed over. What it does not do: it trusts nothing it
// kept. A proof from here is hostile like any other and goes through all layers.
package nearest
