package tilego

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// target is the left side of an assignment: some places, or an element of them.
type target struct {
	first  int // first place; -1 for _
	leaves []leaf
	steps  []step   // of an element
	number *ir.Atom // of an element that is a scalar
}

var noTarget = target{first: -1}

func pointee(t types.Type) types.Type {
	if p, ok := t.(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// target resolves the left side of an assignment and evaluates its indices.
func (l *fn) target(e ast.Expr) target {
	e = ast.Unparen(e)
	if isName(e, "_") {
		return noTarget
	}
	a, ok := l.locate(e)
	if !ok || a.table {
		l.notResult(e)
		l.fail(e, "assign", "assign to local variables, fields of the state and their elements; tables and the input are read only", "assignment to this expression")
	}
	l.writable(e)
	if _, pointer := l.typeOf(e).(*types.Pointer); pointer {
		l.fail(e, "pointer", universeHints["pointer"], "assignment to a pointer")
	}
	a, _ = l.access(e)
	t := target{first: a.first, leaves: l.leaves(e.Pos(), a.typ), steps: a.steps}
	if len(a.steps) > 0 && len(t.leaves) == 1 && t.leaves[0].len == 0 {
		n := l.number(a.steps, 1)
		t.number = &n
	}
	return t
}

func (l *fn) typeOf(e ast.Expr) types.Type {
	if t := l.info.TypeOf(e); t != nil {
		return t
	}
	return types.Typ[types.Invalid]
}

// writable refuses the input and named results as the root of a target.
func (l *fn) writable(e ast.Expr) {
	id, ok := rootOf(e).(*ast.Ident)
	if !ok {
		return
	}
	for _, in := range l.f.inputs {
		if l.info.Uses[id] == in {
			l.fail(e, "input", "copy it to a local variable", "the input is read only")
		}
	}
}

// rootOf is what stands before the fields and indices of a path.
func rootOf(e ast.Expr) ast.Expr {
	for {
		switch n := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			e = n.X
		case *ast.IndexExpr:
			e = n.X
		default:
			return n
		}
	}
}

// store lets a target hold values, one per leaf.
func (l *fn) store(t target, vals []ir.Atom) {
	switch {
	case t.first < 0:
	case t.number != nil:
		l.env[t.first] = l.set(l.places[t.first], l.env[t.first], *t.number, vals[0])
	case len(t.steps) > 0:
		for i, f := range t.leaves {
			l.env[t.first+i] = l.put(l.places[t.first+i], l.env[t.first+i], t.steps, f, vals[i])
		}
	default:
		for i, v := range vals {
			l.assign(t.first+i, v)
		}
	}
}

func (l *fn) assignStmt(s *ast.AssignStmt) {
	if s.Tok != token.ASSIGN && s.Tok != token.DEFINE {
		l.assignOp(s, s.Lhs[0], opOf(s.Tok), s.Rhs[0])
		return
	}
	if a, ok := l.locate(s.Rhs[0]); ok && len(a.steps) == 0 && len(s.Lhs) == 1 && isName(s.Lhs[0], "_") {
		return // a use for the Go compiler only
	}
	var targets []target
	if s.Tok == token.ASSIGN {
		for _, e := range s.Lhs {
			targets = append(targets, l.target(e))
		}
	}
	vals := l.values(s.Rhs, len(s.Lhs))
	if s.Tok == token.DEFINE {
		for _, e := range s.Lhs {
			targets = append(targets, l.define(e.(*ast.Ident)))
		}
	}
	for i, t := range targets {
		l.store(t, vals[i])
	}
}

// values evaluates the right sides of an assignment to n targets, each as the
// atoms of its leaves.
func (l *fn) values(rhs []ast.Expr, n int) [][]ir.Atom {
	var out [][]ir.Atom
	if len(rhs) < n {
		call, ok := ast.Unparen(rhs[0]).(*ast.CallExpr)
		if !ok {
			l.fail(rhs[0], "assign", "", "one value for several targets")
		}
		for _, a := range l.call(call) {
			out = append(out, []ir.Atom{a})
		}
		return out
	}
	for _, e := range rhs {
		out = append(out, l.value(e))
	}
	return out
}

// define makes the places of a new local variable; := may also assign to one
// that exists already.
func (l *fn) define(id *ast.Ident) target {
	if id.Name == "_" {
		return noTarget
	}
	obj := l.info.Defs[id]
	if obj == nil {
		return l.target(id)
	}
	leaves := l.leaves(id.Pos(), obj.Type())
	first := len(l.places)
	l.at[obj] = first
	for _, f := range leaves {
		name := id.Name
		if f.path != "" {
			name += "." + f.path
		}
		l.newPlace(place{name: name, typ: f.typ, len: f.len}, ir.Lit(f.typ, 0))
	}
	return target{first: first, leaves: leaves}
}

// value evaluates an expression of any type to the atoms of its leaves. Arrays
// are copied.
func (l *fn) value(e ast.Expr) []ir.Atom {
	e = ast.Unparen(e)
	if lit, ok := e.(*ast.CompositeLit); ok {
		return l.composite(lit)
	}
	if _, scalar := scalarType(l.typeOf(e)); scalar {
		return []ir.Atom{l.expr(e)}
	}
	a, ok := l.access(e)
	if !ok {
		l.fail(e, "array", "assign it to a variable first", "value of type %s", l.typeOf(e))
	}
	if _, pointer := l.typeOf(e).(*types.Pointer); pointer {
		l.fail(e, "pointer", universeHints["pointer"], "pointer as a value")
	}
	var out []ir.Atom
	for k, f := range l.leaves(e.Pos(), a.typ) {
		out = append(out, l.taken(&a, k, f))
	}
	return out
}

func (l *fn) copyOf(p int) ir.Atom {
	have := l.places[p]
	if have.len == 0 {
		return l.env[p]
	}
	a := l.newVar("", have.typ, have.len)
	l.emit(ir.Copy{Dst: dst(a), Src: dst(l.env[p])})
	return a
}

// composite evaluates a literal of a struct or an array.
func (l *fn) composite(e *ast.CompositeLit) []ir.Atom {
	t := l.typeOf(e)
	if s, ok := t.Underlying().(*types.Struct); ok {
		return l.structLit(e, s)
	}
	out := l.zero(e, t)
	l.fill(out, t, 0, e)
	return out
}

// fill lets element number at of some arrays, which are the leaves of values of
// type t, hold the value of e. What stands in literals goes to its place at once.
func (l *fn) fill(out []ir.Atom, t types.Type, at int, e ast.Expr) {
	lit, ok := ast.Unparen(e).(*ast.CompositeLit)
	array, isArray := t.Underlying().(*types.Array)
	switch {
	case ok && isArray:
		for i, el := range lit.Elts {
			if _, indexed := el.(*ast.KeyValueExpr); indexed {
				l.fail(el, "table", "list the elements in order", "element with an index")
			}
			l.fill(out, array.Elem(), at*int(array.Len())+i, el)
		}
	case ok:
		l.eachField(lit, t.Underlying().(*types.Struct), func(first int, f types.Type, e ast.Expr) {
			l.fill(out[first:], f, at, e)
		})
	default:
		vals := l.value(e)
		for k, f := range l.leaves(e.Pos(), t) {
			p := place{typ: out[k].Type, len: l.out.Vars[out[k].Index].Len}
			out[k] = l.put(p, out[k], []step{{ir.Lit(ir.I64, uint64(at)), p.len}}, f, vals[k])
		}
	}
}

// eachField goes through what a literal gives, in the order of the text: the
// first leaf of the field, its type, its value.
func (c *checked) eachField(lit *ast.CompositeLit, s *types.Struct, f func(first int, t types.Type, e ast.Expr)) {
	first := map[*types.Var]int{}
	n := 0
	for v := range s.Fields() {
		first[v] = n
		n += countLeaves(v.Type())
	}
	for i, el := range lit.Elts {
		v := s.Field(min(i, s.NumFields()-1))
		if kv, ok := el.(*ast.KeyValueExpr); ok {
			v, el = c.info.Uses[kv.Key.(*ast.Ident)].(*types.Var), kv.Value
		}
		f(first[v], v.Type(), el)
	}
}
func (l *fn) structLit(e *ast.CompositeLit, s *types.Struct) []ir.Atom {
	out := make([]ir.Atom, countLeaves(s))
	l.eachField(e, s, func(first int, _ types.Type, e ast.Expr) { copy(out[first:], l.value(e)) })
	first := 0
	for f := range s.Fields() {
		n := countLeaves(f.Type())
		if n > 0 && out[first].Kind == 0 { // not given
			copy(out[first:], l.zero(e, f.Type()))
		}
		first += n
	}
	return out
}

// zero gives the zero value of a type.
func (l *fn) zero(n ast.Node, t types.Type) []ir.Atom {
	var out []ir.Atom
	for _, f := range l.leaves(n.Pos(), t) {
		if f.len == 0 {
			out = append(out, ir.Lit(f.typ, 0))
			continue
		}
		a := l.newVar("", f.typ, f.len)
		l.emit(ir.Zero{Dst: dst(a)})
		out = append(out, a)
	}
	return out
}

func (l *fn) declStmt(s *ast.DeclStmt) {
	for _, spec := range s.Decl.(*ast.GenDecl).Specs {
		v := spec.(*ast.ValueSpec)
		vals := make([][]ir.Atom, len(v.Names))
		if len(v.Values) > 0 {
			vals = l.values(v.Values, len(v.Names))
		}
		for i, n := range v.Names {
			if len(v.Values) == 0 {
				vals[i] = l.zero(n, l.info.Defs[n].Type())
			}
			l.store(l.define(n), vals[i])
		}
	}
}

// assignOp lowers target op= e, and ++ and -- with e nil.
func (l *fn) assignOp(s ast.Stmt, lhs ast.Expr, op token.Token, e ast.Expr) {
	t := l.target(lhs)
	if t.first < 0 {
		l.fail(s, "assign", "", "operation on _")
	}
	typ := l.places[t.first].typ
	old := l.env[t.first]
	if t.number != nil {
		old = l.read(&access{first: t.first}, 0, typ, *t.number)
	}
	one := ir.Lit(typ, 1)
	operand := func() ir.Atom { return one }
	if e != nil {
		operand = func() ir.Atom { return l.operand(op, e) }
	}
	l.store(t, []ir.Atom{l.arith(s, op, typ, old, operand())})
}

func (l *fn) incDec(s *ast.IncDecStmt) {
	op := token.ADD
	if s.Tok == token.DEC {
		op = token.SUB
	}
	l.assignOp(s, s.X, op, nil)
}

func opOf(t token.Token) token.Token { return t - token.ADD_ASSIGN + token.ADD }
