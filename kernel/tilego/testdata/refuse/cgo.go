package m

// #include <stdio.h>
import "C"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }
