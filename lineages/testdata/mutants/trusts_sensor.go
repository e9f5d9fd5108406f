// Package thermal trusts the sensor: it does not look at the fault flag.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

const Speed = 7

// State is nothing: the governor only looks at the input.
type State struct {
	Last uint8
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Last <= FanTop }

// Step chooses the levels for the next tick.
func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Temp >= Crit {
		return FanTop, ThrottleTop
	}
	return Speed, 0
}
