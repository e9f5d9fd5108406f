// Package sched is alder's scheduler: round robin within the highest priority,
// on sets of 64 bits, in constant time. Late threads go first, in turn, whatever
// their priority.
package sched

import (
	"math/bits"

	. "github.com/genesis-network/genesis/kernel/slots/sched"
)

// Slices, in microseconds: of a thread that others wait for, and of one alone.
const (
	Shared = 1000
	Alone  = 10000
)

// State is where the turns are.
type State struct {
	Next  uint8  // the thread behind the one that ran last
	Round uint64 // late threads that are still to run before any is a second time
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Next < Threads }

// Step chooses the next thread.
func Step(s *State, in *Input) (thread uint8, slice uint16) {
	can := in.Ready &^ in.Spent
	if can == 0 {
		return Threads, Shared
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
		if first&in.High != 0 {
			first &= in.High
		}
		if first&in.Mid != 0 {
			first &= in.Mid
		}
		if first&in.Low != 0 {
			first &= in.Low
		}
	}
	turn := (first >> (s.Next & 63)) << (s.Next & 63)
	if turn != 0 {
		first = turn
	}
	t := uint8(bits.TrailingZeros64(first))
	s.Next = (t + 1) & 63
	s.Round &^= uint64(1) << (t & 63)
	if can&(can-1) == 0 {
		return t, Alone
	}
	return t, Shared
}
