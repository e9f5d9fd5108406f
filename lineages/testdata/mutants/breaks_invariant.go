// Package thermal breaks its own invariant: the timer is set beyond the bound
// that it states.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

const (
	Speed = 8
	Pause = 5
)

// State is a timer that nothing depends on.
type State struct {
	Rest uint8
}

// Inv holds at the start, and is not kept.
func Inv(s *State) bool { return s.Rest <= 2 }

// Step chooses the levels for the next tick.
func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Fault || in.Temp >= Crit {
		s.Rest = Pause
		return FanTop, ThrottleTop
	}
	if s.Rest > 0 {
		s.Rest--
	}
	return Speed, 0
}
