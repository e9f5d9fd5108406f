// Package sched is cedar's scheduler: who has not run for longest, as far as a
// binary tree over the threads remembers. Each node has one bit, which points to
// the half that ran less recently; a decision goes down from the root, and turns
// the bits that it passes away from the thread that it reaches. Priorities do
// not matter. Late threads go first, in turn.
package sched

import . "github.com/genesis-network/genesis/kernel/slots/sched"

// Slices, in microseconds: of a thread that others wait for, and of one alone.
const (
	Shared = 1000
	Alone  = 10000
)

// Levels is the depth of the tree; Half is how many threads are on each side of
// its root, which is node 0. Behind a node come those of its left half, then
// those of its right half.
const (
	Levels = 6
	Half   = 32
)

// State is the tree and the turns.
type State struct {
	Tree  uint64 // bit n is set when the right half of node n ran less recently
	Round uint64 // late threads that are still to run before any is a second time
}

// Inv holds at the start and is kept by every step: any tree will do.
func Inv(s *State) bool { return true }

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
	}
	t := descend(s, first)
	s.Round &^= uint64(1) << (t & 63)
	if can&(can-1) == 0 {
		return t, Alone
	}
	return t, Shared
}

// descend goes down the tree to a thread of a set that is not empty.
func descend(s *State, set uint64) uint8 {
	t := uint8(0)
	node := uint8(0)
	half := uint8(Half)
	for range Levels {
		bit := uint64(1) << (node & 63)
		right := set >> (half & 63)
		left := set &^ (right << (half & 63))
		if right != 0 && (left == 0 || s.Tree&bit != 0) {
			s.Tree &^= bit
			set = right
			t += half
			node += half
		} else {
			s.Tree |= bit
			set = left
			node++
		}
		half >>= 1
	}
	return t
}
