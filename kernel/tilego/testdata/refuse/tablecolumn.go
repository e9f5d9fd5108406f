package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

type step struct{ upTo uint8 }

var stairs = [2]step{{1}, {2}}

var stairsUpTo = [2]uint8{1, 2}

var aTableWithQuiteALongNameTooo = [2]step{{1}, {2}}

func f() uint8 { return stairs[1].upTo }
