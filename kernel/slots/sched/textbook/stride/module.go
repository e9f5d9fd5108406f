// Package sched is stride scheduling (Waldspurger and Weihl, 1995): each thread
// has a virtual time that moves on by its stride whenever it ran, the lowest goes
// first, and one that wakes starts at the current one. Virtual times are kept in
// a ring of sets, so that the lowest is found in bounded time. Late threads go
// first, in turn.
package sched

import (
	"math/bits"

	. "github.com/genesis-network/genesis/kernel/slots/sched"
)

// Slice is how long a turn is, in microseconds.
const Slice = 500

// Ring is how many virtual times are told apart; strides are below it.
const Ring = 16

// Strides of a thread: of the lower four priorities, and of the higher.
const (
	LowStride  = 4
	HighStride = 1
)

// State is the ring. A ready thread in none of its sets is new.
type State struct {
	Time  uint8 // virtual
	Last  uint8
	Known uint64       // threads in the ring
	At    [Ring]uint64 // threads by virtual time
	Round uint64       // late threads that are still to run before any is a second time
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Time < Ring && s.Last < Threads }

// Step chooses the next thread.
func Step(s *State, in *Input) (thread uint8, slice uint16) {
	s.At[s.Time&(Ring-1)] |= in.Ready &^ s.Known
	s.Known |= in.Ready
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
		first = earliest(s, can, in.Ready)
	}
	next := (s.Last + 1) & 63
	turn := (first >> next) << next
	if turn != 0 {
		first = turn
	}
	t := uint8(bits.TrailingZeros64(first))
	bit := uint64(1) << (t & 63)
	s.Round &^= bit
	s.Last = t & 63
	forget(s, bit)
	stride := uint8(LowStride)
	if in.High&bit != 0 {
		stride = HighStride
	}
	s.At[(s.Time+stride)&(Ring-1)] |= bit
	return t, Slice
}

// earliest is the threads that can run at the first virtual time that has any,
// from now on; time goes there. Who is not ready any more leaves the ring.
func earliest(s *State, can, ready uint64) uint64 {
	s.Known &= ready
	for i := range Ring {
		at := (s.Time + uint8(i)) & (Ring - 1)
		s.At[at] &= ready
		if s.At[at]&can != 0 {
			s.Time = at
			return s.At[at] & can
		}
	}
	return can
}

// forget takes a thread out of the ring.
func forget(s *State, bit uint64) {
	for i := range Ring {
		s.At[i] &^= bit
	}
}
