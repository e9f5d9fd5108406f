package lineages_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
)

// mutant says who refuses a wrong governor in testdata/mutants, and why.
type mutant struct {
	rule   string        // the language, by this rule
	clause refute.Clause // the contract, on an input
	safe   string        // the model with its surroundings, by this invariant
}

// Each clause of the contract has a mutant that it alone kills: without the
// clause, that mutant would be accepted.
var mutants = map[string]mutant{
	"ignores_critical":         {clause: refute.Post, safe: "Post"},
	"does_not_compile":         {rule: "tilego.type"},
	"outside_language":         {rule: "tilego.float"},
	"panics":                   {clause: refute.Panic, safe: "NoPanic"},
	"fan_not_monotone":         {clause: refute.RelPost},
	"throttle_not_monotone":    {clause: refute.RelPost},
	"throttle_sticks":          {safe: "SafeThrottleFalls"},
	"never_cools":              {safe: "SafeCoolsDown"},
	"too_late":                 {safe: "SafeHardLimit"},
	"trusts_sensor":            {clause: refute.Post, safe: "Post"},
	"out_of_range":             {clause: refute.Post, safe: "Post"},
	"breaks_invariant":         {clause: refute.Inv, safe: "Inv"},
	"starts_outside_invariant": {clause: refute.Init, safe: "Inv"},
}

func TestEachMutantIsRefusedByWhomItShould(t *testing.T) {
	t.Parallel()
	slot, _ := hal.Lookup("thermal")
	refuter, err := refute.New(slot.Contract)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range mutants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(filepath.Join("testdata", "mutants", name+".go"))
			if err != nil {
				t.Fatal(err)
			}
			u, err := tilego.Compile(src, slot.Contract.Surface())
			if got := rule(err); got != want.rule {
				t.Fatalf("refused by rule %q, want %q: %v", got, want.rule, err)
			}
			if u == nil {
				return
			}
			w, err := refuter.Search(u, 1, 20_000)
			if err != nil {
				t.Fatal(err)
			}
			if got := clause(w); got != want.clause {
				t.Errorf("refuted by clause %q, want %q: %v", got, want.clause, w)
			}
			if got := invariant(t, slot, u); got != want.safe {
				t.Errorf("violates invariant %q, want %q", got, want.safe)
			}
		})
	}
}

func TestEveryMutantIsListed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mutants/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, ok := mutants[strings.TrimSuffix(filepath.Base(f), ".go")]; !ok {
			t.Errorf("%s is in no test", f)
		}
	}
}

func rule(err error) string {
	var r tilego.Refusals
	if errors.As(err, &r) {
		return r[0].Rule
	}
	return ""
}

func clause(w *refute.Witness) refute.Clause {
	if w == nil {
		return ""
	}
	return w.Clause
}

// invariant is what the joint system of module and surroundings violates.
func invariant(t *testing.T, slot hal.Slot, u *ir.Unit) string {
	t.Helper()
	s, err := joint.New(u, slot.Contract.Unit, slot.Contract.Env, slot.Contract.Model.Consts)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Explore(t.Context(), joint.Limits{MaxStates: slot.Contract.Model.MaxStates})
	if err != nil {
		t.Fatal(err)
	}
	if r.Violation == nil {
		return ""
	}
	return r.Violation.Name
}
