// Package client is the tile's side of federated validation: it checks a
// session, turns what a tile measured on its own telemetry into one bounded
// vector, and splits that vector into a report that neither aggregator can
// read alone (Prio3 SumVec).
//
// What it keeps true: a tile answers only a session that the control plane
// signed and that names the tile; it answers a session once, and the same
// session again gets the same bytes again; an older or different session of an
// epoch that was answered is refused; no number leaves the tile above its
// public maximum.
//
// What it does not do: it opens no connection (the caller carries the report,
// which is sealed and signed, so a courier need not be trusted), it replays
// nothing itself (see [Replay]), and it adds no noise: sums are exact, and
// only the sum over at least Session.MinTiles tiles is ever released.
//
// A [Tile] may be used by several goroutines.
package client
