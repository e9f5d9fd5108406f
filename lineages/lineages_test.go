package lineages_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/lineages"
)

func TestEveryShippedLineageFillsItsSlots(t *testing.T) {
	t.Parallel()
	for _, name := range lineages.Names() {
		l, err := lineages.Describe(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(l.Slots) == 0 || l.Class == "" || l.About == "" {
			t.Errorf("%s says too little: %+v", name, l)
		}
		for _, slot := range l.Slots {
			g, err := lineages.Load(name, slot)
			if err != nil {
				t.Fatal(err)
			}
			s, ok := hal.Lookup(slot)
			if !ok {
				t.Fatalf("%s fills slot %s, which is not registered", name, slot)
			}
			if _, err := tilego.Compile(g.Source, s.Contract.Surface()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestAllFindsTheGenomesOfASlot(t *testing.T) {
	t.Parallel()
	genomes, err := lineages.All("thermal")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range genomes {
		got = append(got, g.Lineage)
	}
	if !slices.Equal(got, []string{"alder", "birch", "cedar"}) {
		t.Errorf("got the genomes of %v", got)
	}
	if none, err := lineages.All("sched"); err != nil || len(none) != 0 {
		t.Errorf("All of a slot that nobody fills: %d genomes, %v", len(none), err)
	}
}

func TestUnknownNamesAreRefused(t *testing.T) {
	t.Parallel()
	for _, at := range [][2]string{{"oak", "thermal"}, {"alder", "poenic"}, {"../alder", "thermal"}, {"", ""}} {
		if _, err := lineages.Load(at[0], at[1]); !errors.Is(err, lineages.ErrUnknown) {
			t.Errorf("Load(%q, %q): %v, want ErrUnknown", at[0], at[1], err)
		}
	}
}
