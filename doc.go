// Package genesis is the root of Genesis: a service that carries each change
// of a tile's kernel or driver module from an idea to the whole fleet, and back
// if it was a bad idea.
//
// It holds no code. The rooms are described in docs/architecture.md; the tests
// beside this file prove that imports between them go one way, that each
// dangerous dependency has one door, and that every package says what it is
// for.
package genesis
