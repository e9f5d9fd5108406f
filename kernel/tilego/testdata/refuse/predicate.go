package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool {
	if half(s) {
		return true
	}
	return positive(s)
}

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

func half(s *State) bool { return s.level/2 < 3 }

func positive(s *State) bool { return s.n+1 > 0 }
