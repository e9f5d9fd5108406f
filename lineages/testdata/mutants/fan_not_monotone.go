// Package thermal cools less when it is warmer: between Target and the critical
// temperature the fan slows down, as the throttle takes over.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

const (
	Idle = 4
	Busy = 9
)

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
	if in.Temp >= Target {
		return Idle, ThrottleTop
	}
	return Busy, 0
}
