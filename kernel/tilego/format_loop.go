package tilego

import (
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// ifStmt prints a join, the last binding of block b or not. It returns the flags
// whose tests, which follow, are printed as statements already.
func (g *fnPrinter) ifStmt(s ir.If, b *ir.Block, last bool, outer *ctx) flagged {
	at := g.at
	g.take(condUses(&s.Cond, nil, true), false)
	g.flush()
	cond := g.cond(&s.Cond).s
	leaves := append(yields(&s.Then), yields(&s.Else)...)
	c := ctx{inner: true, tail: true, flags: noFlags}
	if last {
		c.flags, c.quiet = g.joinFlags(s, b, outer)
	}
	c.targets = g.targetsBut(&c.flags, exitSkip, s.Dst, s.Dst, at, g.ends[at], b.Term, outer, func(i int) ir.Atom { return g.initial(leaves, i) })
	c.self = make([]bool, len(c.targets))
	for i, t := range c.targets {
		c.self[i] = g.unchanged(s.Dst[i], leaves, i, t.holds)
	}
	g.region = &region{outer: g.region, targets: c.targets}
	g.line("if %s {", cond)
	g.first(&s.Then, c, at)
	g.elseBlock(&s.Else, c)
	g.region = g.region.outer
	for i, t := range c.targets {
		g.rebind(t, s.Dst[i])
	}
	return c.flags
}

// targetsBut is targets for all but the flags. When the tests of the flags do
// more than leave, the flags become variables after all.
func (g *fnPrinter) targetsBut(f *flagged, most exit, dst, after []ir.VarID, at, end int, t ir.Term, outer *ctx, init func(int) ir.Atom) []*slot {
	if !f.any() {
		return g.targets(dst, at, end, init)
	}
	out := g.targets(dst[:f.from], at, end, init)
	holds := func(s *slot) ir.Atom {
		if i := slices.Index(out, s); i >= 0 {
			return g.atomOf(after[i])
		}
		return s.holds
	}
	if g.kept(*f, t, outer, most, holds) {
		return out
	}
	for i := f.from; i < len(dst); i++ {
		out = append(out, g.scalarTarget(dst[i], init(i), len(g.slots), end))
	}
	*f = noFlags
	return out
}

// unchanged reports whether every end yields for scalar v what its slot holds
// already.
func (g *fnPrinter) unchanged(v ir.VarID, leaves []ir.Yield, i int, holds ir.Atom) bool {
	return g.f.Vars[v].Len == 0 && !slices.ContainsFunc(leaves, func(y ir.Yield) bool { return y.Vals[i] != holds })
}

// initial chooses what the i-th variable of a join holds before it: the atom
// from outside that most of its ends yield.
func (g *fnPrinter) initial(leaves []ir.Yield, i int) ir.Atom {
	var best ir.Atom
	most := 0
	for _, l := range slices.Backward(leaves) {
		a := l.Vals[i]
		if a.Kind == ir.AVar && g.of[a.Index] == nil {
			continue
		}
		n := 0
		for _, other := range leaves {
			if other.Vals[i] == a {
				n++
			}
		}
		if n > most {
			best, most = a, n
		}
	}
	return best
}

// targets finds or makes the slots that a join or loop assigns; init says what
// each holds before. What is read after position end must not be lost.
func (g *fnPrinter) targets(dst []ir.VarID, at, end int, init func(int) ir.Atom) []*slot {
	forced := g.forced(dst, at, end)
	out := g.arrayTargets(dst, forced, end)
	order := -1
	for i, v := range dst {
		if g.f.Vars[v].Len > 0 {
			continue
		}
		if out[i] = forced[i]; out[i] == nil {
			out[i] = g.scalarTarget(v, init(i), order, end)
		}
		order = out[i].order
	}
	return out
}

// forced pairs the first variables of a join or loop with the fields of the
// state when a call in it changes the state: then it must keep every field.
func (g *fnPrinter) forced(dst []ir.VarID, at, end int) []*slot {
	out := make([]*slot, len(dst))
	if !g.writer[at] {
		return out
	}
	i := 0
	for _, arrays := range []bool{true, false} {
		for i < len(dst) && (g.f.Vars[dst[i]].Len > 0) != arrays {
			i++
		}
		for f, field := range g.u.State {
			if (field.Len > 0) != arrays {
				continue
			}
			if i >= len(dst) || g.f.Vars[dst[i]].Type != field.Type || g.f.Vars[dst[i]].Len != field.Len || !g.assignable(g.state[f]) {
				unprintablef("%s has a join or loop that changes the state and does not keep it", g.f.Name)
			}
			g.free(g.state[f], end)
			out[i] = g.state[f]
			i++
		}
	}
	return out
}

// scalarTarget reuses the slot that holds another value of the same variable
// when that is not needed otherwise, and when it keeps the order of declaration.
func (g *fnPrinter) scalarTarget(v ir.VarID, init ir.Atom, order, end int) *slot {
	t, name := g.f.Vars[v].Type, g.f.Vars[v].Name
	if name == "" && init.Kind == ir.AVar {
		name = g.f.Vars[init.Index].Name
		if s := g.of[init.Index]; s.holds == init && g.fits(s, t, order, end) {
			return s
		}
	}
	for _, s := range g.slots {
		if name != "" && g.named(s, name) && g.fits(s, t, order, end) {
			return s
		}
	}
	if init.Kind == 0 || init == ir.Lit(t, 0) {
		return g.declare(v, ir.Lit(t, 0), func(name string) string { return "var " + name + " " + t.String() })
	}
	value := g.typed(init).s
	return g.declare(v, init, func(name string) string { return name + " := " + value })
}

// fits reports whether a join may assign s: what s holds is not needed after end.
func (g *fnPrinter) fits(s *slot, t ir.Type, order, end int) bool {
	return s.holds.Type == t && s.order > order && !s.closed && !s.index && !s.fixed && g.assignable(s) && g.dead(s, end)
}

// loop prints a counted loop, the last binding of block b or not. It returns the
// flags whose tests, which follow, are printed as statements already.
func (g *fnPrinter) loop(s ir.For, b *ir.Block, last bool, outer *ctx) flagged {
	at := g.at
	g.flush()
	clear(g.placed)
	c := ctx{inner: true, loop: true, tail: true}
	c.flags, c.quiet = g.loopFlags(s, b, last, outer)
	c.targets = g.targetsBut(&c.flags, exitReturn, s.Carried, s.Dst, at, at, b.Term, outer, func(i int) ir.Atom { return s.Init[i] })
	g.assign(c.targets, s.Init[:len(c.targets)], nil, nil)
	index := g.newSlot(g.fresh(g.f.Vars[s.Index].Name, int(s.Index)), ir.Atom{})
	index.index = true
	g.rebind(index, s.Index)
	for i, t := range c.targets {
		g.rebind(t, s.Carried[i])
	}
	head := len(g.lines)
	g.line("%s", g.loopHead(index.name, s))
	g.iteration(s, c)
	g.close(index)
	if index.reads == 0 && s.Lo == ir.Lit(ir.I64, 0) {
		g.lines[head] = "for range " + g.bound(s.Hi) + " {"
	}
	for i, t := range c.targets {
		g.rebind(t, s.Dst[i])
	}
	if c.flags.returned < 0 {
		return noFlags
	}
	c.flags.broke = -1 // nothing tests it
	return c.flags
}

// iteration prints the body of a loop, without the guard of its flags.
func (g *fnPrinter) iteration(s ir.For, c ctx) {
	body := &s.Body
	if c.flags.any() {
		guard := s.Body.Term.(ir.Branch)
		body = &guard.Else
	}
	c.self = make([]bool, len(c.targets))
	leaves := yields(body)
	for i, t := range c.targets {
		c.self[i] = g.unchanged(s.Carried[i], leaves, i, t.holds)
	}
	g.region = &region{outer: g.region, targets: c.targets}
	if c.flags.any() { // the body, its end, the block that does nothing, its end
		g.opened += 2
		g.at += 2
	}
	g.scoped(body, c)
	g.line("}")
	g.region = g.region.outer
}

func (g *fnPrinter) loopHead(i string, s ir.For) string {
	if s.Lo == ir.Lit(ir.I64, 0) {
		return "for " + i + " := range " + g.bound(s.Hi) + " {"
	}
	return "for " + i + " := " + g.bound(s.Lo) + "; " + i + " < " + g.bound(s.Hi) + "; " + i + "++ {"
}

// bound prints a bound as an int.
func (g *fnPrinter) bound(a ir.Atom) string {
	if a.Kind == ir.AConst && g.u.Consts[a.Index].Type != ir.Untyped {
		return call("int", g.constant(a)).s
	}
	return g.constant(a).s
}
