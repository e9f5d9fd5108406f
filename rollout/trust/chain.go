package trust

import (
	"fmt"

	"github.com/genesis-network/genesis/pipeline"
)

// ChainFormat is the version of the chain's form.
const ChainFormat = "genesis/chain/v1"

// Logged is an envelope with its place in the log.
type Logged struct {
	Envelope []byte `json:"envelope"`
	Proof    Proof  `json:"proof"`
}

// Chain is everything that a tile, or a person without a network, needs in
// order to believe a release: what `genesis verify --offline` reads and what
// is sent to a tile. It is plain data; nothing in it is believed before
// [Verifier.Verify] or [VerifyOffline] has checked it.
type Chain struct {
	Format     string   `json:"format"`
	Root       []byte   `json:"root"` // envelope; must be the pinned one
	Release    Logged   `json:"release"`
	Escape     Logged   `json:"escape"`
	Orders     []Logged `json:"orders"`
	Policy     Logged   `json:"policy"`
	Contracts  Logged   `json:"contracts"`
	Evidence   []Logged `json:"evidence"`
	Approvals  []Logged `json:"approvals"`
	Checkpoint []byte   `json:"checkpoint"` // one, later than all that is logged here

	// Artefacts are IR, proof and source by SumBytes. Tiles need the IR only.
	Artefacts map[pipeline.Digest][]byte `json:"artefacts"`
	// Contract holds the files of contracts by the contract's digest and the
	// file's name.
	Contract map[pipeline.Digest]map[string][]byte `json:"contract"`
}

// part is one logged envelope of a chain and the name of its place, which is
// also its file's name in a chain's directory.
type part struct {
	name   string
	logged Logged
}

// parts lists what must be in the log.
func (c *Chain) parts() []part {
	out := []part{{"release", c.Release}, {"escape", c.Escape}, {"policy", c.Policy}, {"contracts", c.Contracts}}
	for i, l := range c.Orders {
		out = append(out, part{orderName(i), l})
	}
	for i, l := range c.Evidence {
		out = append(out, part{evidenceName(i), l})
	}
	for i, l := range c.Approvals {
		out = append(out, part{approvalName(i), l})
	}
	return out
}

// Logged points at every logged envelope of the chain, for the log to fill in
// the proofs.
func (c *Chain) Logged() []*Logged {
	out := []*Logged{&c.Release, &c.Escape, &c.Policy, &c.Contracts}
	for _, list := range [][]Logged{c.Orders, c.Evidence, c.Approvals} {
		for i := range list {
			out = append(out, &list[i])
		}
	}
	return out
}

func orderName(i int) string    { return fmt.Sprintf("orders/%03d", i) }
func evidenceName(i int) string { return fmt.Sprintf("evidence/%03d", i) }
func approvalName(i int) string { return fmt.Sprintf("approvals/%03d", i) }

// limits checks sizes and counts.
func (c *Chain) limits() error {
	if c.Format != ChainFormat {
		return refuse(CodeChainFormat, "format %.40q, want %q", c.Format, ChainFormat)
	}
	if max(len(c.Orders), len(c.Evidence), len(c.Approvals)) > MaxStatements {
		return refuse(CodeChainSize, "%d orders, %d statements, %d approvals; limit %d each", len(c.Orders), len(c.Evidence), len(c.Approvals), MaxStatements)
	}
	if max(len(c.Artefacts), len(c.Contract)) > MaxArtefacts {
		return refuse(CodeChainSize, "%d artefacts, %d contracts; limit %d each", len(c.Artefacts), len(c.Contract), MaxArtefacts)
	}
	if len(c.Root) > MaxRoot || len(c.Checkpoint) > MaxCheckpoint {
		return refuse(CodeChainSize, "root of %d bytes, checkpoint of %d bytes", len(c.Root), len(c.Checkpoint))
	}
	for _, p := range c.parts() {
		if len(p.logged.Envelope) > MaxEnvelope || len(p.logged.Proof.Hashes) > MaxProof {
			return &Refusal{Code: CodeChainSize, Part: p.name, Why: "larger than the limits"}
		}
	}
	return c.artefactLimits()
}

func (c *Chain) artefactLimits() error {
	for d, b := range c.Artefacts {
		if len(b) > MaxArtefact {
			return refuse(CodeChainSize, "artefact %.12q of %d bytes, limit %d", d, len(b), MaxArtefact)
		}
	}
	for d, files := range c.Contract {
		for name, b := range files {
			if len(files) > MaxArtefacts || len(b) > MaxArtefact {
				return refuse(CodeChainSize, "contract %.12q, file %.40q of %d bytes", d, name, len(b))
			}
		}
	}
	return nil
}

// Encode writes a chain as one canonical JSON text.
func (c *Chain) Encode() ([]byte, error) {
	if err := c.limits(); err != nil {
		return nil, err
	}
	raw, err := pipeline.Canonical(c)
	if err != nil {
		return nil, fmt.Errorf("trust: chain: %w", err)
	}
	if len(raw) > MaxChain {
		return nil, refuse(CodeChainSize, "chain of %d bytes, limit %d", len(raw), MaxChain)
	}
	return raw, nil
}

// DecodeChain reads what [Chain.Encode] wrote. It is total and believes
// nothing.
func DecodeChain(raw []byte) (*Chain, error) {
	if len(raw) > MaxChain {
		return nil, refuse(CodeChainSize, "chain of %d bytes, limit %d", len(raw), MaxChain)
	}
	var c Chain
	if err := pipeline.Decode(raw, &c); err != nil {
		return nil, refuseErr(CodeChainFormat, err, "chain cannot be read")
	}
	if err := c.limits(); err != nil {
		return nil, err
	}
	return &c, nil
}
