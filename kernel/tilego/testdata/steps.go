// Package steps keeps the fan at the level of the curve and lowers it slowly.
package steps

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

// State of the governor.
type State struct {
	level uint8
	hold  uint8
}

const holdTime = 5

func Inv(s *State) bool { return s.level <= MaxFan && s.hold <= holdTime }

func wanted(t int16) uint8 {
	if t < 0 {
		return 0
	}
	i := t / 200
	if i > 5 {
		return MaxFan
	}
	return Curve[i]
}

func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Fault || in.Temp >= Critical {
		s.level, s.hold = MaxFan, holdTime
		return MaxFan, MaxThrottle
	}
	want := wanted(in.Temp)
	if want >= s.level {
		s.level = want
		s.hold = holdTime
	} else if s.hold > 0 {
		s.hold--
	} else {
		s.level--
		s.hold = holdTime
	}
	t := uint8(0)
	if in.Temp > Warn {
		t = MaxThrottle / 2
	}
	return s.level, t
}
