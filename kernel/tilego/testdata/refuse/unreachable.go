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
	return x
	x++
	return x
}

func g(x uint8) uint8 {
	for range 3 {
		break
		x++
	}
	if x > 3 {
		return 1
	} else {
		return 2
	}
	return 3
}
