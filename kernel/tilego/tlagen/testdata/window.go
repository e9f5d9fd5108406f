// Package window runs the fan by the mean of the last temperatures: arrays,
// loops, calls, wide integers and divisions in one small module.
package window

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

const width = 4

type State struct {
	ring  [width]int16
	at    uint8
	total uint32
}

func Init(s *State) {
	for i := range width {
		s.ring[i] = 500
	}
	s.total = width * 500
}

func Inv(s *State) bool { return s.at < width && s.total <= width*1500 }

func mean(s *State) int16 {
	sum := int32(0)
	for i := range width {
		sum += int32(s.ring[i])
	}
	return int16(sum / width)
}

func push(s *State, t uint16) {
	s.total -= uint32(uint16(s.ring[s.at]))
	s.total += uint32(t)
	s.ring[s.at] = int16(t)
	s.at = (s.at + 1) & (width - 1)
}

func Step(s *State, in *Input) (fan, throttle uint8) {
	if in.Fault || in.Temp >= Critical {
		return MaxFan, MaxThrottle
	}
	push(s, uint16(max(in.Temp, 0)))
	m := mean(s)
	if m < 450 {
		return 0, 0
	}
	level := uint8((m - 450) / 20)
	return min(level, MaxFan), 0
}
