package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

func next(s *State) uint8 {
	s.level++
	return s.level
}

func peek(s *State) uint8 { return s.level }

func f(s *State) uint8 { return next(s) + s.level }

func g(s *State) uint8 { return peek(s) + peek(s) }

func h(s *State) {
	s.ring[s.level&7] = uint16(s.n)
	s.level += next(s)
}

func k(s *State) uint8 {
	if next(s) > 3 {
		return 1
	}
	return 0
}
