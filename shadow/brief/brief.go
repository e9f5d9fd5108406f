package brief

import (
	"cmp"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/shadow/benchmark"
)

// Limits of a brief.
const (
	// DefaultEpsilon is shared by all figures of a brief, in thousandths. It is
	// large beside what surveys use: with a score of blocks a smaller one leaves
	// noise alone.
	DefaultEpsilon = 8000
	// MaxEpsilon is where noise is below the rounding.
	MaxEpsilon = 100_000
	// MostPaths is how many decisions are named.
	MostPaths = 3
	// MinBlocks is how many blocks a mean must be over.
	MinBlocks = 10
	// MinSecret is the length of a secret, in bytes.
	MinSecret = 16
)

// permille is the unit of all figures, and what a block may count for a share.
const permille = 1000

// most is what a block counts at most beside the textbook policy: twice as much.
const most = 2 * permille

// ErrTooLittle says that there are fewer blocks than [MinBlocks].
var ErrTooLittle = errors.New("brief: too few blocks of telemetry to speak of a mean")

// Options say how much may be told.
type Options struct {
	// Secret of the site, at least MinSecret bytes: who knows it can subtract the
	// noise.
	Secret []byte
	// Epsilon in thousandths; DefaultEpsilon if 0.
	Epsilon int64
	// Since is the module that ran before; nil for none. It shares epsilon, so all
	// noise is twice as large.
	Since *ir.Unit
}

// Brief is what a proposer is told. All shares are in thousandths, with noise, and
// may be off by about Noise.
type Brief struct {
	Slot    string   `json:"slot"`
	Blocks  int      `json:"blocks"`
	Epsilon int64    `json:"epsilonPermille"`
	Noise   int64    `json:"noisePermille"` // the mean size of what was added to a share
	Beside  Figure   `json:"beside"`        // the objective's metric, for each block beside the textbook policy's
	Targets []Figure `json:"targets"`       // the share of blocks on which a constraint is missed, worst first
	Paths   []Figure `json:"paths"`         // decisions by share of steps, most frequent first
}

// Figure is one share, and what it was with the module before.
type Figure struct {
	What   string `json:"what"`
	Share  int64  `json:"permille"`
	Before *int64 `json:"beforePermille,omitempty"`
}

// Of tells what the selection part of a course is like for a module.
func Of(c *benchmark.Course, u *ir.Unit, o Options) (Brief, error) {
	o.Epsilon = cmp.Or(o.Epsilon, DefaultEpsilon)
	b := Brief{Slot: c.Slot.Name, Blocks: c.Parts.Selection.Len() / c.Parts.Selection.BlockTicks(), Epsilon: o.Epsilon}
	switch {
	case len(o.Secret) < MinSecret:
		return b, fmt.Errorf("brief: a secret of %d bytes: at least %d are needed", len(o.Secret), MinSecret)
	case o.Epsilon < 1 || o.Epsilon > MaxEpsilon:
		return b, fmt.Errorf("brief: epsilon of %d thousandths: want 1 to %d", o.Epsilon, MaxEpsilon)
	case b.Blocks < MinBlocks:
		return b, fmt.Errorf("%w: %d, want %d", ErrTooLittle, b.Blocks, MinBlocks)
	}
	d, err := open(c)
	if err != nil {
		return b, err
	}
	return b, b.fill(d, u, o)
}

func (b *Brief) fill(d *blocks, u *ir.Unit, o Options) error {
	// A block moves the sums of one query by at most twice permille: a histogram by
	// one share out and one in, a ratio by its bound.
	queries := int64(d.sums().queries())
	if o.Since != nil {
		queries *= 2
	}
	scale := uint64(2*permille*queries*permille/o.Epsilon) + 1
	b.Noise = max(1, int64(scale)/int64(b.Blocks))
	now, err := d.blurred(u, o, "now", scale)
	if err != nil {
		return err
	}
	var before *sums
	if o.Since != nil {
		if before, err = d.blurred(o.Since, o, "before", scale); err != nil {
			return err
		}
	}
	b.tell(d.objective, now, before)
	return nil
}

// blurred is what is counted for a module, with the noise of this question.
func (d *blocks) blurred(u *ir.Unit, o Options, when string, scale uint64) (*sums, error) {
	s, err := d.count(u)
	if err != nil {
		return nil, err
	}
	asked, err := d.asked(u)
	if err != nil {
		return nil, err
	}
	s.blur(newNoise(o.Secret, fmt.Sprintf("%s %d %s", when, scale, asked)), scale)
	return s, nil
}

// tell turns noisy sums into figures. Nothing here sees what was measured.
func (b *Brief) tell(o pipeline.Objective, s, before *sums) {
	figure := func(what string, high int64, of func(*sums) int64) Figure {
		f := Figure{What: what, Share: b.share(of(s), high)}
		if before != nil {
			was := b.share(of(before), high)
			f.Before = &was
		}
		return f
	}
	b.Beside = figure(o.Metric()+" beside the best textbook policy of each block", most, func(x *sums) int64 { return x.beside })
	for i, c := range o.SubjectTo {
		b.Targets = append(b.Targets, figure(c.String(), permille, func(x *sums) int64 { return x.missed[i] }))
	}
	for i, name := range s.cells.names() {
		f := figure(name, permille, func(x *sums) int64 { return x.paths[i] })
		if f.Share > b.least(len(s.paths)) {
			b.Paths = append(b.Paths, f)
		}
	}
	worst := func(x, y Figure) int { return cmp.Compare(y.Share, x.Share) }
	slices.SortStableFunc(b.Targets, worst)
	slices.SortStableFunc(b.Paths, worst)
	b.Paths = b.Paths[:min(len(b.Paths), MostPaths)]
}

func (b *Brief) share(sum, high int64) int64 { return min(max(sum/int64(b.Blocks), 0), high) }

// least is what a decision must have to be named: as much as the noise of the
// largest of so many cells is expected to be. Below, noise alone would name some.
func (b *Brief) least(cells int) int64 { return b.Noise * int64(bits.Len(uint(cells))) }

// String is the brief as a proposer reads it.
func (b Brief) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d blocks of the slot %s, each by itself; shares are off by about %s %% (noise for privacy)\n", b.Blocks, b.Slot, percent(b.Noise))
	fmt.Fprintf(&out, "%s: %s %% of it%s\n", b.Beside.What, percent(b.Beside.Share), b.Beside.before())
	for _, f := range b.Targets {
		fmt.Fprintf(&out, "%s: missed on %s %% of blocks%s\n", f.What, percent(f.Share), f.before())
	}
	for _, f := range b.Paths {
		fmt.Fprintf(&out, "%s: decided in %s %% of steps%s\n", f.What, percent(f.Share), f.before())
	}
	return out.String()
}

func (f Figure) before() string {
	if f.Before == nil {
		return ""
	}
	return fmt.Sprintf(" (was %s %%)", percent(*f.Before))
}

func percent(permille int64) string { return fmt.Sprintf("%d.%d", permille/10, permille%10) }

// asked names a question, for its noise.
func (d *blocks) asked(u *ir.Unit) (string, error) {
	code, err := ir.Encode(u)
	if err != nil {
		return "", fmt.Errorf("brief: %w", err)
	}
	out := fmt.Sprintf("%s %v %x", d.objective.Metric(), d.objective.SubjectTo, code)
	for _, w := range d.windows {
		digest, err := w.Digest()
		if err != nil {
			return "", fmt.Errorf("brief: %w", err)
		}
		out += " " + string(digest)
	}
	return out, nil
}
