package telemetry_test

import (
	"fmt"
	"os"
	"time"

	"github.com/genesis-network/genesis/telemetry"
)

func Example() {
	trace, err := telemetry.Load(os.DirFS("../examples/telemetry"), "cooler.trace.yaml")
	if err != nil {
		fmt.Println(err)
		return
	}
	window, err := trace.Resample(10*time.Second, 24*time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	parts, err := window.Split()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(trace.Name(), trace.Inputs())
	fmt.Println("days:", parts.Selection.Blocks(), parts.Choice.Blocks(), parts.Report.Blocks())
	// Output:
	// cooler [load ambient]
	// days: 20 20 22
}
