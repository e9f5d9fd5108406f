package agree

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// stepper runs the module of an in-process engine.
type stepper interface {
	// start puts the module into its initial state.
	start() (ir.PanicKind, error)
	set(state []uint64) error
	get(state []uint64)
	step(in, out []uint64) (ir.PanicKind, error)
}

// local is an engine in this process: a stepper, with predicates evaluated by
// the reference engine.
type local struct {
	name, version string
	u             *ir.Unit
	results       []ir.Param
	predicates    *reference
	stepper
}

func (e *local) Name() string    { return e.name }
func (e *local) Version() string { return e.version }

func (e *local) Digest(ctx context.Context, b Batch) (uint32, error) {
	d := newDigest(e.u, e.results)
	err := e.run(ctx, b, d.add)
	return d.sum, err
}

func (e *local) Answers(ctx context.Context, b Batch) ([]Answer, error) {
	out := make([]Answer, 0, len(b.Trials))
	err := e.run(ctx, b, func(a *Answer) {
		c := *a
		c.Results, c.State = slices.Clone(a.Results), slices.Clone(a.State)
		out = append(out, c)
	})
	return out, err
}

// run makes the trials and gives each answer, which is valid during the call.
func (e *local) run(ctx context.Context, b Batch, each func(*Answer)) error {
	a := &Answer{Results: make([]uint64, len(e.results)), State: make([]uint64, ir.Flat(e.u.State))}
	panicked := false
	for k := range b.Trials {
		if k%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := e.try(&b.Trials[k], a, panicked); err != nil {
			return fmt.Errorf("agree: %s: trial %d: %w", e.name, k, err)
		}
		panicked = a.Panic != 0
		each(a)
	}
	return nil
}

func (e *local) try(t *Trial, a *Answer, panicked bool) error {
	var err error
	a.Skipped, a.Panic, a.Inv, a.Post = false, 0, false, false
	switch {
	case t.From == Given:
		err = e.set(t.State)
	case t.From == Initial || panicked:
		a.Panic, err = e.start()
	}
	if err != nil || a.Panic != 0 {
		return err
	}
	if a.Skipped = !e.predicates.wf(t.Input); a.Skipped {
		return nil
	}
	if a.Panic, err = e.step(t.Input, a.Results); err != nil || a.Panic != 0 {
		return err
	}
	e.get(a.State)
	a.Inv, a.Post = e.predicates.inv(a.State), e.predicates.post(t.Input, a.Results)
	return nil
}

// reference evaluates predicates, and is the reference engine's stepper.
type reference struct {
	m, c                       *vm.Machine // of the module, of the contract
	init, entry, invF, wfF, pF *vm.Func
	answer                     []uint64
}

func newReference(c *contract.Contract, u *ir.Unit) (*reference, error) {
	module, err := vm.New(u)
	if err != nil {
		return nil, fmt.Errorf("agree: module: %w", err)
	}
	predicates, err := vm.New(c.Unit)
	if err != nil {
		return nil, fmt.Errorf("agree: contract: %w", err)
	}
	optional := func(p *vm.Program, name string) *vm.Func {
		f, err := p.Func(name)
		if err != nil {
			return nil
		}
		return f
	}
	r := &reference{m: module.Machine(), c: predicates.Machine(), init: optional(module, "Init"), invF: optional(module, "Inv"),
		wfF: optional(predicates, "Wf"), pF: optional(predicates, "Post"), answer: make([]uint64, 1)}
	if r.entry, err = module.Func(c.Entry.Name); err != nil {
		return nil, fmt.Errorf("agree: module: %w", err)
	}
	return r, nil
}

func (r *reference) wf(in []uint64) bool {
	copy(r.c.Input(0), in)
	return r.holds(r.c, r.wfF, nil)
}

func (r *reference) post(in, results []uint64) bool {
	copy(r.c.Input(0), in)
	return r.holds(r.c, r.pF, results)
}

// inv leaves the module in the state that it is asked about.
func (r *reference) inv(state []uint64) bool {
	copy(r.m.State(0), state)
	return r.holds(r.m, r.invF, nil)
}

// holds evaluates a predicate; an absent one holds, one that panics does not.
func (r *reference) holds(m *vm.Machine, f *vm.Func, params []uint64) bool {
	return f == nil || m.Call(f, params, r.answer) == nil && r.answer[0] == 1
}

func (r *reference) start() (ir.PanicKind, error) {
	clear(r.m.State(0))
	if r.init == nil {
		return 0, nil
	}
	return panicKind(r.m.Call(r.init, nil, nil))
}

func (r *reference) set(state []uint64) error { copy(r.m.State(0), state); return nil }
func (r *reference) get(state []uint64)       { copy(state, r.m.State(0)) }

func (r *reference) step(in, out []uint64) (ir.PanicKind, error) {
	copy(r.m.Input(0), in)
	return panicKind(r.m.Call(r.entry, nil, out))
}

// panicKind tells a panic of the module from trouble with an engine.
func panicKind(err error) (ir.PanicKind, error) {
	if p, ok := errors.AsType[*ir.Panic](err); ok {
		return p.Kind, nil
	}
	return 0, err
}

// Reference is the reference engine on a unit, under a name: package vm.
func Reference(c *contract.Contract, u *ir.Unit, name string) (Engine, error) {
	predicates, err := newReference(c, u)
	if err != nil {
		return nil, err
	}
	r, err := newReference(c, u)
	if err != nil {
		return nil, err
	}
	entry, _ := u.Func(c.Entry.Name)
	return &local{name: name, version: VMVersion, u: u, results: entry.Results, predicates: predicates, stepper: r}, nil
}

// VMVersion names the meaning of the reference engine in statements.
const VMVersion = "vm/1"
