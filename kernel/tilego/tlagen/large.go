package tlagen

import (
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Constants beyond the range that a model checker counts in occur in programs
// that never reach them: masks, sentinels, time-outs. Every variable is within
// the range, so comparing one with such a constant, taking its minimum with it,
// masking it or dividing it by it has an exact answer without the constant. What
// has none leaves the range when it is evaluated, not before.

// beyond is the smallest number beyond the range; it fits 32 bits.
const beyond = limit + 1

// large gives the value of an atom that is a constant beyond the range.
func (p *printer) large(a ir.Atom) (*big.Int, bool) {
	v, ok := p.value(a)
	return v, ok && a.Type != ir.Bool && v.CmpAbs(big.NewInt(limit)) > 0
}

// comparable writes an operand of a comparison: every constant beyond the range
// compares with a variable as the next number beyond it does.
func (f *funcPrinter) comparable(a ir.Atom) string {
	v, ok := f.large(a)
	if !ok {
		return f.atom(a)
	}
	return number(int64(v.Sign()) * beyond)
}

// known compares two constants.
func (p *printer) known(c ir.Cond) (holds, ok bool) {
	a, okA := p.value(c.A)
	b, okB := p.value(c.B)
	if !okA || !okB {
		return false, false
	}
	order := a.Cmp(b)
	return map[ir.CondOp]bool{ir.Eq: order == 0, ir.Ne: order != 0, ir.Lt: order < 0, ir.Le: order <= 0, ir.Gt: order > 0, ir.Ge: order >= 0}[c.Op], true
}

// outOfRange is a binding that leaves the range whenever it is evaluated.
func outOfRange(t ir.Type) binding {
	return binding{value: zero(t, 0), ok: "FALSE", code: errSize}
}

// largeArith writes an operator of type t of which an operand is a constant
// beyond the range.
func (f *funcPrinter) largeArith(t ir.Type, s ir.Arith) binding {
	c, ok := f.large(s.B)
	if _, both := f.large(s.A); both || !ok && s.Op != ir.And && s.Op != ir.Min && s.Op != ir.Max {
		return outOfRange(t)
	}
	a := s.A
	if !ok { // these do not mind the order
		c, _ = f.large(s.A)
		a = s.B
	}
	switch {
	case s.Op == ir.Min && c.Sign() > 0, s.Op == ir.Max && c.Sign() < 0, s.Op == ir.Rem:
		return binding{value: f.atom(a)}
	case s.Op == ir.Quo:
		return binding{value: "0"}
	case t.IsUnsigned() && (s.Op == ir.And || s.Op == ir.AndNot):
		low := new(big.Int).And(c, big.NewInt(limit))
		return f.arith(t, ir.Arith{Dst: s.Dst, Op: s.Op, A: a, B: ir.Lit(t, low.Uint64())})
	}
	return outOfRange(t)
}

// largeConvert converts a constant beyond the range.
func largeConvert(to ir.Type, c *big.Int) binding {
	low := new(big.Int).And(c, new(big.Int).SetUint64(1<<64-1)) // two's complement
	v := to.Value(to.Wrap(low.Uint64()))
	if v.CmpAbs(big.NewInt(limit)) > 0 {
		return outOfRange(to)
	}
	return binding{value: number(v.Int64())}
}
