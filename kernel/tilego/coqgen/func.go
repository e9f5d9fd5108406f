package coqgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// unit prints the tables, then the functions, callees first as in the IR.
func (p *printer) unit() {
	for k, t := range p.u.Tables {
		p.pf("Definition %s : %s := [%s].\n", p.name("t", k), coqType(t.Type, len(t.Elems)), strings.Join(p.atoms(t.Elems), "; "))
	}
	for k := range p.u.Funcs {
		p.function(k)
	}
	p.pf("\n")
}

func (p *printer) function(k int) {
	p.fn, p.f, p.used = k, &p.u.Funcs[k], nil
	typ := p.outcome()
	body := p.block(&p.f.Body, typ)
	params := make([]ir.VarID, p.u.Leading(p.f))
	for v := range params {
		params[v] = ir.VarID(v)
	}
	p.pf("Definition %s%s : res %s :=\n%s.\n", p.name("f", k), p.binders(params), typ, body)
}

// outcome is the type of what the function returns: its state, then its results.
func (p *printer) outcome() string {
	var types []string
	if p.f.Mode == ir.WriteState {
		for _, f := range p.u.State {
			types = append(types, coqType(f.Type, f.Len))
		}
	}
	for _, r := range p.f.Results {
		types = append(types, coqType(r.Type, 0))
	}
	return product(types)
}

// block gives the text of a block that yields typ: bindings, each on its line
// with the rest of the block as its continuation.
func (p *printer) block(b *ir.Block, typ string) string {
	if len(b.Stmts) == 0 {
		return p.term(b.Term, typ)
	}
	rest := &ir.Block{Stmts: b.Stmts[1:], Term: b.Term}
	bind := p.stmt(b.Stmts[0])
	if bind.label < 0 || small(rest) {
		return fmt.Sprintf(" %s (fun %s =>\n%s)", bind.head, bind.pattern, p.block(rest, typ))
	}
	return fmt.Sprintf(" %s (fun %s => %s)", bind.head, bind.pattern, p.lifted("k", bind.label, bind.dst, rest, typ))
}

// small says that a block is nothing but its end.
func small(b *ir.Block) bool {
	_, branch := b.Term.(ir.Branch)
	return len(b.Stmts) == 0 && !branch
}

// lifted prints a block as a definition of its own, over the variables that it
// uses, and gives the call. What follows a join is lifted so that a goal holds a
// few lines of the model at a time, however long the function is.
func (p *printer) lifted(kind string, label int, dst []ir.VarID, b *ir.Block, typ string) string {
	outer := p.used
	p.used = map[ir.VarID]bool{}
	body := p.block(b, typ)
	var free []ir.VarID
	for v := range p.used {
		if v <= slices.Max(dst) { // all that the block binds comes later
			free = append(free, v)
		}
	}
	slices.Sort(free)
	name := fmt.Sprintf("%s_%d", p.name(kind, p.fn), label)
	p.pf("Definition %s%s : res %s :=\n%s.\n", name, p.binders(free), typ, body)
	p.used = outer
	return strings.Join(append([]string{name}, p.vars(free)...), " ")
}

func (p *printer) binders(ids []ir.VarID) string {
	out := ""
	for _, v := range ids {
		out += fmt.Sprintf(" (v%d : %s)", v, coqType(p.f.Vars[v].Type, p.f.Vars[v].Len))
	}
	return out
}

func (p *printer) term(t ir.Term, typ string) string {
	switch t := t.(type) {
	case ir.Return:
		return " Ok " + tuple(append(p.atoms(t.State), p.atoms(t.Results)...))
	case ir.Yield:
		return " Ok " + tuple(p.atoms(t.Vals))
	case ir.Branch:
		return p.choice(&t.Cond, &t.Then, &t.Else, typ)
	}
	p.fail("block ends in %T", t)
	return ""
}

func (p *printer) choice(c *ir.Cond, then, els *ir.Block, typ string) string {
	return fmt.Sprintf(" if %s then\n%s\n else\n%s", p.cond(c), indented(p.block(then, typ)), indented(p.block(els, typ)))
}

func indented(text string) string { return " " + strings.ReplaceAll(text, "\n", "\n ") }

// binding is the text of a statement up to its continuation.
type binding struct {
	head    string
	pattern string     // of the variables that it binds
	label   int        // first of them if this is a join, otherwise -1
	dst     []ir.VarID // all of them
}

// let binds a value that is computed without panic.
func (p *printer) let(dst ir.VarID, e string) binding {
	return binding{head: "lt " + e, pattern: p.v(dst), label: -1}
}

// binds binds the outcome of something that may panic.
func (p *printer) binds(dst ir.VarID, format string, args ...any) binding {
	return binding{head: "bind (" + fmt.Sprintf(format, args...) + ")", pattern: p.v(dst), label: -1}
}

// join binds what different paths, a loop or a call yield. Its label is the
// number of the function and the first variable that is bound. A join that binds
// nothing needs no invariant.
func (p *printer) join(dst []ir.VarID, m string) binding {
	b := binding{head: "bind (" + m + ")", pattern: pattern(p.vars(dst)), label: -1, dst: dst}
	if len(dst) > 0 {
		b.label = int(dst[0])
		b.head = fmt.Sprintf("join %d %d (%s)", Label(p.u, p.fn), b.label, m)
	}
	return b
}

// Label is the number of function fn of unit u in the labels of its joins.
// Functions of contracts are numbered from 1000.
func Label(u *ir.Unit, fn int) int {
	if u.Kind == ir.Contract {
		return 1000 + fn
	}
	return fn
}

func (p *printer) stmt(s ir.Stmt) binding {
	switch s := s.(type) {
	case ir.Arith:
		return p.arith(s)
	case ir.Convert:
		return p.let(s.Dst, p.convert(s))
	case ir.Bits:
		return p.let(s.Dst, p.bits(s))
	case ir.Test:
		return p.let(s.Dst, p.cond(&s.Cond))
	case ir.Lookup:
		return p.binds(s.Dst, "aget %s %s", p.name("t", s.Table), p.atom(s.Index))
	case ir.Get:
		return p.binds(s.Dst, "aget %s %s", p.v(s.Arr), p.atom(s.Index))
	case ir.Set:
		return p.binds(s.Dst, "aset %s %s %s", p.v(s.Arr), p.atom(s.Index), p.atom(s.Val))
	case ir.Zero:
		return p.let(s.Dst, zero(p.f.Vars[s.Dst].Type, p.f.Vars[s.Dst].Len))
	case ir.Copy:
		return p.let(s.Dst, p.v(s.Src))
	case ir.Call:
		return p.join(s.Dst, strings.Join(append([]string{p.name("f", s.Func)}, p.arguments(s)...), " "))
	case ir.If:
		return p.join(s.Dst, strings.TrimSpace(p.choice(&s.Cond, &s.Then, &s.Else, p.types(s.Dst))))
	case ir.For:
		return p.join(s.Dst, p.loop(s))
	}
	p.fail("binding %T", s)
	return binding{}
}

// arguments of a call: state fields, the input's fields, parameters.
func (p *printer) arguments(s ir.Call) []string {
	callee := &p.u.Funcs[s.Func]
	args := p.atoms(s.State)
	first := p.f.States*len(p.u.State) + s.Input*len(p.u.Input)
	for v := range callee.Inputs * len(p.u.Input) {
		args = append(args, p.v(ir.VarID(first+v)))
	}
	return append(args, p.atoms(s.Args)...)
}

// loop prints a loop. Its body is a definition over the variables that it uses
// from outside, the index, and the tuple of what is carried.
func (p *printer) loop(s ir.For) string {
	init, typ := tuple(p.atoms(s.Init)), p.types(s.Carried)
	body := p.lifted("b", int(s.Index), append(slices.Clone(s.Carried), s.Index), &s.Body, typ)
	return fmt.Sprintf("loop %s %s (fun %s %s => %s) %s", p.atom(s.Lo), p.atom(s.Hi), p.v(s.Index), pattern(p.vars(s.Carried)), body, init)
}

// types is the type of the tuple of variables.
func (p *printer) types(ids []ir.VarID) string {
	types := make([]string, len(ids))
	for k, v := range ids {
		types[k] = coqType(p.f.Vars[v].Type, p.f.Vars[v].Len)
	}
	return product(types)
}

// v prints a variable, and notes that the block at hand uses it.
func (p *printer) v(id ir.VarID) string {
	if p.used != nil {
		p.used[id] = true
	}
	return fmt.Sprintf("v%d", id)
}

func (p *printer) vars(ids []ir.VarID) []string {
	out := make([]string, len(ids))
	for k, id := range ids {
		out[k] = p.v(id)
	}
	return out
}
