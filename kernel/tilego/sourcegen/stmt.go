package sourcegen

import (
	"fmt"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// limits of programs
const (
	maxDepth = 3 // blocks inside each other
	exprSize = 2 // depth of expressions
)

// body writes the statements of a block and reports whether control leaves it.
func (g *gen) body(n int) (left bool) {
	vars := len(g.vars)
	g.indent++
	g.depth++
	for range n {
		if left = g.stmt(); left {
			break
		}
	}
	g.depth--
	g.indent--
	g.vars = g.vars[:vars]
	return left
}

// stmt writes a statement and reports whether control leaves the block by it.
func (g *gen) stmt() (left bool) {
	switch k := g.n(22); {
	case k < 4:
		g.declare()
	case k < 7:
		g.assign()
	case k < 10:
		g.update()
	case k < 12:
		g.parallel()
	case k < 14:
		g.whole()
	case k < 16:
		g.callStmt()
	case g.depth > maxDepth:
		g.assign()
	case k < 18:
		return g.ifStmt()
	case k < 20:
		g.loopStmt()
	case k < 21:
		return g.switchStmt()
	default:
		return g.leave()
	}
	return false
}

func (g *gen) define(name string, of *shape) {
	g.line("_ = %s", name)
	g.vars = append(g.vars, variable{name, of, false})
}

// declare writes a declaration of a scalar.
func (g *gen) declare() {
	t, name := g.scalar(), g.fresh("v")
	if len(g.named) > 0 && g.chance(20) {
		if s := g.named[len(g.named)-1]; s.scalar != 0 {
			t = s
		}
	}
	switch g.n(3) {
	case 0:
		g.line("var %s %s", name, t.text)
	case 1:
		g.line("var %s %s = %s", name, t.text, g.expr(t, exprSize))
	default:
		if t.scalar == ir.Bool || t.text != t.scalar.String() {
			g.line("%s := %s", name, g.varyingOf(t))
		} else {
			g.line("%s := %s(%s)", name, t.text, g.varying(t.scalar, exprSize))
		}
	}
	g.define(name, t)
}

func (g *gen) varyingOf(t *shape) string {
	if t.text != t.scalar.String() {
		return t.text + "(" + g.varying(t.scalar, exprSize) + ")"
	}
	return g.varying(t.scalar, exprSize)
}

// target is a scalar that can be assigned.
func (g *gen) target() (path, bool) {
	return g.path(func(p path) bool { return !p.fixed && p.of.scalar != 0 })
}

func (g *gen) assign() {
	if p, ok := g.target(); ok {
		g.line("%s = %s", p.text, g.expr(p.of, exprSize))
	}
}

// update writes op=, ++ or --.
func (g *gen) update() {
	p, ok := g.path(func(p path) bool { return !p.fixed && p.of.scalar.IsInt() })
	if !ok {
		return
	}
	switch k := g.n(10); {
	case k < 3:
		g.line("%s%s", p.text, [...]string{"++", "--"}[g.n(2)])
	case k < 4:
		g.line("%s %s= %s", p.text, [...]string{"<<", ">>"}[g.n(2)], g.count(p.of.scalar))
	case k < 5:
		if d := g.divisor(p.of.scalar, 1); p.of.text == p.of.scalar.String() {
			g.line("%s %s= %s", p.text, [...]string{"/", "%"}[g.n(2)], d)
		}
	default:
		g.line("%s %s= %s", p.text, [...]string{"+", "-", "*", "&", "|", "^", "&^"}[g.n(7)], g.expr(p.of, exprSize-1))
	}
}

// parallel writes an assignment to two targets at once.
func (g *gen) parallel() {
	a, ok := g.target()
	b, ok2 := g.path(func(p path) bool { return !p.fixed && p.of.same(a.of) })
	switch {
	case !ok || !ok2:
	case g.chance(50):
		g.line("%s, %s = %s, %s", a.text, b.text, b.text, a.text)
	default:
		g.line("%s, %s = %s, %s", a.text, b.text, g.expr(a.of, exprSize-1), g.expr(b.of, exprSize-1))
	}
}

// whole writes a copy of an array or a struct, or a literal of one.
func (g *gen) whole() {
	from, ok := g.path(func(p path) bool {
		return p.of.scalar == 0 && p.of.text != "" && p.of.text != "State" && p.of.text != "Input"
	})
	if !ok {
		g.assign()
		return
	}
	if to, ok := g.path(func(p path) bool { return !p.fixed && p.of.same(from.of) }); ok && g.chance(50) {
		g.line("%s = %s", to.text, g.wholeValue(from))
		return
	}
	name := g.fresh("w")
	g.line("%s := %s", name, g.wholeValue(from))
	g.define(name, from.of)
}

func (g *gen) wholeValue(p path) string {
	if g.chance(30) {
		return g.composite(p.of)
	}
	return p.text
}

// composite is a literal whose parts are expressions.
func (g *gen) composite(s *shape) string {
	var parts []string
	switch {
	case s.scalar != 0:
		return g.expr(s, 1)
	case s.elem != nil:
		for range g.n(s.len + 1) {
			parts = append(parts, g.composite(s.elem))
		}
	default:
		for _, f := range s.fields {
			if g.chance(70) {
				parts = append(parts, f.name+": "+g.composite(f.of))
			}
		}
	}
	return s.text + "{" + strings.Join(parts, ", ") + "}"
}

// callStmt writes a call that stands alone, and takes its results.
func (g *gen) callStmt() {
	var f *fn
	c, ok := g.call(func(h *fn) bool { f = h; return true }, 2)
	if !ok {
		g.update()
		return
	}
	for i := range g.fns {
		if strings.HasPrefix(c, g.fns[i].name+"(") {
			f = &g.fns[i]
		}
	}
	var names []string
	for range f.results {
		names = append(names, g.fresh("r"))
	}
	if len(names) == 0 {
		g.line("%s", c)
		return
	}
	g.line("%s := %s", strings.Join(names, ", "), c)
	for i, r := range f.results {
		g.define(names[i], r)
	}
}

func (g *gen) ifStmt() (left bool) {
	head, vars := "", len(g.vars)
	if g.chance(20) {
		name, t := g.fresh("i"), g.int()
		head = fmt.Sprintf("%s := %s(%s); ", name, t.text, g.varying(t.scalar, 2))
		head += fmt.Sprintf("%s > %s || ", name, g.literal(t.scalar))
	}
	g.line("if %s%s {", head, g.cond(exprSize))
	then := g.body(1 + g.n(2))
	g.vars = g.vars[:vars]
	switch g.n(3) {
	case 0:
		g.line("}")
		return false
	case 1:
		g.line("} else if %s {", g.cond(2))
		g.body(1 + g.n(2))
		g.line("}")
		return false
	}
	g.line("} else {")
	els := g.body(1 + g.n(2))
	g.line("}")
	return then && els
}

func (g *gen) loopStmt() {
	l := loop{index: g.fresh("k"), hi: g.n(5)}
	switch g.n(3) {
	case 0:
		l.index = ""
		g.line("for range %d {", l.hi)
	case 1:
		g.line("for %s := range %d {", l.index, l.hi)
	default:
		l.lo = g.n(5) - 2
		l.hi += l.lo
		g.line("for %s := %d; %s < %d; %s++ {", l.index, l.lo, l.index, l.hi, l.index)
	}
	vars := len(g.vars)
	if l.index != "" {
		name := g.fresh("n")
		g.indent++
		t := g.int()
		g.line("%s := %s(%s)", name, t.text, l.index)
		g.define(name, t)
		g.indent--
	}
	g.loops = append(g.loops, l)
	g.body(1 + g.n(3))
	g.loops = g.loops[:len(g.loops)-1]
	g.vars = g.vars[:vars]
	g.line("}")
}

// switchStmt writes a switch; the cases are different literals.
func (g *gen) switchStmt() (left bool) {
	t := g.int()
	g.line("switch %s {", g.varying(t.scalar, 2))
	at := len(g.loops) - 1
	if at >= 0 {
		defer func(l loop) { g.loops[at] = l }(g.loops[at])
		g.loops[at].inside = true
	}
	next, all := g.n(3), true
	for range 1 + g.n(3) {
		cases := []string{fmt.Sprint(next)}
		if g.chance(30) {
			next++
			cases = append(cases, fmt.Sprint(next))
		}
		next += 1 + g.n(4)
		g.line("case %s:", strings.Join(cases, ", "))
		all = g.body(1+g.n(2)) && all
	}
	if g.chance(60) {
		g.line("default:")
		all = g.body(1+g.n(2)) && all
	} else {
		all = false
	}
	g.line("}")
	return all
}

// leave writes a break, a continue or a return, rarely outside of a branch.
func (g *gen) leave() bool {
	if g.depth < 2 {
		g.assign()
		return false
	}
	if n := len(g.loops); n > 0 && g.chance(70) {
		if g.chance(50) && !g.loops[n-1].inside {
			g.line("break")
		} else {
			g.line("continue")
		}
		return true
	}
	g.ret()
	return true
}

func (g *gen) ret() {
	var vals []string
	for _, r := range g.f.results {
		vals = append(vals, g.expr(r, exprSize))
	}
	g.line("%s", strings.TrimSpace("return "+strings.Join(vals, ", ")))
}
