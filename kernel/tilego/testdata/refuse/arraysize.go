package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

type empty struct{ a [0]uint8 }

type huge struct{ a [5000]uint8 }

type pair struct{ x [65]uint8 }

type pairs struct{ a [64]pair }
