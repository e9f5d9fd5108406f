package tilego

import (
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// item is an assignment at the end of a block.
type item struct {
	slot *slot
	val  ir.Atom
}

// assign prints assignments that happen at once, then leaves results to be
// printed by the caller: they are read after. self forces an assignment that
// changes nothing.
func (g *fnPrinter) assign(targets []*slot, vals []ir.Atom, self []bool, results []ir.Atom) {
	var items []item
	var uses []use
	for i, t := range targets {
		if t.holds == vals[i] && (self == nil || !self[i]) {
			continue
		}
		items = append(items, item{t, vals[i]})
		uses = append(uses, use{vals[i], true, true})
	}
	for _, r := range results {
		uses = append(uses, use{r, true, true})
	}
	g.take(uses, false)
	g.flush()
	if g.conflict(items, results) {
		g.defineAll(uses)
		for _, it := range items {
			g.move(it.slot, items, results)
		}
	} else if g.clash(results) {
		g.defineAll(uses)
	}
	for _, it := range items {
		g.store(it)
	}
}

// clash reports whether two results that are printed in place may panic, one by
// a division and the other by an index: see tuplePanics. What is evaluated early
// may do both.
func (g *fnPrinter) clash(results []ir.Atom) bool {
	panics, divide, index := 0, false, false
	for _, r := range results {
		if w, ok := g.placed[ir.VarID(r.Index)]; ok && r.Kind == ir.AVar && w.panics {
			panics++
			divide = divide || w.divide
			index = index || !w.divide || w.early
		}
	}
	return panics > 1 && divide && index
}

// defineAll prints the expressions that were to be printed in place as
// variables, in the order of their use.
func (g *fnPrinter) defineAll(uses []use) {
	for _, u := range uses {
		if w, ok := g.placed[ir.VarID(u.atom.Index)]; ok && u.atom.Kind == ir.AVar {
			g.define(w)
			delete(g.placed, w.v)
		}
	}
}

// conflict reports whether an assignment overwrites what a later one, or a
// result, reads.
func (g *fnPrinter) conflict(items []item, results []ir.Atom) bool {
	var gone []*slot
	for _, it := range items {
		if g.reads(it.val, gone) {
			return true
		}
		gone = append(gone, it.slot)
	}
	return slices.ContainsFunc(results, func(a ir.Atom) bool { return g.reads(a, gone) })
}

// reads reports whether printing an atom reads one of some slots.
func (g *fnPrinter) reads(a ir.Atom, slots []*slot) bool {
	if a.Kind != ir.AVar {
		return false
	}
	if w, ok := g.placed[ir.VarID(a.Index)]; ok {
		return slices.ContainsFunc(w.reads, func(s *slot) bool { return slices.Contains(slots, s) })
	}
	return slices.Contains(slots, g.of[a.Index])
}

// move makes room in a slot for its new value: what other assignments or results
// read from it goes to a slot of its own.
func (g *fnPrinter) move(s *slot, items []item, results []ir.Atom) {
	for _, it := range items {
		if it.slot != s {
			g.moveAtom(s, it.val)
		}
	}
	for _, r := range results {
		g.moveAtom(s, r)
	}
}

func (g *fnPrinter) moveAtom(s *slot, a ir.Atom) {
	if a.Kind == ir.AVar && g.of[a.Index] == s {
		g.alias(ir.VarID(a.Index))
	}
}

// store prints one assignment.
func (g *fnPrinter) store(it item) {
	if it.val.Kind == ir.AVar {
		if w, ok := g.placed[ir.VarID(it.val.Index)]; ok {
			g.assignText(it.slot.name, w)
			g.set(it.slot, it.val)
			return
		}
	}
	g.line("%s = %s", it.slot.name, g.operand(it.val).s)
	g.set(it.slot, it.val)
}

func (g *fnPrinter) ret(t ir.Return, c ctx, lastIf int) {
	n := len(g.lines)
	var self []bool
	if g.selfSet && len(t.State) > 0 {
		self = make([]bool, len(t.State))
		self[max(0, slices.IndexFunc(g.u.State, func(f ir.Field) bool { return f.Len == 0 }))] = true
		g.selfSet = false
	}
	var stored []*slot
	if len(t.State) > 0 {
		stored = g.state
	}
	g.assign(stored, t.State, self, t.Results)
	if len(t.Results) == 0 && len(g.lines) == n {
		g.afterIf(lastIf)
	}
	if len(t.Results) > 0 || !c.tail {
		g.returnLine(t.Results)
	}
}

// returnLine prints a return of results that were prepared.
func (g *fnPrinter) returnLine(results []ir.Atom) {
	s := "return"
	for i, r := range results {
		if i > 0 {
			s += ","
		}
		s += " " + g.operand(r).at(0)
	}
	g.line("%s", s)
}

func (g *fnPrinter) yield(t ir.Yield, c ctx, lastIf int) {
	n := len(g.lines)
	leave := c.flags.exitOf(t.Vals, c.quiet)
	var results []ir.Atom
	if leave == exitReturn {
		results = t.Vals[c.flags.results : c.flags.results+len(g.f.Results)]
	}
	g.assign(c.targets, t.Vals[:len(c.targets)], c.self, results)
	for i := range c.self {
		c.self[i] = false
	}
	switch {
	case leave == exitReturn:
		g.returnLine(results)
	case leave == exitBreak:
		g.line("break")
	case leave == exitSkip || c.loop && !c.tail:
		g.line("continue")
	case len(g.lines) == n:
		g.afterIf(lastIf)
	}
}

// branch prints an end in one of two blocks.
func (g *fnPrinter) branch(t ir.Branch, c ctx) {
	at := g.at
	g.take(condUses(&t.Cond, nil, true), false)
	g.flush()
	g.heads[g.block] = len(g.lines)
	g.line("if %s {", g.cond(&t.Cond).s)
	if !c.inner || c.loop && empty(&t.Then) || g.always(c.flags, &t.Then, c.quiet) {
		early := c
		early.tail = false
		g.first(&t.Then, early, at)
		g.line("}")
		n := len(g.lines)
		g.body(&t.Else, c)
		if c.tail && !c.inner && len(g.lines) == n && g.lines[n-2] == "return" {
			g.drop(n - 2) // nothing follows; after a join or a loop something does
		}
		return
	}
	g.first(&t.Then, c, at)
	g.elseBlock(&t.Else, c)
}

// first prints the first of two branches.
func (g *fnPrinter) first(b *ir.Block, c ctx, at int) {
	g.others = append(g.others, [2]int{g.splits[at], g.ends[at]})
	g.scoped(b, c)
	g.others = g.others[:len(g.others)-1]
}

// empty reports whether a block only ends.
func empty(b *ir.Block) bool {
	_, yields := b.Term.(ir.Yield)
	return yields && len(b.Stmts) == 0
}

// elseBlock prints the second branch and the brace after it.
func (g *fnPrinter) elseBlock(b *ir.Block, c ctx) {
	g.line("} else {")
	n, id := len(g.lines), g.opened+1
	g.scoped(b, c)
	br, chain := b.Term.(ir.Branch)
	switch {
	case len(g.lines) == n: // nothing
		g.lines = g.lines[:n-1]
	case chain && g.heads[id] == n && !(c.loop && empty(&br.Then)) && !g.always(c.flags, &br.Then, c.quiet):
		g.lines[n-1] = "} else " + g.lines[n]
		g.drop(n)
		return // its brace closes both
	}
	g.line("}")
}

// drop removes a line.
func (g *fnPrinter) drop(n int) {
	g.lines = slices.Delete(g.lines, n, n+1)
	for _, s := range g.slots {
		if s.decl > n {
			s.decl--
		}
	}
}

// yields lists the ends of a block of a join.
func yields(b *ir.Block) []ir.Yield {
	switch t := b.Term.(type) {
	case ir.Yield:
		return []ir.Yield{t}
	case ir.Branch:
		return append(yields(&t.Then), yields(&t.Else)...)
	}
	return nil
}
