// Package thermal lets the throttle stick: once it was on it never falls.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

const Speed = 7

// State is the level of the throttle.
type State struct {
	Throttle uint8
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Throttle <= ThrottleTop }

// Step chooses the levels for the next tick.
func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Fault || in.Temp >= Crit {
		s.Throttle = ThrottleTop
		return FanTop, ThrottleTop
	}
	return Speed, s.Throttle
}
