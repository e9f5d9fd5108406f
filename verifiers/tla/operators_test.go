package tla

import (
	"errors"
	"slices"
	"testing"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/tlagen"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

var ints = []ir.Type{ir.U8, ir.U16, ir.U32, ir.U64, ir.I8, ir.I16, ir.I32, ir.I64}

// definer adds a binding of a new variable of the type.
type definer func(t ir.Type, s func(dst ir.VarID) ir.Stmt) ir.Atom

// maker makes the bindings of a function of two parameters (variables 0 and 1)
// and names its result.
type maker func(define definer) ir.Atom

// functionOf is f(a, b T) R with the bindings of a maker.
func functionOf(t, result ir.Type, make maker) *ir.Unit {
	f := ir.Func{Name: "f", Params: []ir.Param{{Name: "a", Type: t}, {Name: "b", Type: t}}, Results: []ir.Param{{Type: result}},
		Vars: []ir.Var{{Type: t}, {Type: t}}}
	r := make(func(t ir.Type, s func(dst ir.VarID) ir.Stmt) ir.Atom {
		f.Vars = append(f.Vars, ir.Var{Type: t})
		dst := ir.VarID(len(f.Vars) - 1)
		f.Body.Stmts = append(f.Body.Stmts, s(dst))
		return atomOf(t, dst)
	})
	f.Body.Term = ir.Return{Results: []ir.Atom{r}}
	table := ir.Table{Name: "t", Type: ir.U8}
	for i := range 7 {
		table.Elems = append(table.Elems, ir.Lit(ir.U8, uint64(100+i)))
	}
	return &ir.Unit{Kind: ir.Module, Slot: "test", Tables: []ir.Table{table}, Funcs: []ir.Func{f}}
}

// agree compares a function on all pairs of edge values.
func agree(t *testing.T, what string, u *ir.Unit) {
	t.Helper()
	spec, err := tlagen.Vectors(u, nil, "f", edgeVectors(t, u))
	if err != nil {
		t.Fatal(err)
	}
	if a, err := checker(t).Check(t.Context(), printed(spec), 10); err != nil || a.Verdict != Holds {
		t.Errorf("%s: %+v, %v\n%s", what, a, err, spec.Text)
	}
}

func TestEveryOperatorEvaluatesAsOnTheReferenceEngine(t *testing.T) {
	t.Parallel()
	for _, typ := range ints {
		for op := ir.Add; op <= ir.Max; op++ {
			agree(t, typ.String(), functionOf(typ, typ, func(define definer) ir.Atom {
				b := atomOf(typ, 1)
				if op == ir.Shl || op == ir.Shr {
					count := define(ir.U8, func(d ir.VarID) ir.Stmt { return ir.Convert{Dst: d, A: b} })
					b = define(ir.U8, func(d ir.VarID) ir.Stmt {
						return ir.Arith{Dst: d, Op: ir.And, A: count, B: ir.Lit(ir.U8, uint64(typ.Width()-1))}
					})
				}
				return define(typ, func(d ir.VarID) ir.Stmt { return ir.Arith{Dst: d, Op: op, A: atomOf(typ, 0), B: b} })
			}))
		}
	}
}

func TestEveryMaskEvaluatesAsOnTheReferenceEngine(t *testing.T) {
	t.Parallel()
	for _, mask := range []uint64{0, 1, 2, 3, 4, 6, 5, 0x70, 0x80, 0xff} {
		agree(t, "mask", functionOf(ir.U8, ir.U8, func(define definer) ir.Atom {
			return define(ir.U8, func(d ir.VarID) ir.Stmt {
				return ir.Arith{Dst: d, Op: ir.And, A: atomOf(ir.U8, 0), B: ir.Lit(ir.U8, mask)}
			})
		}))
	}
}

func TestEveryConversionEvaluatesAsOnTheReferenceEngine(t *testing.T) {
	t.Parallel()
	for _, from := range ints {
		for _, to := range ints {
			agree(t, from.String()+" to "+to.String(), functionOf(from, to, func(define definer) ir.Atom {
				return define(to, func(d ir.VarID) ir.Stmt { return ir.Convert{Dst: d, A: atomOf(from, 0)} })
			}))
		}
	}
}

func TestEveryBitFunctionEvaluatesAsOnTheReferenceEngine(t *testing.T) {
	t.Parallel()
	for _, typ := range ints[:4] {
		for fn := ir.LeadingZeros; fn <= ir.BitLen; fn++ {
			agree(t, typ.String(), functionOf(typ, ir.U8, func(define definer) ir.Atom {
				return define(ir.U8, func(d ir.VarID) ir.Stmt { return ir.Bits{Dst: d, Fn: fn, A: atomOf(typ, 0)} })
			}))
		}
	}
}

func TestEveryIndexEvaluatesAsOnTheReferenceEngine(t *testing.T) {
	t.Parallel()
	for _, typ := range ints {
		agree(t, typ.String(), functionOf(typ, ir.U8, func(define definer) ir.Atom {
			return define(ir.U8, func(d ir.VarID) ir.Stmt { return ir.Lookup{Dst: d, Index: atomOf(typ, 0)} })
		}))
	}
}

// What the printer knows of tla-checker: why it gives every function names of its
// own, and that loops need none.
func TestNamesThatTwoOperatorsBind(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want Verdict
	}{
		"names of the callee": {"F(a, b) == ( ( a * 10 ) + b )\nG(a, b, c) == F(b, c)\nK0 == ( G(1, 2, 3) = 23 )\n", Violated},
		"names of its own":    {"F(a, b) == ( ( a * 10 ) + b )\nG(d, e, f) == F(e, f)\nK0 == ( G(1, 2, 3) = 23 )\n", Holds},
		"recursion": {"RECURSIVE R(_, _)\nR(a, b) == ( IF ( a = 0 ) THEN ( b * 10 ) ELSE R(( a - 1 ), ( b + a )) )\n" +
			"G(a, b) == R(b, a)\nK0 == ( G(4, 3) = 100 )\n", Holds},
	} {
		spec := ReadConfig("N", "---- MODULE N ----\nEXTENDS Integers\nVARIABLE z\n"+tc.text+
			"Init == ( z = 0 )\nNext == ( z' = z )\n====\n", "INIT Init\nNEXT Next\nINVARIANTS\nK0\nCHECK_DEADLOCK FALSE\n")
		a, err := checker(t).Check(t.Context(), spec, 10)
		if err != nil || a.Verdict != tc.want {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}

var edges = []int64{0, 1, 2, 6, 7, 127, 128, 255, 32767, 32768, 65535, 1<<30 - 1, -1, -7, -128, -32768, -(1<<30 - 1)}

// edgeVectors evaluates f on all pairs of edge values.
func edgeVectors(t *testing.T, u *ir.Unit) []tlagen.Vector {
	t.Helper()
	prog, err := vm.New(u)
	if err != nil {
		t.Fatal(err)
	}
	fn, err := prog.Func("f")
	if err != nil {
		t.Fatal(err)
	}
	typ := u.Funcs[0].Params[0].Type
	var bits []uint64
	for _, x := range edges {
		if w := typ.Wrap(uint64(x)); tlagen.Fits([]ir.Field{{Type: typ}}, []uint64{w}) && !slices.Contains(bits, w) {
			bits = append(bits, w)
		}
	}
	var out []tlagen.Vector
	m := prog.Machine()
	for _, a := range bits {
		for _, b := range bits {
			v := tlagen.Vector{Params: []uint64{a, b}, Results: make([]uint64, 1)}
			var p *vm.Panic
			if err := m.Call(fn, v.Params, v.Results); errors.As(err, &p) {
				v.Panic = p.Kind
			}
			out = append(out, v)
		}
	}
	return out
}
