package wasmgen_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
	"github.com/genesis-network/genesis/kernel/tilego/layout"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
	"github.com/genesis-network/genesis/kernel/tilego/wasmgen"
	"github.com/genesis-network/genesis/kernel/wasm"
)

// outcome is what a call leaves behind.
type outcome struct {
	kind    ir.PanicKind
	state   []uint64
	results []uint64
}

func (o outcome) equal(p outcome) bool {
	return o.kind == p.kind && slices.Equal(o.state, p.state) && slices.Equal(o.results, p.results)
}

// engine runs functions of one unit in Wasm.
type engine struct {
	layout layout.Layout
	inst   *wasm.Instance
}

func newEngine(t *rapid.T, r *wasm.Runtime, u *ir.Unit, code []byte) (*engine, func()) {
	m, err := r.Compile(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	i, err := m.Instance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &engine{layout.Of(u), i}, func() { i.Close(t.Context()); m.Close(t.Context()) }
}

func (e *engine) run(t *rapid.T, f *ir.Func, c *vm.Frame) outcome {
	mem := e.inst.Memory()
	e.layout.State.Store(mem, c.State[0])
	e.layout.Input.Store(mem, c.Input[0])
	fn, err := e.inst.Func(f.Name)
	if err != nil {
		t.Fatal(err)
	}
	stack := make([]uint64, max(len(f.Params), len(f.Results)))
	copy(stack, c.Params)
	if err := fn.Call(t.Context(), stack); err != nil {
		kind := ir.PanicKind(mem[layout.PanicAt])
		mem[layout.PanicAt] = 0
		if kind.Panic() == nil {
			t.Fatalf("%s: trap that is no panic: %v", f.Name, err)
		}
		return outcome{kind: kind}
	}
	out := outcome{state: make([]uint64, len(c.State[0])), results: stack[:len(f.Results)]}
	e.layout.State.Load(out.state, mem)
	return out
}

// reference runs the function in package vm.
func reference(t *rapid.T, p *vm.Program, m *vm.Machine, f *ir.Func, c *vm.Frame) outcome {
	h, err := p.Func(f.Name)
	if err != nil {
		t.Fatal(err)
	}
	d := *c
	d.State[0], d.Results = slices.Clone(c.State[0]), make([]uint64, len(f.Results))
	if err := m.Run(h, &d); err != nil {
		var p *ir.Panic
		if !errors.As(err, &p) {
			t.Fatal(err)
		}
		return outcome{kind: p.Kind}
	}
	return outcome{state: d.State[0], results: d.Results}
}

func runtimes(t *testing.T) map[string]*wasm.Runtime {
	t.Helper()
	out := map[string]*wasm.Runtime{}
	for name, e := range map[string]wasm.Engine{"compiler": wasm.Compiler, "interpreter": wasm.Interpreter} {
		r, err := wasm.NewRuntime(t.Context(), e)
		if err != nil {
			t.Logf("LEFT OUT: %s: %v", name, err)
			continue
		}
		t.Cleanup(func() { r.Close(t.Context()) })
		out[name] = r
	}
	return out
}

// exportAll gives every function a name that is exported.
func exportAll(u *ir.Unit) {
	for i := range u.Funcs {
		u.Funcs[i].Name = "F" + u.Funcs[i].Name
	}
}

func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	rs := runtimes(t)
	for name, o := range map[string]irgen.Options{
		"everything": {}, "again": {}, "scalars": {Scalars: true}, "total": {Total: true}, "long blocks": {Stmts: 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			units := irgen.Module(o)
			rapid.Check(t, func(t *rapid.T) {
				u := units.Draw(t, "unit")
				exportAll(u)
				agreement(t, rs, u)
			})
		})
	}
}

// agreement runs every function of a unit in every engine on some inputs.
func agreement(t *rapid.T, rs map[string]*wasm.Runtime, u *ir.Unit) {
	p, err := vm.New(u)
	if err != nil {
		t.Fatal(err)
	}
	m := p.Machine()
	mod, err := wasmgen.Generate(u)
	if err != nil {
		t.Fatal(err)
	}
	engines := map[string]*engine{}
	for name, r := range rs {
		e, done := newEngine(t, r, u, mod.Bytes())
		defer done()
		engines[name] = e
	}
	for i := range u.Funcs {
		for range 4 {
			compare(t, p, m, engines, u, &u.Funcs[i])
		}
	}
}

func compare(t *rapid.T, p *vm.Program, m *vm.Machine, engines map[string]*engine, u *ir.Unit, f *ir.Func) {
	c := &vm.Frame{Params: irgen.Args(f.Params).Draw(t, "params")}
	c.State[0], c.Input[0] = irgen.Values(u.State).Draw(t, "state"), irgen.Values(u.Input).Draw(t, "input")
	want := reference(t, p, m, f, c)
	for name, e := range engines {
		if got := e.run(t, f, c); !got.equal(want) {
			t.Fatalf("%s: %s gave %+v, vm gave %+v, for state %v input %v params %v", f.Name, name, got, want, c.State[0], c.Input[0], c.Params)
		}
	}
}

func TestSameUnitSameBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u := irgen.Module(irgen.Options{}).Draw(t, "unit")
		enc, err := ir.Encode(u)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ir.Decode(enc)
		if err != nil {
			t.Fatal(err)
		}
		a, err := wasmgen.Generate(u)
		if err != nil {
			t.Fatal(err)
		}
		b, err := wasmgen.Generate(again)
		if err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Fatalf("other bytes for the same unit (%v)", err)
		}
	})
}

// zeroBelowMasked is a unit with f(x uint8) uint8 that returns 1 when zero <
// x & 12 and else 0, where zero is a 0 made by define (variables from 1 on).
func zeroBelowMasked(op ir.CondOp, vars []ir.Var, zero ir.Atom, define ...ir.Stmt) *ir.Unit {
	u8 := ir.Var{Type: ir.U8}
	f := ir.Func{Name: "F", Params: []ir.Param{{Name: "x", Type: ir.U8}}, Results: []ir.Param{{Type: ir.U8}}}
	masked := len(vars) + 1
	f.Vars = append(append([]ir.Var{u8}, vars...), u8)
	result := func(n uint64) ir.Block { return ir.Block{Term: ir.Return{Results: []ir.Atom{ir.Lit(ir.U8, n)}}} }
	f.Body = ir.Block{
		Stmts: append(define, ir.Arith{Dst: ir.VarID(masked), Op: ir.And, A: local(0), B: ir.Lit(ir.U8, 12)}),
		Term:  ir.Branch{Cond: ir.Cond{Op: op, A: zero, B: local(masked)}, Then: result(1), Else: result(0)},
	}
	return &ir.Unit{Kind: ir.Module, Slot: "test", Funcs: []ir.Func{f}}
}

func local(i int) ir.Atom { return ir.Atom{Kind: ir.AVar, Type: ir.U8, Index: i} }

func TestBranchOnZeroBelowMasked(t *testing.T) {
	t.Parallel()
	u8, zero := ir.Var{Type: ir.U8}, ir.Lit(ir.U8, 0)
	yield := func(a ir.Atom) ir.Block { return ir.Block{Term: ir.Yield{Vals: []ir.Atom{a}}} }
	rs := runtimes(t)
	for _, op := range []ir.CondOp{ir.Lt, ir.Le, ir.Gt, ir.Ge} {
		for name, u := range map[string]*ir.Unit{
			"literal": zeroBelowMasked(op, nil, zero),
			"copy":    zeroBelowMasked(op, []ir.Var{u8}, local(1), ir.Convert{Dst: 1, A: zero}),
			"shift":   zeroBelowMasked(op, []ir.Var{u8}, local(1), ir.Arith{Dst: 1, Op: ir.Shr, A: zero, B: zero}),
			"join": zeroBelowMasked(op, []ir.Var{u8}, local(1),
				ir.If{Dst: []ir.VarID{1}, Cond: ir.Cond{Op: ir.Eq, A: local(0), B: ir.Lit(ir.U8, 5)}, Then: yield(zero), Else: yield(zero)}),
			"loop": zeroBelowMasked(op, []ir.Var{u8, {Type: ir.I64}, u8}, local(3),
				ir.For{Init: []ir.Atom{zero}, Carried: []ir.VarID{1}, Index: 2, Lo: ir.Lit(ir.I64, 0), Hi: ir.Lit(ir.I64, 3), Body: yield(local(1)), Dst: []ir.VarID{3}}),
		} {
			t.Run(fmt.Sprint(name, op), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(t *rapid.T) {
					agreement(t, rs, u)
				})
			})
		}
	}
}
