package wasm

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Engine is how wazero runs code.
type Engine uint8

// The engines. Auto is the compiler where the processor has one (amd64, arm64),
// else the interpreter, which is some 50 times slower.
const (
	Auto Engine = iota
	Compiler
	Interpreter
)

// MaxPages is the most memory that a module may ask for, in pages of 64 KiB. The
// limits of package ir keep every module below.
const MaxPages = 128

// ErrModule says that bytes are not a module that can run here.
var ErrModule = errors.New("refused to run a Wasm module")

// Runtime holds compiled code of modules that Genesis made itself: they are
// total by construction and their cost is bounded beforehand, so calls are not
// interruptible and carry no fuel (either costs 2 to 35 times the speed). It is
// safe for concurrent use.
type Runtime struct{ runtime wazero.Runtime }

// NewRuntime makes a runtime. Asking for the compiler where there is none is an
// error.
func NewRuntime(ctx context.Context, e Engine) (r *Runtime, err error) {
	config := wazero.NewRuntimeConfig()
	switch e {
	case Compiler:
		config = wazero.NewRuntimeConfigCompiler()
		defer func() { // wazero panics when the processor has no compiler
			if p := recover(); p != nil {
				r, err = nil, fmt.Errorf("wasm: compiler: %v", p)
			}
		}()
	case Interpreter:
		config = wazero.NewRuntimeConfigInterpreter()
	}
	config = config.WithMemoryLimitPages(MaxPages).WithDebugInfoEnabled(false)
	making.Lock()
	defer making.Unlock()
	return &Runtime{wazero.NewRuntimeWithConfig(ctx, config)}, nil
}

// making is held while a runtime is made: the first one writes wazero's name of
// its own version into a variable that others read (seen with 1.12.0 by the
// race detector).
var making sync.Mutex

// Close frees all code and instances of the runtime.
func (r *Runtime) Close(ctx context.Context) error { return r.runtime.Close(ctx) }

// Module is compiled code.
type Module struct {
	runtime wazero.Runtime
	code    wazero.CompiledModule
}

// Compile compiles a module. One that imports anything is refused.
func (r *Runtime) Compile(ctx context.Context, code []byte) (*Module, error) {
	m, err := r.runtime.CompileModule(ctx, code)
	if err != nil {
		return nil, fmt.Errorf("wasm: compile: %w: %w", ErrModule, err)
	}
	if n := len(m.ImportedFunctions()) + len(m.ImportedMemories()); n > 0 {
		return nil, errors.Join(fmt.Errorf("wasm: %d imports: %w", n, ErrModule), m.Close(ctx))
	}
	return &Module{r.runtime, m}, nil
}

// Close frees the code. Its instances must not be called any more.
func (m *Module) Close(ctx context.Context) error { return m.code.Close(ctx) }

// Instance makes an instance with a memory of its own.
func (m *Module) Instance(ctx context.Context) (*Instance, error) {
	mod, err := m.runtime.InstantiateModule(ctx, m.code, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, fmt.Errorf("wasm: instantiate: %w: %w", ErrModule, err)
	}
	mem := mod.Memory()
	if mem == nil {
		return nil, errors.Join(fmt.Errorf("wasm: module without memory: %w", ErrModule), mod.Close(ctx))
	}
	if most, ok := mem.Definition().Max(); !ok || most != mem.Size()/pageSize {
		return nil, errors.Join(fmt.Errorf("wasm: memory can grow: %w", ErrModule), mod.Close(ctx))
	}
	view, _ := mem.Read(0, mem.Size())
	return &Instance{module: mod, memory: view}, nil
}

// Instance is a module with its memory. One goroutine uses it at a time.
type Instance struct {
	module api.Module
	memory []byte
}

// Memory is the linear memory itself, not a copy: it stays valid because the
// memory cannot grow.
func (i *Instance) Memory() []byte { return i.memory }

// Close frees the memory.
func (i *Instance) Close(ctx context.Context) error { return i.module.Close(ctx) }

// Func is an exported function of an instance.
type Func struct {
	f               api.Function
	params, results int
}

// Func finds an exported function.
func (i *Instance) Func(name string) (*Func, error) {
	f := i.module.ExportedFunction(name)
	if f == nil {
		return nil, fmt.Errorf("wasm: module exports no function %.64q: %w", name, ErrModule)
	}
	d := f.Definition()
	return &Func{f, len(d.ParamTypes()), len(d.ResultTypes())}, nil
}

// Arity is the number of parameters and results.
func (f *Func) Arity() (params, results int) { return f.params, f.results }

// Call calls the function and allocates nothing. The stack holds the parameters
// before and the results after; it has room for the more of both. An error is a
// trap.
func (f *Func) Call(ctx context.Context, stack []uint64) error {
	return f.f.CallWithStack(ctx, stack)
}
