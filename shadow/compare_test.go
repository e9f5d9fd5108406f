package shadow_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/shadow"
	"github.com/genesis-network/genesis/shadow/runner"
	"pgregory.net/rapid"
)

// device counts up and shows the last action.
type device struct {
	n    uint64
	acts []uint64
}

func (d *device) Sense(in []uint64) bool { d.n++; in[0] = d.n; return d.n <= 1000 }
func (d *device) Act(out []uint64) error { d.acts = append(d.acts, out[0]); return nil }

// stepper answers by a function of its input.
type stepper func(in uint64) (uint64, error)

func (s stepper) Step(in, out []uint64) error {
	v, err := s(in[0])
	out[0] = v
	return err
}

type limit uint64

func (l limit) Check(_, out []uint64) string {
	if out[0] > uint64(l) {
		return "Post is broken"
	}
	return ""
}

func double(in uint64) (uint64, error) { return 2 * in, nil }

func half(in uint64) (uint64, error) { return in / 2, nil }

func trap(in uint64) (uint64, error) {
	if in == 70 {
		return 0, errors.New("index out of range")
	}
	return in, nil
}

func do(t testing.TB, tile string, candidate stepper, fault bool) runner.Run {
	t.Helper()
	r, err := runner.Do(t.Context(), tile, runner.Task{
		Calls: 200, Device: &device{}, Incumbent: stepper(double), Candidate: candidate, Watch: limit(150), Inputs: 1, Results: 1, Fault: fault,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOnlyTheIncumbentActs(t *testing.T) {
	t.Parallel()
	d := &device{}
	r, err := runner.Do(t.Context(), "t1", runner.Task{Calls: 100, Device: d, Incumbent: stepper(double), Candidate: stepper(half), Inputs: 1, Results: 1})
	if err != nil || r.Calls != 100 || r.Differs != 100 || len(r.Incumbent) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	for i, a := range d.acts {
		if a != 2*uint64(i+1) {
			t.Fatalf("act %d was %d, not the incumbent's", i, a)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	demand := shadow.Demand{Change: pipeline.Change{Lineage: "alder"}, Tiles: 3, Calls: 200}
	sound := func(tile string) runner.Run { return do(t, tile, half, false) }
	short := sound("t3")
	short.Calls = 100
	for name, c := range map[string]struct {
		runs   []runner.Run
		want   pipeline.Outcome
		finds  []string // places named
		demand int64
	}{
		"three agree":             {runs: []runner.Run{sound("t1"), sound("t2"), sound("t3")}, want: pipeline.Pass},
		"a broken tile is named":  {runs: []runner.Run{sound("t1"), do(t, "t2", half, true), sound("t3")}, want: pipeline.Pass, finds: []string{"t2"}},
		"a tile that stopped":     {runs: []runner.Run{sound("t1"), sound("t2"), short}, want: pipeline.Pass, finds: []string{"t3"}},
		"two tiles are no quorum": {runs: []runner.Run{sound("t1"), sound("t2")}, want: pipeline.Inconclusive},
		"all differ":              {runs: []runner.Run{sound("t1"), do(t, "t2", half, true), do(t, "t3", double, true)}, want: pipeline.Inconclusive},
		"the candidate traps": {runs: []runner.Run{do(t, "t1", trap, false), do(t, "t2", trap, false), do(t, "t3", trap, false)},
			want: pipeline.Fail, finds: []string{"call 69", "call 150", "call 151", "call 152", "call 153", "call 154", "call 155", "call 156"}},
		"too few calls": {runs: []runner.Run{sound("t1"), sound("t2"), sound("t3")}, demand: 500, want: pipeline.Inconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := demand
			d.Calls = max(d.Calls, c.demand)
			s := shadow.Compare(d, c.runs)
			var places []string
			for _, f := range s.Findings {
				places = append(places, f.Where)
			}
			if s.Outcome != c.want || !slices.Equal(places, c.finds) {
				t.Errorf("got %s (%s) naming %q, want %s naming %q", s.Outcome, s.Summary, places, c.want, c.finds)
			}
		})
	}
}

// The order in which tiles answer changes nothing.
func TestCompareIgnoresOrder(t *testing.T) {
	t.Parallel()
	runs := []runner.Run{do(t, "t1", half, false), do(t, "t2", half, true), do(t, "t3", half, false)}
	want, err := pipeline.Canonical(shadow.Compare(shadow.Demand{Calls: 200}, runs))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		got, err := pipeline.Canonical(shadow.Compare(shadow.Demand{Calls: 200}, rapid.Permutation(runs).Draw(rt, "order")))
		if err != nil || string(got) != string(want) {
			rt.Fatalf("got %s, want %s (%v)", got, want, err)
		}
	})
}

// BenchmarkStation is 200 calls on each of three tiles, and their comparison,
// without the modules' own time.
func BenchmarkStation(b *testing.B) {
	for b.Loop() {
		runs := []runner.Run{do(b, "t1", half, false), do(b, "t2", half, false), do(b, "t3", half, false)}
		if st := shadow.Compare(shadow.Demand{Calls: 200, Tiles: 3}, runs); st.Outcome != pipeline.Pass {
			b.Fatal(st.Summary)
		}
	}
}
