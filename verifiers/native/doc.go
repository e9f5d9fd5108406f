// Package native makes an ordinary Go program of a module and its contract, for
// the stations that run the module as Go's own compiler understands it.
//
// What it keeps true: the source that is written compiles, by the front end,
// to the very IR that is under verification, so it has no imports, directives
// or effects; what is generated beside it cannot collide with its names (they
// have no underscore) and repeats no text of a proposer. Builds are confined to
// their folder and the cache of builds, reach no network, use the installed
// toolchain, and end with everything they started or at their limits.
//
// What it does not do: it judges nothing.
package native
