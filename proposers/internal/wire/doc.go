// Package wire is what the clients of models share of HTTP: one door that every
// request passes, with time-outs, limits, retries and typed errors.
//
// It keeps true: a call ends (when no byte arrives for too long, when it takes
// too long altogether, when its context ends); a reply is never larger than a
// limit; a refusal that time heals (429, 5xx, no connection) is asked again
// after a growing pause, and nothing that may already have been paid is; a
// redirect is not followed, because it would take the key elsewhere. Texts that
// a provider sends are kept out of error texts and logs, because they may echo
// a prompt or a key.
//
// What it does not do: it reads no reply; the client libraries do. A Door is
// safe for concurrent use.
package wire
