package agree

import (
	"context"
	"errors"
	"fmt"

	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/wasm"
	"github.com/genesis-network/genesis/verifiers"
)

// hosted is a module as tiles run it.
type hosted struct {
	ctx      context.Context // of the run, for instances that Init needs
	module   *host.Module
	instance *host.Instance
	memory   []byte // scratch, to lay out a state
}

// newWasm loads a module as tiles do. The error wraps those of [host.Load] when
// a tile would refuse it.
func newWasm(ctx context.Context, s verifiers.Subject, name string, runtime *wasm.Runtime) (Engine, error) {
	c := host.Contract{Unit: s.Contract.Unit, Budget: uint64(s.Contract.Budget), Entry: s.Contract.Entry.Name}
	module, err := host.Load(ctx, s.IR, c, host.WithRuntime(runtime))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	predicates, err := newReference(s.Contract, s.Unit)
	if err != nil {
		return nil, err
	}
	h := &hosted{ctx: ctx, module: module, memory: make([]byte, module.Layout.End)}
	return &local{name: name, version: "wazero, " + tilego.CompilerVersion, u: s.Unit, results: s.Contract.Entry.Results, predicates: predicates, stepper: h}, nil
}

// start makes an instance, as a tile does when it takes a module.
func (h *hosted) start() (ir.PanicKind, error) {
	if h.instance != nil {
		if err := h.instance.Close(h.ctx); err != nil {
			return 0, err
		}
		h.instance = nil
	}
	i, err := h.module.Instance(h.ctx)
	if err != nil {
		return panicKind(err)
	}
	h.instance = i
	return 0, nil
}

func (h *hosted) set(state []uint64) error {
	if h.instance == nil {
		if kind, err := h.start(); err != nil || kind != 0 {
			return errors.Join(errInit, err)
		}
	}
	region := &h.module.Layout.State
	clear(h.memory)
	region.Store(h.memory, state)
	return h.instance.SetState(h.memory[region.Offset : region.Offset+region.Size])
}

func (h *hosted) get(state []uint64) { h.instance.Values(state) }

func (h *hosted) step(in, out []uint64) (ir.PanicKind, error) {
	return panicKind(h.instance.Step(in, out))
}
