package joint

import (
	"bytes"
	"hash/maphash"
)

// stateSet is a set of packed states of one size, numbered in the order in
// which they were added, each with the state and the choice that led to it.
type stateSet struct {
	stride  int
	max     int
	seed    maphash.Seed // random, so that no module can be written to collide
	bytes   []byte       // the states, one after the other
	parents []int32
	choices []uint8
	slots   []uint32 // open addressing: number of the state + 1, or 0
}

// noParent is the parent of initial states.
const noParent = -1

func newStateSet(stride, most int) *stateSet {
	return &stateSet{stride: stride, max: most, seed: maphash.MakeSeed(), slots: make([]uint32, 1<<10)}
}

func (s *stateSet) len() int { return len(s.parents) }

// full reports whether there is no room for another state.
func (s *stateSet) full() bool { return s.len() >= s.max }

func (s *stateSet) key(i int) []byte { return s.bytes[i*s.stride : (i+1)*s.stride] }

func (s *stateSet) parent(i int) int { return int(s.parents[i]) }

func (s *stateSet) choice(i int) int { return int(s.choices[i]) }

// add gives the number of a state, and whether it is new.
func (s *stateSet) add(key []byte, parent, choice int) (id int, fresh bool) {
	at := s.find(key)
	if n := s.slots[at]; n != 0 {
		return int(n - 1), false
	}
	id = s.len()
	s.bytes = append(s.bytes, key...)
	s.parents = append(s.parents, int32(parent))
	s.choices = append(s.choices, uint8(choice))
	s.slots[at] = uint32(id + 1)
	if 2*s.len() > len(s.slots) {
		s.grow()
	}
	return id, true
}

// find gives the slot of a key: where it is, or where it belongs.
func (s *stateSet) find(key []byte) uint64 {
	mask := uint64(len(s.slots) - 1)
	for at := maphash.Bytes(s.seed, key) & mask; ; at = (at + 1) & mask {
		n := s.slots[at]
		if n == 0 || bytes.Equal(s.key(int(n-1)), key) {
			return at
		}
	}
}

func (s *stateSet) grow() {
	s.slots = make([]uint32, 2*len(s.slots))
	for i := range s.len() {
		s.slots[s.find(s.key(i))] = uint32(i + 1)
	}
}
