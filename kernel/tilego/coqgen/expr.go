package coqgen

import (
	"fmt"
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// number prints an integer; negative ones are in parentheses.
func number(v *big.Int) string {
	if v.Sign() < 0 {
		return "(" + v.String() + ")"
	}
	return v.String()
}

func (p *printer) atoms(as []ir.Atom) []string {
	out := make([]string, len(as))
	for k, a := range as {
		out[k] = p.atom(a)
	}
	return out
}

func (p *printer) atom(a ir.Atom) string {
	switch {
	case a.Kind == ir.AVar:
		return p.v(ir.VarID(a.Index))
	case a.Kind == ir.ALit:
		return scalar(a.Type, a.Type.Value(a.Bits))
	case a.Kind == ir.AConst && a.Index >= 0 && a.Index < len(p.consts):
		return scalar(a.Type, p.consts[a.Index])
	}
	p.fail("operand of kind %d", a.Kind)
	return "0"
}

func scalar(t ir.Type, v *big.Int) string {
	switch {
	case t != ir.Bool:
		return number(v)
	case v.Sign() == 0:
		return "false"
	}
	return "true"
}

// wraps names the wrap of each integer type.
var wraps = map[ir.Type]string{
	ir.U8: "u8", ir.U16: "u16", ir.U32: "u32", ir.U64: "u64",
	ir.I8: "i8", ir.I16: "i16", ir.I32: "i32", ir.I64: "i64",
}

func (p *printer) wrap(dst ir.VarID) string {
	w, ok := wraps[p.f.Vars[dst].Type]
	if !ok {
		p.fail("variable %d is no integer", dst)
	}
	return w
}

// How each operator is printed. Those of the first list can leave the type and
// are wrapped; the others cannot.
var (
	wrapped = map[ir.BinOp]string{ir.Add: "(%s + %s)", ir.Sub: "(%s - %s)", ir.Mul: "(%s * %s)", ir.Shl: "(Z.shiftl %s %s)"}
	exact   = map[ir.BinOp]string{
		ir.And: "(Z.land %s %s)", ir.Or: "(Z.lor %s %s)", ir.Xor: "(Z.lxor %s %s)", ir.AndNot: "(Z.ldiff %s %s)",
		ir.Shr: "(Z.shiftr %s %s)",
	}
	// These choose, as a join does, and are labelled like one.
	choices = map[ir.BinOp]string{ir.Min: "(Z.min %s %s)", ir.Max: "(Z.max %s %s)"}
)

func (p *printer) arith(s ir.Arith) binding {
	a, b := p.atom(s.A), p.atom(s.B)
	if s.Op == ir.Mul && s.A.Kind == ir.AVar && s.B.Kind != ir.AVar {
		a, b = b, a // Z.mul walks its first argument
	}
	switch {
	case s.Op == ir.Quo:
		return p.binds(s.Dst, "divz %s %s %s", p.wrap(s.Dst), a, b)
	case s.Op == ir.Rem:
		return p.binds(s.Dst, "remz %s %s", a, b)
	case wrapped[s.Op] != "":
		return p.let(s.Dst, "("+p.wrap(s.Dst)+" "+fmt.Sprintf(wrapped[s.Op], a, b)+")")
	case exact[s.Op] != "":
		return p.let(s.Dst, fmt.Sprintf(exact[s.Op], a, b))
	case choices[s.Op] != "":
		return p.join([]ir.VarID{s.Dst}, "Ok "+fmt.Sprintf(choices[s.Op], a, b))
	}
	p.fail("operator %d", s.Op)
	return binding{}
}

// convert wraps unless every value of the source type fits.
func (p *printer) convert(s ir.Convert) string {
	from, to := s.A.Type, p.f.Vars[s.Dst].Type
	if fitsIn(from, to) {
		return p.atom(s.A)
	}
	return "(" + p.wrap(s.Dst) + " " + p.atom(s.A) + ")"
}

func fitsIn(from, to ir.Type) bool {
	return to.Value(to.Min()).Cmp(from.Value(from.Min())) <= 0 && from.Value(from.Max()).Cmp(to.Value(to.Max())) <= 0
}

func (p *printer) bits(s ir.Bits) string {
	width, a := s.A.Type.Width(), p.atom(s.A)
	switch s.Fn {
	case ir.LeadingZeros:
		return fmt.Sprintf("(lzeros %d %s)", width, a)
	case ir.TrailingZeros:
		return fmt.Sprintf("(tzeros %d %s)", width, a)
	case ir.OnesCount:
		return fmt.Sprintf("(ones %d %s)", width, a)
	case ir.BitLen:
		return fmt.Sprintf("(bitlen %s)", a)
	}
	p.fail("bits function %d", s.Fn)
	return "0"
}

// cond prints a condition, always in parentheses or as one word.
func (p *printer) cond(c *ir.Cond) string {
	switch c.Op {
	case ir.CondAtom:
		return p.atom(c.A)
	case ir.CondNot:
		return "(negb " + p.cond(c.X) + ")"
	case ir.CondAnd:
		return "(" + p.cond(c.X) + " && " + p.cond(c.Y) + ")"
	case ir.CondOr:
		return "(" + p.cond(c.X) + " || " + p.cond(c.Y) + ")"
	}
	return p.comparison(c)
}

func (p *printer) comparison(c *ir.Cond) string {
	a, b := p.atom(c.A), p.atom(c.B)
	equal := "(" + a + " =? " + b + ")"
	if c.A.Type == ir.Bool {
		equal = "(Bool.eqb " + a + " " + b + ")"
	}
	switch c.Op {
	case ir.Eq:
		return equal
	case ir.Ne:
		return "(negb " + equal + ")"
	case ir.Lt:
		return "(" + a + " <? " + b + ")"
	case ir.Le:
		return "(" + a + " <=? " + b + ")"
	case ir.Gt:
		return "(" + b + " <? " + a + ")"
	case ir.Ge:
		return "(" + b + " <=? " + a + ")"
	}
	p.fail("condition %d", c.Op)
	return "true"
}
