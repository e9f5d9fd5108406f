package trust

import (
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// Check is one thing that was compared.
type Check struct {
	Code Code   `json:"check"`
	Part string `json:"part"` // which part of the chain; the file's name in a chain's directory
	OK   bool   `json:"ok"`
	Why  string `json:"why,omitempty"` // what does not match
}

// Report is what an offline verification found.
type Report struct {
	OK        bool            `json:"ok"`
	Assurance Assurance       `json:"assurance"` // of the root that was believed
	Root      pipeline.Digest `json:"root"`      // its digest
	Change    pipeline.Digest `json:"change"`    // empty when the release could not be read
	Release   pipeline.Digest `json:"release"`   // its StatementDigest
	Serial    uint64          `json:"serial"`
	Lineage   string          `json:"lineage"`
	Size      uint64          `json:"size"` // of the log at the checkpoint
	Time      string          `json:"time"` // that the witnesses vouch for
	Checks    []Check         `json:"checks"`
}

// Failed are the checks that did not hold.
func (r Report) Failed() []Check {
	var out []Check
	for _, c := range r.Checks {
		if !c.OK {
			out = append(out, c)
		}
	}
	return out
}

// Options of [VerifyOffline].
type Options struct {
	// Now is when expiry is judged. The zero time judges as of the chain's own
	// checkpoint, which is right for looking back.
	Now time.Time
	// Tile, when set, demands what that tile would demand, against its State.
	Tile  *Self
	State State
}

// VerifyOffline checks a whole chain against a root, as a tile would, but
// goes on after the first thing that does not match and reports all of them.
// It opens no connection and reads no clock.
func VerifyOffline(chain *Chain, root *Root, opts Options) Report {
	c := &checker{root: root, chain: chain, now: opts.Now}
	if opts.Tile != nil {
		c.self, c.state = opts.Tile, &opts.State
	}
	r := Report{Assurance: root.Assurance, Root: root.Digest()}
	if c.note(CodeChainSize, "chain", chain.limits()) {
		if cp, err := root.OpenCheckpoint(chain.Checkpoint); err == nil && c.now.IsZero() {
			c.now = cp.Time
		}
		for _, step := range steps {
			step(c)
		}
	}
	r.fill(c)
	return r
}

func (r *Report) fill(c *checker) {
	r.OK, r.Checks = c.failed == nil, c.checks
	if c.release != nil {
		r.Change, r.Release = c.release.doc.Change, c.release.digest
		r.Serial, r.Lineage = c.release.doc.Serial, c.release.doc.Lineage
	}
	if c.checkpoint != nil {
		r.Size, r.Time = c.checkpoint.Size, clock(c.checkpoint.Time.Unix())
	}
}
