package lineages_test

import (
	"path/filepath"
	"testing"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
)

func TestSeedsAreThoseOfTheirContract(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mutants/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, s := range hal.Slots() {
		seeds, err := lineages.Seeds(s.Contract.Import)
		if err != nil {
			t.Fatal(err)
		}
		found += len(seeds)
	}
	if found != len(files) {
		t.Errorf("%d seeds of all slots, but %d files", found, len(files))
	}
	if other, err := lineages.Seeds("example.org/other"); err != nil || len(other) > 0 {
		t.Errorf("seeds of no contract: %v, %v", other, err)
	}
}
