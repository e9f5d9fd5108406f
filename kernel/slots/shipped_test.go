package slots_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/genesis-network/genesis/kernel/slots"
)

// Every module of every other lineage keeps the contract of its kernel slot,
// within the slot's budget.
func TestOtherLineagesKeepTheContracts(t *testing.T) {
	t.Parallel()
	for _, slot := range slots.Names() {
		files, err := filepath.Glob("../../lineages/*/" + slot + "/module.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("slot %s: %d modules, %v", slot, len(files), err)
		}
		for _, file := range files {
			lineage := filepath.Base(filepath.Dir(filepath.Dir(file)))
			if lineage == "alder" {
				continue
			}
			t.Run(lineage+"/"+slot, func(t *testing.T) {
				t.Parallel()
				source, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				c, _ := open(t, slot)
				u := compile(t, c, string(source))
				clause, states := judge(t, c, u, 30_000)
				if clause != "" {
					t.Errorf("%s is broken", clause)
				}
				t.Logf("%d states with the surroundings, at most %s instructions a call", states, worst(t, c, u))
			})
		}
	}
}
