package tilego

import (
	"fmt"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// slot is a variable of the printed source. A variable of the IR is defined
// once; a slot is assigned, and holds one of them after the other.
type slot struct {
	name   string
	holds  ir.Atom
	order  int     // of declaration; the state's fields come first
	region *region // in which it is declared
	reads  int
	decl   int        // line after its declaration
	index  bool       // of a loop: an int
	local  bool       // declared by a statement
	fixed  bool       // read only
	closed bool       // out of scope
	homes  []ir.VarID // variables that were ever read from here, without those that are not read any more
}

// region is a branch of a join or the body of a loop, which may assign only its
// targets among the slots declared outside of it.
type region struct {
	outer   *region
	targets []*slot
}

// pending is an expression that is not printed yet: it may become part of the
// statement that uses it.
type pending struct {
	early  bool // a part of it that may panic is evaluated before what stands to its left: see panicOrder
	v      ir.VarID
	text   text
	panics bool
	divide bool // what it may panic with may be a division
	test   bool
	cell   bool // an element whose index is a constant or a variable
	reads  []*slot
	op     string // of left op right, with left a variable or an element; for op=
	left   string
	right  string
}

// fnPrinter prints one function.
type fnPrinter struct {
	*printer
	*survey

	taken   map[string]bool
	slots   []*slot
	state   []*slot
	of      []*slot // per variable, where it is read
	classes map[ir.VarID]*slot
	waiting []pending
	placed  map[ir.VarID]pending // to be printed in place by the current statement
	region  *region
	at      int         // position, as in survey
	opened  int         // blocks so far, as in survey
	heads   map[int]int // per block that ends in two, the line of its if
	others  [][2]int    // positions of the branches not taken: after the first, up to the second
	trail   []*slot     // read by the expression being printed
	pointer []string
	inputs  []string
	journal []change // of where variables are
	trying  int      // what is printed may be taken back
	joined  int      // line after a join whose flags are statements, for the block that follows
	selfSet bool     // print an assignment of a field to itself: nothing else says that the state is changed
	starts  int      // first line of the function
}

func (p *printer) function(f *ir.Func) {
	s := newSurvey(p.u, f)
	g := &fnPrinter{printer: p, survey: s, taken: map[string]bool{}, of: make([]*slot, len(f.Vars)),
		classes: map[ir.VarID]*slot{}, placed: map[ir.VarID]pending{}, heads: map[int]int{}, region: &region{}, at: -1, joined: -1}
	g.selfSet = f.Mode == ir.WriteState && !s.stores
	g.header()
	g.starts = len(p.lines)
	g.body(&f.Body, ctx{tail: true, flags: noFlags})
	g.line("}")
	g.blanks()
}

// header prints the signature and makes the slots that it declares.
func (g *fnPrinter) header() {
	for _, p := range g.f.Params {
		g.claim(p.Name)
	}
	results := g.results()
	g.pointer = g.pointers(g.f.States, "s", "before", "after")
	g.inputs = g.pointers(g.f.Inputs, "in", "a", "b")
	v := 0
	var params []string
	if len(g.pointer) > 0 {
		params = append(params, strings.Join(g.pointer, ", ")+" *State")
	}
	if len(g.inputs) > 0 {
		params = append(params, strings.Join(g.inputs, ", ")+" *Input")
	}
	for _, s := range g.pointer {
		for _, f := range g.u.State {
			slot := g.lead(v, s+"."+f.Name)
			slot.fixed = g.f.Mode != ir.WriteState
			g.state = append(g.state, slot)
			v++
		}
	}
	for _, s := range g.inputs {
		for _, f := range g.u.Input {
			g.lead(v, s+"."+f.Name).fixed = true
			v++
		}
	}
	for _, p := range g.f.Params {
		g.lead(v, p.Name)
		v++
	}
	params = append(params, grouped(g.f.Params)...)
	g.line("func %s(%s)%s {", g.f.Name, strings.Join(params, ", "), results)
}

func (g *fnPrinter) claim(name string) {
	if !printable(name) || g.taken[name] || g.global[name] {
		unprintablef("parameter or result %.80q of %s", name, g.f.Name)
	}
	g.taken[name] = true
}

// results are the results as printed. Go wants all of them named, or none.
func (g *fnPrinter) results() string {
	list := g.f.Results
	if slices.ContainsFunc(list, func(r ir.Param) bool { return r.Name == "" }) {
		types := make([]string, len(list))
		for i, r := range list {
			types[i] = r.Type.String()
		}
		if len(types) == 1 {
			return " " + types[0]
		}
		return " (" + strings.Join(types, ", ") + ")"
	}
	if len(list) == 0 {
		return ""
	}
	for _, r := range list {
		g.claim(r.Name)
	}
	return " (" + strings.Join(grouped(list), ", ") + ")"
}

// grouped prints parameters of one type after the other with the type once.
func grouped(list []ir.Param) []string {
	var out []string
	for i, p := range list {
		s := p.Name
		if i+1 == len(list) || list[i+1].Type != p.Type {
			s += " " + p.Type.String()
		}
		out = append(out, s)
	}
	return out
}

func (g *fnPrinter) pointers(n int, one, first, second string) []string {
	switch n {
	case 0:
		return nil
	case 1:
		return []string{g.fresh(one, 0)}
	}
	return []string{g.fresh(first, 0), g.fresh(second, 0)}
}

// fresh is a name for variable v, like the wanted one if it is free.
func (g *fnPrinter) fresh(want string, v int) string {
	want = localName(want)
	if want == "" {
		want = "x" + fmt.Sprint(v)
	}
	name := want
	for n := 2; !printable(name) || g.taken[name] || g.global[name]; n++ {
		name = fmt.Sprintf("%s%d", want, n)
	}
	g.taken[name] = true
	return name
}

// localName turns the name of a variable, which may be a path or anything that
// a decoder let through, into one that a local variable can have.
func localName(s string) string {
	var b strings.Builder
	for i, part := range strings.FieldsFunc(s, func(r rune) bool { return !isAlnum(r) }) {
		if i > 0 {
			part = strings.ToUpper(part[:1]) + part[1:]
		}
		b.WriteString(part)
	}
	name := b.String()
	if name == "" || len(name) > MaxIdent-4 || name[0] >= '0' && name[0] <= '9' {
		return ""
	}
	return strings.ToLower(name[:1]) + name[1:]
}

func isAlnum(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// lead makes the slot of a leading variable.
func (g *fnPrinter) lead(v int, name string) *slot {
	s := g.newSlot(name, ir.Atom{Kind: ir.AVar, Type: g.f.Vars[v].Type, Index: v})
	g.house(ir.VarID(v), s)
	if g.f.Vars[v].Len > 0 {
		g.classes[g.find(ir.VarID(v))] = s
	}
	return s
}

func (g *fnPrinter) newSlot(name string, holds ir.Atom) *slot {
	s := &slot{name: name, holds: holds, order: len(g.slots), region: g.region}
	g.slots = append(g.slots, s)
	return s
}

// declare makes a slot for variable v and prints its declaration.
func (g *fnPrinter) declare(v ir.VarID, holds ir.Atom, declaration func(name string) string) *slot {
	s := g.newSlot(g.fresh(g.nameOf(v), int(v)), holds)
	g.line("%s", declaration(s.name))
	s.decl, s.local = len(g.lines), true
	return s
}

// nameOf is the name of a variable; an array without one has that of another
// array of its class.
func (g *fnPrinter) nameOf(v ir.VarID) string {
	name := g.f.Vars[v].Name
	if name != "" || g.f.Vars[v].Len == 0 {
		return name
	}
	class := g.find(v)
	for w := int(v); w < len(g.f.Vars) && w < int(v)+nameReach; w++ {
		if g.f.Vars[w].Name != "" && g.find(ir.VarID(w)) == class {
			return g.f.Vars[w].Name
		}
	}
	return ""
}

// nameReach bounds the search for a name.
const nameReach = 64

// blanks adds a use to variables that are never read, which Go demands.
func (g *fnPrinter) blanks() {
	after := map[int][]string{}
	for _, s := range g.slots {
		if s.local && s.reads == 0 {
			after[s.decl] = append(after[s.decl], "_ = "+s.name)
		}
	}
	if len(after) == 0 {
		return
	}
	var out []string
	for i, l := range g.lines {
		if i >= g.starts {
			out = append(out, after[i]...)
		}
		out = append(out, l)
	}
	g.lines = out
}

// assignable reports whether a slot may be assigned here: it is declared in this
// region, or every region between is there to assign it.
func (g *fnPrinter) assignable(s *slot) bool {
	for r := g.region; r != s.region; r = r.outer {
		if r == nil || !slices.Contains(r.targets, s) {
			return false
		}
	}
	return true
}

// later reports whether variable v may be read after position pos, seen from
// where we are: not in a branch that is not taken.
func (g *fnPrinter) later(v ir.VarID, pos int) bool {
	for _, at := range slices.Backward(g.uses[v].at) {
		if at <= pos {
			return false
		}
		if !slices.ContainsFunc(g.others, func(o [2]int) bool { return o[0] < at && at <= o[1] }) {
			return true
		}
	}
	return false
}

// readSlot is the slot as an operand.
func (g *fnPrinter) readSlot(s *slot) string {
	g.note(s)
	if s.index {
		return "int64(" + s.name + ")"
	}
	return s.name
}

// note counts a use of a slot.
func (g *fnPrinter) note(s *slot) {
	s.reads++
	g.trail = append(g.trail, s)
}
