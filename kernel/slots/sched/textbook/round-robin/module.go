// Package sched is round robin: each ready thread in turn, for a slice, whatever
// its priority. As every thread's turn comes, late ones only go first.
package sched

import (
	"math/bits"

	. "github.com/genesis-network/genesis/kernel/slots/sched"
)

// Slice is how long a turn is, in microseconds.
const Slice = 500

// State is whose turn it is: the thread behind the one that ran last.
type State struct{ Next uint8 }

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Next < Threads }

// Step chooses the next thread.
func Step(s *State, in *Input) (thread uint8, slice uint16) {
	first := in.Ready &^ in.Spent
	if first == 0 {
		return Threads, Slice
	}
	if first&in.Late != 0 {
		first &= in.Late
	}
	turn := (first >> (s.Next & 63)) << (s.Next & 63)
	if turn != 0 {
		first = turn
	}
	t := uint8(bits.TrailingZeros64(first))
	s.Next = (t + 1) & 63
	return t, Slice
}
