package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

func f(x uint8) uint8 {
	switch {
	case x > 3:
		return 1
	}
	switch x {
	case 1:
		fallthrough
	case 2:
		break
	}
	switch y := x; y {
	default:
	}
	return 0
}
