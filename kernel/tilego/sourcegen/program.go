package sourcegen

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Program writes the program of a seed: a module of the contract, see [Contract].
func Program(seed uint64) string {
	g := &gen{r: rand.New(rand.NewPCG(seed, 0x7469_6c65_676f))}
	g.types()
	g.tables()
	g.pf("func Inv(s *State) bool { return %s }\n\n", g.invariant())
	for range 1 + g.n(2) {
		g.helper()
	}
	if g.chance(40) {
		g.function(fn{name: "Init", state: true, writes: true})
	}
	g.function(fn{name: "Step", state: true, input: true, writes: true,
		results: []*shape{scalarShape(ir.U8), scalarShape(ir.I64), scalarShape(ir.Bool)}})
	head := "package random\n\nimport (\n"
	if g.bits {
		head += "\t\"math/bits\"\n\n"
	}
	return head + "\t. \"" + Import + "\"\n)\n\n" + g.out.String()
}

// gen writes one program.
type gen struct {
	r     *rand.Rand
	out   strings.Builder
	names int
	bits  bool // math/bits is used

	state  *shape
	named  []*shape // types of the program
	fns    []fn
	table  []variable
	indent int
	scope
}

// scope is what a function sees.
type scope struct {
	f     *fn
	vars  []variable
	loops []loop
	depth int // of blocks
	nest  int // of paths in indices
}

type variable struct {
	name  string
	of    *shape
	fixed bool // cannot be assigned
}

type loop struct {
	index  string // "" when it has none
	hi     int    // the index is below
	lo     int
	inside bool // a switch stands between: break is refused
}

// fn is a function of the program.
type fn struct {
	name                 string
	state, input, writes bool
	params, results      []*shape
}

func (g *gen) n(k int) int           { return g.r.IntN(k) }
func (g *gen) chance(n int) bool     { return g.n(100) < n }
func (g *gen) scalar() *shape        { return scalarShape(append(ints, ir.Bool)[g.n(9)]) }
func (g *gen) int() *shape           { return scalarShape(ints[g.n(8)]) }
func (g *gen) fresh(p string) string { g.names++; return fmt.Sprintf("%s%d", p, g.names) }

func (g *gen) pf(format string, args ...any) { fmt.Fprintf(&g.out, format, args...) }

func (g *gen) line(format string, args ...any) {
	g.pf(strings.Repeat("\t", g.indent)+format+"\n", args...)
}

// types declares some named types and the state.
func (g *gen) types() {
	for range g.n(3) {
		s := g.structOf(1 + g.n(3))
		s.text = g.fresh("rec")
		g.named = append(g.named, s)
		g.pf("type %s struct {\n%s}\n\n", s.text, fieldList(s))
	}
	if g.chance(40) {
		t := g.int()
		s := &shape{text: g.fresh("num"), scalar: t.scalar}
		g.pf("type %s %s\n\n", s.text, t.text)
		g.named = append(g.named, s)
	}
	g.state = g.structOf(2 + g.n(5))
	g.state.text = "State"
	g.pf("type State struct {\n%s}\n\n", fieldList(g.state))
}

func fieldList(s *shape) string {
	var b strings.Builder
	for _, f := range s.fields {
		fmt.Fprintf(&b, "\t%s %s\n", f.name, f.of.text)
	}
	return b.String()
}

func (g *gen) structOf(n int) *shape {
	s := &shape{}
	for range n {
		s.fields = append(s.fields, field{g.fresh("f"), g.any(2)})
	}
	return s
}

// any is a type of limited depth.
func (g *gen) any(depth int) *shape {
	switch k := g.n(10); {
	case depth == 0 || k < 5:
		return g.scalar()
	case k < 8:
		e := g.any(depth - 1)
		n := 1 + g.n(4)
		return &shape{text: fmt.Sprintf("[%d]%s", n, e.text), elem: e, len: n}
	case len(g.named) > 0:
		return g.named[g.n(len(g.named))]
	}
	return g.scalar()
}

func (g *gen) tables() {
	for range g.n(3) {
		e := g.any(1)
		n := 2 + g.n(4)
		of := &shape{text: fmt.Sprintf("[%d]%s", n, e.text), elem: e, len: n}
		name := g.fresh("tab")
		g.pf("var %s = %s\n\n", name, g.constant(of))
		g.table = append(g.table, variable{name, of, true})
	}
	g.table = append(g.table, variable{"Curve", &shape{text: "[6]int32", elem: scalarShape(ir.I32), len: 6}, true})
}

// constant is a literal of a type.
func (g *gen) constant(s *shape) string {
	var parts []string
	switch {
	case s.elem != nil:
		for range s.len {
			parts = append(parts, g.constant(s.elem))
		}
	case len(s.fields) > 0:
		for _, f := range s.fields {
			parts = append(parts, g.constant(f.of))
		}
	case s.text != s.scalar.String(): // a named type, which typed constants do not fit
		return fmt.Sprint(g.n(10))
	default:
		return g.literal(s.scalar)
	}
	return s.text + "{" + strings.Join(parts, ", ") + "}"
}

// invariant is a comparison of a field, or true.
func (g *gen) invariant() string {
	for _, f := range g.state.fields {
		if f.of.scalar.IsInt() && f.of.text == f.of.scalar.String() && g.chance(60) {
			return fmt.Sprintf("s.%s <= %s", f.name, g.literal(f.of.scalar))
		}
	}
	return "true"
}

// literal is a constant of a type: small, at a limit, or named.
func (g *gen) literal(t ir.Type) string {
	if t == ir.Bool {
		return [...]string{"true", "false"}[g.n(2)]
	}
	switch g.n(5) {
	case 0:
		return t.Value([]uint64{t.Max(), t.Min(), t.Wrap(t.Max() - 1)}[g.n(3)]).String()
	case 1:
		if c := constants[g.n(len(constants))]; c.fits(t) {
			return c.name
		}
	case 2:
		return t.Value(t.Wrap(g.r.Uint64())).String()
	case 3:
		if t.IsSigned() {
			return fmt.Sprint(-1 - g.n(9))
		}
	}
	return fmt.Sprint(g.n(10))
}

// helper writes a function that later ones may call.
func (g *gen) helper() {
	f := fn{name: g.fresh("help"), state: g.chance(50), input: g.chance(30)}
	f.writes = f.state && g.chance(60)
	for range g.n(4) {
		f.params = append(f.params, g.scalar())
	}
	for range g.n(3) {
		f.results = append(f.results, g.scalar())
	}
	if !f.writes && len(f.results) == 0 {
		f.results = append(f.results, g.int())
	}
	g.function(f)
	g.fns = append(g.fns, f)
}

// function writes a function.
func (g *gen) function(f fn) {
	g.scope = scope{f: &f}
	var params []string
	if f.state {
		params = append(params, "s *State")
		g.vars = append(g.vars, variable{"s", g.state, !f.writes})
	}
	if f.input {
		params = append(params, "in *Input")
		g.vars = append(g.vars, variable{"in", inputShape(), true})
	}
	for _, p := range f.params {
		name := g.fresh("p")
		params = append(params, name+" "+p.text)
		g.vars = append(g.vars, variable{name, p, false})
	}
	var results []string
	for _, r := range f.results {
		results = append(results, r.text)
	}
	g.pf("func %s(%s) (%s) {\n", f.name, strings.Join(params, ", "), strings.Join(results, ", "))
	if !g.body(2 + g.n(3)) {
		g.indent++
		g.ret()
		g.indent--
	}
	g.pf("}\n\n")
}
