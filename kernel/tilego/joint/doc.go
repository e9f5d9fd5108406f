// Package joint is a module together with its surroundings: one transition
// system, whose states are (state of the module, state of the surroundings).
//
// One step from a joint state with a choice c is
//
//	in := Sense(env, c); results := Step(state, in); React(env, c, results)
//
// checked on the way by the contract's Wf, Post and Frame. Every joint state
// that is reached is checked by the module's Inv and by each Safe function of
// the surroundings. A step that breaks a clause leaves the joint state as it
// was and sets its fault (see [Fault]), so that a broken step is a state like
// any other, and each engine reports it as a violated invariant.
//
// [New] finds the functions by name and checks their shapes, so that explorer
// and printers rely on them. [System.Explore] visits every reachable joint state
// breadth-first and stops at the first violation with a shortest trace.
//
// Sense returns the scalars of the input; an array of the input is the field of
// the surroundings with its name. Where env.go declares const Symmetric = N, its
// arrays of N elements are of N things that are alike, and states that differ in
// their order are one.
//
// A search that completes says which clauses of the promises said nothing (see
// [Clause]), and which choices lead nowhere of their own.
//
// Choices are what the surroundings may do: the load, a sensor that fails. A
// property over time is a counter in the surroundings and a Safe function that
// bounds it.
//
// What this package does not do: no properties of infinite behaviours, no
// deadlock (a step exists from every state, for every choice), no printing.
package joint
