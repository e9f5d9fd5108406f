package agree

import (
	"errors"
	"math/big"
	"math/bits"
	"slices"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// plan says how trials are generated. It is all that Coq is told of them.
type plan struct {
	seed         uint32
	input, state []source // one per scalar
}

// source says how values of one scalar are drawn.
type source struct {
	typ   ir.Type
	way   way
	lo    uint64   // canonical
	span  uint64   // number of values from lo on; unused when way is whole
	table []uint64 // values at boundaries
}

// way is how a value is drawn where it is not a boundary.
type way uint8

const (
	narrow way = iota // from lo, below 2^31 values: one number
	broad             // from lo, below 2^62 values: two numbers
	whole             // any of 2^64 values, from the least one on: two numbers and two bits
)

// lcg is the generator: 31 bits, so that no product exceeds Coq's native
// integers.
type lcg uint32

func (x *lcg) next() uint64 {
	*x = lcg((uint64(*x)*1103515245 + 12345) & (1<<31 - 1))
	return uint64(*x)
}

// pick draws a value: the one before, a boundary, or any.
func (s *source) pick(x *lcg, fresh bool, before uint64) uint64 {
	k := x.next() >> 28
	switch {
	case !fresh && k < 5:
		return before
	case k&1 == 1 && len(s.table) > 0:
		return s.table[x.next()*uint64(len(s.table))>>31]
	case s.way == narrow:
		return s.typ.Wrap(s.lo + x.next()*s.span>>31)
	}
	u := x.next() << 31
	u |= x.next()
	if s.way == broad {
		return s.typ.Wrap(s.lo + u%s.span)
	}
	return s.lo + u<<2 + k&3
}

func draw(sources []source, x *lcg, fresh bool, before []uint64) []uint64 {
	out := make([]uint64, len(sources))
	for i := range sources {
		out[i] = sources[i].pick(x, fresh, before[i])
	}
	return out
}

// trials generates a batch with the reference's predicates.
func (p *plan) trials(r *reference, n int) Batch {
	b := Batch{plan: p, Trials: make([]Trial, 0, n)}
	x := lcg(p.seed)
	before := make([]uint64, len(p.input))
	zero := make([]uint64, len(p.state))
	for k := range n {
		c := x.next()
		var t Trial
		switch c >> 20 & 31 {
		case 0:
			if s := draw(p.state, &x, true, zero); r.inv(s) {
				t.From, t.State = Given, s
			} else {
				t.From = Initial
			}
		case 1:
			t.From = Initial
		}
		if k == 0 && t.From == Keep {
			t.From = Initial
		}
		t.Input = draw(p.input, &x, k == 0 || c>>25&3 == 0, before)
		if r.wf(t.Input) {
			before = t.Input
			b.wf++
		}
		b.Trials = append(b.Trials, t)
	}
	return b
}

// newPlan chooses sources so that most inputs are well-formed and many states
// are inside the invariant.
func newPlan(r *reference, c *contract.Contract, u *ir.Unit, seed uint32) *plan {
	values := boundaries(c.Unit, u)
	learn := func(fields []ir.Field, holds func([]uint64) bool) []source {
		l := &learner{fields: fields, holds: holds, values: values, x: lcg(seed)}
		return l.sources()
	}
	return &plan{seed: seed & (1<<31 - 1), input: learn(u.Input, r.wf), state: learn(u.State, r.inv)}
}

// boundaries are the integers that units name and the powers of two, with their
// neighbours.
func boundaries(units ...*ir.Unit) []*big.Int {
	var out []*big.Int
	for _, u := range units {
		values, err := u.ConstValues(nil)
		if err != nil {
			continue // a checked unit has values
		}
		for _, v := range values {
			for d := int64(-1); d <= 1; d++ {
				out = append(out, new(big.Int).Add(v, big.NewInt(d)))
			}
		}
	}
	for k := range uint(65) {
		power := new(big.Int).Lsh(big.NewInt(1), k)
		less := new(big.Int).Sub(power, big.NewInt(1))
		out = append(out, power, less, new(big.Int).Neg(power), new(big.Int).Not(power))
	}
	slices.SortFunc(out, (*big.Int).Cmp)
	return slices.CompactFunc(out, func(a, b *big.Int) bool { return a.Cmp(b) == 0 })
}

// learner finds out which values a predicate accepts, a field at a time.
type learner struct {
	fields []ir.Field
	holds  func([]uint64) bool
	values []*big.Int
	x      lcg
	base   []uint64 // values that the predicate accepts
	at     []int    // place of each field in base
}

const (
	learnRounds = 12
	learnTries  = 20_000
	tableSize   = 64
)

func (l *learner) sources() []source {
	l.base = make([]uint64, ir.Flat(l.fields))
	at := 0
	for _, f := range l.fields {
		l.at = append(l.at, at)
		at += f.Elems()
	}
	candidates := make([][]uint64, len(l.fields))
	for i, f := range l.fields {
		candidates[i] = l.candidates(f.Type)
	}
	accepted := make([]map[uint64]bool, len(l.fields))
	for i := range accepted {
		accepted[i] = map[uint64]bool{}
	}
	if l.find(candidates) {
		for range learnRounds {
			l.round(candidates, accepted)
		}
		for i := range l.fields {
			candidates[i] = l.sharpen(i, candidates[i], accepted[i])
		}
	}
	var out []source
	for i, f := range l.fields {
		s := newSource(f.Type, candidates[i], accepted[i])
		for range f.Elems() {
			out = append(out, s)
		}
	}
	return out
}

// candidates are the boundaries that a type can hold, its ends included, in
// order of value.
func (l *learner) candidates(t ir.Type) []uint64 {
	out := []uint64{t.Min(), t.Min() + 1, t.Max() - 1, t.Max()}
	if t == ir.Bool {
		out = out[:2]
	} else {
		for _, v := range l.values {
			if b, ok := t.Bits(v); ok {
				out = append(out, b)
			}
		}
	}
	slices.SortFunc(out, func(a, b uint64) int { return compare(t, a, b) })
	return slices.Compact(out)
}

func compare(t ir.Type, a, b uint64) int { return t.Value(a).Cmp(t.Value(b)) }

// find looks for values that the predicate accepts: zeroes, or else at random
// among the candidates.
func (l *learner) find(candidates [][]uint64) bool {
	for range learnTries {
		if l.holds(l.base) {
			return true
		}
		for i, f := range l.fields {
			for k := range f.Elems() {
				l.base[l.at[i]+k] = l.choose(candidates[i])
			}
		}
	}
	return false
}

func (l *learner) choose(values []uint64) uint64 {
	return values[l.x.next()*uint64(len(values))>>31]
}

// round tries every candidate of every field beside the others of base, and
// moves base to some that were accepted.
func (l *learner) round(candidates [][]uint64, accepted []map[uint64]bool) {
	for i, f := range l.fields {
		place := l.at[i] + int(l.x.next()*uint64(f.Elems())>>31)
		var good []uint64
		keep := l.base[place]
		for _, v := range candidates[i] {
			l.base[place] = v
			if l.holds(l.base) {
				good = append(good, v)
				accepted[i][v] = true
			}
		}
		l.base[place] = keep
		if len(good) > 0 {
			l.base[place] = l.choose(good)
		}
	}
}

// sharpen looks, beside the other values of base, for the very ends of what the
// predicate accepts, which may be numbers that no constant names.
func (l *learner) sharpen(field int, candidates []uint64, accepted map[uint64]bool) []uint64 {
	t, place := l.fields[field].Type, l.at[field]
	keep := l.base[place]
	defer func() { l.base[place] = keep }()
	holds := func(v uint64) bool { l.base[place] = v; return l.holds(l.base) }
	out := slices.Clone(candidates)
	for k := 1; k < len(candidates); k++ {
		a, b := candidates[k-1], candidates[k]
		if accepted[a] == accepted[b] || holds(a) == holds(b) {
			continue
		}
		for inside := holds(a); b-a > 1; {
			if mid := a + (b-a)/2; holds(mid) == inside {
				a = mid
			} else {
				b = mid
			}
		}
		accepted[a], accepted[b] = holds(a), holds(b)
		out = append(out, a, b)
	}
	slices.SortFunc(out, func(a, b uint64) int { return compare(t, a, b) })
	return slices.Compact(out)
}

// newSource draws from the hull of what was accepted, and often from those of
// the candidates that are inside or next to it.
func newSource(t ir.Type, candidates []uint64, accepted map[uint64]bool) source {
	first, last := 0, len(candidates)-1
	for first < last && len(accepted) > 0 && !accepted[candidates[first]] {
		first++
	}
	for last > first && len(accepted) > 0 && !accepted[candidates[last]] {
		last--
	}
	s := source{typ: t, lo: candidates[first], span: candidates[last] - candidates[first] + 1}
	switch {
	case s.span > 0 && s.span < 1<<31:
		s.way = narrow
	case s.span > 0 && bits.Len64(s.span) <= 62:
		s.way = broad
	default:
		s.way, s.lo = whole, t.Min()
	}
	s.table = slices.Clone(candidates[max(0, first-1):min(len(candidates), last+2)])
	for i := 0; len(s.table) > tableSize; i += 7 { // thin out; what is at the ends stays
		at := 2 + i%(len(s.table)-4)
		s.table = slices.Delete(s.table, at, at+1)
	}
	return s
}

var errInit = errors.New("the function Init panics")
