// Package thermal panics: the table has no entry for the top level.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

var rise = [FanTop]int16{450, 500, 550, 600, 650, 700, 720, 740, 760, 780}

// State is the level of the fan.
type State struct {
	Fan uint8
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Fan <= FanTop }

// Step chooses the levels for the next tick.
func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Fault || in.Temp >= Crit {
		s.Fan = FanTop
		return FanTop, ThrottleTop
	}
	up := rise[s.Fan]
	if in.Temp >= up && s.Fan < FanTop {
		s.Fan++
	} else if in.Temp < Target && s.Fan > 0 {
		s.Fan--
	}
	return s.Fan, 0
}
