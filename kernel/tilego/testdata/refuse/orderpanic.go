package m

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct {
	level uint8
	ring  [8]uint16
	n     int32
}

func Inv(s *State) bool { return s.level <= MaxFan }

func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }

var t = [4]uint8{1, 2, 3, 4}

func f(x, y uint8) uint8 { return 7/x + min(t[y], 3) }

func divide(x, y uint8) uint8 { return x / y }

func g(x, y uint8) bool { return t[x] < divide(x, y) }

func h(x, y uint8) (uint8, bool) { return t[x], x > 0 && 8/y > x }

func pair(x, y uint8) uint8 {
	a, b := t[x], x/y
	return a + b
}

func both(x, y uint8) uint8 {
	var a, b = x / y, t[x]
	return a + b
}

func swap(s *State, x, y uint8) {
	s.ring[x], s.n = 3, s.n/int32(y)
}

func two(x, y uint8) (uint8, uint8) { return t[x], x / y }

func fine(x, y uint8) (uint8, bool) {
	a := 7/x + t[y]
	b := t[x&3]/y + divide(x, y) + min(t[y%4], 3)
	c, d := t[x], t[y]
	c, d = c/x, d/y
	return a + b + c + d, x > 0 && 8/y > x && t[x] < 3
}
