// Package ir is the canonical intermediate representation of Tile Go: the
// place where the meaning of a module is fixed.
//
// A [Unit] is one compiled package: a module, a contract, or the surroundings
// of a contract. It is typed, structured and in administrative normal form, in
// the shape that robust proofs need:
//
//   - State and input are flat lists of fields: scalars and arrays of scalars.
//     Nested structs are flattened by path, arrays of structs become one array
//     per leaf.
//   - A function is pure: its first variables are the fields of the state (when
//     it takes one), then the fields of each input, then its parameters. What it
//     leaves behind is in its [Return]: the new value of every state field, then
//     its results. So state is loaded once and stored at the exits.
//   - Every wrap, index, division and conversion is its own binding.
//   - Constants are atoms that refer to a named table, so that a knob can move
//     without moving the code, and a model checker can make them small.
//   - A join ([If] as a statement) yields exactly the variables assigned in its
//     branches; a branch that returns ends in [Return] (see [Branch]).
//   - Conditions are trees without effects: what can panic was hoisted out.
//   - Loops are counted, with constant bounds; carried variables are explicit.
//   - Calls go to functions earlier in the unit only, so there is no recursion.
//   - Arrays are linear: [Set] consumes the array variable that it updates, so a
//     printer may update in place.
//
// Values at run time are 64 bits: unsigned types zero-extended, signed types
// sign-extended, bool 0 or 1.
//
// The only panics are an index out of range and a division by zero.
//
// What this package does not do: it knows nothing of Go syntax (see the tilego
// package), nor of any engine.
package ir
