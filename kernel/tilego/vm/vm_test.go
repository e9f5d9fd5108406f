package vm_test

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

func machine(t interface {
	Helper()
	Fatal(...any)
}, u *ir.Unit) (*vm.Program, *vm.Machine) {
	t.Helper()
	p, err := vm.New(u)
	if err != nil {
		t.Fatal(err)
	}
	return p, p.Machine()
}

// randomFrame draws everything that a call of f reads.
func randomFrame(t *rapid.T, u *ir.Unit, f *ir.Func) *vm.Frame {
	c := &vm.Frame{Params: irgen.Args(f.Params).Draw(t, "params"), Results: make([]uint64, len(f.Results))}
	for i := range f.States {
		c.State[i] = irgen.Values(u.State).Draw(t, "state")
	}
	for i := range f.Inputs {
		c.Input[i] = irgen.Values(u.Input).Draw(t, "input")
	}
	return c
}

// naively evaluates a call by the naive evaluator.
func naively(n *naive, f *ir.Func, c *vm.Frame) (out outcome, kind ir.PanicKind) {
	defer func() {
		if k, ok := recover().(ir.PanicKind); ok {
			kind = k
		}
	}()
	leading := n.leading(f, c.State[0], c.State[1], c.Input[0], c.Input[1], c.Params)
	return n.call(f, leading), 0
}

func TestAgreesWithNaiveEvaluation(t *testing.T) {
	t.Parallel()
	units := rapid.OneOf(irgen.Module(irgen.Options{}), irgen.Contract(irgen.Options{}))
	rapid.Check(t, func(t *rapid.T) {
		u := units.Draw(t, "unit")
		p, m := machine(t, u)
		vals, err := u.ConstValues(nil)
		if err != nil {
			t.Fatal(err)
		}
		n := &naive{u, vals}
		for i := range u.Funcs {
			for range 4 {
				agree(t, n, p, m, &u.Funcs[i])
			}
		}
	})
}

func agree(t *rapid.T, n *naive, p *vm.Program, m *vm.Machine, f *ir.Func) {
	c := randomFrame(t, n.u, f)
	want, kind := naively(n, f, c)
	handle, err := p.Func(f.Name)
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(c.State[0])
	err = m.Run(handle, c)
	if kind != 0 {
		if p := (*vm.Panic)(nil); !errors.As(err, &p) || p.Kind != kind || !slices.Equal(before, c.State[0]) {
			t.Fatalf("%s: got %v, want %v and the state as it was", f.Name, err, kind)
		}
		return
	}
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	if !slices.Equal(c.Results, want.results) {
		t.Fatalf("%s: results %v, want %v", f.Name, c.Results, want.results)
	}
	state := before
	if f.Mode == ir.WriteState {
		state = slices.Concat(want.state...)
	}
	if !slices.Equal(c.State[0], state) {
		t.Fatalf("%s: state %v, want %v", f.Name, c.State[0], state)
	}
}

func TestWithMovesConstantsWithoutCompiling(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u := irgen.Governor()
		override := map[string]*big.Int{"HOT": big.NewInt(rapid.Int64Range(0, 1000).Draw(t, "hot")), "FULL": big.NewInt(rapid.Int64Range(0, 255).Draw(t, "full"))}
		p, _ := machine(t, u)
		moved, err := p.With(override)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := vm.New(u, vm.WithConsts(override))
		if err != nil {
			t.Fatal(err)
		}
		step, _ := p.Func("Step") // a function of p is a function of what was made of p
		freshStep, _ := fresh.Func("Step")
		f, _ := u.Func("Step")
		c := randomFrame(t, u, f)
		d := &vm.Frame{State: [2][]uint64{slices.Clone(c.State[0])}, Input: c.Input, Results: make([]uint64, 2)}
		if err := errors.Join(moved.Machine().Run(step, c), fresh.Machine().Run(freshStep, d)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(c.Results, d.Results) || !slices.Equal(c.State[0], d.State[0]) {
			t.Fatalf("moved %v %v, compiled anew %v %v", c.Results, c.State[0], d.Results, d.State[0])
		}
	})
}

func TestMisuseIsAnError(t *testing.T) {
	t.Parallel()
	p, m := machine(t, irgen.Governor())
	_, other := machine(t, irgen.Governor())
	step, err := p.Func("Step")
	if err != nil {
		t.Fatal(err)
	}
	two := make([]uint64, 2)
	for name, err := range map[string]error{
		"results":       m.Call(step, nil, nil),
		"parameters":    m.Call(step, two, two),
		"other program": other.Call(step, nil, two),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := p.Func("Missing"); err == nil {
		t.Error("found a function that does not exist")
	}
	if _, err := vm.New(irgen.Governor(), vm.WithConsts(map[string]*big.Int{"NOPE": big.NewInt(1)})); !errors.Is(err, ir.ErrConst) {
		t.Errorf("unknown constant: %v", err)
	}
}

func TestCallAllocatesNothing(t *testing.T) {
	p, m := machine(t, irgen.Governor())
	step, err := p.Func("Step")
	if err != nil {
		t.Fatal(err)
	}
	results := make([]uint64, 2)
	c := &vm.Frame{State: [2][]uint64{make([]uint64, 4)}, Input: [2][]uint64{{700, 50, 0}}, Results: results}
	if n := testing.AllocsPerRun(100, func() { _ = m.Call(step, nil, results); _ = m.Run(step, c) }); n != 0 {
		t.Errorf("%v allocations per call", n)
	}
}

func BenchmarkNew(b *testing.B) {
	u := irgen.Governor()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := vm.New(u); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWith(b *testing.B) {
	p, _ := machine(b, irgen.Governor())
	override := map[string]*big.Int{"HOT": big.NewInt(810)}
	b.ReportAllocs()
	for b.Loop() {
		q, err := p.With(override)
		if err != nil {
			b.Fatal(err)
		}
		q.Machine()
	}
}

func BenchmarkCall(b *testing.B) {
	p, m := machine(b, irgen.Governor())
	step, err := p.Func("Step")
	if err != nil {
		b.Fatal(err)
	}
	results, in := make([]uint64, 2), m.Input(0)
	b.ReportAllocs()
	for i := uint64(0); b.Loop(); i++ {
		in[0], in[1] = 550+i*7%300, i%256
		if err := m.Call(step, nil, results); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStraightLine calls a function of 30 instructions without branches.
func BenchmarkStraightLine(b *testing.B) {
	u := straightLine(30)
	p, m := machine(b, u)
	f, err := p.Func("f")
	if err != nil {
		b.Fatal(err)
	}
	params, results := []uint64{3, 5}, make([]uint64, 1)
	for b.Loop() {
		if err := m.Call(f, params, results); err != nil {
			b.Fatal(err)
		}
	}
}

// straightLine is a unit with a function f(x, y uint32) uint32 of n bindings.
func straightLine(n int) *ir.Unit {
	f := ir.Func{Name: "f", Params: []ir.Param{{Name: "x", Type: ir.U32}, {Name: "y", Type: ir.U32}}, Results: []ir.Param{{Type: ir.U32}}}
	at := func(i int) ir.Atom { return ir.Atom{Kind: ir.AVar, Type: ir.U32, Index: i} }
	ops := []ir.BinOp{ir.Add, ir.Xor, ir.Sub, ir.Max, ir.Or, ir.Min}
	f.Vars = []ir.Var{{Type: ir.U32}, {Type: ir.U32}}
	for i := range n {
		f.Vars = append(f.Vars, ir.Var{Type: ir.U32})
		f.Body.Stmts = append(f.Body.Stmts, ir.Arith{Dst: ir.VarID(i + 2), Op: ops[i%len(ops)], A: at(i), B: at(i + 1)})
	}
	f.Body.Term = ir.Return{Results: []ir.Atom{at(n + 1)}}
	return &ir.Unit{Kind: ir.Module, Slot: "line", Funcs: []ir.Func{f}}
}

func Example() {
	p, err := vm.New(irgen.Governor())
	if err != nil {
		panic(err)
	}
	start, _ := p.Func("Init")
	step, _ := p.Func("Step")

	m := p.Machine()
	if err := m.Call(start, nil, nil); err != nil {
		panic(err)
	}
	out := make([]uint64, 2)
	for _, temp := range []uint64{500, 820, 830, 960} {
		copy(m.Input(0), []uint64{temp, 100, 0}) // temp, load, fault
		if err := m.Call(step, nil, out); err != nil {
			panic(err)
		}
		fmt.Println("fan", out[0], "throttle", out[1])
	}
	// Output:
	// fan 0 throttle 0
	// fan 1 throttle 0
	// fan 2 throttle 0
	// fan 4 throttle 4
}
