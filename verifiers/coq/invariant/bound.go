package invariant

import (
	"math/big"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// bound says of a state: if the guarding field is at the value, at most there, or
// at least there, then signX*x + signY*y <= most. It is one of the facts of which
// invariants are made: a side of a box, of an octagon (Miné 2006), which says how
// two fields rise together, or of one of these for a part of the states.
type bound struct {
	guard, x, y  int // fields; guard and y are -1 for none
	how          ir.CondOp
	value        uint64
	signX, signY int64
	most         int64
}

// guards are the ways in which a guarding field is compared, and unless what they
// are not: a bound is written "not guarded, or bounded".
var (
	guards = []ir.CondOp{ir.Eq, ir.Le, ir.Ge}
	unless = map[ir.CondOp]ir.CondOp{ir.Eq: ir.Ne, ir.Le: ir.Gt, ir.Ge: ir.Lt}
)

// scalar says whether a field can be spoken of: sums of two of them fit into 64
// bits.
func scalar(f ir.Field) bool { return f.Len == 0 && f.Type.Width() <= 32 }

// number is what canonical bits of a scalar stand for; a bool is 0 or 1.
func number(t ir.Type, bits uint64) int64 {
	if t == ir.Bool {
		return int64(bits)
	}
	return t.Value(bits).Int64()
}

// sum is the left side, of a state with one value for each field.
func (b bound) sum(fields []ir.Field, state []uint64) int64 {
	n := b.signX * number(fields[b.x].Type, state[b.x])
	if b.y >= 0 {
		n += b.signY * number(fields[b.y].Type, state[b.y])
	}
	return n
}

func (b bound) applies(fields []ir.Field, state []uint64) bool {
	if b.guard < 0 {
		return true
	}
	t := fields[b.guard].Type
	at, value := number(t, state[b.guard]), number(t, b.value)
	switch b.how {
	case ir.Le:
		return at <= value
	case ir.Ge:
		return at >= value
	}
	return at == value
}

func (b bound) holds(fields []ir.Field, state []uint64) bool {
	return !b.applies(fields, state) || b.sum(fields, state) <= b.most
}

// side says whether it is a side of the box of all states.
func (b bound) side() bool { return b.guard < 0 && b.y < 0 }

// trivial says whether the types of the fields say as much.
func (b bound) trivial(fields []ir.Field) bool {
	top := extreme(fields[b.x].Type, b.signX)
	if b.y >= 0 {
		top += extreme(fields[b.y].Type, b.signY)
	}
	return top <= b.most
}

// extreme is the greatest value of a type, times a sign.
func extreme(t ir.Type, sign int64) int64 {
	if sign < 0 {
		return -number(t, t.Min())
	}
	return number(t, t.Max())
}

// writer makes the body of an invariant.
type writer struct {
	fields []ir.Field
	f      *ir.Func
	stmts  []ir.Stmt
	wide   map[int]ir.Atom      // fields as int64
	sums   map[ir.Arith]ir.Atom // of two of them
}

func (w *writer) fresh(t ir.Type) ir.VarID {
	w.f.Vars = append(w.f.Vars, ir.Var{Type: t})
	return ir.VarID(len(w.f.Vars) - 1)
}

func (w *writer) field(i int) ir.Atom {
	return ir.Atom{Kind: ir.AVar, Type: w.fields[i].Type, Index: i}
}

// cond is a bound as a condition; what it needs is computed before.
func (w *writer) cond(b bound) ir.Cond {
	c := w.unguarded(b)
	if b.guard < 0 {
		return c
	}
	other := ir.Cond{Op: unless[b.how], A: w.field(b.guard), B: ir.Lit(w.fields[b.guard].Type, b.value)}
	if w.fields[b.guard].Type == ir.Bool {
		is := ir.Cond{Op: ir.CondAtom, A: w.field(b.guard)}
		other = is
		if b.value == 1 {
			other = ir.Cond{Op: ir.CondNot, X: &is}
		}
	}
	return joined(ir.CondOr, other, c)
}

func (w *writer) unguarded(b bound) ir.Cond {
	x, t := w.field(b.x), w.fields[b.x].Type
	switch {
	case b.y < 0 && t == ir.Bool:
		is := ir.Cond{Op: ir.CondAtom, A: x}
		if b.signX > 0 { // at most 0
			return ir.Cond{Op: ir.CondNot, X: &is}
		}
		return is
	case b.y < 0 && b.signX > 0:
		return ir.Cond{Op: ir.Le, A: x, B: ir.Lit(t, uint64(b.most))}
	case b.y < 0:
		return ir.Cond{Op: ir.Le, A: ir.Lit(t, uint64(-b.most)), B: x}
	}
	return w.pair(b)
}

// pair compares two fields: directly where nothing need be added, and else as
// 64-bit integers.
func (w *writer) pair(b bound) ir.Cond {
	x, y := w.field(b.x), w.field(b.y)
	if b.signX < 0 && b.signY > 0 {
		x, y, b.x, b.y = y, x, b.y, b.x
	}
	if b.signX != b.signY && b.most == 0 && x.Type == y.Type {
		return ir.Cond{Op: ir.Le, A: x, B: y}
	}
	s := ir.Arith{Op: ir.Sub, A: w.widened(b.x), B: w.widened(b.y)}
	if b.signX == b.signY {
		s.Op = ir.Add
	}
	left := w.computed(s)
	if b.signX == b.signY && b.signX < 0 {
		return ir.Cond{Op: ir.Le, A: ir.Lit(ir.I64, uint64(-b.most)), B: left}
	}
	return ir.Cond{Op: ir.Le, A: left, B: ir.Lit(ir.I64, uint64(b.most))}
}

// computed is the value of a sum or difference, which is computed once.
func (w *writer) computed(s ir.Arith) ir.Atom {
	if a, ok := w.sums[s]; ok {
		return a
	}
	key := s
	s.Dst = w.fresh(ir.I64)
	w.stmts = append(w.stmts, s)
	w.sums[key] = ir.Atom{Kind: ir.AVar, Type: ir.I64, Index: int(s.Dst)}
	return w.sums[key]
}

func (w *writer) widened(field int) ir.Atom {
	if a, ok := w.wide[field]; ok {
		return a
	}
	dst := w.fresh(ir.I64)
	w.stmts = append(w.stmts, ir.Convert{Dst: dst, A: w.field(field)})
	a := ir.Atom{Kind: ir.AVar, Type: ir.I64, Index: int(dst)}
	w.wide[field] = a
	return a
}

// saying is a module whose invariant is a conjunction of bounds.
func saying(u *ir.Unit, all []bound) *ir.Unit {
	out := u.Clone()
	f, at := out.Func("Inv")
	if f == nil {
		return out
	}
	now := ir.Func{Name: f.Name, Mode: ir.ReadState, States: 1, Results: f.Results}
	now.Vars = slices.Clone(f.Vars[:out.Leading(f)])
	w := &writer{fields: u.State, f: &now, wide: map[int]ir.Atom{}, sums: map[ir.Arith]ir.Atom{}}
	conds := make([]ir.Cond, len(all))
	for i, b := range all {
		conds[i] = w.cond(b)
	}
	truth := ir.Lit(ir.Bool, 1)
	if len(conds) > 0 {
		t := w.fresh(ir.Bool)
		truth = ir.Atom{Kind: ir.AVar, Type: ir.Bool, Index: int(t)}
		w.stmts = append(w.stmts, ir.Test{Dst: t, Cond: conjunction(conds)})
	}
	now.Body = ir.Block{Stmts: w.stmts, Term: ir.Return{Results: []ir.Atom{truth}}}
	out.Funcs[at] = now
	return out
}

// conjunction is a && b && c as it is read, of at least one condition; of many it
// is one that nests little, since the nesting is limited.
func conjunction(conds []ir.Cond) ir.Cond {
	switch n := len(conds); {
	case n == 1:
		return conds[0]
	case n < ir.MaxDepth/2:
		return joined(ir.CondAnd, conjunction(conds[:n-1]), conds[n-1])
	default:
		return joined(ir.CondAnd, conjunction(conds[:n/2]), conjunction(conds[n/2:]))
	}
}

// thresholds are the integers that contract and module name, ascending: where a
// value is cut off.
func thresholds(units ...*ir.Unit) []int64 {
	var out []int64
	for _, u := range units {
		values, err := u.ConstValues(nil)
		if err != nil {
			continue
		}
		for _, v := range values {
			if v.CmpAbs(big.NewInt(1<<33)) < 0 {
				out = append(out, v.Int64())
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
