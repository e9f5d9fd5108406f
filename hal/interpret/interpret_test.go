package interpret_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/hal/interpret"
	"github.com/genesis-network/genesis/hal/sim"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
)

const fixture = "../../examples/limiter"

// folder is the example's slot, with some files replaced.
func folder(t testing.TB, edits map[string]func(string) string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	for _, name := range []string{"contract.go", "contract.yaml", "env.go", "sim.go", "sim.yaml"} {
		text, err := os.ReadFile(fixture + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if edit := edits[name]; edit != nil {
			changed := edit(string(text))
			if changed == string(text) {
				t.Fatalf("%s: the edit changed nothing", name)
			}
			text = []byte(changed)
		}
		out[name] = &fstest.MapFile{Data: text}
	}
	return out
}

func replaced(old, by string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, by, 1) }
}

func open(t testing.TB, fsys fs.FS) (*interpret.Program, error) {
	t.Helper()
	c, err := contract.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return interpret.Open(fsys, c)
}

func must(t testing.TB, fsys fs.FS) *interpret.Program {
	t.Helper()
	p, err := open(t, fsys)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// window is telemetry that a test made up, in requests a tick.
type window struct {
	tick   time.Duration
	blocks int // ticks of a block
	rows   [3][]int32
}

func (w window) Tick() time.Duration { return w.tick }
func (w window) Len() int            { return len(w.rows[0]) }
func (w window) BlockTicks() int     { return w.blocks }

func (w window) Column(input, _ string) ([]int32, error) {
	for i, name := range []string{"gold", "silver", "bulk"} {
		if input == name {
			return w.rows[i], nil
		}
	}
	return nil, errors.New("no such column")
}

func demand(rows ...[3]int32) window {
	w := window{tick: 100 * time.Millisecond, blocks: 4}
	for _, r := range rows {
		for i := range r {
			w.rows[i] = append(w.rows[i], 1000*r[i])
		}
	}
	return w
}

// yes admits everything; no refuses it.
type always struct {
	admit bool
	calls int
}

func (a *always) Step(in, out []uint64) error {
	a.calls++
	out[0], out[1] = 0, 1
	if a.admit {
		out[0], out[1] = 1, 0
	}
	return nil
}

func sums(blocks []sim.Block) map[string]int64 {
	out := map[string]int64{}
	for _, b := range blocks {
		for i, name := range []string{"offered", "lost", "admitted", "slow"} {
			out[name] += b[i]
		}
	}
	return out
}

func TestCountersAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	p := must(t, os.DirFS(fixture))
	if diff := cmp.Diff([]string{"worth_offered", "worth_lost", "admitted", "slow"}, p.Counters()); diff != "" {
		t.Error(diff)
	}
	w := demand([3]int32{1, 2, 0}, [3]int32{}, [3]int32{0, 0, 5}, [3]int32{}, [3]int32{1, 0, 0})
	yes, no := &always{admit: true}, &always{}
	blocks, err := p.Run(w, yes)
	if err != nil {
		t.Fatal(err)
	}
	if yes.calls != 9 || len(blocks) != 2 || blocks[1][0] != 10 {
		t.Errorf("%d calls, blocks %v: want 9, and two of which the second has one gold", yes.calls, blocks)
	}
	if diff := cmp.Diff(map[string]int64{"offered": 10 + 6 + 5 + 10, "lost": 0, "admitted": 9, "slow": 0}, sums(blocks)); diff != "" {
		t.Error(diff)
	}
	if blocks, err = p.Run(w, no); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int64{"offered": 31, "lost": 31, "admitted": 0, "slow": 0}, sums(blocks)); diff != "" {
		t.Error(diff)
	}
	flood := demand([3]int32{0, 0, 200}, [3]int32{}, [3]int32{}, [3]int32{})
	if blocks, err = p.Run(flood, yes); err != nil || sums(blocks)["slow"] < 150 {
		t.Errorf("of 200 requests at once to four workers %d are slow: %v", sums(blocks)["slow"], err)
	}
}

// A run is a function of window and decisions: twice the same, and the same when
// it is stepped from outside, whatever the demand.
func TestARunIsDeterministic(t *testing.T) {
	t.Parallel()
	p := must(t, os.DirFS(fixture))
	rapid.Check(t, func(r *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) [3]int32 {
			g := rapid.Int32Range(-1, 40)
			return [3]int32{g.Draw(r, "gold"), g.Draw(r, "silver"), g.Draw(r, "bulk")}
		}), 1, 12).Draw(r, "rows")
		w := demand(rows...)
		s := &always{admit: rapid.Bool().Draw(r, "admit")}
		want, err := p.Run(w, s)
		if err != nil {
			r.Fatal(err)
		}
		again, err := p.Run(w, s)
		if diff := cmp.Diff(want, again); diff != "" || err != nil {
			r.Fatalf("twice: %v %s", err, diff)
		}
		d, err := p.Open(w)
		if err != nil {
			r.Fatal(err)
		}
		in, out := make([]uint64, 3), make([]uint64, 2)
		for d.Sense(in) {
			if in[0] > 2 || in[1] > 64 || in[2] > 1_000_000 {
				r.Fatalf("input %v", in)
			}
			if err := errors.Join(s.Step(in, out), d.Act(out)); err != nil {
				r.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, d.Blocks()); diff != "" || d.Alarm() != "" {
			r.Fatalf("from outside: %s %s", d.Alarm(), diff)
		}
	})
}

func TestASimulatorThatFailsSaysWhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(string) string
		says string
	}{
		"endless":         {replaced("return s.gold+s.silver+s.bulk > 0 }", "return true }"), "SimDue is still true"},
		"panic in a tick": {replaced("pass(s, s.rest)", "pass(s, s.rest/s.rest)"), "tick 0: SimTick: tilego: panic: division by zero"},
		"panic in react":  {replaced("w := worth[s.class]", "w := worth[s.class+3]"), "tick 0: SimReact: "},
	} {
		p := must(t, folder(t, map[string]func(string) string{"sim.go": c.edit}))
		if _, err := p.Run(demand([3]int32{1, 1, 1}), &always{}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	p := must(t, os.DirFS(fixture))
	w := demand([3]int32{1, 1, 1})
	w.tick = time.Second
	if _, err := p.Open(w); !errors.Is(err, sim.ErrTick) {
		t.Errorf("a window of another tick: %v", err)
	}
	d, err := p.Open(demand([3]int32{1, 1, 1}))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Inject("")); err != nil {
		t.Error(err)
	}
	if err := d.Inject("flood"); !errors.Is(err, sim.ErrFault) {
		t.Errorf("a fault that it does not have: %v", err)
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file string
		edit func(string) string
		want error // nil: says decides
		says string
	}{
		"no SimReact":     {"sim.go", replaced("func SimReact", "func Reacts"), interpret.ErrShape, "write func SimReact(s *Sim, <the results of Step>)"},
		"other inputs":    {"sim.go", replaced("gold, silver, bulk int32) {\n\tpass", "gold, silver int32) {\n\tbulk := int32(0)\n\tpass"), interpret.ErrShape, "write func SimTick(s *Sim, gold, silver, bulk int32)"},
		"no Sim":          {"sim.go", func(string) string { return "package limiter\n" }, nil, "the simulator declares no Sim"},
		"outside":         {"sim.go", replaced("Workers     = 4", "Workers     = 4.5"), nil, "tilego."},
		"no such unit":    {"sim.yaml", replaced("unit: count", "unit: C°"), nil, "sim.yaml:6: unit is"},
		"tick":            {"sim.yaml", replaced("tick: 100ms", "tick: 100"), nil, "sim.yaml:3: tick is"},
		"block":           {"sim.yaml", replaced("block: 30s ", "block: 30ms "), nil, "sim.yaml:4: block is"},
		"kind":            {"sim.yaml", replaced("kind: Simulator\n", ""), nil, "sim.yaml:1: kind is missing"},
		"unknown field":   {"sim.yaml", replaced("kind:", "sort: x\nkind:"), nil, "line 2: field sort not found"},
		"a list":          {"sim.yaml", replaced("tick: 100ms", "tick: [100ms]"), nil, "line 3: want one word"},
		"two documents":   {"sim.yaml", func(s string) string { return s + "---\n{}\n" }, nil, "more than one document"},
		"no inputs":       {"sim.yaml", func(s string) string { return s[:strings.Index(s, "inputs:")] }, nil, "0 inputs"},
		"input no column": {"sim.yaml", replaced("input: gold", "input: Gold"), nil, "sim.yaml:6: input is"},
	} {
		_, err := open(t, folder(t, map[string]func(string) string{c.file: c.edit}))
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	_, err := open(t, folder(t, map[string]func(string) string{"sim.go": func(s string) string { return strings.ReplaceAll(s, "WorthLost", "worthLost") }}))
	if !errors.Is(err, interpret.ErrShape) || !strings.Contains(err.Error(), "declare the field WorthLost uint64 of Sim") {
		t.Errorf("a counter that a metric needs is missing: %v", err)
	}
	gone := folder(t, nil)
	delete(gone, "sim.go")
	if _, err := open(t, gone); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no sim.go: %v", err)
	}
	_, err = open(t, folder(t, map[string]func(string) string{"sim.go": replaced("s.Slow++", "s.Slow += 0.5")}))
	if _, ok := errors.AsType[tilego.Refusals](err); !ok {
		t.Errorf("a fraction is no refusal: %v", err)
	}
}
