package hint

import (
	"math/big"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// given narrows the arguments of a predicate to where it holds. It reports
// whether it can hold at all.
func (a *analysis) given(fr *frame, b *ir.Block) bool { return a.ends(fr, b, 0, true) }

// ends runs a block and narrows the frame to where result k, or what is yielded
// at k, is the bool that is wanted.
func (a *analysis) ends(fr *frame, b *ir.Block, k int, want bool) bool {
	for _, s := range b.Stmts {
		a.steps++
		a.stmt(fr, s)
	}
	switch t := b.Term.(type) {
	case ir.Return:
		return a.assumeAtom(fr, t.Results[k], want)
	case ir.Yield:
		return a.assumeAtom(fr, t.Vals[k], want)
	case ir.Branch:
		return a.assumeIf(fr, &t.Cond, &t.Then, &t.Else, k, want)
	}
	return true
}

// assumeIf uses that both sides of a condition end in the bool that is wanted.
func (a *analysis) assumeIf(fr *frame, c *ir.Cond, then, els *ir.Block, k int, want bool) bool {
	yes, no := fr.clone(), fr.clone()
	left := a.assume(yes, c, true) && a.ends(yes, then, k, want)
	right := a.assume(no, c, false) && a.ends(no, els, k, want)
	fr.merge(yes, no, left, right)
	return left || right
}

// merge keeps what both of two frames know, or one if the other is impossible.
func (fr *frame) merge(x, y *frame, left, right bool) {
	switch {
	case left && right:
		fr.facts = slices.DeleteFunc(slices.Clone(x.facts), func(f fact) bool { return !slices.Contains(y.facts, f) })
		for i := range fr.vals {
			if x.vals[i].lo != nil && y.vals[i].lo != nil {
				fr.vals[i].lo, fr.vals[i].hi = least(x.vals[i].lo, y.vals[i].lo), most(x.vals[i].hi, y.vals[i].hi)
			}
		}
	case left:
		fr.vals, fr.facts = x.vals, x.facts
	case right:
		fr.vals, fr.facts = y.vals, y.facts
	}
}

// fact is a comparison of two variables that holds.
type fact struct {
	op   ir.CondOp
	x, y int
}

// assumeLoop uses that the bool that a loop carries at k is as wanted at the end,
// for loops in which it never returns to that: then it was so before and after
// every iteration, and what an iteration says of its element of an array holds
// of all elements.
func (a *analysis) assumeLoop(fr *frame, s *ir.For, k int, want bool) bool {
	lo, hi := a.atom(fr, s.Lo).lo, a.atom(fr, s.Hi).lo
	if lo.Cmp(hi) >= 0 {
		return a.assumeAtom(fr, s.Init[k], want)
	}
	if end := a.block(a.iteration(fr, s, k, !want), &s.Body)[k]; end != (value{}) && (!end.isConst() || end.lo.Sign() != 0 == want) {
		return true
	}
	in := a.iteration(fr, s, k, want)
	if !a.ends(in, &s.Body, k, want) {
		return false
	}
	for _, get := range gets(&s.Body) {
		v, length := in.vals[get.Dst], int64(fr.f.Vars[get.Arr].Len)
		whole := lo.Sign() == 0 && hi.Cmp(big.NewInt(length)) == 0
		if whole && get.Index.Kind == ir.AVar && ir.VarID(get.Index.Index) == s.Index && v.lo != nil && fr.vals[get.Arr].lo != nil {
			fr.vals[get.Arr].lo, fr.vals[get.Arr].hi = most(fr.vals[get.Arr].lo, v.lo), least(fr.vals[get.Arr].hi, v.hi)
		}
	}
	return a.assumeAtom(fr, s.Init[k], want)
}

// iteration is a frame for any iteration of a loop in which the carried bool k
// is as given.
func (a *analysis) iteration(fr *frame, s *ir.For, k int, is bool) *frame {
	in := fr.clone()
	for i, v := range s.Carried {
		in.vals[v] = a.ofType(fr.f.Vars[v].Type, anyRel)
		if i == k {
			in.vals[v] = constant(big.NewInt(0))
			if is {
				in.vals[v] = constant(big.NewInt(1))
			}
		}
	}
	last := new(big.Int).Sub(a.atom(fr, s.Hi).lo, big.NewInt(1))
	in.vals[s.Index] = a.fresh(a.atom(fr, s.Lo).lo, last, anyRel)
	return in
}

// gets are the reads of arrays in a block.
func gets(b *ir.Block) []ir.Get {
	var out []ir.Get
	for _, s := range b.Stmts {
		switch s := s.(type) {
		case ir.Get:
			out = append(out, s)
		case ir.If:
			out = slices.Concat(out, gets(&s.Then), gets(&s.Else))
		}
	}
	if t, ok := b.Term.(ir.Branch); ok {
		out = slices.Concat(out, gets(&t.Then), gets(&t.Else))
	}
	return out
}

// entry are the arguments of a step: a state inside Inv, and an input inside
// Wf, related to that of the second run as Rel says.
func entry(a, c *analysis) (state, input []value) {
	for _, f := range a.u.State {
		state = append(state, a.ofType(f.Type, eq))
	}
	if fn, k := a.u.Func("Inv"); fn != nil && fn.States == 1 {
		fr := a.newFrame(k, slices.Clone(state))
		joins := a.joins // what Inv is asked of says nothing about the step
		a.joins, a.predicate = map[label]*joined{}, true
		if a.given(fr, &fn.Body) {
			copy(state, fr.vals[:len(state)])
		}
		a.joins, a.predicate = joins, false
	}
	c.predicate = true
	rels := inputRelations(c)
	for i, f := range a.u.Input {
		input = append(input, a.ofType(f.Type, rels[i]))
	}
	if fn, k := c.u.Func("Wf"); fn != nil && fn.Inputs == 1 {
		fr := c.newFrame(k, slices.Clone(input))
		if c.given(fr, &fn.Body) {
			for i := range input {
				input[i].lo, input[i].hi = fr.vals[i].lo, fr.vals[i].hi
			}
		}
	}
	return state, input
}

// inputRelations reads from Rel how the fields of two inputs are related.
func inputRelations(c *analysis) []relation {
	n := len(c.u.Input)
	rels := make([]relation, n)
	fn, k := c.u.Func("Rel")
	if fn == nil || fn.Inputs != 2 {
		return rels
	}
	var args []value
	for i := range 2 * n {
		args = append(args, c.ofType(c.u.Input[i%n].Type, anyRel))
	}
	fr := c.newFrame(k, args)
	c.given(fr, &fn.Body)
	for _, f := range fr.facts {
		x, y, op := f.x, f.y, f.op
		if x > y {
			x, y, op = y, x, exchange[op]
		}
		if x >= n || y != x+n {
			continue
		}
		switch op {
		case ir.Eq:
			rels[x] |= eq
		case ir.Le, ir.Lt:
			rels[x] |= le
		case ir.Ge, ir.Gt:
			rels[x] |= ge
		}
	}
	return rels
}
