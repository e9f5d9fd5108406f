// Package fleet carries messages between the control plane and its tiles over
// NATS with JetStream: reports of tiles, commands to tiles with their answers,
// and artefacts by digest. [Tile] is the tile's end, [Control] the control
// plane's; the server that a single machine embeds is rollout/fleet/hub, which
// a tile does not link.
//
// What it keeps true: a command is delivered at least once and answered once:
// an answer is kept under the command's digest, and who asks again, on either
// side and after any crash, finds it; a command that nobody waits for any more
// expires; a halt does not queue behind long work (see [Kind]); a tile speaks
// only under its own name, which the server enforces by the tile's key; what a
// message may hold is bounded before it is parsed; an artefact is what its
// digest says.
//
// What it does not do: a message is no authority. A tile believes releases,
// orders, halts and sessions only by their signatures (rollout/trust), whoever
// delivered them. Handlers must be idempotent: a tile that crashes before it
// answers is asked again.
//
// Tile and Control may be used by several goroutines.
package fleet
