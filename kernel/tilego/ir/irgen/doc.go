// Package irgen makes random well-typed units for tests: every form of binding,
// all widths, joins, branches, loops, arrays, tables, calls and named constants.
// Whatever it makes passes [ir.Check].
//
// Functions may panic (an index now and then is out of range, a divisor zero),
// always terminate, and take few steps: loops run at most [MaxTrips] times and
// nest [MaxNest] deep.
//
// It is for tests only, knows no engine, and makes no attempt at programs that
// mean something: see [Governor] for one that does.
package irgen
