package hal_test

import (
	"fmt"
	"os"
	"time"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/telemetry"
)

// A day of recorded telemetry under a textbook policy.
func Example() {
	slot, _ := hal.Lookup("thermal")
	trace, err := telemetry.Load(os.DirFS("../examples/telemetry"), "cooler.trace.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	window, err := trace.Resample(slot.Tick, 24*time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	day, err := window.Slice(0, window.BlockTicks())
	if err != nil {
		fmt.Println(err)
		return
	}
	blocks, err := slot.Simulator.Run(day, slot.Baselines["step-wise"]())
	if err != nil {
		fmt.Println(err)
		return
	}
	metrics, err := hal.Fold(slot.Contract.Metrics, slot.Simulator.Counters(), blocks)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(metrics["energy_joules"] > 500_000, metrics["work_lost_permille"] <= 5)
	// Output: true true
}
