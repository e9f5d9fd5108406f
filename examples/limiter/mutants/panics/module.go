// Package limiter panics: its table has no entry for the last class.
package limiter

import . "github.com/genesis-network/genesis/examples/limiter"

// room are the lengths of the backend's queue from which a class is refused.
var room = [Bulk]uint16{BusyTop, 24}

// State is the leaky bucket.
type State struct {
	Level uint32 // microseconds
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Level <= MeterTop }

// Step decides on a request.
func Step(s *State, in *Input) (admit bool, retry uint16) {
	s.Level -= min(s.Level, in.Elapsed)
	if in.Busy >= BusyTop {
		return false, 1
	}
	if in.Class == Gold {
		return true, 0
	}
	if in.Busy >= room[in.Class] || s.Level+MeterCost > MeterTop {
		return false, 1
	}
	s.Level += MeterCost
	return true, 0
}
