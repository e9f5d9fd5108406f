package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

func f(x uint8) (y uint8) {
	y = x
	return y
}

func g(x uint8) (y uint8) {
	return
}

func h(x uint8) [2]uint8 { return [2]uint8{x, x} }
