// Package tlog is the transparency log: an append-only Merkle tree of
// envelopes on disk (Tessera, tlog-tiles), whose checkpoints are signed by the
// log's key and cosigned by a witness before anybody sees them.
//
// What it keeps true:
//   - what [Log.Append] has returned survives a crash, and is never logged
//     twice: the same work of a station, and the same document, keep their
//     first entry (see trust.Identity), whatever signature a second attempt
//     made;
//   - no checkpoint is published that the witness has not cosigned, and the
//     witness cosigns only what grows out of what it has seen.
//
// A [Witness] speaks the tlog-witness protocol of C2SP over HTTP. Today one
// runs in the process of the log, with its own key and its own memory, and is
// called without a network; one that runs elsewhere is a URL.
//
// It does not judge what it logs, and verifies no envelope.
package tlog
