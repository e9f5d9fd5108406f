// Package agent is a tile: it hosts the modules of its lineage, drives its
// devices with them, and believes nobody.
//
// A release is taken only after the tile's own verifier checked the whole chain
// (rollout/trust) and the tile itself derived Wasm, cost, layout and digests
// from the IR (kernel/host). It then runs on trial: the module before stays
// loaded, and the first hard fault (a trap, a broken contract, an alarm of the
// hardware layer, a stuck module, an order that expired) leads back through the
// escape that came with the release, without asking anybody. A signed commit
// ends the trial. A tile that is asked to stop pauses it.
//
// What it keeps true: a step forward is on disk before it is done, and a way
// back needs neither disk nor network; a tile that was killed comes back with
// what was committed; no decision of a module that failed reaches the device,
// because the module that decides then is asked within the same tick; one of
// another lineage stays loaded to take over from an incumbent that fails.
//
// What it does not do: devices are those of the slots' simulators, driven by
// recorded telemetry; a module that does not return is not interrupted (modules
// are total, and their cost is bounded when they are loaded).
package agent
