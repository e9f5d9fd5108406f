// Package coqgentest holds small modules and contracts as IR, built by hand, for
// the tests of the Coq printer and of the proof station: governors in the shape
// of real ones, and one small module per thing that a proof must cope with.
//
// They need no front end, so that a test of a printer fails for the printer's
// faults only.
package coqgentest

import (
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// builder makes one function.
type builder struct {
	u     *ir.Unit
	f     *ir.Func
	stmts *[]ir.Stmt
}

// fn starts a function whose leading variables follow from its signature.
func fn(u *ir.Unit, f ir.Func) *builder {
	b := &builder{u: u, f: &f}
	f.Vars = u.LeadingVars(&f)
	b.stmts = &f.Body.Stmts
	return b
}

// end closes the function and adds it to the unit.
func (b *builder) end(t ir.Term) {
	b.f.Body.Term = t
	b.u.Funcs = append(b.u.Funcs, *b.f)
}

func lit(t ir.Type, v int64) ir.Atom { return ir.Lit(t, uint64(v)) }

// konst declares a named constant and gives the atom that refers to it.
func konst(u *ir.Unit, name string, t ir.Type, v int64) ir.Atom {
	u.Consts = append(u.Consts, ir.Const{Name: name, Type: t, Expr: ir.CExpr{Op: ir.CLit, Lit: big.NewInt(v)}})
	return ir.Atom{Kind: ir.AConst, Type: t, Index: len(u.Consts) - 1}
}

// v is leading variable k, or any other by its id.
func (b *builder) v(k int) ir.Atom {
	return ir.Atom{Kind: ir.AVar, Type: b.f.Vars[k].Type, Index: k}
}

func (b *builder) fresh(t ir.Type, length int) ir.VarID {
	b.f.Vars = append(b.f.Vars, ir.Var{Type: t, Len: length})
	return ir.VarID(len(b.f.Vars) - 1)
}

func (b *builder) add(s ir.Stmt) { *b.stmts = append(*b.stmts, s) }

func (b *builder) op(op ir.BinOp, x, y ir.Atom) ir.Atom {
	d := b.fresh(x.Type, 0)
	b.add(ir.Arith{Dst: d, Op: op, A: x, B: y})
	return b.v(int(d))
}

func (b *builder) conv(t ir.Type, x ir.Atom) ir.Atom {
	d := b.fresh(t, 0)
	b.add(ir.Convert{Dst: d, A: x})
	return b.v(int(d))
}

func (b *builder) test(c ir.Cond) ir.Atom {
	d := b.fresh(ir.Bool, 0)
	b.add(ir.Test{Dst: d, Cond: c})
	return b.v(int(d))
}

func (b *builder) lookup(table int, i ir.Atom) ir.Atom {
	d := b.fresh(b.u.Tables[table].Type, 0)
	b.add(ir.Lookup{Dst: d, Table: table, Index: i})
	return b.v(int(d))
}

func (b *builder) get(arr, i ir.Atom) ir.Atom {
	d := b.fresh(arr.Type, 0)
	b.add(ir.Get{Dst: d, Arr: ir.VarID(arr.Index), Index: i})
	return b.v(int(d))
}

func (b *builder) set(arr, i, x ir.Atom) ir.Atom {
	d := b.fresh(arr.Type, b.f.Vars[arr.Index].Len)
	b.add(ir.Set{Dst: d, Arr: ir.VarID(arr.Index), Index: i, Val: x})
	return b.v(int(d))
}

func (b *builder) call(k int, state []ir.Atom, args ...ir.Atom) []ir.Atom {
	callee := &b.u.Funcs[k]
	s := ir.Call{Func: k, State: state, Args: args}
	if callee.Mode == ir.WriteState {
		for _, f := range b.u.State {
			s.Dst = append(s.Dst, b.fresh(f.Type, f.Len))
		}
	}
	for _, r := range callee.Results {
		s.Dst = append(s.Dst, b.fresh(r.Type, 0))
	}
	b.add(s)
	return b.all(s.Dst)
}

func (b *builder) all(ids []ir.VarID) []ir.Atom {
	out := make([]ir.Atom, len(ids))
	for k, id := range ids {
		out[k] = b.v(int(id))
	}
	return out
}

// block runs make with a fresh list of bindings and closes it.
func (b *builder) block(make func() ir.Term) ir.Block {
	var body ir.Block
	outer := b.stmts
	b.stmts = &body.Stmts
	t := make()
	b.stmts = outer
	body.Term = t
	return body
}

// join is an if statement; both sides give the values of the same variables.
func (b *builder) join(c ir.Cond, then, els func() []ir.Atom) []ir.Atom {
	s := ir.If{Cond: c}
	var vals []ir.Atom
	yield := func(make func() []ir.Atom) func() ir.Term {
		return func() ir.Term { vals = make(); return ir.Yield{Vals: vals} }
	}
	s.Then, s.Else = b.block(yield(then)), b.block(yield(els))
	for _, a := range vals {
		s.Dst = append(s.Dst, b.fresh(a.Type, b.lenOf(a)))
	}
	b.add(s)
	return b.all(s.Dst)
}

func (b *builder) lenOf(a ir.Atom) int {
	if a.Kind != ir.AVar {
		return 0
	}
	return b.f.Vars[a.Index].Len
}

// loop runs body for lo..hi-1 over carried values.
func (b *builder) loop(lo, hi int64, init []ir.Atom, body func(i ir.Atom, carried []ir.Atom) []ir.Atom) []ir.Atom {
	s := ir.For{Init: init, Lo: lit(ir.I64, lo), Hi: lit(ir.I64, hi)}
	for _, a := range init {
		s.Carried = append(s.Carried, b.fresh(a.Type, b.lenOf(a)))
	}
	s.Index = b.fresh(ir.I64, 0)
	s.Body = b.block(func() ir.Term { return ir.Yield{Vals: body(b.v(int(s.Index)), b.all(s.Carried))} })
	for _, a := range init {
		s.Dst = append(s.Dst, b.fresh(a.Type, b.lenOf(a)))
	}
	b.add(s)
	return b.all(s.Dst)
}

// returns ends a function in the values of its state and results.
func (b *builder) returns(state []ir.Atom, results ...ir.Atom) {
	b.end(ir.Return{State: state, Results: results})
}

func cmp(op ir.CondOp, x, y ir.Atom) ir.Cond { return ir.Cond{Op: op, A: x, B: y} }
func is(x ir.Atom) ir.Cond                   { return ir.Cond{Op: ir.CondAtom, A: x} }
func and(x ir.Cond, more ...ir.Cond) ir.Cond { return chain(ir.CondAnd, x, more) }
func or(x ir.Cond, more ...ir.Cond) ir.Cond  { return chain(ir.CondOr, x, more) }

func chain(op ir.CondOp, x ir.Cond, more []ir.Cond) ir.Cond {
	for _, y := range more {
		l, r := x, y
		x = ir.Cond{Op: op, X: &l, Y: &r}
	}
	return x
}

// predicate adds a bool function whose body is one condition.
func predicate(u *ir.Unit, f ir.Func, cond func(b *builder) ir.Cond) {
	f.Results = []ir.Param{{Type: ir.Bool}}
	if f.States > 0 {
		f.Mode = ir.ReadState
	}
	b := fn(u, f)
	b.returns(nil, b.test(cond(b)))
}
