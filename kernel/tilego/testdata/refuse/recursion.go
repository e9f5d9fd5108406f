package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

func even(x uint8) bool {
	if x == 0 {
		return true
	}
	return odd(x - 1)
}

func odd(x uint8) bool { return !even(x) }
