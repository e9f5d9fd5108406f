package refute_test

import (
	"strings"
	"testing"

	"github.com/genesis-network/genesis/kernel/refute"
)

func TestReachIsTheBoxOfWhatASteppedModuleSees(t *testing.T) {
	t.Parallel()
	c, r := load(t)
	for name, want := range map[string]refute.Range{
		"N <= 9":   {Least: 0, Greatest: 9},
		"N <= 200": {Least: 0, Greatest: 9}, // what Inv says does not matter
	} {
		u := compile(t, c, strings.ReplaceAll(honest, "N <= 9", name))
		for seed := range uint64(3) {
			got, err := r.Reach(u, seed, 5000)
			if err != nil || len(got) != 1 || got[0] != want {
				t.Errorf("%s: %v, %v, want %v", name, got, err, want)
			}
		}
	}
}
