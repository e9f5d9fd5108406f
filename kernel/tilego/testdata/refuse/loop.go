package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

func f(x uint8) uint8 {
	for {
		x++
	}
}

func g(x uint8) uint8 {
	for x < 3 {
		x++
	}
	for i := 10; i > 0; i-- {
		x++
	}
	for i, v := range Curve {
		x += v + uint8(i)
	}
	return x
}
