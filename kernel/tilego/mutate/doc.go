// Package mutate makes the small wrong versions of a module by which a contract
// is tested: one change each, of an operator, a constant, a branch, or an update
// of the state (first-order mutants; DeMillo, Lipton and Sayward, 1978).
//
// What it keeps true: every mutant passes [ir.Check], encodes to other bytes
// than the module and than every other mutant, and has the module's State and the
// code of its invariant; the list is complete for the changes of [Kind] and is always in the
// same order. What it does not do: it does not say whether a mutant is wrong, or
// even behaves differently.
package mutate
