// Package thermal is outside the language: it computes in floats.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

// State is the filtered temperature.
type State struct {
	Mean float64
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Mean < 1500 }

// Step chooses the levels for the next tick.
func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Fault || in.Temp >= Crit {
		return FanTop, ThrottleTop
	}
	s.Mean = 0.9*s.Mean + 0.1*float64(in.Temp)
	return uint8(s.Mean / 100), 0
}
