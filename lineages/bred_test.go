package lineages_test

import (
	"testing"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
)

// What is shipped is what the search found, and not what it began with.
func TestBredModulesAreWhatTheirSearchFound(t *testing.T) {
	t.Parallel()
	found := 0
	for _, name := range lineages.Names() {
		l, err := lineages.Describe(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range l.Bred {
			found++
			s, ok := hal.Lookup(b.Slot)
			if !ok {
				t.Fatalf("no slot %s", b.Slot)
			}
			ir := func(load func(lineage, slot string) (lineages.Genome, error)) pipeline.Digest {
				g, err := load(name, b.Slot)
				if err != nil {
					t.Fatal(err)
				}
				m, err := g.Compile(s.Contract)
				if err != nil {
					t.Fatal(err)
				}
				return m.Ref.Code.IR
			}
			if got := ir(lineages.Load); got != b.IR {
				t.Errorf("%s/%s has IR %s, the search found %s", name, b.Slot, got, b.IR)
			}
			if ir(lineages.Founder) == b.IR {
				t.Errorf("%s/%s: the search found what it began with", name, b.Slot)
			}
		}
	}
	if found == 0 {
		t.Error("nothing was bred")
	}
}
