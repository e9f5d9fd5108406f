// Package wasm is the only door to the Wasm runtime, wazero. No other package
// imports it.
//
// A [Runtime] runs modules that Genesis derived from checked units: total, of
// bounded cost, with a memory that cannot grow.
//
// A [Guest] is a tool in Wasm that somebody else compiled: known by its digest,
// without imports, so that it computes and can do nothing else.
//
// Neither interrupts a call. Nothing here knows what a module means: see package
// host.
package wasm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// ErrGuest says that a guest cannot be trusted to run here: its bytes are not
// the expected ones, or it asks for imports.
var ErrGuest = errors.New("refused to load a Wasm file")

const pageSize = 64 << 10

// Guest is a tool that somebody else compiled to Wasm, such as a model checker:
// one file without imports, known by its digest. It can compute and nothing
// else: no files, no clock, no network.
type Guest struct {
	runtime wazero.Runtime
	module  wazero.CompiledModule
}

// NewGuest compiles code whose SHA-256 must be digest (64 hexadecimal digits).
// Each instance gets at most maxMemory bytes.
//
// A guest's call cannot be interrupted: checking for it would cost every loop
// of the guest two to three times its speed. The caller bounds the work.
func NewGuest(ctx context.Context, code []byte, digest string, maxMemory int) (*Guest, error) {
	if sum := sha256.Sum256(code); hex.EncodeToString(sum[:]) != digest {
		return nil, fmt.Errorf("wasm: the file's SHA-256 is %x, want %s: %w", sum, digest, ErrGuest)
	}
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(uint32(max(1, maxMemory/pageSize)))
	r := wazero.NewRuntimeWithConfig(ctx, config)
	m, err := r.CompileModule(ctx, code)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("wasm: compile guest: %w", err), r.Close(ctx))
	}
	if n := len(m.ImportedFunctions()) + len(m.ImportedMemories()); n > 0 {
		return nil, errors.Join(fmt.Errorf("wasm: the file has %d imports: %w", n, ErrGuest), r.Close(ctx))
	}
	return &Guest{runtime: r, module: m}, nil
}

// Close frees the compiled code and all instances.
func (g *Guest) Close(ctx context.Context) error { return g.runtime.Close(ctx) }

// Start makes a fresh instance. Instances share nothing; one is used by one
// goroutine, and is thrown away after a trap.
func (g *Guest) Start(ctx context.Context) (*GuestInstance, error) {
	m, err := g.runtime.InstantiateModule(ctx, g.module, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return nil, fmt.Errorf("wasm: start guest: %w", err)
	}
	if m.Memory() == nil {
		return nil, errors.Join(fmt.Errorf("wasm: guest without memory: %w", ErrGuest), m.Close(ctx))
	}
	return &GuestInstance{m}, nil
}

// GuestInstance is a running guest with a memory of its own.
type GuestInstance struct{ module api.Module }

// Call calls an exported function. An error is a trap, or a missing export.
func (i *GuestInstance) Call(ctx context.Context, name string, args ...uint64) ([]uint64, error) {
	f := i.module.ExportedFunction(name)
	if f == nil {
		return nil, fmt.Errorf("wasm: guest has no function %s: %w", name, ErrGuest)
	}
	if n := len(f.Definition().ParamTypes()); n != len(args) {
		return nil, fmt.Errorf("wasm: %s of the guest takes %d arguments, not %d: %w", name, n, len(args), ErrGuest)
	}
	out, err := f.Call(ctx, args...)
	if err != nil {
		return nil, fmt.Errorf("wasm: guest: %s: %w", name, err)
	}
	return out, nil
}

// Read copies n bytes out of the guest's memory.
func (i *GuestInstance) Read(at, n uint32) ([]byte, error) {
	b, ok := i.module.Memory().Read(at, n)
	if !ok {
		return nil, fmt.Errorf("wasm: %d bytes at %d are outside of the guest's memory: %w", n, at, ErrGuest)
	}
	return append([]byte(nil), b...), nil
}

// Write copies bytes into the guest's memory.
func (i *GuestInstance) Write(at uint32, b []byte) error {
	if !i.module.Memory().Write(at, b) {
		return fmt.Errorf("wasm: %d bytes at %d are outside of the guest's memory: %w", len(b), at, ErrGuest)
	}
	return nil
}

// Close ends the instance and frees its memory.
func (i *GuestInstance) Close(ctx context.Context) error { return i.module.Close(ctx) }
