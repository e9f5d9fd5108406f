package hal_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/contract"
)

func TestEverySlotIsComplete(t *testing.T) {
	t.Parallel()
	slots := hal.Slots()
	if len(slots) == 0 {
		t.Fatal("no slots")
	}
	for _, s := range slots {
		if s.Contract.Slot != s.Name || len(s.Baselines) == 0 || s.Tick <= 0 {
			t.Errorf("slot %s: contract for %s, %d baselines, tick %s", s.Name, s.Contract.Slot, len(s.Baselines), s.Tick)
		}
		counters := s.Simulator.Counters()
		for _, m := range s.Contract.Metrics {
			if !slices.Contains(counters, m.Counter) || m.Per != "" && !slices.Contains(counters, m.Per) {
				t.Errorf("slot %s: metric %s needs counters that the simulator lacks: it has %v", s.Name, m.Name, counters)
			}
		}
		if again, ok := hal.Lookup(s.Name); !ok || again.Contract != s.Contract {
			t.Errorf("slot %s: looked up %t, its contract is loaded again", s.Name, ok)
		}
		if _, err := hal.Folder(s.Name); err != nil {
			t.Error(err)
		}
	}
	if _, ok := hal.Lookup("toaster"); ok {
		t.Error("found a slot that nobody registered")
	}
	if _, err := hal.Folder("toaster"); err == nil {
		t.Error("found the folder of a slot that nobody registered")
	}
}

func TestFoldIsExactAndRoundsAgainstTheModule(t *testing.T) {
	t.Parallel()
	counters := []string{"a", "b"}
	for _, tt := range []struct {
		name   string
		metric contract.Metric
		blocks []hal.Block
		want   int64
		fails  bool
	}{
		{"sum", contract.Metric{Counter: "a"}, []hal.Block{{1, 9}, {2, 9}}, 3, false},
		{"scale", contract.Metric{Counter: "a", Scale: 10}, []hal.Block{{1, 9}, {2, 9}}, 30, false},
		{"whole quotient", contract.Metric{Counter: "a", Per: "b", Scale: 1000, Direction: contract.Min}, []hal.Block{{1, 100}, {2, 200}}, 10, false},
		{"less is better: up", contract.Metric{Counter: "a", Per: "b", Scale: 1000, Direction: contract.Min}, []hal.Block{{1, 300}}, 4, false},
		{"more is better: down", contract.Metric{Counter: "a", Per: "b", Scale: 1000, Direction: contract.Max}, []hal.Block{{1, 300}}, 3, false},
		{"negative, less is better: up", contract.Metric{Counter: "a", Per: "b", Direction: contract.Min}, []hal.Block{{-7, 2}}, -3, false},
		{"negative, more is better: down", contract.Metric{Counter: "a", Per: "b", Direction: contract.Max}, []hal.Block{{-7, 2}}, -4, false},
		{"beyond 64 bits on the way", contract.Metric{Counter: "a", Per: "b", Scale: 1000, Direction: contract.Min}, []hal.Block{{math.MaxInt64, math.MaxInt64}}, 1000, false},
		{"beyond 64 bits", contract.Metric{Counter: "a", Scale: 2}, []hal.Block{{math.MaxInt64, 1}}, 0, true},
		{"nothing of nothing", contract.Metric{Counter: "a", Per: "b"}, []hal.Block{{0, 0}}, 0, false},
		{"something of nothing", contract.Metric{Counter: "a", Per: "b"}, []hal.Block{{1, 0}}, 0, true},
		{"no blocks", contract.Metric{Counter: "a", Per: "b"}, nil, 0, false},
		{"unknown counter", contract.Metric{Counter: "c"}, []hal.Block{{1, 1}}, 0, true},
		{"unknown per", contract.Metric{Counter: "a", Per: "c"}, []hal.Block{{1, 1}}, 0, true},
		{"short block", contract.Metric{Counter: "a"}, []hal.Block{{1}}, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.metric.Name = "m"
			got, err := hal.Fold([]contract.Metric{tt.metric}, counters, tt.blocks)
			if tt.fails {
				if !errors.Is(err, hal.ErrFold) {
					t.Fatalf("got %v, %v, want ErrFold", got, err)
				}
				return
			}
			if diff := cmp.Diff(map[string]int64{"m": tt.want}, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}
