// Package tla is the station that model-checks a module with its surroundings.
//
// Three engines look at the same joint system (kernel/tilego/joint):
//
//   - the explorer of joint, which runs the module on the reference engine;
//   - tla-checker, one Wasm file in the sandbox of kernel/wasm, and
//   - TLC, in Java, when it is installed,
//
// the latter two on the TLA+ text of kernel/tilego/tlagen. They share no code
// with the explorer. A module passes only if all that ran give the same verdict
// and count the same distinct states. If they differ, the station could not
// work: one of the engines, or the printer, is wrong.
//
// An engine that is not installed is named in the notes. An installed engine
// that cannot answer, because the system is too large for it or counts beyond
// 30 bits, makes the outcome inconclusive unless another one confirms: what a
// proposer writes must not decide which engines look at it.
//
// Safety only: invariants, and bounded response as an invariant over a counter.
// tla-checker accepts liveness properties that TLC refutes, so none is asked of it.
//
// The engines also look at specifications that were written by hand (see
// [Specification]), those of the rollout and the hot-swap protocol among them, and
// at traces of what was run (see [Consumed]). What TLC found in the tests is kept
// in testdata, so that it is compared where there is no TLC.
//
// Statements hold no times, and equal work gives equal statements.
package tla
