package tilego

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// builder turns the declarations of one file into a unit.
type builder struct {
	*constTable
	state     types.Object // the type of the state; nil without one
	input     types.Object // the type of the input; nil without one
	tables    map[types.Object]int
	functions map[types.Object]*function
	ordered   []*function // as in the unit
}

// build compiles file to a unit of the given kind.
func build(c *checked, file *ast.File, u, from *ir.Unit, state, input types.Object) *builder {
	b := &builder{constTable: newConstTable(c, u, from), state: state, input: input,
		tables: map[types.Object]int{}, functions: map[types.Object]*function{}}
	if state != nil {
		u.State = c.fields(state.Pos(), state.Type())
	}
	if input != nil {
		u.Input = c.fields(input.Pos(), input.Type())
	}
	if len(c.list) > 0 {
		return b
	}
	b.importUsed(file)
	b.constants(file)
	b.ownTables(file)
	b.allFunctions(file)
	if len(c.list) == 0 {
		usedTables(u)
		canonical(u, from)
	}
	return b
}

// importUsed brings in the constants and tables of the contract that the file
// names, in the contract's order.
func (b *builder) importUsed(file *ast.File) {
	if b.from == nil {
		return
	}
	used := b.foreign(file)
	for i, k := range b.from.Consts {
		if _, ok := used[k.Name].(*types.Const); ok {
			b.importEntry(i)
		}
	}
	for _, t := range b.from.Tables {
		if obj, ok := used[t.Name].(*types.Var); ok {
			b.importTable(obj, t)
		}
	}
}

// foreign finds the package-level names that a file uses from outside. Lengths
// of arrays are numbers in the IR, so what only they name is not used.
func (b *builder) foreign(file *ast.File) map[string]types.Object {
	used := map[string]types.Object{}
	var walk func(n ast.Node) bool
	walk = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ArrayType:
			ast.Inspect(n.Elt, walk)
			return false
		case *ast.CallExpr:
			return !isName(n.Fun, "len")
		case *ast.Ident:
			if obj := b.info.Uses[n]; obj != nil && obj.Parent() != nil && b.isForeign(file, obj) {
				used[n.Name] = obj
			}
		}
		return true
	}
	ast.Inspect(file, walk)
	return used
}

// isForeign reports whether a package-level object is declared outside file.
func (b *builder) isForeign(file *ast.File, obj types.Object) bool {
	if obj.Pkg() == nil || obj.Pkg().Path() == bitsPath || obj.Parent() != obj.Pkg().Scope() {
		return false
	}
	return obj.Pkg() != b.pkg || obj.Pos() < file.FileStart || obj.Pos() >= file.FileEnd
}

func (b *builder) importTable(obj types.Object, t ir.Table) {
	elems := make([]ir.Atom, len(t.Elems))
	for i, e := range t.Elems {
		if e.Kind == ir.AConst {
			e.Index = b.importEntry(e.Index)
		}
		elems[i] = e
	}
	b.tables[obj] = len(b.u.Tables)
	b.u.Tables = append(b.u.Tables, ir.Table{Name: t.Name, Type: t.Type, Imported: true, Elems: elems})
}

func (b *builder) constants(file *ast.File) {
	var order []types.Object
	for _, d := range file.Decls {
		if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.CONST {
			order = append(order, b.collect(d)...)
		}
	}
	for _, obj := range order {
		b.guard(func() { b.declare(obj) })
	}
}

func (b *builder) ownTables(file *ast.File) {
	for _, d := range file.Decls {
		d, ok := d.(*ast.GenDecl)
		if !ok || d.Tok != token.VAR {
			continue
		}
		for _, s := range d.Specs {
			b.guard(func() { b.table(s.(*ast.ValueSpec)) })
		}
	}
}

// table makes a table per leaf of the elements: that of a scalar has the name of
// the variable, that of a field its name too.
func (b *builder) table(s *ast.ValueSpec) {
	obj := b.info.Defs[s.Names[0]]
	leaves := b.leaves(s.Pos(), obj.Type())
	if _, ok := obj.Type().Underlying().(*types.Array); !ok || leaves == nil {
		b.fail(s, "variable", "", "package variable %s is not a table", obj.Name())
	}
	tables := make([]ir.Table, len(leaves))
	for i, f := range leaves {
		tables[i] = ir.Table{Name: b.column(s, obj.Name(), f.path), Type: f.typ, Elems: make([]ir.Atom, f.len)}
		for k := range tables[i].Elems {
			tables[i].Elems[k] = ir.Lit(f.typ, 0)
		}
	}
	b.tabulate(tables, obj.Type(), 0, s.Values[0])
	b.tables[obj] = len(b.u.Tables)
	b.u.Tables = append(b.u.Tables, tables...)
}

// column is the name of the table for a field, which no other name may be.
func (b *builder) column(s *ast.ValueSpec, table, path string) string {
	if path == "" {
		return table
	}
	name := table
	for part := range strings.SplitSeq(path, ".") {
		name += strings.ToUpper(part[:1]) + part[1:]
	}
	if len(name) > MaxIdent || b.pkg.Scope().Lookup(name) != nil || declares(b.from, name) {
		b.fail(s, "name", "choose shorter or other names for the table or its fields", "the column of %s for %s would be named %s", table, path, name)
	}
	return name
}

// declares reports whether a unit, which may be nil, has a constant, a table or a
// function of that name.
func declares(u *ir.Unit, name string) bool {
	return u != nil && (slices.ContainsFunc(u.Consts, func(c ir.Const) bool { return c.Name == name }) ||
		slices.ContainsFunc(u.Tables, func(t ir.Table) bool { return t.Name == name }) ||
		slices.ContainsFunc(u.Funcs, func(f ir.Func) bool { return f.Name == name }))
}

// tabulate writes the constants of e, of type t, as element number at of tables.
func (b *builder) tabulate(tables []ir.Table, t types.Type, at int, e ast.Expr) {
	lit, ok := ast.Unparen(e).(*ast.CompositeLit)
	switch u := t.Underlying().(type) {
	case *types.Array:
		if !ok {
			b.fail(e, "table", "list constants only", "element is not constant")
		}
		for i, el := range lit.Elts {
			if _, indexed := el.(*ast.KeyValueExpr); indexed {
				b.fail(el, "table", "list the elements in order", "element with an index")
			}
			b.tabulate(tables, u.Elem(), at*int(u.Len())+i, el)
		}
	case *types.Struct:
		if !ok {
			b.fail(e, "table", "list constants only", "element is not constant")
		}
		b.eachField(lit, u, func(first int, f types.Type, e ast.Expr) { b.tabulate(tables[first:], f, at, e) })
	default:
		tables[0].Elems[at] = b.element(e, tables[0].Type)
	}
}

func (b *builder) element(e ast.Expr, typ ir.Type) ir.Atom {
	if b.info.Types[e].Value == nil {
		b.fail(e, "table", "list constants only", "element is not constant")
	}
	return b.atom(e, typ)
}

// allFunctions compiles the functions, callees first.
func (b *builder) allFunctions(file *ast.File) {
	var order []*function
	for _, d := range file.Decls {
		if d, ok := d.(*ast.FuncDecl); ok {
			b.guard(func() { order = append(order, b.declareFunc(d)) })
		}
	}
	if len(b.list) > 0 {
		return
	}
	for _, f := range order {
		b.guard(func() { b.compileFunc(f) })
	}
}

// compileFunc compiles f after the functions that it calls.
func (b *builder) compileFunc(f *function) {
	switch f.status {
	case compiled:
		return
	case refused:
		panic(bailout{}) // said already
	case compiling:
		b.fail(f.decl.Name, "recursion", "use a counted loop", "function %s calls itself", f.decl.Name.Name)
	}
	f.status = compiling
	defer func() {
		if f.status == compiling {
			f.status = refused
		}
	}()
	for _, callee := range b.callees(f) {
		b.compileFunc(callee)
	}
	f.mode = b.stateMode(f)
	b.lower(f)
	f.panics = b.panicsOf(&f.out.Body)
	f.index = len(b.u.Funcs)
	b.u.Funcs = append(b.u.Funcs, f.out)
	b.ordered = append(b.ordered, f)
	f.status = compiled
}
