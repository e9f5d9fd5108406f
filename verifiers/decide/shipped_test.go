package decide_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/mutate"
	"github.com/genesis-network/genesis/verifiers/decide"
)

func thermal(t testing.TB, file string) (*contract.Contract, *ir.Unit) {
	t.Helper()
	c, err := contract.Load(os.DirFS("../../hal/thermal"))
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile("../../lineages/" + file)
	if err != nil {
		t.Fatal(err)
	}
	u, err := tilego.Compile(src, c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	return c, u
}

// patient is for tests, so that a busy machine does not decide.
var patient = decide.Options{Time: 5 * time.Minute}

func TestShippedModulesHold(t *testing.T) {
	t.Parallel()
	for _, lineage := range []string{"alder", "birch", "cedar"} {
		c, u := thermal(t, lineage+"/thermal/module.go")
		r, err := decide.Module(t.Context(), c, u, patient)
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict() != decide.Holds {
			t.Errorf("%s: %s", lineage, r)
		}
		t.Log(lineage, r, r.Gates)
	}
}

// The clauses that each seeded mutant breaks, all of them.
var mutants = map[string][]refute.Clause{
	"ignores_critical":         {refute.Post},
	"panics":                   {refute.Panic},
	"breaks_invariant":         {refute.Inv},
	"starts_outside_invariant": {refute.Init},
	"fan_not_monotone":         {refute.RelPost},
	"throttle_not_monotone":    {refute.RelPost},
	"trusts_sensor":            {refute.Post},
	"out_of_range":             {refute.Post, refute.RelPost},
	"throttle_sticks":          nil, // only wrong with its surroundings
	"never_cools":              nil,
	"too_late":                 nil,
}

func TestMutantsAreRefutedByTheClausesThatTheyBreak(t *testing.T) {
	t.Parallel()
	for mutant, want := range mutants {
		c, u := thermal(t, "testdata/mutants/"+mutant+".go")
		r, err := decide.Module(t.Context(), c, u, patient)
		if err != nil {
			t.Fatal(err)
		}
		var got []refute.Clause
		for _, a := range r.Answers {
			if a.Verdict != decide.Holds {
				got = append(got, a.Clause)
			}
			if a.Witness != nil && !a.Witness.Reachable {
				t.Errorf("%s: %s was not reached from the initial state: %s", mutant, a.Clause, a.Witness)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %s, want %v", mutant, r, want)
		}
	}
}

func TestAnswersSayWhichLimitWasMet(t *testing.T) {
	t.Parallel()
	c, u := thermal(t, "birch/thermal/module.go")
	for reason, o := range map[decide.Reason]decide.Options{
		decide.OutOfGates: {Gates: 1000},
		decide.OutOfSteps: {Steps: 20},
		decide.OutOfTime:  {Time: 1},
	} {
		r, err := decide.Module(t.Context(), c, u, o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict() != decide.Unknown || !slices.ContainsFunc(r.Answers, func(a decide.Answer) bool { return a.Reason == reason }) {
			t.Errorf("%s: %s", reason, r)
		}
	}
}

func TestACancelledContextIsAnError(t *testing.T) {
	t.Parallel()
	c, u := thermal(t, "birch/thermal/module.go")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := decide.Module(ctx, c, u, decide.Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := decide.Equivalent(ctx, c, u, u, decide.Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAModuleOfAnotherContractIsRefused(t *testing.T) {
	t.Parallel()
	c, u := thermal(t, "birch/thermal/module.go")
	other := u.Clone()
	other.Slot = "other"
	if _, err := decide.Module(t.Context(), c, other, decide.Options{}); !errors.Is(err, refute.ErrModule) {
		t.Error(err)
	}
}

// A module and the same module with a counter that nobody reads.
func TestFieldsThatDecideNothingDoNotTellModulesApart(t *testing.T) {
	t.Parallel()
	c, u := thermal(t, "testdata/mutants/throttle_sticks.go")
	src, err := os.ReadFile("../../lineages/testdata/mutants/throttle_sticks.go")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(src), "Throttle uint8", "Throttle uint8\n\tTicks uint16", 1)
	text = strings.Replace(text, "uint8) {\n", "uint8) {\n\ts.Ticks++\n", 1)
	v, err := tilego.Compile([]byte(text), c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	r, err := decide.Equivalent(t.Context(), c, u, v, patient)
	if err != nil || r.Sameness != decide.Same || !slices.Equal(r.Fields, []string{"Throttle"}) {
		t.Errorf("%+v, %v", r, err)
	}
}

func BenchmarkHolds(b *testing.B) {
	for _, lineage := range []string{"alder", "birch"} {
		b.Run(lineage, func(b *testing.B) {
			c, u := thermal(b, lineage+"/thermal/module.go")
			for b.Loop() {
				if r, err := decide.Module(b.Context(), c, u, decide.Options{}); err != nil || r.Verdict() != decide.Holds {
					b.Fatal(r, err)
				}
			}
		})
	}
}

// BenchmarkCounterexample is the time to the witness of each seeded mutant that
// has one.
func BenchmarkCounterexample(b *testing.B) {
	for mutant, clauses := range mutants {
		if len(clauses) == 0 {
			continue
		}
		b.Run(mutant, func(b *testing.B) {
			c, u := thermal(b, "testdata/mutants/"+mutant+".go")
			for b.Loop() {
				if r, err := decide.Module(b.Context(), c, u, decide.Options{}); err != nil || r.Witness() == nil {
					b.Fatal(r, err)
				}
			}
		})
	}
}

// BenchmarkEquivalent is one mutant a round, over all mutants of a module.
func BenchmarkEquivalent(b *testing.B) {
	for _, lineage := range []string{"alder", "birch"} {
		b.Run(lineage, func(b *testing.B) {
			c, u := thermal(b, lineage+"/thermal/module.go")
			ms, err := mutate.All(u)
			if err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				if _, err := decide.Equivalent(b.Context(), c, u, ms[i%len(ms)].Unit, decide.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
