package sourcegen

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// path is an expression that names a value: a variable, or some of it.
type path struct {
	text  string
	of    *shape
	fixed bool
	parts []part
}

// part is a field, or an index of so many elements.
type part struct {
	field string
	len   int
}

// path picks a random path to a value that want accepts; ok is false when none
// was found soon.
func (g *gen) path(want func(path) bool) (p path, ok bool) {
	all := append(g.vars[:len(g.vars):len(g.vars)], g.table...)
	for range 12 {
		v := all[g.n(len(all))]
		p = path{text: v.name, of: v.of, fixed: v.fixed}
		for {
			if want(p) && (p.of.scalar != 0 || g.chance(50)) {
				g.write(&p)
				return p, true
			}
			if p.of.scalar != 0 {
				break
			}
			if p.of.elem != nil {
				p.parts, p.of = append(p.parts, part{len: p.of.len}), p.of.elem
				continue
			}
			f := p.of.fields[g.n(len(p.of.fields))]
			p.parts, p.of = append(p.parts, part{field: f.name}), f.of
		}
	}
	return p, false
}

// write writes the parts of a path.
func (g *gen) write(p *path) {
	behind := false
	g.nest++
	for _, q := range p.parts {
		if q.field != "" {
			p.text += "." + q.field
			continue
		}
		p.text += "[" + g.index(q.len, behind) + "]"
		behind = true
	}
	g.nest--
}

// index is an index of n elements. One behind another must not panic by itself.
func (g *gen) index(n int, behind bool) string {
	switch k := g.n(10); {
	case k < 3:
		return fmt.Sprint(g.n(n))
	case k < 6:
		for _, l := range g.loops {
			if l.index != "" && l.lo >= 0 && l.hi <= n {
				return l.index
			}
		}
	case k < 7 && !behind && g.nest < 3:
		return g.varying(g.int().scalar, 0)
	}
	v := g.simple(ints[g.n(4)])
	if g.chance(10) {
		return v // may be out of range
	}
	if k := g.n(2); k == 0 || n == 1 {
		return fmt.Sprintf("%s&%d", v, 1<<(bits.Len(uint(n))-1)-1)
	}
	return fmt.Sprintf("%s%%%d", v, n)
}

// simple is a variable or a field converted to a type: it cannot panic.
func (g *gen) simple(t ir.Type) string {
	var all []string
	var add func(name string, s *shape)
	add = func(name string, s *shape) {
		if s.scalar.IsInt() {
			all = append(all, name)
		}
		for _, f := range s.fields {
			add(name+"."+f.name, f.of)
		}
	}
	for _, v := range g.vars {
		add(v.name, v.of)
	}
	if len(all) == 0 {
		return g.anything(t)
	}
	return fmt.Sprintf("%s(%s)", t, all[g.n(len(all))])
}

// anything is an expression of type t, which is not constant, from what is
// always there.
func (g *gen) anything(t ir.Type) string {
	for _, v := range g.vars {
		switch {
		case v.name == "in":
			return fmt.Sprintf("%s(in.A)", t)
		case v.of.scalar.IsInt():
			return fmt.Sprintf("%s(%s)", t, v.name)
		}
	}
	return fmt.Sprintf("%s(Curve[%s])", t, "1")
}

// expr is an expression of type t; it may be constant.
func (g *gen) expr(s *shape, depth int) string {
	t := s.scalar
	if s.text != t.String() { // a named type
		return s.text + "(" + g.varying(t, depth) + ")"
	}
	if g.chance(20) {
		return g.literal(t)
	}
	return g.varying(t, depth)
}

// varying is an expression that is not constant, of type t itself.
func (g *gen) varying(t ir.Type, depth int) string {
	if t == ir.Bool {
		return g.cond(depth)
	}
	if depth <= 0 || g.chance(25) {
		return g.read(t)
	}
	sub := func() string { return g.varying(t, depth-1) }
	switch g.n(12) {
	case 0, 1, 2, 3:
		op := [...]string{"+", "-", "*", "&", "|", "^", "&^"}[g.n(7)]
		return fmt.Sprintf("(%s %s %s)", sub(), op, g.expr(scalarShape(t), depth-1))
	case 4:
		return fmt.Sprintf("(%s %s %s)", sub(), [...]string{"/", "%"}[g.n(2)], g.divisor(t, depth-1))
	case 5, 6:
		return fmt.Sprintf("(%s %s %s)", sub(), [...]string{"<<", ">>"}[g.n(2)], g.count(t))
	case 7:
		return fmt.Sprintf("%s(%s)", [...]string{"-", "^"}[g.n(2)], sub())
	case 8:
		return fmt.Sprintf("%s(%s, %s)", [...]string{"min", "max"}[g.n(2)], sub(), g.expr(scalarShape(t), depth-1))
	case 9:
		if t.IsUnsigned() {
			return g.bitCount(t, depth-1)
		}
	case 10:
		if c, ok := g.call(func(f *fn) bool { return !f.state && len(f.results) == 1 && f.results[0].scalar == t }, depth-1); ok {
			return c
		}
	}
	return fmt.Sprintf("%s(%s)", t, g.varying(g.int().scalar, depth-1))
}

// read is a variable, a field or an element of type t, or one converted to it.
func (g *gen) read(t ir.Type) string {
	if p, ok := g.path(func(p path) bool { return p.of.text == t.String() }); ok {
		return p.text
	}
	if t == ir.Bool {
		return g.anything(ir.U8) + " > 3"
	}
	if p, ok := g.path(func(p path) bool { return p.of.scalar.IsInt() }); ok {
		return fmt.Sprintf("%s(%s)", t, p.text)
	}
	return g.anything(t)
}

func (g *gen) divisor(t ir.Type, depth int) string {
	switch g.n(4) {
	case 0:
		return g.varying(t, depth)
	case 1:
		return fmt.Sprintf("(%s | 1)", g.varying(t, depth))
	case 2:
		if t.IsSigned() {
			return fmt.Sprint(-1 - g.n(3))
		}
	}
	return fmt.Sprint(1 + g.n(9))
}

// count is the count of a shift of a value of type t.
func (g *gen) count(t ir.Type) string {
	if g.chance(50) {
		return fmt.Sprint(g.n(t.Width()))
	}
	return fmt.Sprintf("(%s & %d)", g.varying(ints[g.n(4)], 0), t.Width()-1)
}

func (g *gen) bitCount(t ir.Type, depth int) string {
	g.bits = true
	of := ints[g.n(4)]
	f := [...]string{"LeadingZeros", "TrailingZeros", "OnesCount", "Len"}[g.n(4)]
	return fmt.Sprintf("%s(bits.%s%d(%s))", t, f, of.Width(), g.varying(of, depth))
}

var comparisons = [...]string{"==", "!=", "<", "<=", ">", ">="}

// cond is a bool expression that is not constant.
func (g *gen) cond(depth int) string {
	switch k := g.n(8); {
	case depth <= 0 || k == 0:
		return g.read(ir.Bool)
	case k < 5:
		t := g.int().scalar
		return fmt.Sprintf("%s %s %s", g.varying(t, depth-1), comparisons[g.n(6)], g.expr(scalarShape(t), depth-1))
	case k == 5:
		return fmt.Sprintf("!(%s)", g.cond(depth-1))
	}
	return fmt.Sprintf("(%s %s %s)", g.cond(depth-1), [...]string{"&&", "||"}[g.n(2)], g.cond(depth-1))
}

// call is a call of a function that may be called here.
func (g *gen) call(want func(*fn) bool, depth int) (string, bool) {
	var fits []*fn
	for i := range g.fns {
		f := &g.fns[i]
		if (!f.input || g.f.input) && (!f.state || g.f.state) && (!f.writes || g.f.writes) && want(f) {
			fits = append(fits, f)
		}
	}
	if len(fits) == 0 {
		return "", false
	}
	f := fits[g.n(len(fits))]
	var args []string
	if f.state {
		args = append(args, "s")
	}
	if f.input {
		args = append(args, "in")
	}
	for _, p := range f.params {
		args = append(args, g.expr(p, depth))
	}
	return f.name + "(" + strings.Join(args, ", ") + ")", true
}
