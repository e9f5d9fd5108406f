package hint

import (
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// relation is how a value of the first run relates to that of the second.
type relation uint8

// A relation is a set of bits: what is still possible is what no bit excludes.
const (
	anyRel relation = 0
	le     relation = 1       // first <= second
	ge     relation = 2       // first >= second
	eq     relation = le | ge // equal
)

func (r relation) flip() relation { return r>>1&le | r<<1&ge }

// value is what is known of a scalar, or of every element of an array.
type value struct {
	lo, hi *big.Int // bool: 0 and 1
	rel    relation
	// The value lies between the root plus from and the root plus to, where those
	// are not nil. A root is a value that is not known to be near another one.
	root     int
	from, to *big.Int
}

var zero = new(big.Int)

// fresh is a value that is its own root.
func (a *analysis) fresh(lo, hi *big.Int, rel relation) value {
	a.roots = append(a.roots, rel)
	return value{lo: lo, hi: hi, rel: rel, root: len(a.roots) - 1, from: zero, to: zero}
}

func (a *analysis) ofType(t ir.Type, rel relation) value {
	lo, hi := bounds(t)
	return a.fresh(lo, hi, rel)
}

func bounds(t ir.Type) (lo, hi *big.Int) { return t.Value(t.Min()), t.Value(t.Max()) }

func constant(v *big.Int) value {
	return value{lo: v, hi: v, rel: eq, root: -1, from: zero, to: zero}
}

func (v value) isConst() bool { return v.lo.Cmp(v.hi) == 0 }

// fits reports whether every value is one of type t, so that nothing wraps.
func (v value) fits(t ir.Type) bool {
	lo, hi := bounds(t)
	return lo.Cmp(v.lo) <= 0 && v.hi.Cmp(hi) <= 0
}

func least(a, b *big.Int) *big.Int {
	if a.Cmp(b) <= 0 {
		return a
	}
	return b
}

func most(a, b *big.Int) *big.Int {
	if a.Cmp(b) >= 0 {
		return a
	}
	return b
}

// both combines two bounds, if there are two.
func both(f func(a, b *big.Int) *big.Int, a, b *big.Int) *big.Int {
	if a == nil || b == nil {
		return nil
	}
	return f(a, b)
}

// atMost is the order of two bounds of which either may be unknown.
func atMost(a, b *big.Int) bool { return a != nil && b != nil && a.Cmp(b) <= 0 }

// either is a value that is x or y, depending on the path.
func (a *analysis) either(x, y value, rel relation) value {
	lo, hi := least(x.lo, y.lo), most(x.hi, y.hi)
	if x.root != y.root || x.root < 0 {
		return a.fresh(lo, hi, rel)
	}
	return value{lo: lo, hi: hi, rel: rel, root: x.root, from: both(least, x.from, y.from), to: both(most, x.to, y.to)}
}

// across relates x of the first run to y of the second, when the runs took
// different paths.
func (a *analysis) across(x, y value) relation {
	rel := anyRel
	if x.hi.Cmp(y.lo) <= 0 {
		rel |= le
	}
	if x.lo.Cmp(y.hi) >= 0 {
		rel |= ge
	}
	if x.root < 0 || x.root != y.root {
		return rel
	}
	if a.roots[x.root]&le != 0 && atMost(x.to, y.from) {
		rel |= le
	}
	if a.roots[x.root]&ge != 0 && atMost(y.to, x.from) {
		rel |= ge
	}
	return rel
}

// truth is what is known of a condition.
type truth struct {
	no, yes bool     // which outcomes are possible
	rel     relation // le: if it holds in the first run, then in the second
}

func (v value) truth() truth { return truth{no: v.lo.Sign() == 0, yes: v.hi.Sign() != 0, rel: v.rel} }

func (a *analysis) ofTruth(t truth) value {
	lo, hi := big.NewInt(1), big.NewInt(0)
	if t.no {
		lo = zero
	}
	if t.yes {
		hi = big.NewInt(1)
	}
	return a.fresh(lo, hi, t.rel)
}
