// Package sourcegen writes random programs of Tile Go as source, for tests of
// the front end, the printers and the engines: named types, constants and tables,
// nested arrays and structs, every operator at every width, conversions, joins,
// loops with break, continue and return, switches, parallel assignments, helper
// functions with and without the state.
//
// What it keeps true: equal seeds give equal programs; each is accepted by the
// front end (but for rule tilego.order, which some break) and by the Go compiler,
// ends soon, and may panic now and then.
//
// It is for tests only, and its programs mean nothing. Random units of the IR,
// which cover forms that no source gives, are made by package ir/irgen.
package sourcegen
