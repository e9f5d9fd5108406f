// Package hint writes the proof that is tried for a module: a call of the
// tactic library, with an invariant for each join and each loop.
//
// The invariants come from one abstract run of the module over intervals, from
// states inside Inv and inputs inside Wf. For contracts that promise something
// of two runs it follows both at once and keeps, for each value, how that of the
// first run relates to that of the second: equal, not above, not below.
//
// Nothing here is trusted. A wrong invariant makes a proof fail and nothing
// else; a missing one costs time, because paths are then kept apart.
//
// All functions are pure: equal units give equal text.
package hint
