package tilego

import (
	"go/token"
	"math/big"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

func isSafety(f *function) bool { return strings.HasPrefix(f.out.Name, "Safe") }

// predicates refuses predicates, and functions they call, in which something
// can panic or wrap around for some value of the types. It works on the IR with
// an interval for each variable, without looking at conditions: what needs a
// condition to be safe is better written in a wider type.
func (b *builder) predicates(which func(*function) bool) {
	vals, err := b.u.ConstValues(nil)
	if err != nil {
		return // reported by the check of the unit
	}
	wanted := map[int]bool{}
	for i := len(b.ordered) - 1; i >= 0; i-- { // callers first
		f := b.ordered[i]
		if which(f) {
			wanted[i] = true
		}
		if !wanted[i] {
			continue
		}
		b.guard(func() {
			p := &purity{builder: b, f: f, vals: vals, calls: wanted, ranges: make([]interval, len(f.out.Vars))}
			p.run()
		})
	}
}

// interval is a set of integers, both ends included.
type interval struct{ lo, hi *big.Int }

func typeInterval(t ir.Type) interval {
	return interval{t.Value(t.Min()), t.Value(t.Max())}
}

func exactly(v *big.Int) interval { return interval{v, v} }

func (r interval) within(s interval) bool { return r.lo.Cmp(s.lo) >= 0 && r.hi.Cmp(s.hi) <= 0 }

func (r interval) join(s interval) interval {
	return interval{smaller(r.lo, s.lo), larger(r.hi, s.hi)}
}

func smaller(a, b *big.Int) *big.Int {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}

func larger(a, b *big.Int) *big.Int {
	if a.Cmp(b) > 0 {
		return a
	}
	return b
}

// hull is the smallest interval around some integers.
func hull(first *big.Int, others ...*big.Int) interval {
	r := exactly(first)
	for _, v := range others {
		r = r.join(exactly(v))
	}
	return r
}

// purity walks one function.
type purity struct {
	*builder
	f      *function
	vals   []*big.Int // of the constant table
	calls  map[int]bool
	ranges []interval
}

func (p *purity) run() {
	if p.f.mode == ir.WriteState {
		p.refuse(p.f.decl.Pos(), "predicate", "a predicate only reads", "%s changes the state", p.f.out.Name)
		return
	}
	for i, v := range p.f.out.Vars {
		p.ranges[i] = typeInterval(v.Type) // of arrays: of each element
	}
	p.block(&p.f.out.Body)
}

func (p *purity) fail(v ir.VarID, hint, format string, args ...any) {
	pos := token.NoPos
	if int(v) < len(p.f.origin) {
		pos = p.f.origin[v]
	}
	p.refuse(pos, "predicate", hint, format, args...)
	panic(bailout{})
}

func (p *purity) block(b *ir.Block) {
	for _, s := range b.Stmts {
		p.stmt(s)
	}
	if br, ok := b.Term.(ir.Branch); ok {
		p.block(&br.Then)
		p.block(&br.Else)
	}
}

func (p *purity) stmt(s ir.Stmt) {
	switch s := s.(type) {
	case ir.Arith:
		p.set(s.Dst, p.arith(&s))
	case ir.Convert:
		p.set(s.Dst, p.of(s.A))
	case ir.Bits:
		p.set(s.Dst, interval{new(big.Int), big.NewInt(int64(s.A.Type.Width()))})
	case ir.Lookup:
		p.lookup(&s)
	case ir.Get:
		p.inRange(s.Dst, s.Index, p.f.out.Vars[s.Arr].Len)
	case ir.Call:
		p.calls[s.Func] = true
	case ir.If:
		p.block(&s.Then)
		p.block(&s.Else)
	case ir.For:
		p.loop(&s)
	case ir.Set:
		p.fail(s.Dst, "a predicate only reads", "predicate changes an array")
	case ir.Zero:
		p.fail(s.Dst, "a predicate only reads", "predicate makes an array")
	case ir.Copy:
		p.fail(s.Dst, "a predicate only reads", "predicate copies an array")
	}
}

// set notes the interval of a variable and refuses one that its type cannot hold.
func (p *purity) set(v ir.VarID, r interval) {
	t := p.f.out.Vars[v].Type
	if !r.within(typeInterval(t)) {
		p.fail(v, "convert the operands to a wider type first", "predicate can wrap around: a value from %s to %s in %s", r.lo, r.hi, t)
	}
	p.ranges[v] = r
}

func (p *purity) of(a ir.Atom) interval {
	switch a.Kind {
	case ir.ALit:
		return exactly(a.Type.Value(a.Bits))
	case ir.AConst:
		return exactly(p.vals[a.Index])
	}
	return p.ranges[a.Index]
}

func (p *purity) loop(s *ir.For) {
	lo, hi := p.of(s.Lo).lo, p.of(s.Hi).hi
	last := larger(lo, new(big.Int).Sub(hi, big.NewInt(1)))
	p.ranges[s.Index] = interval{lo, last}
	p.block(&s.Body)
}

func (p *purity) lookup(s *ir.Lookup) {
	t := p.u.Tables[s.Table]
	p.inRange(s.Dst, s.Index, len(t.Elems))
	r := p.of(t.Elems[0])
	for _, e := range t.Elems[1:] {
		r = r.join(p.of(e))
	}
	p.ranges[s.Dst] = r
}

func (p *purity) inRange(dst ir.VarID, index ir.Atom, n int) {
	if r := p.of(index); r.lo.Sign() < 0 || r.hi.Cmp(big.NewInt(int64(n))) >= 0 {
		p.fail(dst, "use the index of a loop, a constant, or min and max", "predicate can panic: an index from %s to %s of %d elements", r.lo, r.hi, n)
	}
}

func (p *purity) arith(s *ir.Arith) interval {
	a, b := p.of(s.A), p.of(s.B)
	t := p.f.out.Vars[s.Dst].Type
	switch s.Op {
	case ir.Add:
		return interval{new(big.Int).Add(a.lo, b.lo), new(big.Int).Add(a.hi, b.hi)}
	case ir.Sub:
		return interval{new(big.Int).Sub(a.lo, b.hi), new(big.Int).Sub(a.hi, b.lo)}
	case ir.Mul:
		return corners(a, b, (*big.Int).Mul)
	case ir.Quo, ir.Rem:
		return p.divide(s, a, b)
	case ir.Shl:
		return corners(a, b, func(z, x, y *big.Int) *big.Int { return z.Lsh(x, uint(y.Uint64())) })
	case ir.Shr:
		return corners(a, b, func(z, x, y *big.Int) *big.Int { return z.Rsh(x, uint(y.Uint64())) })
	case ir.Min:
		return interval{smaller(a.lo, b.lo), smaller(a.hi, b.hi)}
	case ir.Max:
		return interval{larger(a.lo, b.lo), larger(a.hi, b.hi)}
	case ir.And:
		if a.lo.Sign() >= 0 && b.lo.Sign() >= 0 {
			return interval{new(big.Int), smaller(a.hi, b.hi)}
		}
	}
	return typeInterval(t) // bitwise operators do not wrap
}

// corners is the interval of an operation that is monotone in each operand.
func corners(a, b interval, op func(z, x, y *big.Int) *big.Int) interval {
	return hull(op(new(big.Int), a.lo, b.lo), op(new(big.Int), a.lo, b.hi),
		op(new(big.Int), a.hi, b.lo), op(new(big.Int), a.hi, b.hi))
}

func (p *purity) divide(s *ir.Arith, a, b interval) interval {
	if b.lo.Sign() <= 0 && b.hi.Sign() >= 0 {
		p.fail(s.Dst, "divide by a constant", "predicate can panic: a divisor from %s to %s", b.lo, b.hi)
	}
	if s.Op == ir.Quo {
		return corners(a, b, (*big.Int).Quo) // the divisor has one sign, so it is monotone in both
	}
	most := new(big.Int).Sub(larger(new(big.Int).Abs(b.lo), new(big.Int).Abs(b.hi)), big.NewInt(1))
	r := interval{new(big.Int), new(big.Int)}
	if a.lo.Sign() < 0 {
		r.lo = new(big.Int).Neg(most)
	}
	if a.hi.Sign() > 0 {
		r.hi = most
	}
	return r
}
