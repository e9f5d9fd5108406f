package tilego

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// names of files in refusals
const (
	moduleFile   = "module.go"
	contractFile = "contract.go"
	envFile      = "env.go"
)

func compileModule(src []byte, s *Surface) (*ir.Unit, error) {
	return compileWith(src, s, func(b *builder) { b.entries(s.Entries) })
}

// compileWith compiles a module and demands of it what demands says.
func compileWith(src []byte, s *Surface, demands func(*builder)) (*ir.Unit, error) {
	rep := &reporter{fset: token.NewFileSet()}
	if s.Source > 0 && len(src) > s.Source {
		rep.list = Refusals{{File: moduleFile, Line: 1, Col: 1, Rule: "tilego.size", Hint: "split it or drop what is not needed",
			Message: fmt.Sprintf("source has %d bytes, the slot's limit is %d", len(src), s.Source)}}
		return nil, rep.err()
	}
	c := check(rep, "module", s, source{moduleFile, src})
	if c == nil {
		return nil, rep.err()
	}
	state := s.Package.Scope().Lookup("State")
	if state == nil {
		state = c.typeName("State")
	}
	if state == nil {
		c.refuse(c.files[0].Name.Pos(), "entry", "type State struct { ... }", "module declares no State")
		return nil, rep.err()
	}
	u := &ir.Unit{Kind: ir.Module, Slot: s.Slot}
	b := build(c, c.files[0], u, s.Unit, state, s.Package.Scope().Lookup("Input"))
	if n := stateBytes(u); s.State > 0 && n > s.State {
		b.refuse(state.Pos(), "limit", "use smaller types or fewer fields", "state has %d bytes, the slot's limit is %d", n, s.State)
	}
	if len(rep.list) == 0 {
		demands(b)
	}
	b.valid()
	if err := rep.err(); err != nil {
		return nil, err
	}
	return u, nil
}

// valid checks the limits of the IR; everything else that it checks was refused
// before, with a better message.
func (b *builder) valid() {
	if len(b.list) > 0 {
		return
	}
	if err := ir.Check(b.u); err != nil {
		b.refuse(b.files[0].Name.Pos(), "limit", "make it smaller", "%s", err)
	}
}

func stateBytes(u *ir.Unit) int {
	n := 0
	for _, f := range u.State {
		n += f.Type.Size() * f.Elems()
	}
	return n
}

// typeName finds a type of the package by name.
func (c *checked) typeName(name string) types.Object {
	if obj, ok := c.pkg.Scope().Lookup(name).(*types.TypeName); ok {
		return obj
	}
	return nil
}

func compileContract(slot, path string, contract, env []byte) (*Package, error) {
	rep := &reporter{fset: token.NewFileSet()}
	sources := []source{{contractFile, contract}}
	if env != nil {
		sources = append(sources, source{envFile, env})
	}
	c := check(rep, path, nil, sources...)
	if c == nil {
		return nil, rep.err()
	}
	p := &Package{Types: c.pkg, Contract: &ir.Unit{Kind: ir.Contract, Slot: slot}}
	input := c.typeName("Input")
	b := build(c, c.files[0], p.Contract, nil, c.typeName("State"), input)
	b.shared(c.files[0])
	if len(rep.list) == 0 {
		b.predicates(func(*function) bool { return true })
	}
	b.valid()
	if env != nil && len(rep.list) == 0 {
		p.Env = &ir.Unit{Kind: ir.Env, Slot: slot}
		e := build(c, c.files[1], p.Env, p.Contract, c.typeName("Env"), input)
		if len(rep.list) == 0 {
			e.predicates(isSafety)
		}
		e.valid()
	}
	if err := rep.err(); err != nil {
		return nil, err
	}
	return p, nil
}

// shared refuses what modules would see of a contract and could not be printed
// with: input, state and exported tables with arrays of arrays or of structs.
func (b *builder) shared(file *ast.File) {
	for _, obj := range []types.Object{b.input, b.state} {
		if obj != nil {
			b.plain(obj.Pos(), obj.Type())
		}
	}
	for _, name := range b.pkg.Scope().Names() {
		v, ok := b.pkg.Scope().Lookup(name).(*types.Var)
		if ok && v.Exported() && v.Pos() >= file.FileStart && v.Pos() < file.FileEnd {
			b.plain(v.Pos(), v.Type())
		}
	}
}

// entries checks that a module defines what its contract demands.
func (b *builder) entries(want []Entry) {
	for _, e := range want {
		b.entry(ir.Func{Name: e.Name, States: 1, Inputs: 1, Results: e.Results}, true)
	}
	b.entry(ir.Func{Name: "Inv", States: 1, Results: []ir.Param{{Type: ir.Bool}}}, true)
	b.entry(ir.Func{Name: "Init", States: 1}, false)
	b.predicates(func(f *function) bool { return f.out.Name == "Inv" })
}

// entry checks one function of a module. Names of results may differ.
func (b *builder) entry(want ir.Func, required bool) {
	f, _ := b.u.Func(want.Name)
	if f == nil {
		if required {
			b.refuse(b.files[0].Name.Pos(), "entry", "func "+signature(&want), "module does not define %s", want.Name)
		}
		return
	}
	if typesOnly(f) != typesOnly(&want) {
		b.refuse(b.position(want.Name), "entry", "func "+signature(&want), "%s does not have the signature that the contract demands", want.Name)
	}
}

func (b *builder) position(name string) token.Pos {
	if obj := b.pkg.Scope().Lookup(name); obj != nil {
		return obj.Pos()
	}
	return b.files[0].Name.Pos()
}

func typesOnly(f *ir.Func) string {
	g := ir.Func{States: f.States, Inputs: f.Inputs}
	for _, p := range f.Params {
		g.Params = append(g.Params, ir.Param{Type: p.Type})
	}
	for _, r := range f.Results {
		g.Results = append(g.Results, ir.Param{Type: r.Type})
	}
	return signature(&g)
}

// signature shows a function as Go.
func signature(f *ir.Func) string {
	s := f.Name + "("
	sep := ""
	add := func(name, typ string) {
		s += sep + name
		if name != "" {
			s += " "
		}
		s += typ
		sep = ", "
	}
	for i := range f.States {
		add([]string{"s", "after"}[i], "*State")
	}
	for i := range f.Inputs {
		add([]string{"in", "other"}[i], "*Input")
	}
	for _, p := range f.Params {
		add(p.Name, p.Type.String())
	}
	s += ")"
	if len(f.Results) == 0 {
		return s
	}
	if len(f.Results) == 1 && f.Results[0].Name == "" {
		return s + " " + f.Results[0].Type.String()
	}
	s, sep = s+" (", ""
	for _, r := range f.Results {
		add(r.Name, r.Type.String())
	}
	return fmt.Sprintf("%s)", s)
}
