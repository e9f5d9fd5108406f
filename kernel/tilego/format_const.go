package tilego

import (
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// text is a printed expression with the precedence of its operator, as in Go:
// 1 to 5 for binary operators, unary above, operands highest.
type text struct {
	s    string
	prec int
}

const (
	precUnary   = 6
	precOperand = 7
)

// at is the text as an operand that needs at least precedence prec.
func (t text) at(prec int) string {
	if t.prec < prec {
		return "(" + t.s + ")"
	}
	return t.s
}

func operand(s string) text { return text{s, precOperand} }

func binary(a text, op string, prec int, b text) text {
	return text{a.at(prec) + " " + op + " " + b.at(prec+1), prec}
}

func call(name string, args ...text) text {
	s := name + "("
	for i, a := range args {
		if i > 0 {
			s += ", "
		}
		s += a.at(0)
	}
	return operand(s + ")")
}

func integer(v *big.Int) text {
	if v.Sign() < 0 {
		return text{v.String(), precUnary}
	}
	return operand(v.String())
}

// literal is a literal of a type, untyped where that is possible.
func literalText(t ir.Type, v *big.Int) text {
	if t != ir.Bool {
		return integer(v)
	}
	if v.Sign() == 0 {
		return operand("false")
	}
	return operand("true")
}

var constText = map[ir.COp]struct {
	op   string
	prec int
}{
	ir.CAdd: {"+", 4}, ir.CSub: {"-", 4}, ir.COr: {"|", 4}, ir.CXor: {"^", 4},
	ir.CMul: {"*", 5}, ir.CQuo: {"/", 5}, ir.CRem: {"%", 5}, ir.CShl: {"<<", 5}, ir.CShr: {">>", 5}, ir.CAnd: {"&", 5},
}

// constExpr prints a constant expression of type t (Untyped when it takes its
// type from its place).
func (p *printer) constExpr(e *ir.CExpr, t ir.Type, depth int) text {
	if p.size += 4; depth > 2*ir.MaxDepth || p.size > maxPrinted {
		unprintablef("constant expression is too large")
	}
	sub := func(e *ir.CExpr) text { return p.constExpr(e, t, depth+1) }
	switch {
	case e.Op == ir.CLit:
		return literalText(t, e.Lit)
	case e.Op == ir.CRef:
		return p.constRef(e.Ref, t, depth+1)
	case e.Op == ir.CMin:
		return call("min", sub(e.A), sub(e.B))
	case e.Op == ir.CMax:
		return call("max", sub(e.A), sub(e.B))
	case t == ir.Bool:
		return p.boolExpr(e, sub)
	case e.Op == ir.CNeg:
		return text{"-" + sub(e.A).at(precOperand), precUnary}
	case e.Op == ir.CAnd && isMinusOne(e.B):
		return binary(sub(e.A), "&^", 5, sub(e.B.B))
	}
	op := constText[e.Op]
	return binary(sub(e.A), op.op, op.prec, sub(e.B))
}

// isMinusOne recognises -1 ^ x, the complement of x.
func isMinusOne(e *ir.CExpr) bool {
	return e.Op == ir.CXor && e.A.Op == ir.CLit && e.A.Lit.IsInt64() && e.A.Lit.Int64() == -1
}

func (p *printer) boolExpr(e *ir.CExpr, sub func(*ir.CExpr) text) text {
	switch e.Op {
	case ir.CAnd:
		return binary(sub(e.A), "&&", 2, sub(e.B))
	case ir.COr:
		return binary(sub(e.A), "||", 1, sub(e.B))
	case ir.CXor:
		return text{"!" + sub(e.B).at(precOperand), precUnary}
	}
	unprintablef("arithmetic on a bool constant")
	return text{}
}

// named prints the declaration of entry i without const.
func (p *printer) named(i int) string {
	c := &p.u.Consts[i]
	s := c.Name
	if c.Type != ir.Untyped && c.Type != ir.Bool {
		s += " " + c.Type.String()
	}
	return s + " = " + p.entry(i, 0).s
}

// entry prints the expression of entry i. Go wants each part of a typed
// expression to fit the type, and no typed part in an untyped one; where that is
// not so, only its value is printed.
func (p *printer) entry(i, depth int) text {
	c := &p.u.Consts[i]
	if c.Type == ir.Untyped && p.typedLeaf(&c.Expr) || c.Type != ir.Untyped && !p.fits(&c.Expr, c.Type) {
		return literalText(c.Type, p.values()[i])
	}
	return p.constExpr(&c.Expr, c.Type, depth)
}

// values is the value of each entry of the constant table.
func (p *printer) values() []*big.Int {
	if p.vals == nil {
		vals, err := p.u.ConstValues(nil)
		if err != nil {
			unprintablef("constants: %v", err)
		}
		p.vals = vals
	}
	return p.vals
}

// typedLeaf reports whether an expression takes a type from an entry it names,
// or counts a shift by what does not fit the type of such an entry.
func (p *printer) typedLeaf(e *ir.CExpr) bool {
	switch {
	case e.Op == ir.CRef:
		return p.u.Consts[e.Ref].Type != ir.Untyped
	case e.A == nil:
		return false
	case e.Op == ir.CShl || e.Op == ir.CShr:
		t := p.leafType(e.B)
		return p.typedLeaf(e.A) || t != ir.Untyped && !p.fits(e.B, t)
	}
	return p.typedLeaf(e.A) || e.B != nil && p.typedLeaf(e.B)
}

// leafType is the type of the first typed entry that an expression names.
func (p *printer) leafType(e *ir.CExpr) ir.Type {
	if e == nil {
		return ir.Untyped
	}
	if e.Op == ir.CRef {
		return p.u.Consts[e.Ref].Type
	}
	if t := p.leafType(e.A); t != ir.Untyped {
		return t
	}
	return p.leafType(e.B)
}

// fits reports whether an expression can be written in type t: Go computes what
// names nothing typed exactly, and everything else in the type.
func (p *printer) fits(e *ir.CExpr, t ir.Type) bool {
	if e == nil {
		return true
	}
	if e.Op >= ir.CAdd && (t == ir.Bool || p.typedLeaf(e)) {
		if t == ir.Bool && e.Op != ir.CAnd && e.Op != ir.COr && e.Op != ir.CXor {
			return false
		}
		if !p.fits(e.A, t) || !p.fits(e.B, t) && !complement(e, t) {
			return false
		}
	}
	v, ok := p.exactly(e)
	if ok {
		_, ok = t.Bits(v)
	}
	return ok
}

// exactly is the value of an expression.
func (p *printer) exactly(e *ir.CExpr) (*big.Int, bool) {
	switch e.Op {
	case ir.CLit:
		return e.Lit, true
	case ir.CRef:
		return p.values()[e.Ref], true
	}
	alone := ir.Unit{Consts: append(p.u.Consts[:len(p.u.Consts):len(p.u.Consts)], ir.Const{Expr: *e})}
	vals, err := alone.ConstValues(nil)
	if err != nil {
		return nil, false
	}
	return vals[len(vals)-1], true
}

// complement recognises a & (-1 ^ b), which is printed as a &^ b.
func complement(e *ir.CExpr, t ir.Type) bool {
	return e.Op == ir.CAnd && t != ir.Bool && isMinusOne(e.B)
}

// constRef prints a reference to entry i in an expression of type t.
func (p *printer) constRef(i int, t ir.Type, depth int) text {
	c := &p.u.Consts[i]
	if (c.Type == ir.Bool) != (t == ir.Bool) {
		return literalText(t, p.values()[i]) // no expression of Go says so
	}
	out := operand(c.Name)
	if c.Name == "" {
		out = p.entry(i, depth)
	}
	if c.Type == ir.Untyped || t == ir.Untyped || c.Type == t {
		return out
	}
	return call(t.String(), out)
}

// constant prints a literal or constant where its type is known from its place.
func (p *printer) constant(a ir.Atom) text {
	if a.Kind == ir.ALit {
		return literalText(a.Type, a.Type.Value(a.Bits))
	}
	return p.constRef(a.Index, a.Type, 0)
}

// typedConstant prints a literal or constant where nothing gives it a type.
func (p *printer) typedConstant(a ir.Atom) text {
	out := p.constant(a)
	if a.Type == ir.Bool {
		return out
	}
	if a.Kind == ir.AConst {
		c := &p.u.Consts[a.Index]
		if c.Name != "" && c.Type != ir.Untyped && c.Type != ir.Bool {
			return out // converted already where it is of another type
		}
	}
	return call(a.Type.String(), out)
}
