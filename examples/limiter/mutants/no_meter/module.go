// Package limiter has no meter: silver and bulk pass as fast as the backend
// takes them.
package limiter

import . "github.com/genesis-network/genesis/examples/limiter"

// State is empty: the backend's queue says all.
type State struct{}

// Inv holds of nothing.
func Inv(s *State) bool { return true }

// Step decides on a request.
func Step(s *State, in *Input) (admit bool, retry uint16) {
	if in.Busy >= BusyTop {
		return false, 1
	}
	return true, 0
}
