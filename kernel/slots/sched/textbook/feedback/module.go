// Package sched is a multilevel feedback queue (Corbato, 1962), on sets: who uses
// up a slice sinks by a level, where slices are longer; who blocks before rises
// to the top. The highest level goes first, in turns; late threads before all.
package sched

import (
	"math/bits"

	. "github.com/genesis-network/genesis/kernel/slots/sched"
)

// Slices of the levels, in microseconds.
const (
	TopSlice    = 200
	MiddleSlice = 1000
	BottomSlice = 500
)

// State is the levels and the turns. A thread in neither set is at the top.
type State struct {
	Last   uint8 // thread that ran last; Threads for none
	Middle uint64
	Bottom uint64
	Round  uint64 // late threads that are still to run before any is a second time
}

// Init says that nothing ran.
func Init(s *State) { s.Last = Threads }

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Last <= Threads }

// Step chooses the next thread.
func Step(s *State, in *Input) (thread uint8, slice uint16) {
	judge(s, in.Ready)
	can := in.Ready &^ in.Spent
	if can == 0 {
		s.Last = Threads
		return Threads, TopSlice
	}
	first := can & in.Late
	if first != 0 {
		if first&s.Round == 0 {
			s.Round = first
		}
		first &= s.Round
	} else {
		first = can
		if first&^s.Bottom != 0 {
			first &^= s.Bottom
		}
		if first&^s.Middle != 0 {
			first &^= s.Middle
		}
	}
	next := (s.Last + 1) & 63
	turn := (first >> next) << next
	if turn != 0 {
		first = turn
	}
	t := uint8(bits.TrailingZeros64(first))
	bit := uint64(1) << (t & 63)
	s.Last = t
	s.Round &^= bit
	if s.Bottom&bit != 0 {
		return t, BottomSlice
	}
	if s.Middle&bit != 0 {
		return t, MiddleSlice
	}
	return t, TopSlice
}

// judge moves the thread that ran last: it is still ready if it used up its
// slice. (One that blocked and woke since counts as such, too.)
func judge(s *State, ready uint64) {
	if s.Last >= Threads {
		return
	}
	bit := uint64(1) << (s.Last & 63)
	if ready&bit == 0 {
		s.Middle &^= bit
		s.Bottom &^= bit
	} else if s.Middle&bit != 0 {
		s.Middle &^= bit
		s.Bottom |= bit
	} else if s.Bottom&bit == 0 {
		s.Middle |= bit
	}
}
