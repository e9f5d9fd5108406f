package tilego

import (
	"go/ast"
	"go/types"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// access is what a path of names, fields and indices names: a variable or a
// table, or some of it. Arrays of arrays and of structs are kept as one array
// per leaf, so an element is found by one number, counted through all
// dimensions.
type access struct {
	table bool // of a table; else of a place
	first int  // first place, or first table
	typ   types.Type
	steps []step // indices so far, outermost first
}

// step is one index, and how many elements it chooses from.
type step struct {
	index ir.Atom
	len   int
}

// locate finds what e names without evaluating indices: steps have no atoms.
// ok is false for other expressions.
func (l *fn) locate(e ast.Expr) (a access, ok bool) {
	return l.walk(e, func(*access, ast.Expr) ir.Atom { return ir.Atom{} })
}

// access finds what e names and evaluates its indices. An index behind another
// one must not panic by itself: Go would have looked at the first one before.
func (l *fn) access(e ast.Expr) (a access, ok bool) {
	if a, ok = l.locate(e); !ok {
		return a, false
	}
	return l.walk(e, func(a *access, index ast.Expr) ir.Atom {
		if len(a.steps) > 0 && l.canPanic(index) {
			l.fail(index, "order", "assign the index to a variable first", "an index that can panic follows another index")
		}
		return l.expr(index)
	})
}

func (l *fn) walk(e ast.Expr, index func(*access, ast.Expr) ir.Atom) (a access, ok bool) {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return l.root(l.info.ObjectOf(e))
	case *ast.SelectorExpr:
		if a, ok = l.walk(e.X, index); ok {
			ok = l.field(&a, e.Sel)
		}
	case *ast.IndexExpr:
		if a, ok = l.walk(e.X, index); !ok {
			return a, false
		}
		array, isArray := a.typ.Underlying().(*types.Array)
		if !isArray {
			return a, false
		}
		i := index(&a, e.Index)
		a.steps, a.typ = append(slices.Clone(a.steps), step{i, int(array.Len())}), array.Elem()
	}
	return a, ok
}

func (l *fn) root(obj types.Object) (access, bool) {
	if i, ok := l.tables[obj]; ok {
		return access{table: true, first: i, typ: obj.Type()}, true
	}
	if first, ok := l.at[obj]; ok {
		return access{first: first, typ: pointee(obj.Type())}, true
	}
	return access{}, false
}

// field goes on to a field of a struct.
func (l *fn) field(a *access, sel *ast.Ident) bool {
	s, ok := a.typ.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for f := range s.Fields() {
		if f == l.info.Uses[sel] {
			a.typ = f.Type()
			return true
		}
		a.first += countLeaves(f.Type())
	}
	return false
}

// load is the value of leaf k of a, which is a scalar.
func (l *fn) load(a *access, k int, typ ir.Type) ir.Atom {
	if len(a.steps) == 0 {
		return l.env[a.first+k]
	}
	return l.read(a, k, typ, l.number(a.steps, 1))
}

// read binds an element of leaf k.
func (l *fn) read(a *access, k int, typ ir.Type, number ir.Atom) ir.Atom {
	out := l.temp(typ)
	if a.table {
		l.emit(ir.Lookup{Dst: dst(out), Table: a.first + k, Index: number})
	} else {
		l.emit(ir.Get{Dst: dst(out), Arr: dst(l.env[a.first+k]), Index: number})
	}
	return out
}

// number is the number of the element that steps choose, times the elements in
// each. A single index is checked by whoever uses it; several are checked here,
// and an index that is out of range makes the number negative.
func (l *fn) number(steps []step, each int) ir.Atom {
	if len(steps) == 1 && each == 1 {
		return steps[0].index
	}
	n := ir.Lit(ir.I64, 0)
	for _, s := range steps {
		n = l.next(n, s)
	}
	return l.times(n, each)
}

// next is n*len + index, or -1 when the index is out of range; it stays
// negative when n is.
func (l *fn) next(n ir.Atom, s step) ir.Atom {
	sum := func() ir.Atom { return l.plus(l.times(n, s.len), l.wide(s.index)) }
	if l.inRange(s) {
		return sum()
	}
	in := ir.Cond{Op: ir.Lt, A: s.index, B: ir.Lit(s.index.Type, uint64(s.len))}
	switch most := s.index.Type.Max(); {
	case s.index.Type.IsSigned() && uint64(s.len) > most:
		in = ir.Cond{Op: ir.Ge, A: s.index, B: ir.Lit(s.index.Type, 0)}
	case s.index.Type.IsSigned():
		least, below := ir.Cond{Op: ir.Ge, A: s.index, B: ir.Lit(s.index.Type, 0)}, in
		in = ir.Cond{Op: ir.CondAnd, X: &least, Y: &below}
	}
	join := ir.If{Cond: in}
	join.Then = l.block(func() ir.Term { return ir.Yield{Vals: []ir.Atom{sum()}} })
	join.Else = ir.Block{Term: ir.Yield{Vals: []ir.Atom{ir.Lit(ir.I64, ^uint64(0))}}}
	out := l.temp(ir.I64)
	join.Dst = []ir.VarID{dst(out)}
	l.emit(join)
	return out
}

// inRange reports whether an index is known to be one of its array, because it
// is constant, masked, of a narrow type, or counts a loop.
func (l *fn) inRange(s step) bool {
	a := s.index
	if a.Kind == ir.AVar && a.Type.IsSigned() {
		r, ok := l.counts[a.Index]
		return ok && r.lo.Sign() >= 0 && r.hi.IsInt64() && r.hi.Int64() <= int64(s.len)
	}
	if a.Kind != ir.AVar { // Go refused constants that are out of range
		return true
	}
	return l.most(a) < uint64(s.len)
}

func (l *fn) wide(a ir.Atom) ir.Atom {
	switch {
	case a.Type == ir.I64:
		return a
	case a.Kind == ir.ALit:
		return ir.Lit(ir.I64, a.Bits)
	}
	out := l.temp(ir.I64)
	l.emit(ir.Convert{Dst: dst(out), A: a})
	return out
}

func (l *fn) times(a ir.Atom, n int) ir.Atom {
	switch {
	case n == 1:
		return a
	case a.Kind == ir.ALit:
		return ir.Lit(ir.I64, a.Bits*uint64(n))
	}
	out := l.temp(ir.I64)
	l.emit(ir.Arith{Dst: dst(out), Op: ir.Mul, A: a, B: ir.Lit(ir.I64, uint64(n))})
	return out
}

func (l *fn) plus(a, b ir.Atom) ir.Atom {
	switch {
	case a.Kind == ir.ALit && b.Kind == ir.ALit:
		return ir.Lit(ir.I64, a.Bits+b.Bits)
	case a.Kind == ir.ALit && a.Bits == 0:
		return b
	case b.Kind == ir.ALit && b.Bits == 0:
		return a
	}
	out := l.temp(ir.I64)
	l.emit(ir.Arith{Dst: dst(out), Op: ir.Add, A: a, B: b})
	return out
}

// taken is the value of leaf k of what a names: a scalar, or a copy of an array.
func (l *fn) taken(a *access, k int, f leaf) ir.Atom {
	switch {
	case f.len == 0:
		return l.load(a, k, f.typ)
	case len(a.steps) == 0 && !a.table:
		return l.copyOf(a.first + k)
	}
	from := l.wide(l.number(a.steps, f.len))
	zero := l.newVar("", f.typ, f.len)
	l.emit(ir.Zero{Dst: dst(zero)})
	return l.eachElement(place{typ: f.typ, len: f.len}, zero, f.len, func(array, i ir.Atom) (index, value ir.Atom) {
		return i, l.read(a, k, f.typ, l.plus(from, i))
	})
}

// put is the array of place p with the element that steps choose, which is that
// of leaf f, replaced by v: a scalar or an array.
func (l *fn) put(p place, array ir.Atom, steps []step, f leaf, v ir.Atom) ir.Atom {
	if f.len == 0 {
		return l.set(p, array, l.number(steps, 1), v)
	}
	to := l.wide(l.number(steps, f.len))
	return l.eachElement(p, array, f.len, func(_, i ir.Atom) (index, value ir.Atom) {
		x := l.temp(f.typ)
		l.emit(ir.Get{Dst: dst(x), Arr: dst(v), Index: i})
		return l.plus(to, i), x
	})
}

func (l *fn) set(p place, array, index, v ir.Atom) ir.Atom {
	a := l.newVar(p.name, p.typ, p.len)
	l.emit(ir.Set{Dst: dst(a), Arr: dst(array), Index: index, Val: v})
	return a
}

// eachElement updates an array n times: index and value come from f, which is
// given the array as it is and the number of the round.
func (l *fn) eachElement(p place, array ir.Atom, n int, f func(array, i ir.Atom) (index, value ir.Atom)) ir.Atom {
	loop := ir.For{Init: []ir.Atom{array}, Lo: ir.Lit(ir.I64, 0), Hi: ir.Lit(ir.I64, uint64(n))}
	loop.Body = l.block(func() ir.Term {
		carried := l.newVar(p.name, p.typ, p.len)
		i := l.temp(ir.I64)
		loop.Carried, loop.Index = []ir.VarID{dst(carried)}, dst(i)
		index, value := f(carried, i)
		next := l.newVar(p.name, p.typ, p.len)
		l.emit(ir.Set{Dst: dst(next), Arr: dst(carried), Index: index, Val: value})
		return ir.Yield{Vals: []ir.Atom{next}}
	})
	out := l.newVar(p.name, p.typ, p.len)
	loop.Dst = []ir.VarID{dst(out)}
	l.emit(loop)
	return out
}
