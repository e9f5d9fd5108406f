package diversity_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/slots"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/lineages/diversity"
	"github.com/genesis-network/genesis/telemetry"
)

// thermal is the slot with a month of telemetry.
var thermal = sync.OnceValues(func() (hal.Slot, *diversity.Measure) {
	slot, _ := hal.Lookup("thermal")
	m, err := diversity.New(slot, window(slot))
	if err != nil {
		panic(err)
	}
	return slot, m
})

func window(slot hal.Slot) *telemetry.Window {
	tr, err := telemetry.Load(os.DirFS("../../examples/telemetry"), "cooler.trace.yaml")
	if err != nil {
		panic(err)
	}
	w, err := tr.Resample(slot.Tick, slot.Block)
	if err != nil {
		panic(err)
	}
	return w
}

func compiled(t *testing.T, slot hal.Slot, source, proof []byte) lineages.Module {
	t.Helper()
	m, err := lineages.Compile(slot.Contract, source, proof)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func shipped(t *testing.T, lineage string) lineages.Module {
	t.Helper()
	slot, _ := thermal()
	g, err := lineages.Load(lineage, slot.Name)
	if err != nil {
		t.Fatal(err)
	}
	return compiled(t, slot, g.Source, g.Proof)
}

// wrong is alder's module with an edit that no station would let through.
func wrong(t *testing.T, from, to string) lineages.Module {
	t.Helper()
	slot, _ := thermal()
	g, err := lineages.Load("alder", slot.Name)
	if err != nil {
		t.Fatal(err)
	}
	source := strings.Replace(string(g.Source), from, to, 1)
	if source == string(g.Source) {
		t.Fatalf("no %q in the module", from)
	}
	return compiled(t, slot, []byte(source), nil)
}

func compare(t *testing.T, a, b lineages.Module) diversity.Pair {
	t.Helper()
	_, m := thermal()
	x, err := m.Sample(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := m.Sample(b)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Compare(x, y)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestShippedLineagesAreDifferent(t *testing.T) {
	t.Parallel()
	p := compare(t, shipped(t, "alder"), shipped(t, "birch"))
	if p.Calls != diversity.DefaultRuns*diversity.DefaultCalls || 10*p.Differ < p.Calls || 2*p.Unlike < p.Lines {
		t.Errorf("%+v", p)
	}
	if p.Results[0].Differ > p.Differ || p.Results[0].Differ+p.Results[1].Differ < p.Differ {
		t.Errorf("differs in %d calls, by result %+v", p.Differ, p.Results)
	}
	// A fan that stands still for long overheats either; no sensor fault does.
	want := []diversity.Survival{{Fault: "fan-stuck", Trials: 24, Both: 10, Neither: 14}, {Fault: "sensor-lost", Trials: 24, Both: 24}, {Fault: "sensor-stuck", Trials: 24, Both: 24}}
	if diff := cmp.Diff(want, p.Faults); diff != "" {
		t.Error(diff)
	}
}

func TestALineageIsNotDifferentFromItself(t *testing.T) {
	t.Parallel()
	p := compare(t, shipped(t, "birch"), shipped(t, "birch"))
	if p.Differ != 0 || p.Unlike != 0 || p.Decisions != 0 || p.Structure != 0 {
		t.Errorf("%+v", p)
	}
}

// Wrong modules show that each fault is one that a module can fail to survive.
func TestFaultsAreNotSurvivedByAll(t *testing.T) {
	t.Parallel()
	const step = "if in.Fault || in.Temp >= Crit {"
	for _, row := range []struct{ fault, from, to string }{
		{"fan-stuck", "return s.Fan, s.Throttle", "return 0, 0"}, // runs as hot as it may
		{"sensor-lost", step, "if in.Fault {\n\t\treturn 0, 0\n\t}\n\t" + step},
		{"sensor-stuck", "return s.Fan, s.Throttle", "return FanTop + 1, 0"}, // no actuator has that
	} {
		p := compare(t, shipped(t, "alder"), wrong(t, row.from, row.to))
		for _, f := range p.Faults {
			if f.Fault == row.fault && (f.First == 0 || f.Second != 0) {
				t.Errorf("after %q: %+v", row.to, f)
			}
		}
	}
	panics := wrong(t, "up := rise[s.Fan]", "up := rise[s.Fan] / int16(s.Fan)")
	if p := compare(t, panics, shipped(t, "alder")); p.Differ == 0 || p.Faults[0].First != 0 {
		t.Errorf("a module that panics: %+v", p)
	}
}

func TestProbesFollowFromTheContract(t *testing.T) {
	t.Parallel()
	slot, _ := thermal()
	contracts := []*contract.Contract{slot.Contract}
	for _, name := range slots.Names() {
		c, err := slots.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		contracts = append(contracts, c)
	}
	for _, c := range contracts {
		draw := func(seed uint64) *diversity.Probes {
			p, err := diversity.Draw(c, seed, 4, 8)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		a, b, other := draw(1), draw(1), draw(2)
		if a.Digest != b.Digest || a.Digest == other.Digest || a.Calls() != 32 {
			t.Errorf("%s: %s, again %s, another seed %s; %d calls", c.Name, a.Digest.Short(), b.Digest.Short(), other.Digest.Short(), a.Calls())
		}
	}
}

func TestModulesOfAnotherSlotAreRefused(t *testing.T) {
	t.Parallel()
	c, err := slots.Open("sched")
	if err != nil {
		t.Fatal(err)
	}
	p, err := diversity.Draw(c, 1, 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Ask(shipped(t, "alder").Unit); !errors.Is(err, diversity.ErrProbes) {
		t.Error(err)
	}
	if _, err := diversity.Overlap([]diversity.Trial{{}}, nil, []bool{true}); !errors.Is(err, diversity.ErrTrials) {
		t.Error(err)
	}
}
