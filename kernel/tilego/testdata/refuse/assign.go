package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

var table = [2]uint8{1, 2}

func f(in *Input) uint8 {
	table[0] = 3
	return table[0]
}
