// Package thermal does not compile: a name is not declared.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

// State is the level of the fan.
type State struct {
	Fan uint8
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Fan <= FanTop }

// Step chooses the levels for the next tick.
func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Fault || in.Temp >= Crit {
		return FanTop, ThrottleTop
	}
	s.Fan = wanted
	return s.Fan, 0
}
