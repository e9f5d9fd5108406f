package hint

import (
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

func onlyEqual(r relation) relation {
	if r == eq {
		return eq
	}
	return anyRel
}

// bitsRel is what remains of a relation under a function of math/bits.
func bitsRel(fn ir.BitsFn) relation {
	if fn == ir.BitLen {
		return eq
	}
	return anyRel
}

// wrap brings a value into a type. If nothing can wrap around, it is the same
// value; equal values stay equal in any case.
func (a *analysis) wrap(v value, t ir.Type) value {
	if v.fits(t) {
		return v
	}
	return a.ofType(t, onlyEqual(v.rel))
}

func (a *analysis) arith(op ir.BinOp, x, y value, t ir.Type) value {
	switch op {
	case ir.Add:
		return a.wrap(a.sum(x, y), t)
	case ir.Sub:
		return a.wrap(a.sum(x, negated(y)), t)
	case ir.Mul, ir.Shl:
		return a.wrap(a.product(x, y, op), t)
	case ir.Quo, ir.Shr:
		return a.wrap(a.quotient(x, y, op), t)
	case ir.Min:
		near := anchor(x, y)
		return value{lo: least(x.lo, y.lo), hi: least(x.hi, y.hi), rel: x.rel & y.rel, root: near.root, to: near.to}
	case ir.Max:
		near := anchor(x, y)
		return value{lo: most(x.lo, y.lo), hi: most(x.hi, y.hi), rel: x.rel & y.rel, root: near.root, from: near.from}
	case ir.Rem:
		return a.remainder(x, y, t)
	}
	return a.bitwise(op, x, y, t)
}

// anchor is the operand of a minimum or maximum that its result is compared to.
func anchor(x, y value) value {
	if x.isConst() {
		return y
	}
	return x
}

func negated(v value) value {
	return value{lo: new(big.Int).Neg(v.hi), hi: new(big.Int).Neg(v.lo), rel: v.rel.flip(), root: -1, from: zero, to: zero}
}

func add(x, y *big.Int) *big.Int { return new(big.Int).Add(x, y) }

// sum stays near the root of an operand that has one.
func (a *analysis) sum(x, y value) value {
	lo, hi := add(x.lo, y.lo), add(x.hi, y.hi)
	if x.root < 0 {
		x, y = y, x
	}
	if x.root < 0 {
		return a.fresh(lo, hi, x.rel&y.rel)
	}
	return value{lo: lo, hi: hi, rel: x.rel & y.rel, root: x.root, from: shifted(x.from, y.lo), to: shifted(x.to, y.hi)}
}

// shifted moves a bound that may be unknown.
func shifted(bound, by *big.Int) *big.Int { return both(add, bound, by) }

// corners are the bounds of f over two intervals, for f monotone in each
// operand.
func corners(x, y value, f func(z, x, y *big.Int) *big.Int) (lo, hi *big.Int) {
	for _, p := range []*big.Int{x.lo, x.hi} {
		for _, q := range []*big.Int{y.lo, y.hi} {
			v := f(new(big.Int), p, q)
			if lo == nil {
				lo, hi = v, v
			}
			lo, hi = least(lo, v), most(hi, v)
		}
	}
	return lo, hi
}

func (a *analysis) product(x, y value, op ir.BinOp) value {
	if op == ir.Shl {
		y = power(y)
	}
	lo, hi := corners(x, y, (*big.Int).Mul)
	switch {
	case x.lo.Sign() >= 0 && y.lo.Sign() >= 0:
		return a.fresh(lo, hi, x.rel&y.rel)
	case y.isConst():
		return a.fresh(lo, hi, signed(x.rel, y))
	case x.isConst():
		return a.fresh(lo, hi, signed(y.rel, x))
	}
	return a.fresh(lo, hi, onlyEqual(x.rel&y.rel))
}

// signed is a relation after multiplication by a constant.
func signed(r relation, c value) relation {
	if c.lo.Sign() < 0 {
		return r.flip()
	}
	return r
}

// power is 2 to the power of a shift count.
func power(n value) value {
	shift := func(c *big.Int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(c.Uint64())) }
	return value{lo: shift(n.lo), hi: shift(n.hi), rel: n.rel, root: -1, from: zero, to: zero}
}

// quotient covers divisors that are positive; a shift to the right is rounded
// down, a division toward zero.
func (a *analysis) quotient(x, y value, op ir.BinOp) value {
	f := (*big.Int).Quo
	if op == ir.Shr {
		y, f = power(y), (*big.Int).Div
	}
	if y.lo.Sign() <= 0 {
		if y.hi.Sign() <= 0 || x.lo.Sign() < 0 || y.lo.Sign() < 0 {
			size := most(new(big.Int).Abs(x.lo), new(big.Int).Abs(x.hi))
			return a.fresh(new(big.Int).Neg(size), size, onlyEqual(x.rel&y.rel))
		}
		return a.fresh(zero, x.hi, onlyEqual(x.rel&y.rel)) // a zero divisor panics
	}
	lo, hi := corners(x, y, f)
	rel := x.rel
	if !y.isConst() {
		rel = onlyEqual(x.rel & y.rel)
	}
	return a.fresh(lo, hi, rel)
}

func (a *analysis) remainder(x, y value, t ir.Type) value {
	lo, hi := bounds(t)
	size := most(new(big.Int).Abs(y.lo), new(big.Int).Abs(y.hi))
	size.Sub(size, big.NewInt(1))
	lo, hi = most(lo, new(big.Int).Neg(size)), least(hi, size)
	if x.lo.Sign() >= 0 {
		lo, hi = zero, least(hi, x.hi)
	}
	return a.fresh(lo, hi, onlyEqual(x.rel&y.rel))
}

// bitwise is precise for masks of values that are not negative.
func (a *analysis) bitwise(op ir.BinOp, x, y value, t ir.Type) value {
	lo, hi := bounds(t)
	if op == ir.And && y.lo.Sign() >= 0 {
		lo, hi = zero, y.hi
	}
	if x.lo.Sign() >= 0 && (op == ir.And || op == ir.AndNot) {
		lo, hi = zero, least(hi, x.hi)
	}
	return a.fresh(lo, hi, onlyEqual(x.rel&y.rel))
}

// lookup reads a constant table; a table in order keeps the order of indices.
func (a *analysis) lookup(fr *frame, s ir.Lookup) value {
	elems, at := a.u.Tables[s.Table].Elems, a.atom(fr, s.Index)
	from, to := 0, len(elems)-1
	if at.lo.IsInt64() && at.lo.Int64() > 0 {
		from = int(min(at.lo.Int64(), int64(to)))
	}
	if at.hi.IsInt64() && at.hi.Int64() < int64(to) {
		to = int(max(at.hi.Int64(), int64(from)))
	}
	v := a.atom(fr, elems[from])
	lo, hi, rising := v.lo, v.hi, true
	for k := from + 1; k <= to; k++ {
		x := a.atom(fr, elems[k])
		rising = rising && a.atom(fr, elems[k-1]).lo.Cmp(x.lo) <= 0
		lo, hi = least(lo, x.lo), most(hi, x.hi)
	}
	if rising {
		return a.fresh(lo, hi, at.rel)
	}
	return a.fresh(lo, hi, onlyEqual(at.rel))
}
