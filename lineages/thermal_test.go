package lineages_test

import (
	"testing"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
	"github.com/genesis-network/genesis/lineages"
)

// Every engine must find these counts.
func TestShippedGovernorsAreSafeInTheirSurroundings(t *testing.T) {
	t.Parallel()
	for lineage, want := range map[string]int{"alder": 919, "birch": 748, "cedar": 3229} {
		t.Run(lineage, func(t *testing.T) {
			t.Parallel()
			g, err := lineages.Load(lineage, "thermal")
			if err != nil {
				t.Fatal(err)
			}
			s, _ := hal.Lookup("thermal")
			u, err := tilego.Compile(g.Source, s.Contract.Surface())
			if err != nil {
				t.Fatal(err)
			}
			sys, err := joint.New(u, s.Contract.Unit, s.Contract.Env, s.Contract.Model.Consts)
			if err != nil {
				t.Fatal(err)
			}
			r, err := sys.Explore(t.Context(), joint.Limits{MaxStates: s.Contract.Model.MaxStates})
			if err != nil {
				t.Fatal(err)
			}
			if r.Violation != nil || !r.Complete || r.Distinct != want {
				t.Errorf("%d states, complete %t, violation %+v; want %d states and none", r.Distinct, r.Complete, r.Violation, want)
			}
		})
	}
}
