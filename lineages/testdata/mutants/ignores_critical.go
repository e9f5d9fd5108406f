// Package thermal ignores the critical temperature: it only looks at faults,
// and otherwise turns the fan by a hysteresis that stops short of full speed.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

const (
	UpFrom = 600
	Hyst   = 40
	Top    = FanTop - 1
)

// State is the level of the fan.
type State struct {
	Fan uint8
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Fan <= Top }

// Step chooses the levels for the next tick.
func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Fault {
		return FanTop, ThrottleTop
	}
	if in.Temp >= UpFrom && s.Fan < Top {
		s.Fan++
	} else if in.Temp < UpFrom-Hyst && s.Fan > 0 {
		s.Fan--
	}
	return s.Fan, 0
}
