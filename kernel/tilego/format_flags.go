package tilego

import (
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// flagged says which of the last variables of a join or loop are the flags and
// results by which a return, break or continue inside leaves it. When they are
// used in just that way the statements are printed, and the flags are not. An
// index is -1 for a flag that is not there.
type flagged struct {
	from     int // the first of these variables
	returned int
	results  int // index of the first result
	broke    int
	skipped  int
}

var noFlags = flagged{returned: -1, broke: -1, skipped: -1}

// any reports whether there are flags.
func (f flagged) any() bool { return f.returned >= 0 || f.broke >= 0 || f.skipped >= 0 }

// exit is how a block leaves a join or loop.
type exit uint8

const (
	exitNone   exit = iota // goes on after the join, or with the next iteration
	exitReturn             // returns from the function
	exitBreak
	exitSkip
	exitOther // no statement does this
)

// layouts lists the ways in which the last of n variables may be flags.
func (g *fnPrinter) layouts(n int, skips bool) []flagged {
	var out []flagged
	for mask := 7; mask > 0; mask-- {
		f := noFlags
		at := n
		if mask&1 != 0 {
			at--
			f.skipped = at
		}
		if mask&2 != 0 {
			at--
			f.broke = at
		}
		if mask&4 != 0 {
			f.results = at - len(g.f.Results)
			at = f.results - 1
			f.returned = at
		}
		f.from = at
		if at >= 0 && (skips || f.skipped < 0) {
			out = append(out, f)
		}
	}
	return out
}

// exitOf classifies the end of a block. quiet is what the flags and results are
// when nothing is raised.
func (f flagged) exitOf(vals, quiet []ir.Atom) exit {
	if !f.any() {
		return exitNone
	}
	raised := exitNone
	for i := f.from; i < len(vals); i++ {
		switch {
		case vals[i] == quiet[i] || f.isResult(i):
		case raised == exitNone && vals[i] == ir.Lit(ir.Bool, 1):
			raised = f.exitAt(i)
		default:
			return exitOther
		}
	}
	for i := f.from; i < len(vals); i++ {
		if f.isResult(i) && raised != exitReturn && vals[i] != quiet[i] {
			return exitOther
		}
	}
	return raised
}

// isResult reports whether variable i holds a result, not a flag.
func (f flagged) isResult(i int) bool {
	return f.returned >= 0 && i > f.returned && i != f.broke && i != f.skipped
}

func (f flagged) exitAt(i int) exit {
	switch i {
	case f.returned:
		return exitReturn
	case f.broke:
		return exitBreak
	}
	return exitSkip
}

// has reports whether the flag of an exit is there.
func (f flagged) has(e exit) bool {
	return e == exitReturn && f.returned >= 0 || e == exitBreak && f.broke >= 0 || e == exitSkip && f.skipped >= 0
}

// index is the variable of an exit's flag.
func (f flagged) index(e exit) int {
	switch e {
	case exitReturn:
		return f.returned
	case exitBreak:
		return f.broke
	}
	return f.skipped
}

// exits reports whether the ends of a construct raise each of its flags, and
// nothing else.
func (f flagged) exits(leaves []ir.Yield, quiet []ir.Atom) bool {
	seen := map[exit]bool{}
	for _, y := range leaves {
		seen[f.exitOf(y.Vals, quiet)] = true
	}
	for _, e := range []exit{exitReturn, exitBreak, exitSkip} {
		if f.has(e) != seen[e] {
			return false
		}
	}
	return !seen[exitOther]
}

// types reports whether flags and results have their types.
func (g *fnPrinter) typesOf(f flagged, dst []ir.VarID) bool {
	for i := f.from; i < len(dst); i++ {
		want := ir.Bool
		if f.isResult(i) {
			want = g.f.Results[i-f.results].Type
		}
		if v := g.f.Vars[dst[i]]; v.Type != want || v.Len > 0 {
			return false
		}
	}
	return true
}

// joinFlags finds the flags of a join that ends the bindings of block b, and
// what they are when nothing is raised. A branch that always leaves would not
// have needed flags.
func (g *fnPrinter) joinFlags(s ir.If, b *ir.Block, c *ctx) (f flagged, quiet []ir.Atom) {
	leaves := append(yields(&s.Then), yields(&s.Else)...)
	quiet = make([]ir.Atom, len(s.Dst))
	for i, v := range s.Dst {
		quiet[i] = ir.Lit(g.f.Vars[v].Type, 0)
	}
	for _, f := range g.layouts(len(s.Dst), true) {
		stays := !g.always(f, &s.Then, quiet) && !g.always(f, &s.Else, quiet)
		if stays && g.typesOf(f, s.Dst) && f.exits(leaves, quiet) && g.followed(f, s.Dst, b.Term, c, exitSkip) {
			return f, quiet
		}
	}
	return noFlags, nil
}

// loopFlags finds the flags of a loop, and what they are when nothing is raised.
func (g *fnPrinter) loopFlags(s ir.For, b *ir.Block, last bool, c *ctx) (f flagged, quiet []ir.Atom) {
	guard, ok := s.Body.Term.(ir.Branch)
	if !ok || len(s.Body.Stmts) > 0 || !empty(&guard.Then) {
		return noFlags, nil
	}
	quiet = make([]ir.Atom, len(s.Carried))
	for i, v := range s.Carried {
		quiet[i] = g.atomOf(v)
	}
	leaves := yields(&guard.Else)
	for _, f := range g.layouts(len(s.Carried), false) {
		if g.typesOf(f, s.Carried) && f.exits(leaves, quiet) && f.guards(&guard, quiet) && g.private(f, &s, leaves, quiet) &&
			(f.broke < 0 || g.uses[s.Dst[f.broke]].count == 0) &&
			(f.returned < 0 || last && g.followed(f, s.Dst, b.Term, c, exitReturn)) {
			return f, quiet
		}
	}
	return noFlags, nil
}

func (g *fnPrinter) atomOf(v ir.VarID) ir.Atom {
	return ir.Atom{Kind: ir.AVar, Type: g.f.Vars[v].Type, Index: int(v)}
}

// guards reports whether a body begins by doing nothing once a flag was raised.
func (f flagged) guards(b *ir.Branch, carried []ir.Atom) bool {
	if !slices.Equal(b.Then.Term.(ir.Yield).Vals, carried) {
		return false
	}
	var flags []ir.Atom
	for _, i := range []int{f.returned, f.broke} {
		if i >= 0 {
			flags = append(flags, carried[i])
		}
	}
	c := b.Cond
	if len(flags) == 1 {
		return c.Op == ir.CondAtom && c.A == flags[0]
	}
	return c.Op == ir.CondOr && c.X.Op == ir.CondAtom && c.X.A == flags[0] && c.Y.Op == ir.CondAtom && c.Y.A == flags[1]
}

// private reports whether flags and results start quiet and are read by the
// guard and the ends of the body only.
func (g *fnPrinter) private(f flagged, s *ir.For, leaves []ir.Yield, carried []ir.Atom) bool {
	for i := f.from; i < len(carried); i++ {
		reads := 1 // where a raised flag ends the iteration
		if !f.isResult(i) {
			reads++ // the guard
		}
		for _, y := range leaves {
			for _, v := range y.Vals {
				if v == carried[i] {
					reads++
				}
			}
		}
		if s.Init[i] != ir.Lit(carried[i].Type, 0) || g.uses[carried[i].Index].count != reads {
			return false
		}
	}
	return true
}

// followed reports whether the tests of flags, up to the given kind, follow a
// join or loop as they do when it was made from statements that leave it.
func (g *fnPrinter) followed(f flagged, dst []ir.VarID, t ir.Term, c *ctx, most exit) bool {
	for e := exitReturn; e <= most; e++ {
		if !f.has(e) {
			continue
		}
		br, ok := t.(ir.Branch)
		if !ok || br.Cond.Op != ir.CondAtom || br.Cond.A != g.atomOf(dst[f.index(e)]) || len(br.Then.Stmts) > 0 ||
			g.uses[dst[f.index(e)]].count != 1 || !g.leavesAs(f, e, dst, br.Then.Term, c) {
			return false
		}
		t = br.Else.Term
		if e != f.lastUpTo(most) && len(br.Else.Stmts) > 0 {
			return false
		}
	}
	return true
}

// lastUpTo is the last exit, up to the given one, that has a flag.
func (f flagged) lastUpTo(most exit) exit {
	for e := most; e > exitNone; e-- {
		if f.has(e) {
			return e
		}
	}
	return exitNone
}

// leavesAs reports whether a block that ends in t does what the statement of an
// exit does in context c. That state and targets are as they are at that point
// is looked at when their slots are known (see [fnPrinter.kept]).
func (g *fnPrinter) leavesAs(f flagged, e exit, dst []ir.VarID, t ir.Term, c *ctx) bool {
	var results []ir.Atom
	if e == exitReturn {
		for i := range g.f.Results {
			v := dst[f.results+i]
			if g.uses[v].count != 1 {
				return false
			}
			results = append(results, g.atomOf(v))
		}
	}
	switch t := t.(type) {
	case ir.Return:
		return !c.inner && e == exitReturn && slices.Equal(t.Results, results)
	case ir.Yield:
		if !c.inner {
			return false
		}
		want := e
		if e == exitSkip && c.loop {
			want = exitNone
		}
		if c.flags.any() && c.flags.exitOf(t.Vals, c.quiet) != want || !c.flags.any() && want != exitNone {
			return false
		}
		return e != exitReturn || slices.Equal(t.Vals[c.flags.results:c.flags.results+len(results)], results)
	}
	return false
}

// kept reports whether the blocks that test the flags after a construct leave
// everything else as it is: after has what each slot will hold then.
func (g *fnPrinter) kept(f flagged, t ir.Term, c *ctx, most exit, after func(*slot) ir.Atom) bool {
	for e := exitReturn; e <= most; e++ {
		if !f.has(e) {
			continue
		}
		br := t.(ir.Branch)
		var slots []*slot
		var vals []ir.Atom
		switch end := br.Then.Term.(type) {
		case ir.Return:
			if vals = end.State; len(vals) > 0 {
				slots = g.state
			}
		case ir.Yield:
			slots, vals = c.targets, end.Vals
		}
		for i, s := range slots {
			if after(s) != vals[i] {
				return false
			}
		}
		t = br.Else.Term
	}
	return true
}

// rest prints what follows the tests of the flags of a construct.
func (g *fnPrinter) rest(f flagged, t ir.Term, c ctx) {
	for e := exitReturn; e <= exitSkip; e++ {
		if !f.has(e) {
			continue
		}
		br := t.(ir.Branch)
		g.at += 2 // the test, and the end of its first block
		g.opened++
		if e == f.lastUpTo(exitSkip) {
			g.body(&br.Else, c)
			return
		}
		g.opened++ // the second block, which has no bindings
		t = br.Else.Term
	}
}

// always reports whether every end of a block raises a flag.
func (g *fnPrinter) always(f flagged, b *ir.Block, quiet []ir.Atom) bool {
	return f.any() && !slices.ContainsFunc(yields(b), func(y ir.Yield) bool { return f.exitOf(y.Vals, quiet) == exitNone })
}
