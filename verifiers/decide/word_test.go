package decide

import (
	"math"
	"testing"

	"github.com/go-air/gini/logic"
	"github.com/go-air/gini/z"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// bench is a unit's functions as circuits with unknown inputs, and the reference
// engine beside it.
type bench struct {
	e   *engine
	u   *ir.Unit
	m   *vm.Machine
	p   *vm.Program
	mem []bool
}

func newBench(t testing.TB, u *ir.Unit) *bench {
	p, err := vm.New(u)
	if err != nil {
		t.Fatal(err)
	}
	vals, err := u.ConstValues(nil)
	if err != nil {
		t.Fatal(err)
	}
	steps := 1 << 24
	return &bench{e: &engine{circuit: &circuit{logic.NewC(), 1 << 24}, u: u, vals: vals, steps: &steps}, u: u, m: p.Machine(), p: p}
}

// unknown makes the leading variables of a function of fresh bits.
func (b *bench) unknown(f *ir.Func) []value {
	var out []value
	for _, v := range b.u.LeadingVars(f) {
		x := make(value, max(1, v.Len))
		for i := range x {
			x[i] = b.e.fresh(v.Type.Width())
		}
		out = append(out, x)
	}
	return out
}

// set gives values to unknown bits and computes all gates.
func (b *bench) set(leading []value, flat []uint64) {
	b.mem = make([]bool, b.e.Len())
	at := 0
	for _, v := range leading {
		for _, w := range v {
			for i, bit := range w {
				b.mem[bit.Var()] = flat[at]>>i&1 == 1
			}
			at++
		}
	}
	b.e.Eval(b.mem)
}

func (b *bench) bool(l z.Lit) bool { return b.mem[l.Var()] == l.IsPos() }

// value is a word as canonical bits of a type.
func (b *bench) value(t ir.Type, w word) uint64 {
	var x uint64
	for i, l := range w {
		if b.bool(l) {
			x |= 1 << i
		}
	}
	return t.Wrap(x)
}

// operators is a module whose Step applies one operator to its two inputs.
func operators(op ir.BinOp, t ir.Type) *ir.Unit {
	in := []ir.Field{{Name: "A", Type: t}, {Name: "B", Type: t}}
	at := func(i int) ir.Atom { return ir.Atom{Kind: ir.AVar, Type: t, Index: i} }
	f := ir.Func{Name: "Step", Inputs: 1, Results: []ir.Param{{Type: t}}}
	u := &ir.Unit{Kind: ir.Module, Slot: "x", Input: in}
	f.Vars = u.LeadingVars(&f)
	count := 1
	if op == ir.Shl || op == ir.Shr { // of an unsigned count below the width
		unsigned := ir.U8
		f.Vars = append(f.Vars, ir.Var{Type: unsigned}, ir.Var{Type: unsigned})
		f.Body.Stmts = append(f.Body.Stmts, ir.Convert{Dst: 2, A: at(1)},
			ir.Arith{Dst: 3, Op: ir.And, A: ir.Atom{Kind: ir.AVar, Type: unsigned, Index: 2}, B: ir.Lit(unsigned, uint64(t.Width()-1))})
		count = 3
	}
	b := ir.Atom{Kind: ir.AVar, Type: f.Vars[count].Type, Index: count}
	dst := len(f.Vars)
	f.Vars = append(f.Vars, ir.Var{Type: t})
	f.Body.Stmts = append(f.Body.Stmts, ir.Arith{Dst: ir.VarID(dst), Op: op, A: at(0), B: b})
	f.Body.Term = ir.Return{Results: []ir.Atom{at(dst)}}
	u.Funcs = []ir.Func{f}
	return u
}

var integers = []ir.Type{ir.U8, ir.U16, ir.U32, ir.U64, ir.I8, ir.I16, ir.I32, ir.I64}

// Every operator of every width is that of the reference engine: on all pairs of
// boundary values, and for 8 bits on every pair.
func TestOperatorsAreThoseOfTheReferenceEngine(t *testing.T) {
	t.Parallel()
	for op := ir.Add; op <= ir.Max; op++ {
		for _, typ := range integers {
			b := newBench(t, operators(op, typ))
			f, _ := b.u.Func("Step")
			leading := b.unknown(f)
			out := b.e.call(f, leading)
			step, _ := b.p.Func("Step")
			for _, pair := range pairs(typ) {
				if !b.agree(t, step, leading, pair, out, f) {
					t.Fatalf("operator %d of %s on %d and %d", op, typ, typ.Value(pair[0]), typ.Value(pair[1]))
				}
			}
		}
	}
}

// agree runs circuit and reference engine on a flat input of a function without
// state, and compares.
func (b *bench) agree(t testing.TB, step *vm.Func, leading []value, flat []uint64, out outcome, f *ir.Func) bool {
	b.set(leading, flat)
	copy(b.m.Input(0), flat)
	want := make([]uint64, len(out.results))
	if err := b.m.Call(step, nil, want); err != nil {
		return b.bool(out.panics)
	}
	if b.bool(out.panics) {
		return false
	}
	for i, r := range out.results {
		if b.value(f.Results[i].Type, r) != want[i] {
			return false
		}
	}
	return true
}

// pairs are operands of a type.
func pairs(t ir.Type) (out [][]uint64) {
	var vs []uint64
	if t.Width() == 8 && !testing.Short() {
		for x := range uint64(256) {
			vs = append(vs, t.Wrap(x))
		}
	} else {
		for _, x := range []uint64{0, 1, 2, 3, 7, 20, 255, 256, math.MaxUint64, math.MaxUint64 - 1, t.Min(), t.Min() + 1, t.Max(), t.Max() - 1, 0x5555555555555555, 12345678901} {
			vs = append(vs, t.Wrap(x))
		}
	}
	for _, a := range vs {
		for _, b := range vs {
			out = append(out, []uint64{a, b})
		}
	}
	return out
}

// Known divisors fold most of the gates away.
func TestDivisionByConstants(t *testing.T) {
	t.Parallel()
	for _, typ := range []ir.Type{ir.U8, ir.I8} {
		for _, d := range []uint64{1, 2, 3, 7, 16, 20, 127, 128, 255} {
			divisor := typ.Wrap(d)
			k := &circuit{logic.NewC(), 1 << 20}
			a := k.fresh(8)
			quo, rem := k.quoRem(typ, a, k.constant(8, divisor))
			b := &bench{e: &engine{circuit: k}}
			for x := range uint64(256) {
				b.set([]value{{a}}, []uint64{x})
				n, m := typ.Value(typ.Wrap(x)), typ.Value(divisor)
				wantQuo, wantRem := typ.Wrap(uint64(n.Int64()/m.Int64())), typ.Wrap(uint64(n.Int64()%m.Int64()))
				if got, left := b.value(typ, quo), b.value(typ, rem); got != wantQuo || left != wantRem {
					t.Fatalf("%s: %d / %d is %d, rest %d", typ, n, m, got, left)
				}
			}
		}
	}
}

func TestShiftsBeyondTheWidthLeaveFillOnly(t *testing.T) {
	t.Parallel()
	c := &circuit{logic.NewC(), 1 << 20}
	for n := range uint64(256) {
		for _, width := range []int{8, 64} {
			x := uint64(0x9876543210fedcba)
			got, ok := c.known(c.shift(c.constant(width, x), c.constant(8, n), true, c.F))
			if want := ir.U64.Wrap(x << n); width == 64 && (!ok || got != want) || width == 8 && got != uint64(uint8(uint8(x)<<n)) {
				t.Errorf("%d << %d at %d bits is %d", x, n, width, got)
			}
			got, _ = c.known(c.shift(c.constant(width, x), c.constant(8, n), false, c.T))
			if want := uint64(int64(x) >> n); width == 64 && got != want {
				t.Errorf("%d >> %d is %d, want %d", int64(x), n, got, want)
			}
		}
	}
}

// Whatever a program does, its circuit does: loops, joins, branches, arrays,
// tables, calls, conversions, bit counts, panics.
func TestCircuitsDoWhatProgramsDo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		u := irgen.Module(irgen.Options{}).Draw(rt, "unit")
		b := newBench(t, u)
		f, _ := u.Func("Step")
		leading := b.unknown(f)
		out := b.e.call(f, leading)
		step, _ := b.p.Func("Step")
		for range 8 {
			state, in := irgen.Values(u.State).Draw(rt, "state"), irgen.Values(u.Input).Draw(rt, "input")
			b.set(leading, append(append([]uint64{}, state...), in...))
			copy(b.m.State(0), state)
			copy(b.m.Input(0), in)
			results := make([]uint64, len(f.Results))
			if panicked := b.m.Call(step, nil, results) != nil; panicked != b.bool(out.panics) {
				rt.Fatalf("reference panics: %v, circuit: %v", panicked, !panicked)
			} else if panicked {
				continue
			}
			for i, r := range out.results {
				if got := b.value(f.Results[i].Type, r); got != results[i] {
					rt.Fatalf("result %d is %d, want %d", i, got, results[i])
				}
			}
			at := 0
			for i, v := range out.state {
				for _, w := range v {
					if got := b.value(u.State[i].Type, w); got != b.m.State(0)[at] {
						rt.Fatalf("state %s is %d, want %d", u.State[i].Name, got, b.m.State(0)[at])
					}
					at++
				}
			}
		}
	})
}
