package tilego

import (
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// maxGuard is the length, in bytes, of a condition that is printed with && or ||
// although its second part is a branch in the IR.
const maxGuard = 100

// guarded prints a join that evaluates a condition only where another one does
// not decide as x && y or x || y. It reports whether s is one.
func (g *fnPrinter) guarded(s ir.If) bool {
	op, arm, ok := g.guardArm(s)
	if !ok {
		return false
	}
	undo := g.mark()
	at, opened := g.at, g.opened
	g.take(condUses(&s.Cond, nil, true), true)
	first := len(g.lines)
	waiting, placed := g.waiting, g.placed
	x := g.cond(&s.Cond)
	reads := slices.Clone(g.trail)
	g.waiting, g.placed = nil, map[ir.VarID]pending{}
	g.trying++
	y, ok := g.armText(s, arm, op)
	g.trying--
	if !ok || len(g.lines) != first || len(x.s)+len(y.text.s) > maxGuard {
		undo()
		return false
	}
	g.waiting, g.placed = waiting, placed
	g.at, g.opened = g.ends[at], opened+blocksIn(&s.Then)+blocksIn(&s.Else)
	g.trail = append(reads, y.reads...)
	w := pending{v: s.Dst[0], panics: true, divide: true, early: true}
	if w.text = binary(x, "&&", 2, y.text); op == ir.CondOr {
		w.text = binary(x, "||", 1, y.text)
	}
	g.bind(w)
	return true
}

// guardArm recognises the form of the join: one branch decides by a literal, the
// other evaluates.
func (g *fnPrinter) guardArm(s ir.If) (ir.CondOp, *ir.Block, bool) {
	if len(s.Dst) != 1 || g.f.Vars[s.Dst[0]].Type != ir.Bool || g.f.Vars[s.Dst[0]].Len > 0 {
		return 0, nil, false
	}
	decides := func(b *ir.Block, bit uint64) bool {
		y, ok := b.Term.(ir.Yield)
		return ok && len(b.Stmts) == 0 && y.Vals[0] == ir.Lit(ir.Bool, bit)
	}
	straight := func(b *ir.Block) bool {
		_, ok := b.Term.(ir.Yield)
		return ok && len(b.Stmts) > 0 && !slices.ContainsFunc(b.Stmts, func(s ir.Stmt) bool { return !inPlace(s) })
	}
	switch {
	case decides(&s.Else, 0) && straight(&s.Then):
		return ir.CondAnd, &s.Then, true
	case decides(&s.Then, 1) && straight(&s.Else):
		return ir.CondOr, &s.Else, true
	}
	return 0, nil, false
}

// inPlace reports whether a binding can be a part of an expression.
func inPlace(s ir.Stmt) bool {
	switch s := s.(type) {
	case ir.Arith, ir.Convert, ir.Bits, ir.Test, ir.Lookup, ir.Get:
		return true
	case ir.Call:
		return len(s.State) == 0 && len(s.Dst) == 1
	case ir.If:
		return len(s.Dst) == 1
	}
	return false
}

// armText prints the bindings of the branch that evaluates as one expression.
func (g *fnPrinter) armText(s ir.If, arm *ir.Block, op ir.CondOp) (pending, bool) {
	outer := g.block
	defer func() { g.block = outer }()
	if op == ir.CondOr { // the first branch has only an end
		g.opened++
		g.at++
	}
	g.opened++
	g.block = g.opened
	first := len(g.lines)
	for _, st := range arm.Stmts {
		g.at++
		if join, ok := st.(ir.If); ok {
			if !g.guarded(join) {
				return pending{}, false
			}
		} else {
			g.stmt(st)
		}
		if len(g.lines) != first {
			return pending{}, false
		}
	}
	g.at++
	a := arm.Term.(ir.Yield).Vals[0]
	if len(g.waiting) != 1 || a.Kind != ir.AVar || int(g.waiting[0].v) != a.Index || !g.waiting[0].panics {
		return pending{}, false
	}
	return g.waiting[0], true
}

// blocksIn counts a block and those inside of it.
func blocksIn(b *ir.Block) int {
	n := 1
	for _, s := range b.Stmts {
		switch s := s.(type) {
		case ir.If:
			n += blocksIn(&s.Then) + blocksIn(&s.Else)
		case ir.For:
			n += blocksIn(&s.Body)
		}
	}
	if br, ok := b.Term.(ir.Branch); ok {
		n += blocksIn(&br.Then) + blocksIn(&br.Else)
	}
	return n
}

// mark remembers everything that printing changes; the result goes back to it.
func (g *fnPrinter) mark() func() {
	journal := len(g.journal)
	lines, slots, waiting := len(g.lines), len(g.slots), slices.Clone(g.waiting)
	at, opened, block := g.at, g.opened, g.block
	reads := make([]int, slots)
	for i, s := range g.slots {
		reads[i] = s.reads
	}
	return func() {
		g.revert(journal, slots)
		g.lines, g.slots, g.waiting = g.lines[:lines], g.slots[:slots], waiting
		g.at, g.opened, g.block = at, opened, block
		for i, s := range g.slots {
			s.reads = reads[i]
		}
		clear(g.placed)
	}
}
