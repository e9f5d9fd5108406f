package host

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/cost"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/layout"
	"github.com/genesis-network/genesis/kernel/tilego/wasmgen"
	"github.com/genesis-network/genesis/kernel/wasm"
)

// DefaultEntry is the function that a slot calls unless its contract says
// otherwise.
const DefaultEntry = "Step"

// Errors of loading.
var (
	ErrRefused = errors.New("module refused")                    // it does not fit the contract
	ErrBudget  = errors.New("module may cost more than allowed") // worst case above the budget
)

// Contract is what a module must fit.
type Contract struct {
	Unit   *ir.Unit // the predicates; nil only together with [WithoutContract]
	Budget uint64   // of one call of any exported function, in Wasm instructions
	Entry  string   // the function that is called; "" means DefaultEntry
	Digest string   // of the contract, part of [Module.Code]; see [For]
}

// Option configures [Load].
type Option func(*options)

type options struct {
	runtime         *wasm.Runtime
	withoutContract string
	codes           []string
	stations        []string // that a verified module must have passed
}

func collect(opts []Option) options {
	o := options{stations: Stations}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// WithRuntime compiles into a runtime that the caller shares between modules,
// and closes after them. Without it each module has its own.
func WithRuntime(r *wasm.Runtime) Option { return func(o *options) { o.runtime = r } }

// WithoutContract loads a module that is compared with no contract: only its
// budget is checked. The reason is for readers of the code.
func WithoutContract(reason string) Option { return func(o *options) { o.withoutContract = reason } }

// WithCode demands that the module's code has this digest ([Module.Code]); any
// other is refused with [ErrDigest]. It makes a program run what it was reviewed
// with, wherever the bytes come from.
func WithCode(digest string) Option {
	return func(o *options) { o.codes = append(o.codes, digest) }
}

// WithStations says which stations a verified module must have passed, instead
// of all [Stations]. The reason is for readers of the code.
func WithStations(reason string, names ...string) Option {
	return func(o *options) { o.stations = names }
}

// Module is a module that was checked and compiled.
type Module struct {
	Unit   *ir.Unit      // as decoded; not to be changed
	Layout layout.Layout // of its linear memory
	Costs  cost.Bounds   // of its exported functions
	Wasm   []byte        // as derived; not to be changed
	Schema string        // digest of the state's schema
	Code   string        // digest of slot, contract, IR, compiler and schema

	contract *ir.Unit
	entry    *ir.Func
	code     *wasm.Module
	owned    *wasm.Runtime // closed with the module; nil when it is shared
}

// Load decodes, checks and compiles a module. Errors wrap the decoder's,
// [ErrRefused], [ErrBudget] or [ErrDigest].
func Load(ctx context.Context, encoded []byte, c Contract, opts ...Option) (*Module, error) {
	o := collect(opts)
	u, err := ir.Decode(encoded)
	if err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	m := &Module{Unit: u, Layout: layout.Of(u), Schema: layout.Digest(u.State), contract: c.Unit}
	if err := errors.Join(m.name(c.Digest), m.is(o.codes)); err != nil {
		return nil, fmt.Errorf("host: slot %s: %w", u.Slot, err)
	}
	if err := m.fits(c, o.withoutContract != ""); err != nil {
		return nil, fmt.Errorf("host: slot %s: %w", u.Slot, err)
	}
	if err := m.derive(c.Budget); err != nil {
		return nil, fmt.Errorf("host: slot %s: %w", u.Slot, err)
	}
	if err := m.compile(ctx, o.runtime); err != nil {
		return nil, fmt.Errorf("host: slot %s: %w", u.Slot, err)
	}
	return m, nil
}

// fits compares the module with its contract.
func (m *Module) fits(c Contract, withoutContract bool) error {
	name := c.Entry
	if name == "" {
		name = DefaultEntry
	}
	m.entry, _ = m.Unit.Func(name)
	if m.Unit.Kind != ir.Module || m.entry == nil || m.entry.Inputs != 1 || len(m.entry.Params) > 0 {
		return fmt.Errorf("no function %s of the input alone: %w", name, ErrRefused)
	}
	if f, _ := m.Unit.Func("Init"); f != nil && (f.States != 1 || f.Inputs+len(f.Params)+len(f.Results) > 0) {
		return fmt.Errorf("function Init takes or gives more than the state: %w", ErrRefused)
	}
	switch {
	case c.Unit == nil && withoutContract:
		return nil
	case c.Unit == nil:
		return fmt.Errorf("no contract given: %w", ErrRefused)
	}
	if err := ir.Conforms(m.Unit, c.Unit); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	post, _ := c.Unit.Func("Post")
	if post == nil || len(post.Params) != len(m.entry.Results) {
		return fmt.Errorf("results of %s are not those of the contract: %w", name, ErrRefused)
	}
	for i, p := range post.Params {
		if p.Type != m.entry.Results[i].Type {
			return fmt.Errorf("result %d of %s is not the contract's: %w", i, name, ErrRefused)
		}
	}
	return nil
}

// derive prints the Wasm and bounds what it costs.
func (m *Module) derive(budget uint64) error {
	code, err := wasmgen.Generate(m.Unit)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if m.Costs, err = cost.Module(code); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	for i := range code.Funcs {
		name := code.Funcs[i].Export
		if name != "" && !m.Costs.Within(name, new(big.Int).SetUint64(budget)) {
			return fmt.Errorf("%s: up to %s instructions, the budget is %d: %w", name, m.Costs[name], budget, ErrBudget)
		}
	}
	m.Wasm = code.Bytes()
	return nil
}

func (m *Module) compile(ctx context.Context, shared *wasm.Runtime) error {
	r := shared
	if r == nil {
		var err error
		if r, err = wasm.NewRuntime(ctx, wasm.Auto); err != nil {
			return err
		}
		m.owned = r
	}
	var err error
	if m.code, err = r.Compile(ctx, m.Wasm); err != nil {
		return errors.Join(err, m.Close(ctx))
	}
	return nil
}

// Close frees the compiled code. Instances must not be called any more.
func (m *Module) Close(ctx context.Context) error {
	var err error
	if m.code != nil {
		err = m.code.Close(ctx)
	}
	if m.owned != nil {
		err = errors.Join(err, m.owned.Close(ctx))
	}
	return err
}
