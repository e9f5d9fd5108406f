package ir_test

import (
	"errors"
	"math/big"
	"testing"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
)

func v(t ir.Type, i int) ir.Atom            { return ir.Atom{Kind: ir.AVar, Type: t, Index: i} }
func k(t ir.Type, i int) ir.Atom            { return ir.Atom{Kind: ir.AConst, Type: t, Index: i} }
func lit(t ir.Type, x uint64) ir.Atom       { return ir.Lit(t, x) }
func local(t ir.Type, n int) ir.Var         { return ir.Var{Type: t, Len: n} }
func number(n int64) ir.CExpr               { return ir.CExpr{Op: ir.CLit, Lit: big.NewInt(n)} }
func yield(vals ...ir.Atom) ir.Block        { return ir.Block{Term: ir.Yield{Vals: vals}} }
func ret(state ...ir.Atom) ir.Return        { return ir.Return{State: state} }
func isTrue(a ir.Atom) ir.Cond              { return ir.Cond{Op: ir.CondAtom, A: a} }
func body(t ir.Term, s ...ir.Stmt) ir.Block { return ir.Block{Stmts: s, Term: t} }

// small is a unit with one function f(s *State, in *Input, p uint8) that is made
// of the given locals and body. State: a [4]uint8, b [4]uint8, n uint8
// (variables 0-2); input: x [4]uint8, y bool (3, 4); p is 5; locals from 6.
// Constants: 0 is N = 3, 1 is unnamed 300. A function id() uint8 comes first.
func small(locals []ir.Var, b ir.Block) *ir.Unit {
	u := &ir.Unit{
		Kind: ir.Module, Slot: "test",
		Consts: []ir.Const{{Name: "N", Expr: number(3)}, {Expr: number(300)}},
		State:  []ir.Field{{Name: "a", Type: ir.U8, Len: 4}, {Name: "b", Type: ir.U8, Len: 4}, {Name: "n", Type: ir.U8}},
		Input:  []ir.Field{{Name: "x", Type: ir.U8, Len: 4}, {Name: "y", Type: ir.Bool}},
		Funcs: []ir.Func{
			{Name: "id", Results: []ir.Param{{Type: ir.U8}}, Body: body(ir.Return{Results: []ir.Atom{lit(ir.U8, 7)}})},
			{Name: "f", Mode: ir.WriteState, States: 1, Inputs: 1, Params: []ir.Param{{Name: "p", Type: ir.U8}}, Body: b},
		},
	}
	f := &u.Funcs[1]
	f.Vars = append(u.LeadingVars(f), locals...)
	return u
}

var (
	va, vb, vn = v(ir.U8, 0), v(ir.U8, 1), v(ir.U8, 2)
	vy, vp     = v(ir.Bool, 4), v(ir.U8, 5)
	asItWas    = ret(va, vb, vn)
	u8, i64    = local(ir.U8, 0), local(ir.I64, 0)
	arr        = local(ir.U8, 4)
)

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for name, u := range map[string]*ir.Unit{
		"governor":       irgen.Governor(),
		"nothing":        small(nil, body(asItWas)),
		"arrays swapped": small(nil, body(ret(vb, va, vn))),
		"masked shift": small([]ir.Var{u8, u8}, body(asItWas,
			ir.Arith{Dst: 6, Op: ir.And, A: vp, B: lit(ir.U8, 7)}, ir.Arith{Dst: 7, Op: ir.Shl, A: vn, B: v(ir.U8, 6)})),
		"shift by a constant": small([]ir.Var{u8}, body(asItWas, ir.Arith{Dst: 6, Op: ir.Shr, A: vn, B: k(ir.U8, 0)})),
		"array carried": small([]ir.Var{arr, i64, arr, arr}, body(ret(v(ir.U8, 9), vb, vn),
			ir.For{Init: []ir.Atom{va}, Carried: []ir.VarID{6}, Index: 7, Lo: lit(ir.I64, 0), Hi: k(ir.I64, 0), Dst: []ir.VarID{9},
				Body: body(ir.Yield{Vals: []ir.Atom{v(ir.U8, 8)}}, ir.Set{Dst: 8, Arr: 6, Index: v(ir.I64, 7), Val: vp})})),
		"consumed in one of two ends": small([]ir.Var{arr}, body(ir.Branch{Cond: isTrue(vy),
			Then: body(ret(v(ir.U8, 6), vb, vn), ir.Set{Dst: 6, Arr: 0, Index: vp, Val: vp}), Else: body(asItWas)})),
	} {
		if err := ir.Check(u); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	deep := ir.Block{Term: asItWas}
	for range ir.MaxDepth {
		deep = ir.Block{Term: ir.Branch{Cond: isTrue(vy), Then: deep, Else: ir.Block{Term: asItWas}}}
	}
	loop := ir.For{Index: 6, Lo: lit(ir.I64, 0), Hi: lit(ir.I64, 2), Body: yield()}
	long, unbounded, consuming := loop, loop, loop
	long.Hi = lit(ir.I64, ir.MaxLoopBound+1)
	unbounded.Hi = v(ir.I64, 6)
	consuming.Body = body(ir.Yield{}, ir.Set{Dst: 7, Arr: 0, Index: vp, Val: vp})
	join := ir.If{Dst: []ir.VarID{7}, Cond: isTrue(vy), Then: body(ir.Yield{Vals: []ir.Atom{v(ir.U8, 6)}}, ir.Convert{Dst: 6, A: vp}), Else: yield(vp)}
	twice := ir.If{Cond: isTrue(vy), Then: body(ir.Yield{}, ir.Set{Dst: 6, Arr: 0, Index: vp, Val: vp}), Else: yield()}

	for name, u := range map[string]*ir.Unit{
		"type of an operand":     small([]ir.Var{u8}, body(asItWas, ir.Arith{Dst: 6, Op: ir.Add, A: vp, B: lit(ir.U16, 1)})),
		"type of a result":       small([]ir.Var{local(ir.U16, 0)}, body(asItWas, ir.Arith{Dst: 6, Op: ir.Add, A: vp, B: vp})),
		"arithmetic on bool":     small([]ir.Var{local(ir.Bool, 0)}, body(asItWas, ir.Arith{Dst: 6, Op: ir.And, A: vy, B: vy})),
		"literal not reduced":    small([]ir.Var{u8}, body(asItWas, ir.Convert{Dst: 6, A: ir.Atom{Kind: ir.ALit, Type: ir.U8, Bits: 256}})),
		"constant too large":     small([]ir.Var{u8}, body(asItWas, ir.Convert{Dst: 6, A: k(ir.U8, 1)})),
		"unmasked shift":         small([]ir.Var{u8}, body(asItWas, ir.Arith{Dst: 6, Op: ir.Shl, A: vn, B: vp})),
		"shift by the width":     small([]ir.Var{u8}, body(asItWas, ir.Arith{Dst: 6, Op: ir.Shl, A: vn, B: lit(ir.U8, 8)})),
		"use before":             small([]ir.Var{u8, u8}, body(asItWas, ir.Convert{Dst: 6, A: v(ir.U8, 7)}, ir.Convert{Dst: 7, A: vp})),
		"order of definition":    small([]ir.Var{u8, u8}, body(asItWas, ir.Convert{Dst: 7, A: vp}, ir.Convert{Dst: 6, A: vp})),
		"undefined variable":     small([]ir.Var{u8}, body(asItWas)),
		"branch's own variable":  small([]ir.Var{u8, u8, u8}, body(asItWas, join, ir.Convert{Dst: 8, A: v(ir.U8, 6)})),
		"array used twice":       small(nil, body(ret(va, va, vn))),
		"array used after set":   small([]ir.Var{arr}, body(asItWas, ir.Set{Dst: 6, Arr: 0, Index: vp, Val: vp})),
		"array gone in a branch": small([]ir.Var{arr}, body(asItWas, twice)),
		"array gone in a loop":   small([]ir.Var{i64, arr}, body(asItWas, consuming)),
		"input updated":          small([]ir.Var{arr}, body(asItWas, ir.Set{Dst: 6, Arr: 3, Index: vp, Val: vp})),
		"array as a scalar":      small([]ir.Var{u8}, body(asItWas, ir.Convert{Dst: 6, A: va})),
		"index of a scalar":      small([]ir.Var{u8}, body(asItWas, ir.Get{Dst: 6, Arr: 2, Index: vp})),
		"index by bool":          small([]ir.Var{u8}, body(asItWas, ir.Get{Dst: 6, Arr: 0, Index: vy})),
		"call of itself":         small([]ir.Var{u8}, body(asItWas, ir.Call{Func: 1})),
		"arguments":              small([]ir.Var{u8}, body(asItWas, ir.Call{Func: 0, Dst: []ir.VarID{6}, Args: []ir.Atom{vp}})),
		"results":                small(nil, body(asItWas, ir.Call{Func: 0})),
		"no input to pass":       small([]ir.Var{u8}, body(asItWas, ir.Call{Func: 0, Dst: []ir.VarID{6}, Input: 1})),
		"return in a loop":       small([]ir.Var{i64}, body(asItWas, ir.For{Index: 6, Lo: lit(ir.I64, 0), Hi: lit(ir.I64, 2), Body: body(asItWas)})),
		"yield at the end":       small(nil, body(ir.Yield{})),
		"no end":                 small(nil, ir.Block{}),
		"long loop":              small([]ir.Var{i64}, body(asItWas, long)),
		"loop bound":             small([]ir.Var{i64}, body(asItWas, unbounded)),
		"fields returned":        small(nil, body(ret(va, vb))),
		"order of bools":         small([]ir.Var{local(ir.Bool, 0)}, body(asItWas, ir.Test{Dst: 6, Cond: ir.Cond{Op: ir.Lt, A: vy, B: vy}})),
		"condition too many":     small([]ir.Var{local(ir.Bool, 0)}, body(asItWas, ir.Test{Dst: 6, Cond: ir.Cond{Op: ir.CondAtom, A: vy, B: vy}})),
		"pointer to a binding":   small([]ir.Var{u8}, body(asItWas, &ir.Convert{Dst: 6, A: vp})),
		"nil binding":            small(nil, body(asItWas, nil)),
		"unknown table":          small([]ir.Var{u8}, body(asItWas, ir.Lookup{Dst: 6, Index: vp})),
		"empty local array":      small([]ir.Var{u8}, body(asItWas, ir.Zero{Dst: 6})),
		"huge local array":       small([]ir.Var{local(ir.U8, ir.MaxArray+1)}, body(asItWas, ir.Zero{Dst: 6})),
		"nesting":                small(nil, deep),
	} {
		if err := ir.Check(u); !errors.Is(err, ir.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

func TestCheckRefusesUnits(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*ir.Unit){
		"kind":                    func(u *ir.Unit) { u.Kind = 9 },
		"slot":                    func(u *ir.Unit) { u.Slot = "Thermal" },
		"name of a function":      func(u *ir.Unit) { u.Funcs[0].Name = "a b" },
		"name declared twice":     func(u *ir.Unit) { u.Funcs[0].Name = "N" },
		"hostile field":           func(u *ir.Unit) { u.State[2].Name = "n;" },
		"field in a field":        func(u *ir.Unit) { u.State[2].Name = "a.n" },
		"field declared twice":    func(u *ir.Unit) { u.State[2].Name = "b" },
		"type of a field":         func(u *ir.Unit) { u.Input[1].Type = ir.Untyped },
		"state too large":         func(u *ir.Unit) { u.State = make([]ir.Field, ir.MaxFields+1) },
		"mode":                    func(u *ir.Unit) { u.Funcs[1].Mode = 7 },
		"two states written":      func(u *ir.Unit) { u.Funcs[1].States = 2 },
		"two inputs in a module":  func(u *ir.Unit) { u.Funcs[1].Inputs = 2 },
		"type of a parameter":     func(u *ir.Unit) { u.Funcs[1].Params[0].Type = 77 },
		"import without name":     func(u *ir.Unit) { u.Consts[1].Imported = true },
		"two forms of a constant": func(u *ir.Unit) { u.Consts[1].Expr.Ref = 1 },
		"empty table":             func(u *ir.Unit) { u.Tables = []ir.Table{{Name: "t", Type: ir.U8}} },
		"variable in a table":     func(u *ir.Unit) { u.Tables = []ir.Table{{Name: "t", Type: ir.U8, Elems: []ir.Atom{vp}}} },
	} {
		u := small(nil, body(asItWas))
		spoil(u)
		if err := ir.Check(u); !errors.Is(err, ir.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

func bin(op ir.COp, a, b ir.CExpr) ir.CExpr { return ir.CExpr{Op: op, A: &a, B: &b} }

func TestConstValues(t *testing.T) {
	t.Parallel()
	ref := func(i int) ir.CExpr { return ir.CExpr{Op: ir.CRef, Ref: i} }
	u := &ir.Unit{Consts: []ir.Const{
		{Name: "A", Type: ir.I8, Expr: number(-7)},
		{Name: "B", Expr: bin(ir.CQuo, ref(0), number(2))},
		{Name: "C", Expr: bin(ir.CShl, number(1), number(80))},
		{Name: "D", Expr: bin(ir.CRem, ref(0), number(4))},
		{Name: "E", Expr: bin(ir.CMax, ref(1), bin(ir.CShr, ref(2), number(78)))},
	}}
	for name, c := range map[string]struct {
		override map[string]*big.Int
		want     []string
	}{
		"as declared": {nil, []string{"-7", "-3", "1208925819614629174706176", "-3", "4"}},
		"moved":       {map[string]*big.Int{"A": big.NewInt(9), "C": big.NewInt(0)}, []string{"9", "4", "0", "1", "4"}},
	} {
		got, err := u.ConstValues(c.override)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range got {
			if got[i].String() != c.want[i] {
				t.Errorf("%s: %s = %s, want %s", name, u.Consts[i].Name, got[i], c.want[i])
			}
		}
	}
}

func TestConstValuesRefuses(t *testing.T) {
	t.Parallel()
	wide := bin(ir.CShl, number(1), number(ir.MaxConstBits))
	for name, c := range map[string]struct {
		expr     ir.CExpr
		override map[string]*big.Int
	}{
		"division by zero":  {expr: bin(ir.CQuo, number(1), number(0))},
		"too wide":          {expr: wide},
		"negative shift":    {expr: bin(ir.CShl, number(1), number(-1))},
		"forward reference": {expr: ir.CExpr{Op: ir.CRef, Ref: 0}},
		"no operand":        {expr: ir.CExpr{Op: ir.CAdd}},
		"no literal":        {expr: ir.CExpr{Op: ir.CLit}},
		"does not fit":      {expr: number(128)},
		"override's fit":    {expr: number(1), override: map[string]*big.Int{"K": big.NewInt(999)}},
		"override's name":   {expr: number(1), override: map[string]*big.Int{"L": big.NewInt(1)}},
	} {
		u := &ir.Unit{Consts: []ir.Const{{Name: "K", Type: ir.I8, Expr: c.expr}}}
		if _, err := u.ConstValues(c.override); !errors.Is(err, ir.ErrConst) {
			t.Errorf("%s: got %v, want ErrConst", name, err)
		}
	}
}

func TestOverrideIsCheckedWhereItIsUsed(t *testing.T) {
	t.Parallel()
	u := small([]ir.Var{u8}, body(asItWas, ir.Arith{Dst: 6, Op: ir.Shl, A: vn, B: k(ir.U8, 0)}))
	if _, err := ir.CheckWith(u, map[string]*big.Int{"N": big.NewInt(7)}); err != nil {
		t.Error(err)
	}
	if _, err := ir.CheckWith(u, map[string]*big.Int{"N": big.NewInt(8)}); !errors.Is(err, ir.ErrInvalid) {
		t.Errorf("shift by an overridden 8: got %v, want ErrInvalid", err)
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typ       ir.Type
		min, max  int64
		wrapOf300 uint64
	}{
		{ir.Bool, 0, 1, 0}, {ir.U8, 0, 255, 44}, {ir.I8, -128, 127, 44}, {ir.U16, 0, 65535, 300}, {ir.I16, -32768, 32767, 300},
		{ir.U32, 0, 1<<32 - 1, 300}, {ir.I32, -1 << 31, 1<<31 - 1, 300}, {ir.U64, 0, -1, 300}, {ir.I64, -1 << 63, 1<<63 - 1, 300},
	} {
		if int64(c.typ.Min()) != c.min || int64(c.typ.Max()) != c.max || c.typ.Wrap(300) != c.wrapOf300 {
			t.Errorf("%s: min %d max %d wrap(300) %d", c.typ, int64(c.typ.Min()), int64(c.typ.Max()), c.typ.Wrap(300))
		}
		if b, ok := c.typ.Bits(c.typ.Value(c.typ.Min())); !ok || b != c.typ.Min() {
			t.Errorf("%s: smallest value does not round-trip", c.typ)
		}
	}
}
