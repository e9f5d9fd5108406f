// Package limiter tells clients to come back the sooner the busier the backend
// is.
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
	if in.Class == Gold && in.Busy < BusyTop {
		return true, 0
	}
	if in.Busy >= BusyTop || s.Level+MeterCost > MeterTop {
		return false, 1 + BusyTop - in.Busy
	}
	s.Level += MeterCost
	return true, 0
}
