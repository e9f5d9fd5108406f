package benchmark_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/proposers/evolve"
	"github.com/genesis-network/genesis/shadow/benchmark"
	"github.com/genesis-network/genesis/telemetry"
)

var _ evolve.Evaluator = (*benchmark.Course)(nil)

func course(t testing.TB) *benchmark.Course {
	t.Helper()
	slot, ok := hal.Lookup("thermal")
	if !ok {
		t.Fatal("no slot thermal")
	}
	trace, err := telemetry.Load(os.DirFS("../../examples/telemetry"), "cooler.trace.yaml")
	if err != nil {
		t.Fatal(err)
	}
	window, err := trace.Resample(slot.Tick, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	lost, err := pipeline.ParseConstraint("work_lost_permille <= 5")
	if err != nil {
		t.Fatal(err)
	}
	c, err := benchmark.New(slot, pipeline.Objective{Minimize: "energy_joules", SubjectTo: []pipeline.Constraint{lost}}, window)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const head = "package g\n\nimport . \"github.com/genesis-network/genesis/hal/thermal\"\n\ntype State struct{}\n\nfunc Inv(s *State) bool { return true }\n\n"

// governor is a module that runs the fan at one level and the throttle at
// another, below the critical temperature.
func governor(t testing.TB, c *benchmark.Course, fan, throttle string) *ir.Unit {
	t.Helper()
	src := head + "func Step(s *State, in *Input) (fan, throttle uint8) {\n\tif in.Fault || in.Temp >= Crit {\n\t\treturn FanTop, ThrottleTop\n\t}\n\treturn " + fan + ", " + throttle + "\n}\n"
	u, err := tilego.Compile([]byte(src), c.Slot.Contract.Surface())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestCompareOutcomes(t *testing.T) {
	t.Parallel()
	c := course(t)
	steady := governor(t, c, "9", "0")
	for name, test := range map[string]struct {
		candidate *ir.Unit
		want      pipeline.Outcome
		says      string
	}{
		"quieter fan is better":              {governor(t, c, "6", "0"), pipeline.Pass, "better in simulation"},
		"louder fan is worse":                {governor(t, c, "10", "0"), pipeline.Fail, "worse in simulation"},
		"the same is no gain":                {governor(t, c, "9", "0"), pipeline.Inconclusive, "no gain"},
		"a gain bought with work is refused": {governor(t, c, "6", "4"), pipeline.Fail, "breaks a constraint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := c.Compare(t.Context(), benchmark.Pairing{Incumbent: steady, Candidate: test.candidate})
			if err != nil {
				t.Fatal(err)
			}
			if s.Outcome != test.want || !strings.Contains(s.Summary, test.says) {
				t.Errorf("got %s: %s", s.Outcome, s.Summary)
			}
		})
	}
}

func TestRefuteSeesABrokenContract(t *testing.T) {
	t.Parallel()
	c := course(t)
	src := head + "func Step(s *State, in *Input) (fan, throttle uint8) {\n\treturn 3, 0\n}\n"
	bad, err := tilego.Compile([]byte(src), c.Slot.Contract.Surface())
	if err != nil {
		t.Fatal(err)
	}
	if refuted, err := c.Refute(t.Context(), bad); !refuted || err != nil {
		t.Errorf("got %t, %v", refuted, err)
	}
	if refuted, err := c.Refute(t.Context(), governor(t, c, "5", "0")); refuted || err != nil {
		t.Errorf("sound module: got %t, %v", refuted, err)
	}
}

// A search on the course finds something better than a constant fan, twice the
// same.
func TestSearchOnTheCourse(t *testing.T) {
	t.Parallel()
	c := course(t)
	u := governor(t, c, "9", "0")
	incumbent, _, err := c.Evaluate(t.Context(), u, c.Rungs()-1)
	if err != nil {
		t.Fatal(err)
	}
	digests := map[pipeline.Digest]bool{}
	for _, workers := range []int{1, 2} {
		s, err := evolve.New(evolve.Config{Seed: 1, Strategy: evolve.Evolve, Incumbent: u, Evaluations: 96, Epoch: 32, Edit: []string{"Step"}}, incumbent)
		if err != nil {
			t.Fatal(err)
		}
		for !s.Done() {
			cands := s.Next()
			results, err := evolve.Race(t.Context(), c, cands, workers)
			if err := errors.Join(err, s.Apply(cands, results)); err != nil {
				t.Fatal(err)
			}
		}
		digests[s.Digest()] = true
		if best := s.Elites(1)[0]; !best.Score.Less(incumbent) {
			t.Errorf("nothing better than a constant fan: %+v", best.Score)
		}
	}
	if len(digests) != 1 {
		t.Errorf("%d digests for one seed", len(digests))
	}
}

func BenchmarkFirstRung(b *testing.B) {
	c := course(b)
	u := governor(b, c, "9", "0")
	for b.Loop() {
		if _, err := c.Refute(b.Context(), u); err != nil {
			b.Fatal(err)
		}
		if _, _, err := c.Evaluate(b.Context(), u, 0); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "evaluations/s")
}

func BenchmarkSimulator(b *testing.B) {
	c := course(b)
	u := governor(b, c, "9", "0")
	steps := int64(0)
	for b.Loop() {
		_, n, err := c.Evaluate(b.Context(), u, c.Rungs()-1)
		if err != nil {
			b.Fatal(err)
		}
		steps += n
	}
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}

// BenchmarkCompare is the station: both modules on the report part, with the
// bootstrap of every metric.
func BenchmarkCompare(b *testing.B) {
	c := course(b)
	p := benchmark.Pairing{Incumbent: governor(b, c, "9", "0"), Candidate: governor(b, c, "5", "0")}
	for b.Loop() {
		if _, err := c.Compare(b.Context(), p); err != nil {
			b.Fatal(err)
		}
	}
}
