package limiter_test

import (
	"os"
	"testing"
	"time"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/verifiers/decide"
	"github.com/genesis-network/genesis/verifiers/score"
)

// raced says that the race detector watches, under which a solver takes twenty
// times as long; `make test` runs this package once without it.
var raced bool

// Each clause of the contract has a seeded module that breaks it and no other:
// without the clause, that module would be accepted. By night the small changes
// of the shipped modules are judged as well, and nine in ten are decided.
func TestTheContractIsTestedWellEnough(t *testing.T) {
	if raced {
		t.Skip("a solver under the race detector takes twenty times as long: make test runs it once without")
	}
	t.Parallel()
	slot, err := hal.Open(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	o := score.Options{Decide: decide.Options{Time: 5 * time.Minute}} // so that a busy machine does not decide
	seeds, err := lineages.SeedsIn(slot.Folder, "mutants", slot.Contract.Import)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range seeds {
		o.Seeds = append(o.Seeds, compiled(t, slot, s.Name, s.Source))
	}
	if os.Getenv("GENESIS_NIGHTLY") != "" {
		for _, name := range []string{"lineages/home", "found/home"} {
			source, err := os.ReadFile(name + "/module.go")
			if err != nil {
				t.Fatal(err)
			}
			o.Accepted = append(o.Accepted, compiled(t, slot, name, source))
		}
	}
	r, err := score.Run(t.Context(), slot.Contract, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Problems) > 0 {
		t.Errorf("problems: %q", r.Problems)
	}
	alone := map[string]int{}
	for _, m := range r.Mutants {
		if m.Seeded && m.Verdict != score.Refuted {
			t.Errorf("seed %s is %s", m.Name, m.Verdict)
		}
		if m.Seeded && len(m.Broken) == 1 {
			alone[m.Broken[0]]++
		}
	}
	for _, c := range r.Clauses {
		if alone[c.Name] == 0 {
			t.Errorf("no seed breaks %s alone", c.Name)
		}
	}
}

func compiled(t *testing.T, slot hal.Slot, name string, source []byte) score.Module {
	t.Helper()
	u, err := tilego.Compile(source, slot.Contract.Surface())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return score.Module{Name: name, Unit: u}
}
