package irgen

import (
	"fmt"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// fn is the state of generation of one function.
type fn struct {
	f     *ir.Func
	open  []ir.VarID        // variables in scope
	gone  map[ir.VarID]bool // consumed arrays
	lent  map[ir.VarID]bool // arrays that belong to the caller
	trail []ir.VarID        // arrays in the order in which they were consumed
	floor ir.VarID          // arrays below may not be consumed: they are outside of the loop
	nest  int
}

func (g *gen) function(name string, mode ir.StateMode, states, inputs int, params, results []ir.Param) {
	f := ir.Func{Name: name, Mode: mode, States: states, Inputs: inputs, Params: params, Results: results}
	f.Vars = g.u.LeadingVars(&f)
	g.fn = fn{f: &f, gone: map[ir.VarID]bool{}, lent: map[ir.VarID]bool{}}
	for v := range f.Vars {
		g.open = append(g.open, ir.VarID(v))
		g.lent[ir.VarID(v)] = mode != ir.WriteState || v >= len(g.u.State)
	}
	f.Body = g.block(g.returns)
	g.u.Funcs = append(g.u.Funcs, f)
}

func (g *gen) define(t ir.Type, length int) ir.VarID {
	v := ir.VarID(len(g.f.Vars))
	g.f.Vars = append(g.f.Vars, ir.Var{Name: fmt.Sprintf("v%d", v), Type: t, Len: length})
	g.open = append(g.open, v)
	return v
}

// block generates bindings, then an end: what end makes, or a branch.
func (g *gen) block(end func(b *ir.Block)) ir.Block {
	scope := len(g.open)
	g.nest++
	var b ir.Block
	for range g.pick(g.o.Stmts + 1) {
		g.stmt(&b)
	}
	if g.nest <= MaxNest && g.chance(15) {
		br := ir.Branch{Cond: g.cond(2)}
		g.fork(func() { br.Then = g.block(end) }, func() { br.Else = g.block(end) })
		b.Term = br
	} else {
		end(&b)
	}
	g.nest--
	g.open = g.open[:scope]
	return b
}

// fork generates two blocks of which one runs.
func (g *gen) fork(then, els func()) {
	mark := len(g.trail)
	then()
	for _, v := range g.trail[mark:] {
		delete(g.gone, v)
	}
	els()
	for _, v := range g.trail[mark:] {
		g.gone[v] = true
	}
}

func (g *gen) returns(b *ir.Block) {
	var r ir.Return
	if g.f.Mode == ir.WriteState {
		for i, f := range g.u.State {
			r.State = append(r.State, g.keep(b, ir.VarID(i), f.Type, f.Len))
		}
	}
	for _, p := range g.f.Results {
		r.Results = append(r.Results, g.atom(p.Type))
	}
	b.Term = r
}

// keep hands on a value: often the variable v itself.
func (g *gen) keep(b *ir.Block, v ir.VarID, t ir.Type, length int) ir.Atom {
	if length > 0 {
		return g.give(b, t, length)
	}
	if g.chance(40) {
		return ir.Atom{Kind: ir.AVar, Type: t, Index: int(v)}
	}
	return g.atom(t)
}

// give consumes an array of the shape; one is made when none is at hand.
func (g *gen) give(b *ir.Block, t ir.Type, length int) ir.Atom {
	fits := g.arrays(func(v ir.VarID) bool {
		d := g.f.Vars[v]
		return d.Type == t && d.Len == length && g.mine(v)
	})
	var v ir.VarID
	switch {
	case len(fits) > 0 && g.chance(80):
		v = fits[len(fits)-1-g.pick(len(fits))]
	default:
		v = g.freshArray(b, t, length)
	}
	g.consume(v)
	return ir.Atom{Kind: ir.AVar, Type: t, Index: int(v)}
}

func (g *gen) freshArray(b *ir.Block, t ir.Type, length int) ir.VarID {
	src := g.arrays(func(v ir.VarID) bool { return g.f.Vars[v].Type == t && g.f.Vars[v].Len == length })
	if len(src) > 0 && g.chance(60) {
		v := src[g.pick(len(src))]
		dst := g.define(t, length)
		b.Stmts = append(b.Stmts, ir.Copy{Dst: dst, Src: v})
		return dst
	}
	dst := g.define(t, length)
	b.Stmts = append(b.Stmts, ir.Zero{Dst: dst})
	return dst
}

func (g *gen) consume(v ir.VarID) {
	g.gone[v] = true
	g.trail = append(g.trail, v)
}

// mine reports whether an array may be consumed here.
func (g *gen) mine(v ir.VarID) bool { return !g.lent[v] && v >= g.floor }

// arrays lists the arrays in scope that were not consumed.
func (g *gen) arrays(ok func(ir.VarID) bool) []ir.VarID {
	var out []ir.VarID
	for _, v := range g.open {
		if g.f.Vars[v].Len > 0 && !g.gone[v] && ok(v) {
			out = append(out, v)
		}
	}
	return out
}

func (g *gen) scalars(ok func(ir.Type) bool) []ir.VarID {
	var out []ir.VarID
	for _, v := range g.open {
		if d := g.f.Vars[v]; d.Len == 0 && ok(d.Type) {
			out = append(out, v)
		}
	}
	return out
}

// atom is an operand of type t.
func (g *gen) atom(t ir.Type) ir.Atom {
	vs := g.scalars(func(x ir.Type) bool { return x == t })
	if len(vs) > 0 && g.chance(70) {
		return g.variable(vs[len(vs)-1-g.pick(min(len(vs), 150))])
	}
	return g.constAtom(t)
}

func (g *gen) variable(v ir.VarID) ir.Atom {
	return ir.Atom{Kind: ir.AVar, Type: g.f.Vars[v].Type, Index: int(v)}
}

// someType prefers types of variables in scope, so that values flow.
func (g *gen) someType(ok func(ir.Type) bool, fallback ir.Type) ir.Type {
	vs := g.scalars(ok)
	if len(vs) > 0 && g.chance(80) {
		return g.f.Vars[vs[g.pick(min(len(vs), 150))]].Type
	}
	return fallback
}

func (g *gen) cond(depth int) ir.Cond {
	switch {
	case depth > 0 && g.chance(30):
		x, y := g.cond(depth-1), g.cond(depth-1)
		return ir.Cond{Op: ir.CondAnd + ir.CondOp(g.pick(2)), X: &x, Y: &y}
	case depth > 0 && g.chance(10):
		x := g.cond(depth - 1)
		return ir.Cond{Op: ir.CondNot, X: &x}
	case g.chance(20):
		return ir.Cond{Op: ir.CondAtom, A: g.atom(ir.Bool)}
	}
	t := g.someType(ir.Type.IsScalar, g.scalarType())
	op := ir.Eq + ir.CondOp(g.pick(6))
	if t == ir.Bool {
		op = ir.Eq + ir.CondOp(g.pick(2))
	}
	return ir.Cond{Op: op, A: g.atom(t), B: g.atom(t)}
}

// shapes draws what a join or a loop hands on.
func (g *gen) shapes() []ir.Var {
	var out []ir.Var
	for range g.pick(4) {
		out = append(out, ir.Var{Type: g.someType(ir.Type.IsScalar, g.scalarType())})
	}
	if arrs := g.arrays(g.mine); len(arrs) > 0 && g.chance(60) {
		for range 1 + g.pick(2) {
			out = append(out, g.f.Vars[arrs[g.pick(min(len(arrs), 150))]])
		}
	}
	return slices.Clip(out)
}

func (g *gen) yields(shapes []ir.Var) func(b *ir.Block) {
	return func(b *ir.Block) {
		b.Term = ir.Yield{Vals: g.handOn(b, shapes)}
	}
}

func (g *gen) handOn(b *ir.Block, shapes []ir.Var) []ir.Atom {
	var out []ir.Atom
	for _, s := range shapes {
		if s.Len > 0 {
			out = append(out, g.give(b, s.Type, s.Len))
		} else {
			out = append(out, g.atom(s.Type))
		}
	}
	return out
}

func (g *gen) defineAll(shapes []ir.Var) []ir.VarID {
	var out []ir.VarID
	for _, s := range shapes {
		out = append(out, g.define(s.Type, s.Len))
	}
	return out
}
