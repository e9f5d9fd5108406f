package hint

import (
	"math/big"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// truth evaluates a condition.
func (a *analysis) truth(fr *frame, c *ir.Cond) truth {
	switch c.Op {
	case ir.CondAtom:
		return a.atom(fr, c.A).truth()
	case ir.CondNot:
		t := a.truth(fr, c.X)
		return truth{no: t.yes, yes: t.no, rel: t.rel.flip()}
	case ir.CondAnd:
		x, y := a.truth(fr, c.X), a.truth(fr, c.Y)
		return truth{no: x.no || y.no, yes: x.yes && y.yes, rel: x.rel & y.rel}
	case ir.CondOr:
		x, y := a.truth(fr, c.X), a.truth(fr, c.Y)
		return truth{no: x.no && y.no, yes: x.yes || y.yes, rel: x.rel & y.rel}
	}
	return compare(c.Op, a.atom(fr, c.A), a.atom(fr, c.B))
}

// negations of comparisons, and what they are with the operands exchanged.
var (
	negation = map[ir.CondOp]ir.CondOp{ir.Eq: ir.Ne, ir.Ne: ir.Eq, ir.Lt: ir.Ge, ir.Le: ir.Gt, ir.Gt: ir.Le, ir.Ge: ir.Lt}
	exchange = map[ir.CondOp]ir.CondOp{ir.Eq: ir.Eq, ir.Ne: ir.Ne, ir.Lt: ir.Gt, ir.Le: ir.Ge, ir.Gt: ir.Lt, ir.Ge: ir.Le}
)

func compare(op ir.CondOp, x, y value) truth {
	switch op {
	case ir.Gt, ir.Ge:
		return compare(exchange[op], y, x)
	case ir.Ne:
		t := compare(ir.Eq, x, y)
		return truth{no: t.yes, yes: t.no, rel: t.rel.flip()}
	case ir.Eq:
		apart := x.hi.Cmp(y.lo) < 0 || y.hi.Cmp(x.lo) < 0
		same := x.isConst() && y.isConst() && !apart
		return truth{no: !same, yes: !apart, rel: onlyEqual(x.rel & y.rel)}
	}
	// x < y holds in the second run if it holds in the first, when x does not
	// grow and y does not fall.
	rel := x.rel.flip() & y.rel
	if op == ir.Lt {
		return truth{no: x.hi.Cmp(y.lo) >= 0, yes: x.lo.Cmp(y.hi) < 0, rel: rel}
	}
	return truth{no: x.hi.Cmp(y.lo) > 0, yes: x.lo.Cmp(y.hi) <= 0, rel: rel}
}

// assume narrows the variables of a frame to where the condition is as given.
// It reports whether that is possible.
func (a *analysis) assume(fr *frame, c *ir.Cond, holds bool) bool {
	switch {
	case c.Op == ir.CondNot:
		return a.assume(fr, c.X, !holds)
	case c.Op == ir.CondAnd && holds, c.Op == ir.CondOr && !holds:
		return a.assume(fr, c.X, holds) && a.assume(fr, c.Y, holds)
	case c.Op == ir.CondAnd, c.Op == ir.CondOr:
		return a.assumeEither(fr, c, holds)
	case c.Op == ir.CondAtom:
		return a.assumeAtom(fr, c.A, holds)
	case holds:
		return a.narrow(fr, c.Op, c.A, c.B)
	}
	return a.narrow(fr, negation[c.Op], c.A, c.B)
}

// assumeEither keeps what both sides of a disjunction leave; the second side
// matters only where the first does not hold.
func (a *analysis) assumeEither(fr *frame, c *ir.Cond, holds bool) bool {
	x, y := fr.clone(), fr.clone()
	left := a.assume(x, c.X, holds) && a.propagate(x)
	right := a.assume(y, c.X, !holds) && a.assume(y, c.Y, holds) && a.propagate(y)
	fr.merge(x, y, left, right)
	return left || right
}

func (a *analysis) assumeAtom(fr *frame, x ir.Atom, holds bool) bool {
	want := constant(big.NewInt(0))
	if holds {
		want = constant(big.NewInt(1))
	}
	if !a.clamp(fr, x, want.lo, want.hi) {
		return false
	}
	if x.Kind != ir.AVar {
		return true
	}
	from := fr.from[x.Index]
	switch {
	case fr.tests[x.Index] != nil:
		return a.assume(fr, fr.tests[x.Index], holds)
	case a.predicate && from.join != nil:
		return a.assumeIf(fr, &from.join.Cond, &from.join.Then, &from.join.Else, from.at, holds)
	case a.predicate && from.loop != nil:
		return a.assumeLoop(fr, from.loop, from.at, holds)
	}
	return true
}

// narrow uses a comparison that holds.
func (a *analysis) narrow(fr *frame, op ir.CondOp, x, y ir.Atom) bool {
	if f := (fact{op, x.Index, y.Index}); x.Kind == ir.AVar && y.Kind == ir.AVar && !slices.Contains(fr.facts, f) {
		fr.facts = append(fr.facts, f)
	}
	switch op {
	case ir.Gt, ir.Ge:
		return a.narrow(fr, exchange[op], y, x)
	case ir.Ne:
		return a.exclude(fr, x, a.atom(fr, y)) && a.exclude(fr, y, a.atom(fr, x))
	case ir.Eq:
		u, v := a.atom(fr, x), a.atom(fr, y)
		return a.clamp(fr, x, v.lo, v.hi) && a.clamp(fr, y, u.lo, u.hi)
	}
	gap := big.NewInt(0)
	if op == ir.Lt {
		gap.SetInt64(1)
	}
	u, v := a.atom(fr, x), a.atom(fr, y)
	return a.clamp(fr, x, u.lo, new(big.Int).Sub(v.hi, gap)) && a.clamp(fr, y, add(u.lo, gap), v.hi)
}

// exclude narrows an operand that is not equal to a constant at its end.
func (a *analysis) exclude(fr *frame, x ir.Atom, c value) bool {
	v, one := a.atom(fr, x), big.NewInt(1)
	switch {
	case !c.isConst():
		return true
	case v.isConst():
		return v.lo.Cmp(c.lo) != 0
	case v.lo.Cmp(c.lo) == 0:
		return a.clamp(fr, x, add(v.lo, one), v.hi)
	case v.hi.Cmp(c.lo) == 0:
		return a.clamp(fr, x, v.lo, new(big.Int).Sub(v.hi, one))
	}
	return true
}

// clamp intersects an operand with an interval.
func (a *analysis) clamp(fr *frame, x ir.Atom, lo, hi *big.Int) bool {
	v := a.atom(fr, x)
	v.lo, v.hi = most(v.lo, lo), least(v.hi, hi)
	if v.lo.Cmp(v.hi) > 0 {
		return false
	}
	if x.Kind == ir.AVar {
		fr.vals[x.Index].lo, fr.vals[x.Index].hi = v.lo, v.hi
	}
	return true
}

// propagate uses again what is known of pairs of variables, and of elements of
// tables, after some have been narrowed. It reports whether all of it is still
// possible.
func (a *analysis) propagate(fr *frame) bool {
	for range 2 {
		for _, s := range fr.reads {
			v := a.lookup(fr, s)
			if !a.clamp(fr, ir.Atom{Kind: ir.AVar, Index: int(s.Dst)}, v.lo, v.hi) {
				return false
			}
		}
		for _, f := range slices.Clone(fr.facts) {
			if !a.narrow(fr, f.op, ir.Atom{Kind: ir.AVar, Index: f.x}, ir.Atom{Kind: ir.AVar, Index: f.y}) {
				return false
			}
		}
	}
	return true
}
