// Package sched is birch's scheduler: two levels by what threads do. Who used up
// its last slice goes behind who did not, and gets a longer one; within a level
// it is round robin. Priorities do not matter. Late threads go first, in turn.
package sched

import (
	"math/bits"

	. "github.com/genesis-network/genesis/kernel/slots/sched"
)

// Slices, in microseconds: of a thread that used up its last one, and of others.
const (
	Long  = 2000
	Short = 300
)

// State is the levels and the turns.
type State struct {
	Last  uint8  // the thread that ran last
	Used  uint64 // threads that used up their last slice
	Round uint64 // late threads that are still to run before any is a second time
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Last < Threads }

// Step chooses the next thread.
func Step(s *State, in *Input) (thread uint8, slice uint16) {
	ran := uint64(1) << (s.Last & 63)
	s.Used = (s.Used &^ ran) | (in.Ready & ran)
	can := in.Ready &^ in.Spent
	if can == 0 {
		return Threads, Short
	}
	first := can & in.Late
	if first != 0 {
		s.Round &= in.Ready & in.Late
		if first&s.Round == 0 {
			s.Round = in.Ready & in.Late
		} else {
			first &= s.Round
		}
	} else {
		first = can
		if first&^s.Used != 0 {
			first &^= s.Used
		}
	}
	next := (s.Last + 1) & 63
	turn := (first >> next) << next
	if turn != 0 {
		first = turn
	}
	t := uint8(bits.TrailingZeros64(first))
	s.Last = t & 63
	s.Round &^= uint64(1) << (t & 63)
	if (s.Used>>(t&63))&1 == 1 {
		return t, Long
	}
	return t, Short
}
