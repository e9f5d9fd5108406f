package host

import (
	"fmt"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// Violation says that a predicate did not hold around a call. The call was made
// and its results are valid; who asked for the monitor decides what to do.
type Violation struct {
	Predicate string // Wf, Inv, Post or Frame
	Before    bool   // the call: an input or a state that the module was not made for
}

// Error names the predicate.
func (v *Violation) Error() string {
	when := "after"
	if v.Before {
		when = "before"
	}
	return fmt.Sprintf("host: %s does not hold %s the call", v.Predicate, when)
}

// Monitor evaluates the predicates of a contract and the invariant of a module
// in the reference engine, which has nothing in common with the one that runs
// the module. It belongs to one goroutine at a time.
type Monitor struct {
	contract, module     *vm.Machine
	wf, post, frame, inv *vm.Func // nil when there is no such predicate
	before, after        []uint64 // states
	in, out              []uint64 // of the contract's input, of a predicate's verdict
}

// NewMonitor makes a monitor for a module of a contract.
func NewMonitor(contract, module *ir.Unit) (*Monitor, error) {
	c, err := vm.New(contract)
	if err != nil {
		return nil, fmt.Errorf("host: monitor: %w", err)
	}
	p, err := vm.New(module)
	if err != nil {
		return nil, fmt.Errorf("host: monitor: %w", err)
	}
	n := ir.Flat(module.State)
	m := &Monitor{contract: c.Machine(), module: p.Machine(), before: make([]uint64, n), after: make([]uint64, n), out: make([]uint64, 1)}
	for _, want := range []struct {
		to      **vm.Func
		unit    *ir.Unit
		program *vm.Program
		name    string
		states  int
	}{
		{&m.wf, contract, c, "Wf", 0}, {&m.post, contract, c, "Post", 0},
		{&m.frame, contract, c, "Frame", 2}, {&m.inv, module, p, "Inv", 1},
	} {
		f, _ := want.unit.Func(want.name)
		if f == nil {
			continue
		}
		if len(f.Results) != 1 || f.Results[0].Type != ir.Bool || f.States != want.states {
			return nil, fmt.Errorf("host: monitor: %s is no predicate", want.name)
		}
		if *want.to, err = want.program.Func(want.name); err != nil {
			return nil, fmt.Errorf("host: monitor: %w", err)
		}
	}
	m.in = m.contract.Input(0)
	return m, nil
}

// Monitor makes a monitor for instances of the module.
func (m *Module) Monitor() (*Monitor, error) {
	if m.contract == nil {
		return nil, fmt.Errorf("host: slot %s: monitor: no contract given: %w", m.Unit.Slot, ErrRefused)
	}
	return NewMonitor(m.contract, m.Unit)
}

// step calls the instance and evaluates what holds before and after.
func (m *Monitor) step(i *Instance, in, out []uint64) error {
	if len(in) != len(m.in) {
		return i.misuse(in, out)
	}
	i.Values(m.before)
	copy(m.in, in)
	early := m.Before(m.before, in)
	if err := i.call(in, out); err != nil {
		return err
	}
	if early != nil {
		return early
	}
	i.Values(m.after)
	return m.After(m.before, m.after, in, out)
}

// accepts reports whether the invariant of the monitor's module holds of
// another instance's state.
func (m *Monitor) accepts(of *Instance) error {
	of.Values(m.before)
	copy(m.module.State(0), m.before)
	if err := m.holds(m.module, m.inv, nil, violations.invBefore); err != nil {
		return ErrState
	}
	return nil
}

// Before evaluates what a call may assume: Inv of the state, Wf of the input.
// The error is a [*Violation].
func (m *Monitor) Before(state, in []uint64) error {
	copy(m.module.State(0), state)
	copy(m.in, in)
	if err := m.holds(m.module, m.inv, nil, violations.invBefore); err != nil {
		return err
	}
	return m.holds(m.contract, m.wf, nil, violations.wf)
}

// After evaluates what a call promised: Inv of the new state, Post of input and
// results, Frame of both states. The error is a [*Violation].
func (m *Monitor) After(before, after, in, results []uint64) error {
	copy(m.module.State(0), after)
	if err := m.holds(m.module, m.inv, nil, violations.invAfter); err != nil {
		return err
	}
	copy(m.in, in)
	if err := m.holds(m.contract, m.post, results, violations.post); err != nil {
		return err
	}
	if m.frame == nil {
		return nil
	}
	copy(m.contract.State(0), before)
	copy(m.contract.State(1), after)
	return m.holds(m.contract, m.frame, nil, violations.frame)
}

// violations are made once, so that a monitor allocates nothing.
var violations = struct{ wf, invBefore, invAfter, post, frame *Violation }{
	wf: &Violation{"Wf", true}, invBefore: &Violation{"Inv", true}, invAfter: &Violation{"Inv", false},
	post: &Violation{"Post", false}, frame: &Violation{"Frame", false},
}

// holds evaluates a predicate; one that panics does not hold.
func (m *Monitor) holds(on *vm.Machine, f *vm.Func, params []uint64, v *Violation) error {
	if f == nil {
		return nil
	}
	if err := on.Call(f, params, m.out); err != nil {
		return fmt.Errorf("%w: %w", v, err)
	}
	if m.out[0] == 0 {
		return v
	}
	return nil
}
