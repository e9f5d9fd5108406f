package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

type grid struct{ cells [4][4]uint8 }

func f(x, y uint8) uint8 {
	var g grid
	return g.cells[x][8/y]
}

func h(x, y uint8) uint8 {
	var g grid
	g.cells[x][g.cells[0][y]] = 3
	return g.cells[x&3][y&3]
}

func up(s *State) uint8 {
	s.n++
	return s.level
}

func k(s *State) {
	var g [4]struct{ a uint8 }
	g[s.level].a = up(s)
}
