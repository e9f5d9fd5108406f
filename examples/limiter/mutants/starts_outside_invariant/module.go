// Package limiter starts outside its own invariant, which asks for a bucket that
// is never empty.
package limiter

import . "github.com/genesis-network/genesis/examples/limiter"

// State is the leaky bucket.
type State struct {
	Level uint32 // microseconds
}

// Inv does not hold at the start.
func Inv(s *State) bool { return s.Level >= 1 && s.Level <= MeterTop }

// Step decides on a request.
func Step(s *State, in *Input) (admit bool, retry uint16) {
	level := s.Level - min(s.Level, in.Elapsed)
	s.Level = max(level, 1)
	if in.Busy >= BusyTop {
		return false, 1
	}
	if in.Class == Gold {
		return true, 0
	}
	if level+MeterCost > MeterTop {
		return false, 1
	}
	s.Level = level + MeterCost
	return true, 0
}
