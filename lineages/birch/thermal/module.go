// Package thermal is birch's governor: an integer PI controller of the fan with
// a clamped integral that does not grow while the fan is saturated, and a
// proportional throttle.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

// The controller of the fan. Errors are in tenths of a degree Celsius; Scale
// units of output are one fan level.
const (
	SetPoint = 640 // tenths of a degree Celsius
	Bias     = 768 // output at the set point, with an empty integral
	Kp       = 8   // output per tenth of a degree
	Ki       = 2   // output per tenth of a degree and tick
	AccTop   = 256 // most that the integral may add
	Scale    = 256
)

// The throttle has one level more per ThrottleBand above ThrottleFrom, tenths
// of a degree Celsius.
const (
	ThrottleFrom = 705
	ThrottleBand = 20
)

// State is the integral, in units of output.
type State struct {
	Acc int32
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool {
	return 0 <= s.Acc && s.Acc <= AccTop
}

// Step chooses the levels for the next tick.
func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Fault || in.Temp >= Crit {
		return FanTop, ThrottleTop
	}
	temp := int32(in.Temp)
	off := temp - SetPoint
	acc := min(max(s.Acc+Ki*off, 0), AccTop)
	out := (Bias + Kp*off + acc) / Scale
	if out > FanTop {
		acc = min(acc, s.Acc)
	}
	s.Acc = acc
	slow := (temp - ThrottleFrom) / ThrottleBand
	return uint8(min(max(out, 0), FanTop)), uint8(min(max(slow, 0), ThrottleTop))
}
