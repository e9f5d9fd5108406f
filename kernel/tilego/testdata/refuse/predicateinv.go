package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level+1 <= MaxFan && s.ring[s.level] < 9 }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }
