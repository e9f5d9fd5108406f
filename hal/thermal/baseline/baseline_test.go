package baseline

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/hal/thermal"
)

// Baselines keep the contract's promise too, or the comparison would not be
// fair.
func TestBaselinesKeepThePromise(t *testing.T) {
	t.Parallel()
	for name, fresh := range All() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				s := fresh()
				out := make([]uint64, 2)
				for range rapid.IntRange(1, 50).Draw(t, "ticks") {
					in := thermal.Input{
						Temp:  rapid.Int16Range(thermal.TempMin, thermal.TempMax).Draw(t, "temp"),
						Load:  rapid.Uint8Range(0, thermal.LoadTop).Draw(t, "load"),
						Fault: rapid.Bool().Draw(t, "fault"),
					}
					flat := []uint64{uint64(in.Temp), uint64(in.Load), 0}
					if in.Fault {
						flat[2] = 1
					}
					if err := s.Step(flat, out); err != nil {
						t.Fatal(err)
					}
					if !thermal.Post(&in, uint8(out[0]), uint8(out[1])) {
						t.Fatalf("%+v: fan %d, throttle %d", in, out[0], out[1])
					}
				}
			})
		})
	}
}
