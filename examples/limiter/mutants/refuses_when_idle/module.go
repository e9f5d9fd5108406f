// Package limiter lets nobody but gold pass until its bucket is empty, so that
// somebody is refused after a pause in which nothing was going on.
package limiter

import . "github.com/genesis-network/genesis/examples/limiter"

// Cost is what a request fills of the bucket, in microseconds.
const Cost = 200_000

// State is the leaky bucket.
type State struct {
	Level uint32 // microseconds
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Level <= Cost }

// Step decides on a request.
func Step(s *State, in *Input) (admit bool, retry uint16) {
	s.Level -= min(s.Level, in.Elapsed)
	if in.Busy >= BusyTop {
		return false, 1
	}
	if in.Class == Gold {
		return true, 0
	}
	if s.Level > 0 {
		return false, 1
	}
	s.Level = Cost
	return true, 0
}
