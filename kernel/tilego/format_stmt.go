package tilego

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// ctx says how the blocks of a body end.
type ctx struct {
	targets []*slot // of a join or loop: what a yield assigns
	inner   bool    // a join or loop
	loop    bool
	tail    bool      // nothing follows in the source: no return or continue is needed
	self    []bool    // per target: print its assignment even when nothing changes
	flags   flagged   // printed as statements
	quiet   []ir.Atom // what flags and results are when nothing is raised
}

// scoped prints a block inside of braces, and restores what it changed.
func (g *fnPrinter) scoped(b *ir.Block, c ctx) {
	n, slots := len(g.journal), len(g.slots)
	g.body(b, c)
	g.revert(n, slots)
}

// body prints the bindings of a block and its end.
func (g *fnPrinter) body(b *ir.Block, c ctx) {
	outer := g.block
	g.opened++
	g.block = g.opened
	lastIf := g.joined
	g.joined = -1
	for i, s := range b.Stmts {
		g.at++
		last := i == len(b.Stmts)-1
		f := noFlags
		switch s := s.(type) {
		case ir.If:
			if g.guarded(s) {
				continue
			}
			f = g.ifStmt(s, b, last, &c)
			lastIf = len(g.lines)
		case ir.For:
			f = g.loop(s, b, last, &c)
		default:
			g.stmt(s)
		}
		if f.any() {
			g.joined = lastIf
			g.rest(f, b.Term, c)
			g.block = outer
			return
		}
	}
	g.at++
	g.term(b.Term, c, lastIf)
	g.block = outer
}

// term prints the end of a block. lastIf is the line after a join that ends the
// bindings: if nothing followed it in the source, it would be no join.
func (g *fnPrinter) term(t ir.Term, c ctx, lastIf int) {
	switch t := t.(type) {
	case ir.Return:
		g.ret(t, c, lastIf)
	case ir.Yield:
		g.yield(t, c, lastIf)
	case ir.Branch:
		g.branch(t, c)
	}
}

func (g *fnPrinter) afterIf(lastIf int) {
	if lastIf == len(g.lines) {
		g.line("_ = true")
	}
}

// stmt prints a binding.
func (g *fnPrinter) stmt(s ir.Stmt) {
	switch s := s.(type) {
	case ir.Arith:
		g.bind(g.arith(s))
	case ir.Convert:
		g.bind(g.convert(s))
	case ir.Bits:
		g.bind(g.bitCount(s))
	case ir.Test:
		g.bind(g.test(s))
	case ir.Lookup:
		g.bind(g.lookup(s))
	case ir.Get:
		g.bind(g.get(s))
	case ir.Set:
		g.setStmt(s)
	case ir.Zero:
		v := g.f.Vars[s.Dst]
		t := arrayOf(v.Type, v.Len)
		g.root(s.Dst, func(name string) string { return "var " + name + " " + t }, t+"{}")
	case ir.Copy:
		src := g.readSlot(g.of[s.Src])
		g.root(s.Dst, func(name string) string { return name + " := " + src }, src)
	case ir.Call:
		g.call(s)
	}
}

func (g *fnPrinter) setStmt(s ir.Set) {
	uses := []use{{s.Index, true, false}, {s.Val, true, true}}
	g.take(uses, false)
	g.flush()
	if !isConst(s.Index) && g.dividesEarly(s.Val) { // the index to its left may panic as well
		g.defineAll(uses)
	}
	to := g.of[s.Arr]
	cell := to.name + "[" + g.index(s.Index, g.f.Vars[s.Arr].Len).s + "]"
	if w, ok := g.placed[ir.VarID(s.Val.Index)]; ok && s.Val.Kind == ir.AVar {
		g.assignText(cell, w)
	} else {
		g.line("%s = %s", cell, g.operand(s.Val).s)
	}
	g.rebind(to, s.Dst)
}

// dividesEarly reports whether an atom is printed in place with a division that
// may panic and is evaluated before what stands to its left: see panicOrder.
func (g *fnPrinter) dividesEarly(a ir.Atom) bool {
	w, ok := g.placed[ir.VarID(a.Index)]
	return ok && a.Kind == ir.AVar && w.early && w.divide
}

// root prints a new array: a declaration, or an assignment when the source has a
// variable for its class already.
func (g *fnPrinter) root(v ir.VarID, declaration func(string) string, value string) {
	g.flush()
	class := g.find(v)
	if s := g.classes[class]; s != nil && !s.closed && g.assignable(s) && g.dead(s, g.at) {
		g.line("%s = %s", s.name, value)
		g.rebind(s, v)
		return
	}
	s := g.declare(v, ir.Atom{}, declaration)
	g.rebind(s, v)
	if old := g.classes[class]; old == nil || old.closed {
		g.classes[class] = s
	}
}
