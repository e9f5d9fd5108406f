// Package wasmgen prints a checked unit as a WebAssembly module.
//
// The module has one memory, exported as "memory", of a fixed size; the state
// and then the input lie in it as package layout says, followed by constant
// tables and local arrays. It has no imports, no start function, no table, no
// globals. Functions whose name starts with an upper-case letter are exported:
// parameters and results are those of the function, each as i64 in the
// canonical form of package ir; the state is read from memory once and written
// back at the exits. Arrays of the state are updated in place.
//
// A panic writes its kind (see ir.PanicKind) to the word at layout.PanicAt and
// traps. The state is then unspecified.
//
// Same unit, same bytes. Loops carry the number of their iterations
// ([Instr.Trips]), so that package cost can bound what is executed.
//
// It does not optimise beyond what falls out of the representation, and it does
// not check the unit: see ir.Check.
package wasmgen
