// Package host runs verified modules in any Go program: open a slot, call it
// with Go values, give it another module between two calls, and look at what the
// monitor of its contract saw.
//
//	port, err := host.Open[limiter.Input, Decision](ctx, contract, verified)
//	decision, err := port.Call(limiter.Input{Class: limiter.Bulk, Busy: 12})
//	report, err := port.Swap(ctx, better)
//	status := port.Status()
//
// The contract is the slot's folder (see package contract); verified is what
// `genesis module check --out FILE` wrote when every station passed. [Open] is
// all that most programs need; what it is made of is there for those that need
// less or more: [LoadVerified] and [Load] make a [Module], which is immutable and
// shared; an [Instance] has a state of its own; a [Swapper] hands a slot from one
// instance to the next without a lock on the path of calls, for a program whose
// calls come from one goroutine; a [Monitor] evaluates the contract's predicates
// around each call, in another engine than the one that runs the module.
//
// What it keeps true: it believes nobody. It decodes the IR, compares it with the
// contract, computes every digest, derives Wasm, cost and layout by itself, and
// refuses a module whose worst case exceeds the contract's budget, so that a call
// ends in bounded time, allocates nothing and touches nothing outside of its own
// memory. What it does not do: it checks no proof and no signature; who can write
// the file of a verified module can claim that it was checked (see [Verified]).
//
// Concurrency: a [Port], a [Module] and [Load] may be used by many goroutines; an
// Instance, a Monitor and the calling side of a Swapper belong to one at a time.
package host
