package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

func f(n uint8, s *State) uint8 {
	for i := range n {
		s.level += i
	}
	return s.level
}

func g(s *State) uint8 {
	for i := uint8(0); i < 4; i++ {
		s.level += i
	}
	return s.level
}
