package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

type row [4]uint8

func f() uint8 {
	r := row{1: 3}
	g := [2]row{{1, 2}, {2: 3}}
	return r[1] + g[1][2]
}
