// Package limiter breaks its own invariant: a counter that nothing depends on
// runs beyond the bound that it states.
package limiter

import . "github.com/genesis-network/genesis/examples/limiter"

// State is the leaky bucket, and how many were refused.
type State struct {
	Level   uint32 // microseconds
	Refused uint16
}

// Inv holds at the start, and is not kept.
func Inv(s *State) bool { return s.Level <= MeterTop && s.Refused <= 1_000 }

// Step decides on a request.
func Step(s *State, in *Input) (admit bool, retry uint16) {
	s.Level -= min(s.Level, in.Elapsed)
	if in.Busy >= BusyTop {
		s.Refused++
		return false, 1
	}
	if in.Class == Gold {
		return true, 0
	}
	if s.Level+MeterCost > MeterTop {
		s.Refused++
		return false, 1
	}
	s.Level += MeterCost
	return true, 0
}
