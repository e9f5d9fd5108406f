// Package limiter never serves who does not pay: an idle backend refuses silver
// and bulk as long as requests come.
package limiter

import . "github.com/genesis-network/genesis/examples/limiter"

// State is empty: the input says all.
type State struct{}

// Inv holds of nothing.
func Inv(s *State) bool { return true }

// Step decides on a request.
func Step(s *State, in *Input) (admit bool, retry uint16) {
	if in.Busy >= BusyTop {
		return false, 1
	}
	if in.Class == Gold || (in.Busy == 0 && in.Elapsed >= IdleTop) {
		return true, 0
	}
	return false, 1
}
