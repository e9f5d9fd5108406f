package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

func f(x, n uint8) uint8 { return x << n }

func g(x uint8) uint8 { return x >> 8 }

func h(x uint16, n uint8) uint16 { return x << (n & 31) }

func k(x uint16, n int8) uint16 { return x << (n & 7) }
