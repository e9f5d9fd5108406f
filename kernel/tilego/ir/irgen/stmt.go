package irgen

import (
	"math/bits"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

func (g *gen) stmt(b *ir.Block) {
	switch k := g.pick(20); {
	case k < 7:
		g.arith(b)
	case k < 9:
		g.convert(b)
	case k < 10:
		g.bitCount(b)
	case k < 11:
		g.add(b, ir.Test{Cond: g.cond(2), Dst: g.define(ir.Bool, 0)})
	case k < 12:
		g.lookup(b)
	case k < 16:
		g.arrayStmt(b)
	case k < 17:
		g.call(b)
	case g.nest > MaxNest:
		g.arith(b)
	case k < 19:
		g.join(b)
	default:
		g.loop(b)
	}
}

func (g *gen) add(b *ir.Block, s ir.Stmt) { b.Stmts = append(b.Stmts, s) }

func (g *gen) arith(b *ir.Block) {
	t := g.someType(ir.Type.IsInt, g.intType())
	op := ir.Add + ir.BinOp(g.pick(int(ir.Max)))
	x := g.atom(t)
	var y ir.Atom
	switch op {
	case ir.Shl, ir.Shr:
		y = g.masked(b, uint64(t.Width()-1))
	case ir.Quo, ir.Rem:
		y = g.divisor(t)
	default:
		y = g.atom(t)
	}
	g.add(b, ir.Arith{Op: op, A: x, B: y, Dst: g.define(t, 0)})
}

// masked is an unsigned operand that is most at most; most+1 is a power of two.
func (g *gen) masked(b *ir.Block, most uint64) ir.Atom {
	t := g.someType(ir.Type.IsUnsigned, ir.U8+ir.Type(g.pick(4)))
	if g.chance(40) {
		return ir.Lit(t, uint64(g.pick(64))&most)
	}
	x := g.atom(t)
	v := g.define(t, 0)
	g.add(b, ir.Arith{Op: ir.And, A: x, B: ir.Lit(t, most), Dst: v})
	return g.variable(v)
}

func (g *gen) divisor(t ir.Type) ir.Atom {
	if !g.o.Total && g.chance(60) {
		return g.atom(t)
	}
	if d := ir.Lit(t, uint64(g.pick(20))-10); d.Bits != 0 {
		return d
	}
	return ir.Lit(t, 1)
}

func (g *gen) convert(b *ir.Block) {
	x := g.atom(g.someType(ir.Type.IsInt, g.intType()))
	g.add(b, ir.Convert{A: x, Dst: g.define(g.intType(), 0)})
}

func (g *gen) bitCount(b *ir.Block) {
	x := g.atom(g.someType(ir.Type.IsUnsigned, ir.U16))
	fn := ir.LeadingZeros + ir.BitsFn(g.pick(4))
	g.add(b, ir.Bits{Fn: fn, A: x, Dst: g.define(ir.U8+ir.Type(g.pick(4)), 0)})
}

// index is an operand that indexes an array of n elements.
func (g *gen) index(b *ir.Block, n int) ir.Atom {
	if !g.o.Total && g.chance(6) {
		return g.atom(g.intType())
	}
	if k := g.pick(2*n + 1); k < n {
		return ir.Lit(g.intType(), uint64(k))
	}
	return g.masked(b, 1<<(bits.Len(uint(n))-1)-1)
}

func (g *gen) lookup(b *ir.Block) {
	if len(g.u.Tables) == 0 {
		g.arith(b)
		return
	}
	i := g.pick(len(g.u.Tables))
	t := g.u.Tables[i]
	x := g.index(b, len(t.Elems))
	g.add(b, ir.Lookup{Table: i, Index: x, Dst: g.define(t.Type, 0)})
}

func (g *gen) arrayStmt(b *ir.Block) {
	all := g.arrays(func(ir.VarID) bool { return true })
	if len(all) == 0 || g.chance(10) {
		g.localArray(b)
		return
	}
	v := all[g.pick(min(len(all), 150))]
	d := g.f.Vars[v]
	x := g.index(b, d.Len)
	if !g.mine(v) || g.chance(45) {
		g.add(b, ir.Get{Arr: v, Index: x, Dst: g.define(d.Type, 0)})
		return
	}
	y := g.atom(d.Type)
	g.consume(v)
	g.add(b, ir.Set{Arr: v, Index: x, Val: y, Dst: g.define(d.Type, d.Len)})
}

func (g *gen) localArray(b *ir.Block) {
	if g.o.Scalars {
		g.arith(b)
		return
	}
	shape := ir.Var{Type: g.scalarType(), Len: 1 + g.pick(4)}
	if all := g.arrays(func(ir.VarID) bool { return true }); len(all) > 0 && g.chance(70) {
		shape = g.f.Vars[all[g.pick(min(len(all), 150))]]
	}
	g.freshArray(b, shape.Type, shape.Len)
}

func (g *gen) join(b *ir.Block) {
	shapes := g.shapes()
	s := ir.If{Cond: g.cond(2)}
	g.fork(func() { s.Then = g.block(g.yields(shapes)) }, func() { s.Else = g.block(g.yields(shapes)) })
	s.Dst = g.defineAll(shapes)
	g.add(b, s)
}

func (g *gen) loop(b *ir.Block) {
	shapes := g.shapes()
	s := ir.For{Init: g.handOn(b, shapes)}
	lo := uint64(g.pick(6)) - 2
	s.Lo, s.Hi = ir.Lit(ir.I64, lo), ir.Lit(ir.I64, lo+uint64(g.pick(MaxTrips+2))-1)
	if i := g.smallConst(); i >= 0 && g.chance(50) {
		s.Lo, s.Hi = ir.Lit(ir.I64, 0), ir.Atom{Kind: ir.AConst, Type: ir.I64, Index: i}
	}
	scope, floor := len(g.open), g.floor
	g.floor = ir.VarID(len(g.f.Vars))
	s.Carried = g.defineAll(shapes)
	s.Index = g.define(ir.I64, 0)
	s.Body = g.block(g.yields(shapes))
	g.open, g.floor = g.open[:scope], floor
	s.Dst = g.defineAll(shapes)
	g.add(b, s)
}

// smallConst is a constant that can bound a loop, or -1.
func (g *gen) smallConst() int {
	for i, v := range g.vals {
		if v.IsInt64() && v.Int64() <= MaxTrips && v.Int64() >= -ir.MaxLoopBound {
			return i
		}
	}
	return -1
}

func (g *gen) call(b *ir.Block) {
	i := g.callee()
	if i < 0 {
		g.arith(b)
		return
	}
	f := &g.u.Funcs[i]
	s := ir.Call{Func: i}
	if f.Inputs == 1 {
		s.Input = g.pick(g.f.Inputs)
	}
	for _, p := range f.Params {
		s.Args = append(s.Args, g.atom(p.Type))
	}
	for k := range f.States {
		for j, field := range g.u.State {
			s.State = append(s.State, g.stateArg(b, f.Mode, k*len(g.u.State)+j, field))
		}
	}
	if f.Mode == ir.WriteState {
		for _, field := range g.u.State {
			s.Dst = append(s.Dst, g.define(field.Type, field.Len))
		}
	}
	for _, r := range f.Results {
		s.Dst = append(s.Dst, g.define(r.Type, 0))
	}
	g.add(b, s)
}

// callee picks an earlier function that may be called here, or -1.
func (g *gen) callee() int {
	var fits []int
	for i := range g.u.Funcs {
		f := &g.u.Funcs[i]
		if f.Inputs <= g.f.Inputs && f.Mode <= g.f.Mode && f.States <= max(1, g.f.States) {
			fits = append(fits, i)
		}
	}
	if len(fits) == 0 {
		return -1
	}
	return fits[g.pick(len(fits))]
}

func (g *gen) stateArg(b *ir.Block, mode ir.StateMode, i int, f ir.Field) ir.Atom {
	switch {
	case f.Len == 0:
		return g.keep(b, ir.VarID(i%len(g.u.State)), f.Type, 0)
	case mode == ir.WriteState:
		return g.give(b, f.Type, f.Len)
	}
	all := g.arrays(func(v ir.VarID) bool { return g.f.Vars[v].Type == f.Type && g.f.Vars[v].Len == f.Len })
	if len(all) > 0 {
		return g.variable(all[g.pick(min(len(all), 150))])
	}
	return g.variable(g.freshArray(b, f.Type, f.Len))
}
