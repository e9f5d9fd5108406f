package refute

import (
	"fmt"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Run is a run of a module that somebody says breaks a clause. Values are
// flattened, as package ir says. Clause Init needs no more than the clause.
type Run struct {
	Clause Clause
	State  []uint64   // inside Inv; nil is the state behind Path
	Path   [][]uint64 // inputs from the initial state on
	Input  []uint64
	Input2 []uint64 // of the second run, for RelPost
}

// Replay makes a run, and returns the witness if the run breaks its clause: its
// states and inputs are allowed, and the promise is not kept. It is nil if not.
func (r *Refuter) Replay(u *ir.Unit, run Run) (*Witness, error) {
	s, err := r.start(u, 0)
	if err != nil {
		return nil, err
	}
	if run.Clause == Init {
		return s.init(), nil
	}
	if err := s.fits(run); err != nil {
		return nil, err
	}
	if !s.arrive(run) || !s.admits(run) {
		return nil, nil
	}
	s.before = slices.Clone(s.m.State(0))
	if s.breaks(run.Clause) {
		return s.witness(run.Clause, run.State == nil), nil
	}
	return nil, nil
}

func (s *search) fits(run Run) error {
	in, state := ir.Flat(s.u.Input), ir.Flat(s.u.State)
	ok := len(run.Input) == in && (run.State == nil || len(run.State) == state) && (run.Clause != RelPost || len(run.Input2) == in)
	for _, p := range run.Path {
		ok = ok && len(p) == in
	}
	if !ok {
		return fmt.Errorf("%w: a run with states of other than %d or inputs of other than %d values", ErrModule, state, in)
	}
	return nil
}

// arrive puts the module into the state in which the run begins.
func (s *search) arrive(run Run) bool {
	if run.State != nil {
		copy(s.m.State(0), run.State)
		return s.holds(s.m, s.inv, nil)
	}
	if s.initial == nil {
		return false
	}
	copy(s.m.State(0), s.initial)
	for _, in := range run.Path {
		copy(s.k.Input(0), in)
		copy(s.m.Input(0), in)
		if !s.holds(s.k, s.wf, nil) || s.m.Call(s.step, nil, s.out) != nil {
			return false
		}
	}
	return true
}

// admits places the inputs and says whether they can occur.
func (s *search) admits(run Run) bool {
	copy(s.k.Input(0), run.Input)
	copy(s.m.Input(0), run.Input)
	if !s.holds(s.k, s.wf, nil) {
		return false
	}
	if run.Clause != RelPost {
		return true
	}
	copy(s.k.Input(1), run.Input2)
	return s.wellFormed(run.Input2) && s.holds(s.k, s.rel, nil)
}

// breaks makes the step and looks at one clause.
func (s *search) breaks(c Clause) bool {
	if s.m.Call(s.step, nil, s.out) != nil {
		copy(s.m.State(0), s.before)
		return c == Panic
	}
	switch c {
	case Post:
		return !s.holds(s.k, s.post, s.out)
	case Inv:
		return !s.holds(s.m, s.inv, nil)
	case Frame:
		return !s.framed()
	case RelPost:
		return s.differs()
	}
	return false
}

// framed compares the states before and after the step.
func (s *search) framed() bool {
	if s.frame == nil {
		return true
	}
	copy(s.k.State(0), s.before)
	copy(s.k.State(1), s.m.State(0))
	return s.holds(s.k, s.frame, nil)
}
