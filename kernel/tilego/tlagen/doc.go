// Package tlagen prints the joint system of a module and its surroundings (see
// the joint package) as one TLA+ specification, for model checkers that share
// no code with ours.
//
// What it keeps true:
//
//   - Same system, same bytes. Names are made up here (M0, M0v3): no
//     identifier, comment or string of a source appears in the text.
//   - One variable z, a record: x is the fault of the step that led here (see
//     joint.Fault), m0, m1 ... are the state of the module, e0, e1 ... the state
//     of the surroundings. So distinct and generated states are those of the
//     explorer, one for one.
//   - Every operator is total. What could panic yields a default value and an
//     error code: 1 index out of range, 2 division by zero, 3 out of the range
//     that a model checker counts in. The first error of an evaluation wins.
//   - Integers of 8 and 16 bits wrap exactly. Integers of 32 and 64 bits are
//     exact while their magnitude stays below 2^30; a step that leaves this
//     range has the fault joint.Size, and the invariant K0 reports it. TLC
//     counts in 32 bits, and TLC and tla-checker differ in % and \div of
//     negative numbers, so neither is ever asked about them. A constant beyond
//     the range is no obstacle where it is compared with, masked with or divided
//     by.
//   - Everything is parenthesised and spaced; there are no bulleted lists, no
//     temporal formulas, no definitions named Inv or TypeOK (which tla-checker
//     would take for invariants).
//   - No two functions bind a name: those of a function begin with its operator
//     (M1v3). tla-checker evaluates an argument when it is needed, among the
//     callee's parameters: of F(a, b) == ( a ), F(b, c) in a caller that has b
//     and c is c. Only recursive operators, which loops are, may share names (lo,
//     hi, k): their arguments are evaluated before.
//   - Loops split their range in halves, so that recursion is as deep as the
//     logarithm of the number of iterations: tla-checker overflows between 300
//     and 2,000 levels, and between 150 and 400 nested IFs.
//
// The invariants K0, K1 ... of [Spec.Checks] are in the order of the .cfg text,
// because tla-checker numbers what TLC names.
//
// What it does not do: it prints no property of infinite behaviours, and it
// trusts ir.Check to have admitted the units.
package tlagen
