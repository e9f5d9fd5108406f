// Package sched is fixed priorities, as real-time systems have them: the highest
// priority first, round robin within it. Late threads go first, in turn.
package sched

import (
	"math/bits"

	. "github.com/genesis-network/genesis/kernel/slots/sched"
)

// Slice is how long a turn is, in microseconds.
const Slice = 500

// State is where the turns are.
type State struct {
	Next  uint8
	Round uint64 // late threads that are still to run before any is a second time
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Next < Threads }

// Step chooses the next thread.
func Step(s *State, in *Input) (thread uint8, slice uint16) {
	can := in.Ready &^ in.Spent
	if can == 0 {
		return Threads, Slice
	}
	first := can & in.Late
	if first != 0 {
		if first&s.Round == 0 {
			s.Round = first
		}
		first &= s.Round
	} else {
		first = highest(can, in.High, in.Mid, in.Low)
	}
	turn := (first >> (s.Next & 63)) << (s.Next & 63)
	if turn != 0 {
		first = turn
	}
	t := uint8(bits.TrailingZeros64(first))
	s.Next = (t + 1) & 63
	s.Round &^= uint64(1) << (t & 63)
	return t, Slice
}

// highest is those of a set that have the highest priority in it.
func highest(set, high, mid, low uint64) uint64 {
	if set&high != 0 {
		set &= high
	}
	if set&mid != 0 {
		set &= mid
	}
	if set&low != 0 {
		set &= low
	}
	return set
}
