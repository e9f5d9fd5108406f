package foreign_test

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego/cost"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
	"github.com/genesis-network/genesis/kernel/tilego/layout"
	"github.com/genesis-network/genesis/kernel/tilego/wasmgen"
	"github.com/genesis-network/genesis/kernel/wasm"
	"github.com/genesis-network/genesis/kernel/wasm/foreign"
)

// exported is what a printed unit exports.
func exported(m *wasmgen.Module) foreign.ABI {
	out := foreign.ABI{Exports: map[string]foreign.Signature{}}
	for _, f := range m.Funcs {
		if f.Export != "" {
			out.Exports[f.Export] = foreign.Signature{Params: widths(f.Params), Results: widths(f.Results)}
		}
	}
	return out
}

func widths(ts []wasmgen.ValType) []foreign.ValType {
	out := make([]foreign.ValType, len(ts))
	for i, t := range ts {
		out[i] = foreign.ValType(t)
	}
	return out
}

// TestPrintedUnitsComputeTheSame: what package wasmgen prints of random units
// gives the same results, state and panics with fuel as without; and the bound
// of package cost, which knows loops, is enough fuel but for what charges pay in
// vain.
func TestPrintedUnitsComputeTheSame(t *testing.T) {
	t.Parallel()
	r := runtimes(t)["compiler"]
	if r == nil {
		t.Skip("LEFT OUT: no compiler for this processor")
	}
	rapid.Check(t, func(t *rapid.T) {
		u := irgen.Module(irgen.Options{}).Draw(t, "unit")
		for i := range u.Funcs {
			u.Funcs[i].Name = "F" + u.Funcs[i].Name // so that all are exported
		}
		m, err := wasmgen.Generate(u)
		if err != nil {
			t.Fatal(err)
		}
		bounds, err := cost.Module(m)
		if err != nil {
			t.Fatal(err)
		}
		code, err := r.Compile(t.Context(), m.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		defer code.Close(t.Context())
		plain, err := code.Instance(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer plain.Close(t.Context())
		fuelled := start(t, r, meter(t, m.Bytes(), exported(m)))
		defer fuelled.Close(t.Context())
		for i := range u.Funcs {
			same(t, u, &u.Funcs[i], plain, fuelled, bounds)
		}
	})
}

func same(t *rapid.T, u *ir.Unit, f *ir.Func, plain *wasm.Instance, fuelled *wasm.MeteredInstance, bounds cost.Bounds) {
	args := irgen.Args(f.Params).Draw(t, "params")
	state, input := irgen.Values(u.State).Draw(t, "state"), irgen.Values(u.Input).Draw(t, "input")
	l := layout.Of(u)
	for _, memory := range [][]byte{plain.Memory(), fuelled.Memory()} {
		l.State.Store(memory, state)
		l.Input.Store(memory, input)
	}
	a, err := plain.Func(f.Name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fuelled.Func(f.Name)
	if err != nil {
		t.Fatal(err)
	}
	want := append(make([]uint64, 0, 64), args...)[:64]
	got := slices.Clone(want)
	failed := a.Call(t.Context(), want)
	left, err := b.Call(plenty, got)
	if (failed == nil) != (err == nil) || failed == nil && !slices.Equal(got[:len(f.Results)], want[:len(f.Results)]) {
		t.Fatalf("%s: %v (%v) with fuel, %v (%v) without", f.Name, got, err, want, failed)
	}
	if !slices.Equal(plain.Memory(), fuelled.Memory()) {
		t.Fatalf("%s: another memory", f.Name)
	}
	most := new(big.Int).Mul(bounds[f.Name], big.NewInt(1+foreign.Grain))
	if spent := plenty - left; big.NewInt(spent).Cmp(most) > 0 {
		t.Fatalf("%s: spent %d, the static bound is %s", f.Name, spent, bounds[f.Name])
	}
}
