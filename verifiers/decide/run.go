package decide

import (
	"math/big"

	"github.com/go-air/gini/z"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// value is a variable: one word of a scalar, Len words of an array. Values are
// shared and never changed.
type value []word

// engine turns the functions of one unit into gates of a circuit, which several
// engines may share.
type engine struct {
	*circuit
	u     *ir.Unit
	vals  []*big.Int // of the constant table
	steps *int       // bindings that may still be expanded, over all engines
}

// outcome is what a function leaves behind.
type outcome struct {
	state   []value // when it writes state
	results []word
	panics  z.Lit // the others mean nothing then
}

// activation is one call that is being expanded.
type activation struct {
	*engine
	f      *ir.Func
	vars   []value
	panics z.Lit
}

// call expands a function on its leading variables: states, inputs, parameters.
func (e *engine) call(f *ir.Func, leading []value) outcome {
	return e.enter(f, leading, e.T)
}

// enter is call where path says whether the call happens at all.
func (e *engine) enter(f *ir.Func, leading []value, path z.Lit) outcome {
	a := &activation{engine: e, f: f, vars: make([]value, len(f.Vars)), panics: e.F}
	copy(a.vars, leading)
	vals := a.block(&f.Body, path)
	n := len(vals) - len(f.Results)
	out := outcome{state: vals[:n:n], panics: a.panics}
	for _, v := range vals[n:] {
		out.results = append(out.results, v[0])
	}
	return out
}

// block expands a block; the values are those of its yield, or the state and
// the results of its return.
func (a *activation) block(b *ir.Block, path z.Lit) []value {
	for _, s := range b.Stmts {
		a.spend(1)
		a.stmt(s, path)
	}
	switch t := b.Term.(type) {
	case ir.Return:
		return append(a.ofAll(t.State), a.ofAll(t.Results)...)
	case ir.Yield:
		return a.ofAll(t.Vals)
	case ir.Branch:
		return a.fork(&t.Cond, &t.Then, &t.Else, path)
	}
	panic("decide: block without an end") // ir.Check refuses it
}

// spend counts work that need not make gates.
func (a *activation) spend(n int) {
	if *a.steps -= n; *a.steps < 0 {
		panic(exhausted{OutOfSteps})
	}
}

// fork expands both blocks and chooses between what they end with.
func (a *activation) fork(c *ir.Cond, then, els *ir.Block, path z.Lit) []value {
	sel := a.cond(c)
	switch sel {
	case a.T:
		return a.block(then, path)
	case a.F:
		return a.block(els, path)
	}
	x := a.block(then, a.and(path, sel))
	y := a.block(els, a.and(path, sel.Not()))
	out := make([]value, len(x))
	for i := range x {
		out[i] = a.chooseAll(sel, x[i], y[i])
	}
	return out
}

func (a *activation) chooseAll(sel z.Lit, x, y value) value {
	out := make(value, len(x))
	a.spend(len(x))
	for i := range x {
		out[i] = a.choose(sel, x[i], y[i])
	}
	return out
}

func (a *activation) of(x ir.Atom) value {
	if x.Kind == ir.AVar {
		return a.vars[x.Index]
	}
	return value{a.scalar(x)}
}

func (a *activation) ofAll(xs []ir.Atom) []value {
	out := make([]value, len(xs))
	for i, x := range xs {
		out[i] = a.of(x)
	}
	return out
}

// literal is the word of a constant operand.
func (e *engine) literal(x ir.Atom) word {
	bits := x.Bits
	if x.Kind == ir.AConst {
		bits, _ = x.Type.Bits(e.vals[x.Index]) // it fits: checked
	}
	return e.constant(x.Type.Width(), bits)
}

// scalar is the word of an operand that is no array.
func (a *activation) scalar(x ir.Atom) word {
	if x.Kind == ir.AVar {
		return a.vars[x.Index][0]
	}
	return a.literal(x)
}

func (a *activation) bind(v ir.VarID, w word) { a.vars[v] = value{w} }

// fail notes a panic on a path.
func (a *activation) fail(path, when z.Lit) { a.panics = a.or(a.panics, a.and(path, when)) }

func (a *activation) stmt(s ir.Stmt, path z.Lit) {
	switch s := s.(type) {
	case ir.Arith:
		a.bind(s.Dst, a.arith(&s, path))
	case ir.Convert:
		a.bind(s.Dst, a.resize(a.scalar(s.A), s.A.Type, a.f.Vars[s.Dst].Type.Width()))
	case ir.Bits:
		a.bind(s.Dst, a.count(s.Fn, a.scalar(s.A), a.f.Vars[s.Dst].Type.Width()))
	case ir.Test:
		a.bind(s.Dst, word{a.cond(&s.Cond)})
	case ir.Lookup:
		a.bind(s.Dst, a.read(a.table(s.Table), s.Index, path))
	case ir.Call:
		a.expand(&s, path)
	case ir.If:
		a.bindAll(s.Dst, a.fork(&s.Cond, &s.Then, &s.Else, path))
	case ir.For:
		a.loop(&s, path)
	default:
		a.array(s, path)
	}
}

func (a *activation) bindAll(dst []ir.VarID, vals []value) {
	for i, v := range dst {
		a.vars[v] = vals[i]
	}
}

func (a *activation) table(i int) value {
	t := a.u.Tables[i]
	out := make(value, len(t.Elems))
	for k, x := range t.Elems {
		out[k] = a.literal(x)
	}
	return out
}

func (a *activation) array(s ir.Stmt, path z.Lit) {
	switch s := s.(type) {
	case ir.Get:
		a.bind(s.Dst, a.read(a.vars[s.Arr], s.Index, path))
	case ir.Set:
		a.vars[s.Dst] = a.write(a.vars[s.Arr], s.Index, a.scalar(s.Val), path)
	case ir.Copy:
		a.vars[s.Dst] = a.vars[s.Src]
	case ir.Zero:
		v := a.f.Vars[s.Dst]
		a.spend(v.Len)
		zeroes := make(value, v.Len)
		for i := range zeroes {
			zeroes[i] = a.constant(v.Type.Width(), 0)
		}
		a.vars[s.Dst] = zeroes
	}
}

// index is an index as 64 bits; it panics from n on.
func (a *activation) index(x ir.Atom, n int, path z.Lit) word {
	w := a.resize(a.scalar(x), x.Type, 64)
	a.fail(path, a.less(w, a.constant(64, uint64(n))).Not())
	return w
}

func (a *activation) read(elems value, x ir.Atom, path z.Lit) word {
	a.spend(len(elems))
	return a.pick(elems, a.index(x, len(elems), path))
}

func (a *activation) write(elems value, x ir.Atom, val word, path z.Lit) value {
	a.spend(len(elems))
	w := a.index(x, len(elems), path)
	out := make(value, len(elems))
	for i, old := range elems {
		out[i] = a.choose(a.equal(w, a.constant(64, uint64(i))), val, old)
	}
	return out
}

func (a *activation) loop(s *ir.For, path z.Lit) {
	carried := a.ofAll(s.Init)
	lo, _ := a.known(a.literal(s.Lo))
	hi, _ := a.known(a.literal(s.Hi))
	for i := int64(lo); i < int64(hi); i++ {
		a.spend(1)
		a.bindAll(s.Carried, carried)
		a.bind(s.Index, a.constant(64, uint64(i)))
		carried = a.block(&s.Body, path)
	}
	a.bindAll(s.Dst, carried)
}

// expand puts a callee in the place of its call.
func (a *activation) expand(s *ir.Call, path z.Lit) {
	callee := &a.u.Funcs[s.Func]
	leading := a.ofAll(s.State)
	first := a.f.States*len(a.u.State) + s.Input*len(a.u.Input)
	leading = append(leading, a.vars[first:first+callee.Inputs*len(a.u.Input)]...)
	leading = append(leading, a.ofAll(s.Args)...)
	out := a.enter(callee, leading, path)
	a.panics = a.or(a.panics, out.panics)
	a.bindAll(s.Dst[:len(out.state)], out.state)
	for i, r := range out.results {
		a.bind(s.Dst[len(out.state)+i], r)
	}
}

func (a *activation) arith(s *ir.Arith, path z.Lit) word {
	t := a.f.Vars[s.Dst].Type
	x, y := a.scalar(s.A), a.scalar(s.B)
	switch s.Op {
	case ir.Add:
		return a.add(x, y, a.F)
	case ir.Sub:
		return a.sub(x, y)
	case ir.Mul:
		return a.mul(x, y)
	case ir.Quo, ir.Rem:
		a.fail(path, a.equal(y, a.constant(len(y), 0)))
		quo, rem := a.quoRem(t, x, y)
		if s.Op == ir.Quo {
			return quo
		}
		return rem
	case ir.Shl:
		return a.shift(x, y, true, a.F)
	case ir.Shr:
		fill := a.F
		if t.IsSigned() {
			fill = x[len(x)-1]
		}
		return a.shift(x, y, false, fill)
	case ir.Min:
		return a.choose(a.below(t, x, y), x, y)
	case ir.Max:
		return a.choose(a.below(t, x, y), y, x)
	}
	return a.logical(s.Op, x, y)
}

func (a *activation) logical(op ir.BinOp, x, y word) word {
	switch op {
	case ir.And:
		return a.bitwise(x, y, a.and)
	case ir.Or:
		return a.bitwise(x, y, a.or)
	case ir.AndNot:
		return a.bitwise(x, invert(y), a.and)
	}
	return a.bitwise(x, y, a.xor)
}

func (a *activation) cond(c *ir.Cond) z.Lit {
	switch c.Op {
	case ir.CondAtom:
		return a.scalar(c.A)[0]
	case ir.CondNot:
		return a.cond(c.X).Not()
	case ir.CondAnd:
		return a.and(a.cond(c.X), a.cond(c.Y))
	case ir.CondOr:
		return a.or(a.cond(c.X), a.cond(c.Y))
	}
	x, y := a.scalar(c.A), a.scalar(c.B)
	switch c.Op {
	case ir.Eq:
		return a.equal(x, y)
	case ir.Ne:
		return a.equal(x, y).Not()
	case ir.Lt:
		return a.below(c.A.Type, x, y)
	case ir.Le:
		return a.below(c.A.Type, y, x).Not()
	case ir.Gt:
		return a.below(c.A.Type, y, x)
	}
	return a.below(c.A.Type, x, y).Not() // Ge
}
