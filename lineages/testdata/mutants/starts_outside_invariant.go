// Package thermal starts outside its own invariant, which asks for a fan that
// turns.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

const Speed = 8

// State is the level of the fan.
type State struct {
	Fan uint8
}

// Inv does not hold at the start.
func Inv(s *State) bool { return s.Fan >= 1 && s.Fan <= FanTop }

// Step chooses the levels for the next tick.
func Step(s *State, in *Input) (fan, throttle uint8) {
	s.Fan = Speed
	if in.Fault || in.Temp >= Crit {
		return FanTop, ThrottleTop
	}
	return s.Fan, 0
}
