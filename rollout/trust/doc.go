// Package trust says who signs what, and what a tile believes.
//
// It is the only room that makes or checks signatures. This package is the
// part that a tile links: documents (root, release, order, escape, halt,
// commit, approval, policy, list of contracts, evidence), their envelopes,
// the check of a whole [Chain] against a pinned [Root], and the floors that a
// tile keeps in its [State]. Making signatures is rollout/trust/sign, the
// transparency log is rollout/trust/tlog, the second opinion of sigstore-go is
// rollout/trust/bundle; none of them is imported here.
//
// What it keeps true:
//   - nothing is read from a document before one of the root's keys was seen
//     to have signed it, and no more bytes are read than the limits allow;
//   - every document has exactly one accepted spelling: what decodes but does
//     not encode to the same bytes is refused, so no byte goes unchecked;
//   - forward needs many keys, the log and the witnesses; the way back needs
//     none of them to be reachable;
//   - a refusal names what did not match, by a stable [Code].
//
// What it does not do: it reads no clock and opens no connection. It runs no
// module and derives no digest from an intermediate representation: what must
// be equal to the digests that the module's host derives is in [Accepted].
// Everything here is safe for concurrent use once made, except [Chain] and
// [State], which are plain data.
package trust
