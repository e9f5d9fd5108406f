package fleet_test

import (
	"fmt"
	"testing"
)

// BenchmarkCommand is a command's way to the tile, its answer's way back, both
// kept by the server.
func BenchmarkCommand(b *testing.B) {
	dir, c := fleetOf(b)
	serve(b, dialTile(b, dir, "one", oneKey), echo)
	n := 0
	for b.Loop() {
		n++
		if _, err := c.Command(b.Context(), "one", halt(b, fmt.Sprintf("k%d", n))); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReport(b *testing.B) {
	dir, _ := fleetOf(b)
	tile := dialTile(b, dir, "one", oneKey)
	for b.Loop() {
		if err := tile.Report(b.Context(), report("one", "home")); err != nil {
			b.Fatal(err)
		}
	}
}
