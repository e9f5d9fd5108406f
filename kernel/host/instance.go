package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/layout"
	"github.com/genesis-network/genesis/kernel/wasm"
)

// Errors of calls.
var (
	ErrArity  = errors.New("wrong number of values")
	ErrFailed = errors.New("instance failed earlier; give it a state again")
)

// Instance is a module with a state. It belongs to one goroutine at a time.
type Instance struct {
	module  *Module
	wasm    *wasm.Instance
	step    *wasm.Func
	memory  []byte
	stack   []uint64 // results of step
	inputs  int      // values of an input
	results int
	failed  error // why the state is not to be trusted; nil when it is
	monitor *Monitor
}

// Instance makes an instance in its initial state: all zero, then Init if the
// module has one.
func (m *Module) Instance(ctx context.Context) (*Instance, error) {
	w, err := m.code.Instance(ctx)
	if err != nil {
		return nil, fmt.Errorf("host: slot %s: %w", m.Unit.Slot, err)
	}
	i := &Instance{module: m, wasm: w, memory: w.Memory(), inputs: ir.Flat(m.Unit.Input), results: len(m.entry.Results)}
	i.stack = make([]uint64, max(1, i.results))
	if i.step, err = w.Func(m.entry.Name); err != nil {
		return nil, errors.Join(fmt.Errorf("host: slot %s: %w", m.Unit.Slot, err), w.Close(ctx))
	}
	if err := i.initialise(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("host: slot %s: Init: %w", m.Unit.Slot, err), w.Close(ctx))
	}
	return i, nil
}

func (i *Instance) initialise(ctx context.Context) error {
	if f, _ := i.module.Unit.Func("Init"); f == nil {
		return nil
	}
	begin, err := i.wasm.Func("Init")
	if err != nil {
		return err
	}
	if err := begin.Call(ctx, i.stack); err != nil {
		return i.trapped(err)
	}
	return nil
}

// Module is the module that the instance runs.
func (i *Instance) Module() *Module { return i.module }

// Step calls the slot's function: in has the fields of the input flattened
// (arrays in place), canonical as package ir says; out gets the results. It
// allocates nothing when it succeeds. After an error other than [ErrArity] and
// a [*Violation] the state is not to be trusted: every call gives [ErrFailed]
// until [Instance.SetState].
func (i *Instance) Step(in, out []uint64) error {
	if i.monitor != nil {
		return i.monitor.step(i, in, out)
	}
	return i.call(in, out)
}

func (i *Instance) call(in, out []uint64) error {
	if i.failed != nil || len(in) != i.inputs || len(out) != i.results {
		return i.misuse(in, out)
	}
	i.module.Layout.Input.Store(i.memory, in)
	if err := i.step.Call(context.Background(), i.stack); err != nil {
		return i.trapped(err)
	}
	copy(out, i.stack)
	return nil
}

func (i *Instance) misuse(in, out []uint64) error {
	if i.failed != nil {
		return fmt.Errorf("host: slot %s: %w: %w", i.module.Unit.Slot, ErrFailed, i.failed)
	}
	return fmt.Errorf("host: slot %s: %d inputs and %d results, want %d and %d: %w",
		i.module.Unit.Slot, len(in), len(out), i.inputs, i.results, ErrArity)
}

// trapped tells a panic of the module, whose kind it noted, from trouble with
// the engine.
func (i *Instance) trapped(err error) error {
	kind := ir.PanicKind(i.memory[layout.PanicAt])
	i.memory[layout.PanicAt] = 0
	i.failed = err
	if p := kind.Panic(); p != nil {
		i.failed = p
	}
	return fmt.Errorf("host: slot %s: %w", i.module.Unit.Slot, i.failed)
}

// Failed says why the state is not to be trusted; nil when it is.
func (i *Instance) Failed() error { return i.failed }

// State is a copy of the state, as bytes in the layout of the module.
func (i *Instance) State() []byte { return append([]byte(nil), i.state()...) }

func (i *Instance) state() []byte {
	r := &i.module.Layout.State
	return i.memory[r.Offset : r.Offset+r.Size]
}

// SetState gives the instance a state, whose bytes must fit the layout; a
// failed instance works again.
func (i *Instance) SetState(b []byte) error {
	if err := i.module.Layout.State.Check(b); err != nil {
		return fmt.Errorf("host: slot %s: %w", i.module.Unit.Slot, err)
	}
	copy(i.state(), b)
	i.failed = nil
	return nil
}

// Values writes the state's fields to flat, which has room for ir.Flat of them.
func (i *Instance) Values(flat []uint64) { i.module.Layout.State.Load(flat, i.memory) }

// Watch has a monitor evaluate the contract around each call from now on; nil
// ends that. A monitor watches one instance at a time.
func (i *Instance) Watch(m *Monitor) { i.monitor = m }

// Close frees the instance's memory.
func (i *Instance) Close(ctx context.Context) error { return i.wasm.Close(ctx) }
