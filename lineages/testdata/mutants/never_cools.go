// Package thermal never cools an idle die: without load it leaves the fan off
// below the critical temperature.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

// State is nothing: the governor only looks at the input.
type State struct {
	Last uint8
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Last <= FanTop }

// Step chooses the levels for the next tick.
func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Fault || in.Temp >= Crit {
		return FanTop, ThrottleTop
	}
	if in.Load > 0 {
		return FanTop, 0
	}
	return 0, 0
}
