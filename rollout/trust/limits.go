package trust

import "time"

// Limits on what is read from others, checked before it is parsed. All sizes
// are in bytes.
const (
	// MaxPayload bounds the statement inside an envelope. What is larger
	// belongs in an attachment, named by digest.
	MaxPayload = 32 << 10
	// MaxEnvelope bounds an envelope: it must fit into one entry of the log.
	MaxEnvelope = 1<<16 - 1
	// MaxRoot bounds a root's envelope; roots are not logged.
	MaxRoot = 512 << 10
	// MaxCheckpoint bounds a checkpoint with its cosignatures.
	MaxCheckpoint = 16 << 10
	// MaxArtefact bounds one artefact: IR, proof, source, contract file.
	MaxArtefact = 4 << 20
	// MaxChain bounds an encoded chain.
	MaxChain = 32 << 20

	// MaxSignatures bounds the signatures of one envelope.
	MaxSignatures = 32
	// MaxStatements bounds the evidence, the approvals and the orders of one
	// chain, each.
	MaxStatements = 128
	// MaxProof bounds the hashes of a proof of inclusion: a log of 2^63
	// entries needs 63.
	MaxProof = 63
	// MaxSlots bounds the slots of a release.
	MaxSlots = 64
	// MaxTiles bounds the tiles of one order; more tiles take more orders.
	MaxTiles = 1024
	// MaxRotations bounds how many roots are followed in one go.
	MaxRotations = 256
	// MaxArtefacts bounds the artefacts and the contract files of a chain, each.
	MaxArtefacts = 256
)

// Defaults of a policy's limit on flapping: after this many ways back within
// the window a tile takes no forward release.
const (
	DefaultFlaps      = 2
	DefaultFlapWindow = 24 * time.Hour
)
