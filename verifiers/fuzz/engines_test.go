package fuzz

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/agree"
)

// scripted is an engine that brings back what a test says.
type scripted struct {
	name string
	haul Haul
	err  error
}

func (e scripted) Tool() pipeline.Tool { return pipeline.Tool{Name: e.name, Version: "1"} }

func (e scripted) Fuzz(context.Context, *Target, time.Duration) (Haul, error) { return e.haul, e.err }

// What engines bring back is judged by the reference engine, and an engine that
// fails takes nothing from the others.
func TestWhatEnginesBringBackIsJudged(t *testing.T) {
	t.Parallel()
	tool, _ := tools(t)
	s := module(t, "alder/thermal/module.go")
	harmless := encode(s.Unit, verifiers.Case{Inputs: [][]uint64{{500, 10, 0}}})
	mutant := module(t, "testdata/mutants/ignores_critical.go")
	witness := encode(mutant.Unit, verifiers.Case{Inputs: [][]uint64{{950, 10, 0}}})
	errTool := errors.New("no such file")
	works := scripted{name: "works", haul: Haul{Executions: 7, Inputs: [][]byte{harmless}}}
	fails := scripted{name: "fails", err: errTool}
	for name, c := range map[string]struct {
		s       verifiers.Subject
		engines []Engine
		outcome pipeline.Outcome
		code    string
		note    string
		err     error
	}{
		"one of two fails":              {s, []Engine{fails, works}, pipeline.Pass, "", "failed: no such file", nil},
		"all fail":                      {s, []Engine{fails, fails}, "", "", "failed: no such file", errTool},
		"none executes anything":        {s, []Engine{scripted{name: "idle"}}, pipeline.Inconclusive, "fuzz.idle", "", nil},
		"a crash that is no witness":    {s, []Engine{works, scripted{name: "wrong", haul: Haul{Crash: harmless, Said: "panic: x"}}}, pipeline.Fail, "fuzz.engine", "", nil},
		"a witness that did not crash":  {mutant, []Engine{scripted{name: "blind", haul: Haul{Executions: 1, Inputs: [][]byte{witness}}}}, pipeline.Fail, "fuzz.witness", "", nil},
		"a witness beside a broken one": {mutant, []Engine{fails, scripted{name: "sees", haul: Haul{Crash: witness}}}, pipeline.Fail, "fuzz.witness", "failed: no such file", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, err := Check(t.Context(), c.s, Options{Go: tool, Engines: c.engines})
			if !errors.Is(err, c.err) || st.Outcome != c.outcome || st.Notes["engine.fails"] != c.note {
				t.Fatalf("%s %s %v %v, %v", st.Outcome, st.Summary, st.Findings, st.Notes, err)
			}
			if c.code != "" && st.Findings[0].Code != c.code {
				t.Errorf("got %v, want %s", st.Findings, c.code)
			}
		})
	}
}

// A run that is cut short by its time limit decides nothing.
func TestTimeIsUpWhileEnginesWork(t *testing.T) {
	t.Parallel()
	tool, engines := tools(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	st, err := Check(ctx, module(t, "alder/thermal/module.go"), Options{Go: tool, Engines: engines, For: time.Hour})
	if err != nil || st.Outcome != pipeline.Inconclusive || st.Findings[0].Code != "fuzz.time" {
		t.Errorf("%s %v, %v", st.Outcome, st.Findings, err)
	}
}

// Chosen inputs reach what all reach; each new one adds to those before it; what
// broke something is not among them, and known ones go only for want of room.
func TestChosenSeedsReachEverything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(t, "inputs")
		m := &measured{features: make([][]uint32, n), broken: make([]bool, n)}
		for i := range n {
			m.features[i] = rapid.SliceOfN(rapid.Uint32Range(0, 20), 0, 6).Draw(t, "features")
			m.broken[i] = rapid.IntRange(0, 9).Draw(t, "broken") == 0
			if m.broken[i] {
				m.features[i] = nil
			}
		}
		old, limit := rapid.IntRange(0, n).Draw(t, "old"), rapid.IntRange(0, 40).Draw(t, "limit")
		chosen := m.choose(old, limit)
		if len(chosen) > limit {
			t.Fatalf("%d chosen, at most %d", len(chosen), limit)
		}
		all, reached := map[uint32]bool{}, map[uint32]bool{}
		for i, features := range m.features {
			for _, f := range features {
				all[f] = true
			}
			if m.broken[i] && slices.Contains(chosen, i) {
				t.Fatalf("%d broke something", i)
			}
			if i < old && !m.broken[i] && n <= limit && !slices.Contains(chosen, i) {
				t.Fatalf("%d was known, and there is room", i)
			}
		}
		for _, i := range chosen {
			adds := slices.ContainsFunc(m.features[i], func(f uint32) bool { return !reached[f] })
			if i >= old && !adds {
				t.Fatalf("%d adds nothing", i)
			}
			for _, f := range m.features[i] {
				reached[f] = true
			}
		}
		if n <= limit && len(reached) != len(all) {
			t.Fatalf("reach %d of %d", len(reached), len(all))
		}
	})
}

// A module differs from another one where their decisions do, and from itself
// nowhere.
func TestDifferencesFromTheIncumbent(t *testing.T) {
	t.Parallel()
	alder, birch := module(t, "alder/thermal/module.go"), module(t, "birch/thermal/module.go")
	cases, err := agree.Cases(alder, 3, 200, 12)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		theirs  verifiers.Subject
		differs bool
	}{"itself": {alder, false}, "another": {birch, true}} {
		ours, err := newOracle(alder)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := newOracle(c.theirs)
		if err != nil {
			t.Fatal(err)
		}
		d := differ(ours, theirs, cases)
		if d.calls == 0 || d.differ > 0 != c.differs {
			t.Fatalf("%s: %d of %d calls differ", name, d.differ, d.calls)
		}
		if !c.differs {
			continue
		}
		again := differ(ours, theirs, []verifiers.Case{d.first})
		if again.differ == 0 || slices.Equal(d.ours, d.theirs) || len(again.first.Inputs) != len(d.first.Inputs) {
			t.Errorf("%s: %v shows no difference", name, d.first)
		}
		if text := d.text(alder); !strings.Contains(text, "of the incumbent fan=") {
			t.Errorf("it says %q", text)
		}
	}
}
