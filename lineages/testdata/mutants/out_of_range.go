// Package thermal asks for a fan level that does not exist when the processor
// is fully loaded.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

const (
	Speed = 8
	Boost = 3
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
	if in.Load == LoadTop {
		return Speed + Boost, 0
	}
	return Speed, 0
}
