package joint

import (
	"bytes"
	"fmt"
	"slices"
)

// Symmetry: where env.go declares const Symmetric = N, every array of N elements
// in Env has an element for each of N things that are alike, so states that
// differ only in their order are one (Ip and Dill, Better verification through
// symmetry, 1996). The one that stands for them has its things in ascending
// order. The module has no part in it: it sees the scalars that Sense returns.
//
// The declaration is not believed: from every state that is visited, every two
// things are exchanged, and what can follow must be the same. Where an engine
// that knows nothing of symmetry counts as many states as are stood for, nothing
// is left to believe.

// MaxSymmetric is how many things may be declared to be alike.
const MaxSymmetric = 6

// columns finds where in the surroundings' words the arrays of alike things are.
func (s *System) columns() []int {
	var out []int
	at := 0
	for _, f := range s.Env.State {
		if f.Len == s.Symmetric && f.Len > 1 {
			out = append(out, at)
		}
		at += f.Elems()
	}
	return out
}

func (s *System) checkSymmetry() error {
	if s.Symmetric < 1 || s.Symmetric > MaxSymmetric || s.Symmetric > 1 && len(s.columns()) == 0 {
		return fmt.Errorf("joint: Symmetric is %d, want 2 to %d and an array of that length in Env: %w", s.Symmetric, MaxSymmetric, ErrShape)
	}
	for _, f := range s.Module.Input {
		if f.Len > 1 && f.Len == s.Symmetric {
			return fmt.Errorf("joint: Symmetric is %d, and a module can tell the elements of input field %s apart: %w", s.Symmetric, f.Name, ErrShape)
		}
	}
	return nil
}

// orbit knows what states stand for each other.
type orbit struct {
	n       int   // alike things; 1 is none
	columns []int // first words of their arrays
}

// less orders two things by their values, array by array.
func (o *orbit) less(words []uint64, i, j int) bool {
	for _, c := range o.columns {
		if words[c+i] != words[c+j] {
			return words[c+i] < words[c+j]
		}
	}
	return false
}

func (o *orbit) swap(words []uint64, i, j int) {
	for _, c := range o.columns {
		words[c+i], words[c+j] = words[c+j], words[c+i]
	}
}

// settle puts the things of a state into ascending order.
func (o *orbit) settle(words []uint64) {
	for i := 1; i < o.n; i++ {
		for j := i; j > 0 && o.less(words, j, j-1); j-- {
			o.swap(words, j, j-1)
		}
	}
}

// size is how many states a settled one stands for: the orders in which its
// things can be told apart.
func (o *orbit) size(words []uint64) int {
	size, equal := 1, 1
	for i := 1; i < o.n; i++ {
		size *= i + 1
		if equal++; o.less(words, i-1, i) {
			equal = 1
		}
		size /= equal
	}
	return size
}

// successors packs what can follow the state before the step, sorted.
func (x *explorer) successors() [][]byte {
	var out [][]byte
	for c := range x.sys.Choices {
		fault, _ := x.advance(c)
		key := []byte{byte(fault)}
		if fault == None {
			check, _ := x.broken()
			x.orbit.settle(x.e.State(0))
			key = x.pack(append(key, byte(check+1)))
		}
		out = append(out, key)
	}
	slices.SortFunc(out, bytes.Compare)
	return slices.CompactFunc(out, bytes.Equal)
}

// alike says whether the same can follow when any two of the things of the state
// before the step are exchanged.
func (x *explorer) alike() bool {
	if x.orbit.n < 2 {
		return true
	}
	before := x.successors()
	for j := range x.orbit.n {
		for i := range j {
			if !x.orbit.less(x.env, i, j) {
				continue // they are equal
			}
			x.orbit.swap(x.env, i, j)
			after := x.successors()
			x.orbit.swap(x.env, i, j)
			if !slices.EqualFunc(before, after, bytes.Equal) {
				return false
			}
		}
	}
	return true
}

// retrace finds the choice that is meant.
func (x *explorer) retrace(first bool, meant func(choice int) bool) int {
	choices := x.sys.Choices
	if first {
		choices = x.sys.InitChoices
	}
	for c := range choices {
		if meant(c) {
			return c
		}
	}
	x.result.Lopsided = true
	return 0
}

// enter makes the initial state or the successor of a choice.
func (x *explorer) enter(choice int, first bool) Fault {
	var fault Fault
	if first {
		fault, _ = x.initial(choice)
	} else {
		fault, _ = x.advance(choice)
	}
	return fault
}

// leads says whether a choice leads to a state that the packed one stands for.
func (x *explorer) leads(choice int, first bool, key []byte) bool {
	if x.enter(choice, first) != None {
		return false
	}
	x.orbit.settle(x.e.State(0))
	return bytes.Equal(x.pack(nil), key)
}

// breaks says whether a choice breaks this invariant in this way.
func (x *explorer) breaks(choice int, first bool, fault Fault, check int) bool {
	if got := x.enter(choice, first); got != fault || fault != None {
		return got == fault
	}
	broken, _ := x.broken()
	return broken == check
}
