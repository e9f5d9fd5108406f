package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

type deep struct{ a, b, c, d wide }

type wide struct{ a, b, c, d, e, f, g, h part }

type part struct{ a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q uint8 }
