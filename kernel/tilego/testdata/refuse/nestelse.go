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
	if x == 0 {
		return 0
	} else if x == 0 {
		return 1
	} else if x == 1 {
		return 1
	} else if x == 2 {
		return 1
	} else if x == 3 {
		return 1
	} else if x == 4 {
		return 1
	} else if x == 5 {
		return 1
	} else if x == 6 {
		return 1
	} else if x == 7 {
		return 1
	} else if x == 8 {
		return 1
	} else if x == 9 {
		return 1
	} else if x == 10 {
		return 1
	} else if x == 11 {
		return 1
	} else if x == 12 {
		return 1
	} else if x == 13 {
		return 1
	} else if x == 14 {
		return 1
	} else if x == 15 {
		return 1
	} else if x == 16 {
		return 1
	} else if x == 17 {
		return 1
	} else if x == 18 {
		return 1
	} else if x == 19 {
		return 1
	} else if x == 20 {
		return 1
	} else if x == 21 {
		return 1
	} else if x == 22 {
		return 1
	} else if x == 23 {
		return 1
	} else if x == 24 {
		return 1
	} else if x == 25 {
		return 1
	} else if x == 26 {
		return 1
	} else if x == 27 {
		return 1
	} else if x == 28 {
		return 1
	} else if x == 29 {
		return 1
	} else if x == 30 {
		return 1
	} else if x == 31 {
		return 1
	} else if x == 32 {
		return 1
	} else if x == 33 {
		return 1
	} else if x == 34 {
		return 1
	} else if x == 35 {
		return 1
	} else if x == 36 {
		return 1
	} else if x == 37 {
		return 1
	} else if x == 38 {
		return 1
	} else if x == 39 {
		return 1
	} else if x == 40 {
		return 1
	} else if x == 41 {
		return 1
	} else if x == 42 {
		return 1
	} else if x == 43 {
		return 1
	} else if x == 44 {
		return 1
	} else if x == 45 {
		return 1
	} else if x == 46 {
		return 1
	} else if x == 47 {
		return 1
	} else if x == 48 {
		return 1
	} else if x == 49 {
		return 1
	} else if x == 50 {
		return 1
	} else if x == 51 {
		return 1
	} else if x == 52 {
		return 1
	} else if x == 53 {
		return 1
	} else if x == 54 {
		return 1
	} else if x == 55 {
		return 1
	} else if x == 56 {
		return 1
	} else if x == 57 {
		return 1
	} else if x == 58 {
		return 1
	} else if x == 59 {
		return 1
	} else if x == 60 {
		return 1
	} else if x == 61 {
		return 1
	} else if x == 62 {
		return 1
	} else if x == 63 {
		return 1
	} else if x == 64 {
		return 1
	} else if x == 65 {
		return 1
	} else if x == 66 {
		return 1
	} else if x == 67 {
		return 1
	} else if x == 68 {
		return 1
	} else if x == 69 {
		return 1
	} else if x == 70 {
		return 1
	} else if x == 71 {
		return 1
	} else if x == 72 {
		return 1
	} else if x == 73 {
		return 1
	} else if x == 74 {
		return 1
	} else if x == 75 {
		return 1
	} else if x == 76 {
		return 1
	} else if x == 77 {
		return 1
	} else if x == 78 {
		return 1
	} else if x == 79 {
		return 1
	}
	return x
}
