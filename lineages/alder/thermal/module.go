// Package thermal is alder's governor: hysteresis steps with hold times. Fan
// and throttle move by one level at a time, up as soon as a threshold is
// reached, down only when the temperature is well below it and the level has
// stood for a while.
package thermal

import . "github.com/genesis-network/genesis/hal/thermal"

// The temperatures, in tenths of a degree Celsius, from which a fan level is
// too low.
const (
	Up0 = 450
	Up1 = 530
	Up2 = 640
	Up3 = 690
	Up4 = 710
	Up5 = 720
	Up6 = 730
	Up7 = 740
	Up8 = 750
	Up9 = 760
)

// Hyst is how far below a threshold a level falls again.
const Hyst = 20

// HoldFan is the number of ticks for which a fan level stands before it falls.
const HoldFan = 2

// The throttle rises by a level from ThrottleUp on, and falls by one below
// ThrottleDown when it has stood for HoldThrottle ticks.
const (
	ThrottleUp   = 735
	ThrottleDown = 715
	HoldThrottle = 1
)

var rise = [FanTop + 1]int16{Up0, Up1, Up2, Up3, Up4, Up5, Up6, Up7, Up8, Up9, Crit}

var fall = [FanTop + 1]int16{TempMin, Up0 - Hyst, Up1 - Hyst, Up2 - Hyst, Up3 - Hyst, Up4 - Hyst, Up5 - Hyst, Up6 - Hyst, Up7 - Hyst, Up8 - Hyst, Up9 - Hyst}

// State is the levels and how long each has still to stand.
type State struct {
	Fan      uint8
	Throttle uint8
	FanRest  uint8 // ticks
	ThrRest  uint8 // ticks
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool {
	return s.Fan <= FanTop && s.Throttle <= ThrottleTop && s.FanRest <= HoldFan && s.ThrRest <= HoldThrottle
}

// Step chooses the levels for the next tick.
func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Fault || in.Temp >= Crit {
		s.Fan = FanTop
		s.FanRest = HoldFan
		s.Throttle = ThrottleTop
		s.ThrRest = HoldThrottle
		return FanTop, ThrottleTop
	}
	moveFan(s, in.Temp)
	moveThrottle(s, in.Temp)
	return s.Fan, s.Throttle
}

func moveFan(s *State, temp int16) {
	if s.FanRest > 0 {
		s.FanRest--
	}
	up := rise[s.Fan]
	down := fall[s.Fan]
	if temp >= up && s.Fan < FanTop {
		s.Fan++
		s.FanRest = HoldFan
	} else if temp < down && s.FanRest == 0 && s.Fan > 0 {
		s.Fan--
		s.FanRest = HoldFan
	}
}

func moveThrottle(s *State, temp int16) {
	if s.ThrRest > 0 {
		s.ThrRest--
	}
	if temp >= ThrottleUp && s.Throttle < ThrottleTop {
		s.Throttle++
		s.ThrRest = HoldThrottle
	} else if temp < ThrottleDown && s.ThrRest == 0 && s.Throttle > 0 {
		s.Throttle--
		s.ThrRest = HoldThrottle
	}
}
