// Package federation validates a candidate on the tiles' own telemetry without
// seeing any tile's figures. Each tile splits one bounded vector into two
// shares (see federation/client); a [Leader] and a [Helper], two processes
// with their own keys, check together that the vector is in range, and add
// their shares up; the collector ([Federate]) gets nothing but the sum.
//
// What it keeps true: a report counts at most once per tile and session,
// whatever is resent and whoever crashes; both aggregators sum over the same
// set of reports; no sum over fewer than Session.MinTiles reports is released;
// a session is released over one set of reports only, so two releases cannot
// be subtracted; after an abort nothing is released.
//
// What it does not do: it adds no noise (mode exact-sum, dp: none); it does not
// make a tile tell the truth (a proof of range is none of honesty; [Federate]
// compares what must agree in the sum); and where leader and helper are run by
// one operator they protect against a curious reader of one of them only.
// Privacy needs one honest aggregator, correctness needs both.
//
// Leader, Helper and Remote may be used by several goroutines.
package federation
