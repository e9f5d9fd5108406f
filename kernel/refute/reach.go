package refute

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// Range is the least and the greatest value that a field of the state takes; of
// an array, that any of its elements takes. Values are canonical bits of the
// field's type.
type Range struct{ Least, Greatest uint64 }

// Reach walks a module for about the given number of steps and returns the box
// of the states that it saw, a range for each field of the state: those reached
// from the initial one, and then those that a step from inside the box leads
// to. So the box is mostly one that the module does not leave; nothing proves it.
// Steps that panic are left out. Equal input and seed give the same box.
func (r *Refuter) Reach(u *ir.Unit, seed uint64, steps int) ([]Range, error) {
	boxes, err := r.reach(u, seed, steps, func([]uint64) uint64 { return 0 })
	if err != nil {
		return nil, err
	}
	return boxes[0], nil
}

// ReachBy is Reach with a box for each value that a scalar field takes: what the
// other fields are then. It says how fields go together, where a box does not.
func (r *Refuter) ReachBy(u *ir.Unit, seed uint64, steps, field int) (map[uint64][]Range, error) {
	at := ir.Flat(u.State[:field])
	return r.reach(u, seed, steps, func(state []uint64) uint64 { return state[at] })
}

func (r *Refuter) reach(u *ir.Unit, seed uint64, steps int, key func(state []uint64) uint64) (map[uint64][]Range, error) {
	s, err := r.start(u, seed)
	if err != nil {
		return nil, err
	}
	copy(s.m.State(0), s.reached)
	boxes := map[uint64][]Range{}
	keys := s.note(boxes, nil, key)
	for step := range steps {
		switch {
		case step%walk != 0:
		case step < steps/2:
			copy(s.m.State(0), s.reached)
			if s.rng.IntN(8) == 0 && s.initial != nil {
				copy(s.m.State(0), s.initial)
			}
		default:
			s.jumpInto(boxes[keys[s.rng.IntN(len(keys))]])
		}
		if s.advance() {
			keys = s.note(boxes, keys, key)
			s.reached = append(s.reached[:0], s.m.State(0)...)
		}
	}
	return boxes, nil
}

// Visit walks a module from its initial state for about the given number of
// steps, half of them with inputs that are held (see SearchHeld), and shows every
// state that it comes to, the initial one first. A state may be shown again, and
// the slice is the walk's own. Equal input and seed show the same states.
func (r *Refuter) Visit(u *ir.Unit, seed uint64, steps int, see func(state []uint64)) error {
	s, err := r.start(u, seed)
	if err != nil || s.initial == nil {
		return err
	}
	see(s.initial)
	for step := range steps {
		if step == steps/2 {
			s.held = heldSteps
		}
		if step%walk == 0 && s.rng.IntN(4*heldSteps/walk) == 0 {
			copy(s.m.State(0), s.initial)
		}
		if s.next() && s.act() {
			see(s.m.State(0))
		}
	}
	return nil
}

// heldSteps is how long Visit holds an input, about; a quarter of the steps that
// it makes, about, between two visits of the initial state.
const heldSteps = 128

// advance makes a step; false if there was none, or one that panics.
func (s *search) advance() bool {
	return s.draw(s.k.Input(0)) && s.act()
}

// act makes a step on the present input; false if it panics.
func (s *search) act() bool {
	s.before = append(s.before[:0], s.m.State(0)...)
	copy(s.m.Input(0), s.k.Input(0))
	if s.m.Call(s.step, nil, s.out) != nil {
		copy(s.m.State(0), s.before)
		return false
	}
	return true
}

// note takes the present state into its box. Keys are those of boxes in the
// order in which they were seen, for choices that do not depend on a map.
func (s *search) note(boxes map[uint64][]Range, keys []uint64, key func([]uint64) uint64) []uint64 {
	k := key(s.m.State(0))
	if boxes[k] == nil {
		boxes[k] = s.box()
		return append(keys, k)
	}
	s.widen(boxes[k])
	return keys
}

// box is the box of the present state alone.
func (s *search) box() []Range {
	out := make([]Range, len(s.u.State))
	at := 0
	for i, f := range s.u.State {
		out[i] = Range{s.m.State(0)[at], s.m.State(0)[at]}
		at += f.Elems()
	}
	s.widen(out)
	return out
}

// widen takes the present state into a box.
func (s *search) widen(b []Range) {
	rest := s.m.State(0)
	for i, f := range s.u.State {
		for _, v := range rest[:f.Elems()] {
			if less(f.Type, v, b[i].Least) {
				b[i].Least = v
			}
			if less(f.Type, b[i].Greatest, v) {
				b[i].Greatest = v
			}
		}
		rest = rest[f.Elems():]
	}
}

// less is the order of a type's values.
func less(t ir.Type, a, b uint64) bool {
	if t.IsSigned() {
		return int64(a) < int64(b)
	}
	return a < b
}

// jumpInto puts the module into a state inside a box: at its sides, or anywhere.
func (s *search) jumpInto(b []Range) {
	rest := s.m.State(0)
	for i, f := range s.u.State {
		for k := range rest[:f.Elems()] {
			rest[k] = s.within(f.Type, b[i])
		}
		rest = rest[f.Elems():]
	}
}

func (s *search) within(t ir.Type, r Range) uint64 {
	span := r.Greatest - r.Least + 1 // modulo 2^64: 0 is all of them
	switch n := s.rng.IntN(4); {
	case n == 0 || span == 0:
		return r.Least
	case n == 1:
		return r.Greatest
	}
	return t.Wrap(r.Least + s.rng.Uint64N(span))
}
