package decide

import (
	"math/bits"

	"github.com/go-air/gini/logic"
	"github.com/go-air/gini/z"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// word is a scalar as bits of two's complement, the lowest first. It has as many
// as its type is wide.
type word []z.Lit

// circuit makes gates, and stops by a panic of type exhausted when there are too
// many (see guarded).
type circuit struct {
	*logic.C
	most int // gates
}

// exhausted says which limit was met.
type exhausted struct{ reason Reason }

// guarded runs f and reports the limit that it met, "" for none.
func guarded(f func()) (met Reason) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(exhausted)
			if !ok {
				panic(r)
			}
			met = e.reason
		}
	}()
	f()
	return ""
}

func (c *circuit) and(a, b z.Lit) z.Lit {
	if c.Len() > c.most {
		panic(exhausted{OutOfGates})
	}
	return c.And(a, b)
}

func (c *circuit) or(a, b z.Lit) z.Lit { return c.and(a.Not(), b.Not()).Not() }

func (c *circuit) xor(a, b z.Lit) z.Lit {
	switch { // the general form would make gates of these
	case a == b:
		return c.F
	case a == b.Not():
		return c.T
	case a == c.F || a == c.T:
		return flip(b, a == c.T)
	case b == c.F || b == c.T:
		return flip(a, b == c.T)
	}
	return c.or(c.and(a, b.Not()), c.and(a.Not(), b))
}

func flip(a z.Lit, yes bool) z.Lit {
	if yes {
		return a.Not()
	}
	return a
}

// either is a if sel, else b.
func (c *circuit) either(sel, a, b z.Lit) z.Lit {
	switch {
	case a == b:
		return a
	case a == b.Not():
		return c.xor(sel, b)
	}
	return c.or(c.and(sel, a), c.and(sel.Not(), b))
}

// most2 is true when two of three are.
func (c *circuit) most2(x, y, w z.Lit) z.Lit { return c.or(c.and(x, y), c.and(w, c.or(x, y))) }

func (c *circuit) bit(b bool) z.Lit {
	if b {
		return c.T
	}
	return c.F
}

func (c *circuit) constant(width int, x uint64) word {
	w := make(word, width)
	for i := range w {
		w[i] = c.bit(x>>i&1 == 1)
	}
	return w
}

// known is the value of a word without unknown bits.
func (c *circuit) known(w word) (x uint64, ok bool) {
	for i, b := range w {
		switch b {
		case c.T:
			x |= 1 << i
		case c.F:
		default:
			return 0, false
		}
	}
	return x, true
}

func (c *circuit) fresh(width int) word {
	w := make(word, width)
	for i := range w {
		w[i] = c.Lit()
	}
	return w
}

func (c *circuit) choose(sel z.Lit, a, b word) word {
	switch sel {
	case c.T:
		return a
	case c.F:
		return b
	}
	out := make(word, len(a))
	for i := range a {
		out[i] = c.either(sel, a[i], b[i])
	}
	return out
}

func invert(a word) word {
	out := make(word, len(a))
	for i, b := range a {
		out[i] = b.Not()
	}
	return out
}

func (c *circuit) bitwise(a, b word, op func(x, y z.Lit) z.Lit) word {
	out := make(word, len(a))
	for i := range a {
		out[i] = op(a[i], b[i])
	}
	return out
}

func (c *circuit) add(a, b word, carry z.Lit) word {
	out := make(word, len(a))
	for i := range a {
		half := c.xor(a[i], b[i])
		out[i] = c.xor(half, carry)
		carry = c.or(c.and(a[i], b[i]), c.and(carry, half))
	}
	return out
}

func (c *circuit) sub(a, b word) word { return c.add(a, invert(b), c.T) }

// negate is -a if minus, else a.
func (c *circuit) negate(a word, minus z.Lit) word {
	flipped := make(word, len(a))
	for i, b := range a {
		flipped[i] = c.xor(b, minus)
	}
	return c.add(flipped, c.constant(len(a), 0), minus)
}

// mul adds shifted copies of the operand that has more unknown bits.
func (c *circuit) mul(a, b word) word {
	if c.unknown(b) > c.unknown(a) {
		a, b = b, a
	}
	n := len(a)
	sum := c.constant(n, 0)
	for i, on := range b {
		if on == c.F {
			continue
		}
		part := c.constant(n, 0)
		for k := i; k < n; k++ {
			part[k] = c.and(a[k-i], on)
		}
		sum = c.add(sum, part, c.F)
	}
	return sum
}

func (c *circuit) unknown(w word) int {
	n := 0
	for _, b := range w {
		if b != c.T && b != c.F {
			n++
		}
	}
	return n
}

// less is a < b of unsigned words.
func (c *circuit) less(a, b word) z.Lit {
	lt := c.F
	for i := range a {
		lt = c.most2(a[i].Not(), b[i], lt)
	}
	return lt
}

// below is a < b of words of a type.
func (c *circuit) below(t ir.Type, a, b word) z.Lit {
	if !t.IsSigned() {
		return c.less(a, b)
	}
	top := len(a) - 1
	x, y := append(word{}, a...), append(word{}, b...)
	x[top], y[top] = a[top].Not(), b[top].Not() // order of signed is that of unsigned around zero
	return c.less(x, y)
}

// equal looks at the high bits first: comparisons with neighbouring numbers then
// share gates.
func (c *circuit) equal(a, b word) z.Lit {
	eq := c.T
	for i := len(a) - 1; i >= 0; i-- {
		eq = c.and(eq, c.xor(a[i], b[i]).Not())
	}
	return eq
}

// divide is quotient and remainder of unsigned words, bit by bit from the top
// (restoring division). For a zero divisor the results mean nothing.
func (c *circuit) divide(a, b word) (quo, rem word) {
	n := len(a)
	wide := append(append(word{}, b...), c.F)
	quo, rem = make(word, n), c.constant(n+1, 0)
	for i := n - 1; i >= 0; i-- {
		rem = append(word{a[i]}, rem[:n]...)
		fits := c.less(rem, wide).Not()
		rem = c.choose(fits, c.sub(rem, wide), rem)
		quo[i] = fits
	}
	return quo, rem[:n]
}

// quoRem is quotient and remainder as in Go: they truncate toward zero, and
// MinInt / -1 wraps around.
func (c *circuit) quoRem(t ir.Type, a, b word) (quo, rem word) {
	if !t.IsSigned() {
		return c.divide(a, b)
	}
	sa, sb := a[len(a)-1], b[len(b)-1]
	quo, rem = c.divide(c.negate(a, sa), c.negate(b, sb))
	return c.negate(quo, c.xor(sa, sb)), c.negate(rem, sa)
}

// shift moves by a count: left, or right with fill coming in. Counts from the
// width on leave nothing but fill.
func (c *circuit) shift(a, count word, left bool, fill z.Lit) word {
	n := len(a)
	stages := bits.Len(uint(n)) - 1 // widths are powers of two
	for s := range min(stages, len(count)) {
		moved := make(word, n)
		for i := range moved {
			from := i + 1<<s
			if left {
				from = i - 1<<s
			}
			moved[i] = fill
			if 0 <= from && from < n {
				moved[i] = a[from]
			}
		}
		a = c.choose(count[s], moved, a)
	}
	beyond := c.F
	for s := stages; s < len(count); s++ {
		beyond = c.or(beyond, count[s])
	}
	nothing := make(word, n)
	for i := range nothing {
		nothing[i] = fill
	}
	return c.choose(beyond, nothing, a)
}

// resize wraps or extends a word of type from to a width.
func (c *circuit) resize(a word, from ir.Type, width int) word {
	out := make(word, width)
	fill := c.F
	if from.IsSigned() {
		fill = a[len(a)-1]
	}
	for i := range out {
		out[i] = fill
		if i < len(a) {
			out[i] = a[i]
		}
	}
	return out
}

// count is a function of math/bits, as a word of a width that holds it.
func (c *circuit) count(fn ir.BitsFn, a word, width int) word {
	n := len(a)
	number := func(i int) word { return c.constant(width, uint64(i)) }
	out := number(0)
	switch fn {
	case ir.LeadingZeros:
		out = number(n)
		for i, b := range a {
			out = c.choose(b, number(n-1-i), out)
		}
	case ir.TrailingZeros:
		out = number(n)
		for i := n - 1; i >= 0; i-- {
			out = c.choose(a[i], number(i), out)
		}
	case ir.BitLen:
		for i, b := range a {
			out = c.choose(b, number(i+1), out)
		}
	case ir.OnesCount:
		for _, b := range a {
			out = c.add(out, number(0), b)
		}
	}
	return out
}

// pick is elems[index]; an index beyond the end picks one that means nothing.
func (c *circuit) pick(elems []word, index word) word {
	if x, ok := c.known(index); ok {
		return elems[min(x, uint64(len(elems)-1))]
	}
	for s := 0; len(elems) > 1; s++ {
		half := make([]word, 0, (len(elems)+1)/2)
		for i := 0; i+1 < len(elems); i += 2 {
			half = append(half, c.choose(index[s], elems[i+1], elems[i]))
		}
		if len(elems)%2 == 1 {
			half = append(half, elems[len(elems)-1])
		}
		elems = half
	}
	return elems[0]
}
