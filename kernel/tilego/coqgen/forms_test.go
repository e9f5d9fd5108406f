package coqgen

import (
	"strings"
	"testing"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Each form of the IR, and the one text that it may have.
func TestForms(t *testing.T) {
	t.Parallel()
	v := func(k int, t ir.Type) ir.Atom { return ir.Atom{Kind: ir.AVar, Type: t, Index: k} }
	a, b, c := v(0, ir.I32), v(1, ir.I32), v(2, ir.U8)
	min32 := ir.Lit(ir.I32, 1<<31)
	arith := func(op ir.BinOp, x, y ir.Atom) ir.Stmt { return ir.Arith{Dst: 4, Op: op, A: x, B: y} }
	for _, tt := range []struct {
		name string
		s    ir.Stmt
		want string
	}{
		{"add wraps", arith(ir.Add, a, b), "lt (i32 (v0 + v1)) (fun v4"},
		{"sub of the least", arith(ir.Sub, a, min32), "lt (i32 (v0 - (-2147483648))) (fun v4"},
		{"mul puts the constant first", arith(ir.Mul, a, min32), "lt (i32 ((-2147483648) * v0)) (fun v4"},
		{"quo truncates and wraps", arith(ir.Quo, a, b), "bind (divz i32 v0 v1) (fun v4"},
		{"rem", arith(ir.Rem, a, b), "bind (remz v0 v1) (fun v4"},
		{"and", arith(ir.And, a, b), "lt (Z.land v0 v1) (fun v4"},
		{"or", arith(ir.Or, a, b), "lt (Z.lor v0 v1) (fun v4"},
		{"xor", arith(ir.Xor, a, b), "lt (Z.lxor v0 v1) (fun v4"},
		{"and not", arith(ir.AndNot, a, b), "lt (Z.ldiff v0 v1) (fun v4"},
		{"shl wraps", arith(ir.Shl, a, c), "lt (i32 (Z.shiftl v0 v2)) (fun v4"},
		{"shr keeps the sign", arith(ir.Shr, a, c), "lt (Z.shiftr v0 v2) (fun v4"},
		{"min", arith(ir.Min, a, b), "join 0 4 (Ok (Z.min v0 v1)) (fun v4"},
		{"max", arith(ir.Max, a, b), "join 0 4 (Ok (Z.max v0 v1)) (fun v4"},
		{"narrowing wraps", ir.Convert{Dst: 5, A: a}, "lt (u8 v0) (fun v5"},
		{"widening does not", ir.Convert{Dst: 4, A: c}, "lt v2 (fun v4"},
		{"leading zeros", ir.Bits{Dst: 5, Fn: ir.LeadingZeros, A: c}, "lt (lzeros 8 v2) (fun v5"},
		{"trailing zeros", ir.Bits{Dst: 5, Fn: ir.TrailingZeros, A: c}, "lt (tzeros 8 v2) (fun v5"},
		{"ones", ir.Bits{Dst: 5, Fn: ir.OnesCount, A: c}, "lt (ones 8 v2) (fun v5"},
		{"bit length", ir.Bits{Dst: 5, Fn: ir.BitLen, A: c}, "lt (bitlen v2) (fun v5"},
		{"lookup", ir.Lookup{Dst: 5, Table: 0, Index: c}, "bind (aget mt0 v2) (fun v5"},
		{"get", ir.Get{Dst: 5, Arr: 3, Index: c}, "bind (aget v3 v2) (fun v5"},
		{"set", ir.Set{Dst: 6, Arr: 3, Index: c, Val: c}, "bind (aset v3 v2 v2) (fun v6"},
		{"zero", ir.Zero{Dst: 6}, "lt (fill 4 0) (fun v6"},
		{"copy", ir.Copy{Dst: 6, Src: 3}, "lt v3 (fun v6"},
		{"comparisons turn around", ir.Test{Dst: 7, Cond: ir.Cond{Op: ir.Ge, A: a, B: b}}, "lt (v1 <=? v0) (fun v7"},
		{"negation", ir.Test{Dst: 7, Cond: ir.Cond{Op: ir.CondNot, X: &ir.Cond{Op: ir.Gt, A: a, B: b}}}, "lt (negb (v1 <? v0)) (fun v7"},
		{"inequality", ir.Test{Dst: 7, Cond: ir.Cond{Op: ir.Ne, A: a, B: b}}, "lt (negb (v0 =? v1)) (fun v7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &printer{u: &ir.Unit{Kind: ir.Module}, mark: "m", f: &ir.Func{Vars: []ir.Var{
				{Type: ir.I32}, {Type: ir.I32}, {Type: ir.U8}, {Type: ir.U8, Len: 4}, {Type: ir.I32}, {Type: ir.U8}, {Type: ir.U8, Len: 4}, {Type: ir.Bool},
			}}}
			b := p.stmt(tt.s)
			if got := b.head + " (fun " + b.pattern; p.err != nil || got != tt.want {
				t.Errorf("printed %q (error %v), want %q", got, p.err, tt.want)
			}
		})
	}
}

func TestUnknownFormsAreErrors(t *testing.T) {
	t.Parallel()
	p := &printer{u: &ir.Unit{}, f: &ir.Func{Vars: []ir.Var{{Type: ir.U8}}}}
	p.stmt(ir.Arith{Op: 99, A: ir.Lit(ir.U8, 1), B: ir.Lit(ir.U8, 1)})
	if p.err == nil || !strings.Contains(p.err.Error(), "operator 99") {
		t.Errorf("error %v, want one about operator 99", p.err)
	}
}
