package hint

import (
	"math/big"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// maxSteps bounds the work of an analysis, in bindings; beyond, loops are
// skipped and what they yield is taken to be anything.
const maxSteps = 1 << 18

// label names a join: the function, and the first variable that is bound.
type label struct{ fn, v int }

// analysis is one abstract run of a unit.
type analysis struct {
	u      *ir.Unit
	consts []*big.Int
	roots  []relation
	steps  int
	joins  map[label]*joined
	// predicate says that a predicate is read, in which bools are traced back to
	// what they say of other variables.
	predicate bool
}

// joined is what is known at a join over all visits.
type joined struct {
	vars  []ir.Var
	vals  []value
	sides [2][]value // of an if: where the condition holds, and where it does not
	loop  *rounds    // of a loop
}

// rounds is what is known of a loop.
type rounds struct {
	lo    int64
	hull  []value // over all iterations, and before them
	steps []drift // what an iteration adds
	// keeps says of each side of the hull that an iteration keeps it by itself.
	keeps [][2]bool
}

// drift is what one iteration adds to a variable, at least and at most; a bound
// that is not known is nil.
type drift struct{ least, most *big.Int }

// frame is a call of a function.
type frame struct {
	fn    int
	f     *ir.Func
	vals  []value
	tests []*ir.Cond // of the bool variables that a Test bound
	from  []origin   // of the bool variables that a join or a loop yields
	reads []ir.Lookup
	facts []fact // comparisons of variables that hold
	last  bool   // nothing but the end of the block follows
}

// origin is the join or the loop that a variable comes from, and its place there.
type origin struct {
	join *ir.If
	loop *ir.For
	at   int
}

func newAnalysis(u *ir.Unit) (*analysis, error) {
	consts, err := u.ConstValues(nil)
	return &analysis{u: u, consts: consts, joins: map[label]*joined{}}, err
}

func (a *analysis) newFrame(fn int, args []value) *frame {
	f := &a.u.Funcs[fn]
	fr := &frame{fn: fn, f: f, vals: make([]value, len(f.Vars)), tests: make([]*ir.Cond, len(f.Vars)), from: make([]origin, len(f.Vars))}
	copy(fr.vals, args)
	return fr
}

func (fr *frame) clone() *frame {
	c := *fr
	c.vals, c.facts, c.reads = slices.Clone(fr.vals), slices.Clone(fr.facts), slices.Clone(fr.reads)
	return &c
}

func (a *analysis) atom(fr *frame, x ir.Atom) value {
	switch x.Kind {
	case ir.AVar:
		return fr.vals[x.Index]
	case ir.AConst:
		return constant(a.consts[x.Index])
	}
	return constant(x.Type.Value(x.Bits))
}

func (a *analysis) atoms(fr *frame, xs []ir.Atom) []value {
	out := make([]value, len(xs))
	for i, x := range xs {
		out[i] = a.atom(fr, x)
	}
	return out
}

// block runs a block and gives what it yields or returns.
func (a *analysis) block(fr *frame, b *ir.Block) []value {
	_, open := b.Term.(ir.Branch)
	for i, s := range b.Stmts {
		a.steps++
		fr.last = i == len(b.Stmts)-1 && !open
		a.stmt(fr, s)
	}
	switch t := b.Term.(type) {
	case ir.Yield:
		return a.atoms(fr, t.Vals)
	case ir.Return:
		return a.atoms(fr, slices.Concat(t.State, t.Results))
	case ir.Branch:
		out, _ := a.choose(fr, &t.Cond, &t.Then, &t.Else)
		return out
	}
	return nil
}

// choose runs both sides of a condition as far as they are possible, and
// relates runs that take the same side and runs that part. What each side gives
// is returned as well, if both are possible.
func (a *analysis) choose(fr *frame, c *ir.Cond, then, els *ir.Block) (out []value, sides [2][]value) {
	t := a.truth(fr, c)
	switch {
	case !t.no:
		return a.block(fr, then), sides
	case !t.yes:
		return a.block(fr, els), sides
	}
	yes, no := fr.clone(), fr.clone()
	if !a.assume(yes, c, true) || !a.propagate(yes) {
		return a.block(fr, els), sides
	}
	if !a.assume(no, c, false) || !a.propagate(no) {
		return a.block(fr, then), sides
	}
	x, y := a.block(yes, then), a.block(no, els)
	out = make([]value, len(x))
	for i := range x {
		out[i] = a.either(x[i], y[i], a.part(t.rel, x[i], y[i]))
	}
	return out, [2][]value{x, y}
}

// part is the relation of a value that is x where the condition holds and y
// where it does not, when the condition itself is related by rel.
func (a *analysis) part(rel relation, x, y value) relation {
	out := x.rel & y.rel
	if rel&le == 0 { // it may hold in the first run only
		out &= a.across(x, y)
	}
	if rel&ge == 0 { // it may hold in the second run only
		out &= a.across(y, x)
	}
	return out
}

func (a *analysis) stmt(fr *frame, s ir.Stmt) {
	switch s := s.(type) {
	case ir.Arith:
		v := a.arith(s.Op, a.atom(fr, s.A), a.atom(fr, s.B), fr.f.Vars[s.Dst].Type)
		fr.vals[s.Dst] = v
		if s.Op == ir.Min || s.Op == ir.Max {
			a.join(fr, []ir.VarID{s.Dst}, []value{v}, fr.last)
		}
	case ir.Convert:
		fr.vals[s.Dst] = a.wrap(a.atom(fr, s.A), fr.f.Vars[s.Dst].Type)
	case ir.Bits:
		fr.vals[s.Dst] = a.fresh(zero, big.NewInt(int64(s.A.Type.Width())), a.atom(fr, s.A).rel&bitsRel(s.Fn))
	case ir.Test:
		fr.tests[s.Dst] = &s.Cond
		fr.vals[s.Dst] = a.ofTruth(a.truth(fr, &s.Cond))
	case ir.Lookup:
		fr.vals[s.Dst] = a.lookup(fr, s)
		fr.reads = append(fr.reads, s)
	case ir.Get:
		arr, at := fr.vals[s.Arr], a.atom(fr, s.Index)
		fr.vals[s.Dst] = a.fresh(arr.lo, arr.hi, onlyEqual(arr.rel&at.rel))
	case ir.Set:
		arr, at, x := fr.vals[s.Arr], a.atom(fr, s.Index), a.atom(fr, s.Val)
		fr.vals[s.Dst] = a.fresh(least(arr.lo, x.lo), most(arr.hi, x.hi), onlyEqual(arr.rel&at.rel&x.rel))
	case ir.Zero:
		fr.vals[s.Dst] = constant(zero)
	case ir.Copy:
		fr.vals[s.Dst] = fr.vals[s.Src]
	case ir.Call:
		last := fr.last
		a.join(fr, s.Dst, a.call(fr, s), last)
	case ir.If:
		last := fr.last
		out, sides := a.choose(fr, &s.Cond, &s.Then, &s.Else)
		a.join(fr, s.Dst, out, last)
		a.sided(fr, s.Dst, sides, last)
		for k, d := range s.Dst {
			fr.from[d] = origin{join: &s, at: k}
		}
	case ir.For:
		a.loop(fr, s)
	}
}

func (a *analysis) call(fr *frame, s ir.Call) []value {
	args := a.atoms(fr, s.State)
	inputs := fr.f.States * len(a.u.State)
	callee := &a.u.Funcs[s.Func]
	for i := range callee.Inputs * len(a.u.Input) {
		args = append(args, fr.vals[inputs+s.Input*len(a.u.Input)+i])
	}
	in := a.newFrame(s.Func, append(args, a.atoms(fr, s.Args)...))
	return a.block(in, &callee.Body)
}

// join binds what a join yields, and notes it as the join's invariant. What
// follows may use that invariant and nothing else, as in the proof. Paths are
// not merged where nothing follows: there is nothing to save.
func (a *analysis) join(fr *frame, dst []ir.VarID, vals []value, last bool) {
	if last {
		for i, d := range dst {
			fr.vals[d] = vals[i]
		}
	}
	if last || len(dst) == 0 {
		return
	}
	j := a.at(fr, dst)
	for i, d := range dst {
		fr.vals[d] = a.fresh(vals[i].lo, vals[i].hi, vals[i].rel)
		if len(j.vals) < len(dst) {
			j.vals = append(j.vals, fr.vals[d])
			continue
		}
		j.vals[i] = a.either(j.vals[i], vals[i], j.vals[i].rel&vals[i].rel)
	}
}

// sided notes what each side of a join gives, over all visits.
func (a *analysis) sided(fr *frame, dst []ir.VarID, sides [2][]value, last bool) {
	if last || len(dst) == 0 {
		return
	}
	j := a.at(fr, dst)
	for k, vals := range sides {
		for i := range vals {
			if len(j.sides[k]) < len(vals) {
				j.sides[k] = append(j.sides[k], vals[i])
				continue
			}
			j.sides[k][i] = a.either(j.sides[k][i], vals[i], anyRel)
		}
	}
}

func (a *analysis) at(fr *frame, dst []ir.VarID) *joined {
	key := label{fr.fn, int(dst[0])}
	j := a.joins[key]
	if j == nil {
		j = &joined{}
		for _, d := range dst {
			j.vars = append(j.vars, fr.f.Vars[d])
		}
		a.joins[key] = j
	}
	return j
}

// loop runs every iteration, as long as the work is bounded.
func (a *analysis) loop(fr *frame, s ir.For) {
	r := &rounds{lo: a.atom(fr, s.Lo).lo.Int64(), hull: a.atoms(fr, s.Init), keeps: make([][2]bool, len(s.Carried))}
	vals := slices.Clone(r.hull)
	for i := r.lo; i < a.atom(fr, s.Hi).lo.Int64(); i++ {
		if a.steps > maxSteps {
			vals = a.anything(fr, s.Carried)
			r.hull, r.steps = vals, nil
			break
		}
		vals = a.round(fr, s, vals, constant(big.NewInt(i)), r)
		for k := range vals {
			r.hull[k] = a.either(r.hull[k], vals[k], r.hull[k].rel&vals[k].rel)
		}
	}
	if len(s.Dst) == 0 {
		return
	}
	a.settle(fr, s, r)
	for k, d := range s.Dst {
		fr.from[d] = origin{loop: &s, at: k}
	}
	a.join(fr, s.Dst, vals, false)
	a.at(fr, s.Dst).visit(a, r)
	a.drifted(fr, s, r)
}

// drifted relates what a loop yields to what it started with.
func (a *analysis) drifted(fr *frame, s ir.For, r *rounds) {
	n := new(big.Int).Sub(a.atom(fr, s.Hi).lo, big.NewInt(r.lo))
	if len(r.steps) == 0 || n.Sign() <= 0 {
		return
	}
	times := func(x, y *big.Int) *big.Int { return new(big.Int).Mul(x, y) }
	for k, d := range s.Dst {
		from, step := a.atom(fr, s.Init[k]), r.steps[k]
		if from.root >= 0 {
			v := &fr.vals[d]
			v.root, v.from, v.to = from.root, both(add, from.from, both(times, n, step.least)), both(add, from.to, both(times, n, step.most))
		}
	}
}

func (a *analysis) anything(fr *frame, vars []ir.VarID) []value {
	out := make([]value, len(vars))
	for k, v := range vars {
		out[k] = a.ofType(fr.f.Vars[v].Type, anyRel)
	}
	return out
}

// round runs one iteration, and notes what it adds.
func (a *analysis) round(fr *frame, s ir.For, vals []value, index value, r *rounds) []value {
	in := fr.clone()
	for k, c := range s.Carried {
		in.vals[c] = a.fresh(vals[k].lo, vals[k].hi, vals[k].rel)
	}
	in.vals[s.Index] = index
	roots := slices.Clone(in.vals)
	out := a.block(in, &s.Body)
	for k, c := range s.Carried {
		d := drift{}
		if out[k].root == roots[c].root {
			d = drift{out[k].from, out[k].to}
		}
		if len(r.steps) < len(s.Carried) {
			r.steps = append(r.steps, d)
			continue
		}
		r.steps[k] = drift{both(least, r.steps[k].least, d.least), both(most, r.steps[k].most, d.most)}
	}
	return out
}

// settle finds out which sides of the hull any iteration keeps.
func (a *analysis) settle(fr *frame, s ir.For, r *rounds) {
	lo, hi := a.atom(fr, s.Lo).lo, a.atom(fr, s.Hi).lo
	if lo.Cmp(hi) >= 0 || a.steps > maxSteps {
		return
	}
	out := a.round(fr, s, r.hull, a.fresh(lo, new(big.Int).Sub(hi, big.NewInt(1)), eq), &rounds{})
	for k := range out {
		r.keeps[k] = [2]bool{r.hull[k].lo.Cmp(out[k].lo) <= 0, out[k].hi.Cmp(r.hull[k].hi) <= 0}
	}
}

// visit adds what one visit of a loop has shown.
func (j *joined) visit(a *analysis, r *rounds) {
	if j.loop == nil {
		j.loop = r
		return
	}
	for k := range r.hull {
		j.loop.hull[k] = a.either(j.loop.hull[k], r.hull[k], j.loop.hull[k].rel&r.hull[k].rel)
		for side := range 2 {
			j.loop.keeps[k][side] = j.loop.keeps[k][side] && r.keeps[k][side]
		}
	}
	if len(r.steps) != len(j.loop.steps) {
		j.loop.steps = nil
	}
	for k := range j.loop.steps {
		j.loop.steps[k] = drift{both(least, j.loop.steps[k].least, r.steps[k].least), both(most, j.loop.steps[k].most, r.steps[k].most)}
	}
}
