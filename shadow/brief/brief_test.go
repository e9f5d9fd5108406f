package brief

import (
	"bytes"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/shadow/benchmark"
	"github.com/genesis-network/genesis/telemetry"
)

func course(t testing.TB) *benchmark.Course {
	t.Helper()
	slot, ok := hal.Lookup("thermal")
	if !ok {
		t.Fatal("no slot thermal")
	}
	lost, err := pipeline.ParseConstraint("work_lost_permille <= 5")
	if err != nil {
		t.Fatal(err)
	}
	c, err := benchmark.Open(os.DirFS("../../examples/telemetry"), slot, pipeline.CampaignSpec{
		Objective: pipeline.Objective{Minimize: "energy_joules", SubjectTo: []pipeline.Constraint{lost}},
		Telemetry: pipeline.Telemetry{Trace: "cooler.trace.yaml"},
	})
	if err != nil {
		t.Fatal(err)
	}
	few, err := c.Parts.Selection.Slice(0, MinBlocks*c.Parts.Selection.BlockTicks())
	if err != nil {
		t.Fatal(err)
	}
	c.Parts.Selection = few
	return c
}

func module(t testing.TB, c *benchmark.Course, lineage string) *ir.Unit {
	t.Helper()
	g, err := lineages.Load(lineage, "thermal")
	if err != nil {
		t.Fatal(err)
	}
	u, err := tilego.Compile(g.Source, c.Slot.Contract.Surface())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

var secret = bytes.Repeat([]byte{7}, MinSecret)

// What a block adds is what the noise was made for.
func TestABlockCountsNoMoreThanItsBound(t *testing.T) {
	t.Parallel()
	c := course(t)
	d, err := open(c)
	if err != nil {
		t.Fatal(err)
	}
	for block := range d.windows {
		s := d.sums()
		if err := d.add(s, block, module(t, c, "birch")); err != nil {
			t.Fatal(err)
		}
		var all int64
		for _, n := range s.paths {
			all += n
		}
		if s.beside < 0 || s.beside > most || s.missed[0] < 0 || s.missed[0] > permille || all < permille/2 || all > permille {
			t.Errorf("block %d: %d beside, %d missed, %d decided", block, s.beside, s.missed[0], all)
		}
	}
}

func TestNoiseIsDiscreteLaplace(t *testing.T) {
	t.Parallel()
	const scale, draws = 50, 40_000
	n := newNoise(secret, "a question")
	var sum, size float64
	zeros := 0
	for range draws {
		x := n.laplace(scale)
		sum, size = sum+float64(x), size+math.Abs(float64(x))
		if x == 0 {
			zeros++
		}
	}
	p := math.Exp(-1.0 / scale) // P(x) = (1-p)/(1+p) p^|x|, E|x| = 2p/(1-p^2)
	if mean := sum / draws; math.Abs(mean) > 5*scale*math.Sqrt2/math.Sqrt(draws) {
		t.Errorf("the mean is %.2f", mean)
	}
	if got, want := size/draws, 2*p/(1-p*p); math.Abs(got-want) > 0.02*want {
		t.Errorf("the mean size is %.2f, not %.2f", got, want)
	}
	if got, want := float64(zeros)/draws, (1-p)/(1+p); math.Abs(got-want) > 5*math.Sqrt(want/draws) {
		t.Errorf("%.4f are zero, not %.4f", got, want)
	}
}

func TestEveryDecisionHasACellThatNamesIt(t *testing.T) {
	t.Parallel()
	types := []ir.Type{ir.Bool, ir.U8, ir.U16, ir.U32, ir.U64, ir.I8, ir.I16, ir.I32, ir.I64}
	rapid.Check(t, func(t *rapid.T) {
		var results []ir.Param
		for range rapid.IntRange(0, 4).Draw(t, "results") {
			results = append(results, ir.Param{Name: "r", Type: rapid.SampledFrom(types).Draw(t, "type")})
		}
		c := newCells(results)
		if c.count() > mostCells || len(c.names()) != c.count() {
			t.Fatalf("%d cells, %d names", c.count(), len(c.names()))
		}
		out := make([]uint64, len(results))
		for i, r := range results {
			out[i] = r.Type.Wrap(rapid.Uint64().Draw(t, "value") >> rapid.IntRange(0, 63).Draw(t, "shift"))
		}
		if at := c.of(out); at < 0 || at >= c.count() {
			t.Fatalf("%v of %v is cell %d of %d", out, results, at, c.count())
		}
	})
	for value, want := range map[uint64]string{7: "fan 7", 8: "fan 8 to 15", 255: "fan 128 to 255"} {
		c := newCells([]ir.Param{{Name: "fan", Type: ir.U8}})
		if got := c.names()[c.of([]uint64{value})]; got != want {
			t.Errorf("%d is %q", value, got)
		}
	}
	if c := newCells([]ir.Param{{Name: "r", Type: ir.I8}}); c.names()[c.of([]uint64{ir.I8.Wrap(^uint64(0))})] != "r below 0" {
		t.Error("-1 is not below 0")
	}
}

func TestABriefTellsWhatTheBlocksAreLike(t *testing.T) {
	t.Parallel()
	c := course(t)
	d, err := open(c)
	if err != nil {
		t.Fatal(err)
	}
	exact, err := d.count(module(t, c, "alder"))
	if err != nil {
		t.Fatal(err)
	}
	b := brief(t, c, Options{Secret: secret, Epsilon: MaxEpsilon})
	if want := exact.beside / int64(b.Blocks); b.Beside.Share < want-20*b.Noise || b.Beside.Share > want+20*b.Noise || want < permille/2 {
		t.Errorf("beside the textbook policy %d, not about %d", b.Beside.Share, want)
	}
	if len(b.Paths) == 0 || !strings.HasPrefix(b.Paths[0].What, "fan ") || !strings.Contains(b.String(), "decided in") {
		t.Errorf("no decision is named:\n%s", b)
	}
	if again := brief(t, c, Options{Secret: secret, Epsilon: MaxEpsilon}); again.String() != b.String() {
		t.Errorf("asked again:\n%s\nafter\n%s", again, b)
	}
	if other := brief(t, c, Options{Secret: bytes.Repeat([]byte{8}, MinSecret)}); other.Noise <= b.Noise || other.Beside.Share == b.Beside.Share {
		t.Errorf("with another secret and more noise: %+v", other)
	}
	since := brief(t, c, Options{Secret: secret, Epsilon: MaxEpsilon, Since: module(t, c, "birch")})
	if since.Beside.Before == nil || *since.Beside.Before == since.Beside.Share || !strings.Contains(since.String(), "(was ") {
		t.Errorf("%s", since)
	}
}

func brief(t testing.TB, c *benchmark.Course, o Options) Brief {
	t.Helper()
	b, err := Of(c, module(t, c, "alder"), o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestABriefIsRefused(t *testing.T) {
	t.Parallel()
	c := course(t)
	u := module(t, c, "alder")
	for name, o := range map[string]Options{
		"no secret":         {},
		"negative epsilon":  {Secret: secret, Epsilon: -1},
		"unlimited epsilon": {Secret: secret, Epsilon: MaxEpsilon + 1},
	} {
		if _, err := Of(c, u, o); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	short := *c
	w, err := c.Parts.Selection.Slice(0, (MinBlocks-1)*c.Parts.Selection.BlockTicks())
	if err != nil {
		t.Fatal(err)
	}
	short.Parts = telemetry.Parts{Selection: w, Choice: c.Parts.Choice, Report: c.Parts.Report}
	if _, err := Of(&short, u, Options{Secret: secret}); !errors.Is(err, ErrTooLittle) {
		t.Errorf("%d blocks were taken: %v", MinBlocks-1, err)
	}
}
