package wasm

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/genesis-network/genesis/kernel/wasm/foreign"
)

// Why a call of a metered module ended early.
var (
	ErrExhausted = errors.New("out of fuel")
	ErrTooDeep   = errors.New("calls too deep")
	ErrTrapped   = errors.New("trap")
)

// MaxDepth is how deep calls of a metered module may go, in functions that call
// others. It is far below what either engine bears, so that a module ends alike
// on both.
const MaxDepth = 512

// SystemCall is a function that metered modules may import.
type SystemCall struct {
	Name string
	foreign.Signature
	// Do gets the owner of the instance that calls, and the parameters, in whose
	// place it leaves the results.
	Do func(owner any, stack []uint64)
}

// Provide defines the functions that modules compiled afterwards may import from
// a module of that name.
func (r *Runtime) Provide(ctx context.Context, module string, calls []SystemCall) error {
	b := r.runtime.NewHostModuleBuilder(module)
	for _, c := range calls {
		do := c.Do
		f := api.GoModuleFunc(func(ctx context.Context, _ api.Module, stack []uint64) { do(ctx.Value(owner{}), stack) })
		b = b.NewFunctionBuilder().WithGoModuleFunction(f, valueTypes(c.Params), valueTypes(c.Results)).Export(c.Name)
	}
	if _, err := b.Instantiate(ctx); err != nil {
		return fmt.Errorf("wasm: system calls of %s: %w", module, err)
	}
	return nil
}

// owner is the key under which the context of a call holds the instance's owner.
type owner struct{}

func valueTypes(ts []foreign.ValType) []api.ValueType {
	out := make([]api.ValueType, len(ts))
	for i, t := range ts {
		out[i] = api.ValueType(t)
	}
	return out
}

// Metered is a module that somebody else compiled and that carries fuel.
type Metered struct {
	runtime wazero.Runtime
	code    wazero.CompiledModule
}

// Metered compiles a module to which package foreign gave fuel. Its imports must
// have been provided.
func (r *Runtime) Metered(ctx context.Context, m *foreign.Metered) (*Metered, error) {
	code, err := r.runtime.CompileModule(ctx, m.Code)
	if err != nil {
		return nil, fmt.Errorf("wasm: compile: %w: %w", ErrModule, err)
	}
	return &Metered{r.runtime, code}, nil
}

// Close frees the code. Its instances must not be called any more.
func (m *Metered) Close(ctx context.Context) error { return m.code.Close(ctx) }

// Instance makes an instance with a memory of its own. Its system calls are told
// the owner.
func (m *Metered) Instance(ctx context.Context, own any) (*MeteredInstance, error) {
	mod, err := m.runtime.InstantiateModule(ctx, m.code, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, fmt.Errorf("wasm: instantiate: %w: %w", ErrModule, err)
	}
	fuel, ok := mod.ExportedGlobal(foreign.FuelExport).(api.MutableGlobal)
	depth, and := mod.ExportedGlobal(foreign.DepthExport).(api.MutableGlobal)
	if !ok || !and || mod.Memory() == nil {
		return nil, errors.Join(fmt.Errorf("wasm: module without fuel: %w", ErrModule), mod.Close(ctx))
	}
	return &MeteredInstance{module: mod, fuel: fuel, depth: depth, context: context.WithValue(context.WithoutCancel(ctx), owner{}, own)}, nil
}

// MeteredInstance is a metered module with its memory. One goroutine uses it at
// a time.
type MeteredInstance struct {
	module      api.Module
	fuel, depth api.MutableGlobal
	context     context.Context // of all calls: it holds the owner
}

// Memory is the linear memory itself, not a copy, until it grows.
func (i *MeteredInstance) Memory() []byte {
	m := i.module.Memory()
	view, _ := m.Read(0, m.Size())
	return view
}

// Close frees the memory.
func (i *MeteredInstance) Close(ctx context.Context) error { return i.module.Close(ctx) }

// Fuel is what is left; less than 0 when it ran out.
func (i *MeteredInstance) Fuel() int64 { return int64(i.fuel.Get()) }

// Func finds an exported function. Each Func is for one call at a time: who
// enters an instance again from one of its system calls needs another.
func (i *MeteredInstance) Func(name string) (*MeteredFunc, error) {
	f := i.module.ExportedFunction(name)
	if f == nil {
		return nil, fmt.Errorf("wasm: module exports no function %.64q: %w", name, ErrModule)
	}
	return &MeteredFunc{i, f}, nil
}

// MeteredFunc is an exported function of a metered instance.
type MeteredFunc struct {
	of *MeteredInstance
	f  api.Function
}

// Call calls the function with so much fuel (0 to 1<<62), and allocates nothing.
// The stack holds the parameters before and the results after; it has room for
// the more of both. An error wraps [ErrExhausted], [ErrTooDeep] or [ErrTrapped];
// the instance is not to be used again then, as it was left in the middle.
//
// A call inside of a system call has fuel and depth of its own; that of the call
// around it is as before when it returns.
func (f *MeteredFunc) Call(fuel int64, stack []uint64) (left int64, err error) {
	i := f.of
	outerFuel, outerDepth := i.fuel.Get(), i.depth.Get()
	i.fuel.Set(uint64(fuel))
	i.depth.Set(MaxDepth)
	err = f.f.CallWithStack(i.context, stack)
	left = i.Fuel()
	if err != nil {
		err = i.reason(err)
	}
	i.fuel.Set(outerFuel)
	i.depth.Set(outerDepth)
	return left, err
}

// reason tells what a trap was.
func (i *MeteredInstance) reason(err error) error {
	switch {
	case i.Fuel() < 0:
		return fmt.Errorf("wasm: %w", ErrExhausted)
	case uint32(i.depth.Get()) == 1<<32-1:
		return fmt.Errorf("wasm: %w", ErrTooDeep)
	}
	return fmt.Errorf("wasm: %w: %w", ErrTrapped, err)
}
