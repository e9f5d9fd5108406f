// Package vm runs functions of a checked [ir.Unit]: it is the reference engine,
// used by search, the explorer, the run-time monitor and as oracle of fuzzing.
//
// A unit is compiled once to flat register code ([New], tens of microseconds).
// A [Program] is immutable and shared; each [Machine] has registers, a state
// and an input of its own and belongs to one goroutine at a time. A call
// allocates nothing. Constants can be moved without compiling again
// ([Program.With]).
//
// Values are 64 bits in canonical form, as package ir says; a state or an input
// is a flat slice with one value per scalar and Len values per array, in the
// order of the fields. What is put in must be canonical: other bits give other
// results than the engines that read narrower memory, but do no harm.
//
// It keeps true: same unit, constants and values, same results on every
// machine. It does not bound time: every function terminates, but only the
// cost package says after how many steps.
package vm
