// Package limiter meters gold as it meters the others.
package limiter

import . "github.com/genesis-network/genesis/examples/limiter"

// State is the leaky bucket.
type State struct {
	Level uint32 // microseconds
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Level <= MeterTop }

// Step decides on a request.
func Step(s *State, in *Input) (admit bool, retry uint16) {
	s.Level -= min(s.Level, in.Elapsed)
	if in.Busy >= BusyTop || s.Level+MeterCost > MeterTop {
		return false, 1
	}
	s.Level += MeterCost
	return true, 0
}
