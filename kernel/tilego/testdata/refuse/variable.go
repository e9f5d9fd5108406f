package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

var counter uint8

var a, b = [1]uint8{1}, [1]uint8{2}

var x = f()

func f() uint8 { return counter }
