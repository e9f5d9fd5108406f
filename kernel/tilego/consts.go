package tilego

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// constTable builds the constant table of a unit. Named constants stay
// symbolic: an expression is evaluated only where it names none.
type constTable struct {
	*checked
	u       *ir.Unit
	from    *ir.Unit // the contract's unit, where imported constants come from
	names   map[string]int
	unnamed map[string]int            // key of the expression -> entry
	copied  map[int]int               // entry of from -> entry of u
	vals    []*big.Int                // per entry of u
	given   []*big.Int                // per entry of from
	specs   map[types.Object]constDef // constants declared by this unit
}

// constDef is where a constant is declared.
type constDef struct {
	obj  *types.Const
	expr ast.Expr
	iota int64
}

// bailout leaves the declaration that was refused.
type bailout struct{}

// fail refuses a node and gives up on the declaration around it.
func (c *checked) fail(n ast.Node, rule, hint, format string, args ...any) {
	c.refuse(n.Pos(), rule, hint, format, args...)
	panic(bailout{})
}

// guard runs f to its end or to its first refusal.
func (c *checked) guard(f func()) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(bailout); !ok {
				panic(r)
			}
		}
	}()
	f()
}

func newConstTable(c *checked, u, from *ir.Unit) *constTable {
	t := &constTable{checked: c, u: u, from: from, names: map[string]int{}, unnamed: map[string]int{},
		copied: map[int]int{}, specs: map[types.Object]constDef{}}
	if from != nil {
		t.given, _ = from.ConstValues(nil) // checked when it was compiled
	}
	return t
}

// collect notes the constants that a declaration group declares.
func (t *constTable) collect(d *ast.GenDecl) []types.Object {
	var order []types.Object
	var last []ast.Expr
	for i, s := range d.Specs {
		spec := s.(*ast.ValueSpec)
		if spec.Values != nil {
			last = spec.Values
		}
		for j, n := range spec.Names {
			obj, ok := t.info.Defs[n].(*types.Const)
			if !ok || j >= len(last) {
				continue
			}
			t.specs[obj] = constDef{obj: obj, expr: last[j], iota: int64(i)}
			order = append(order, obj)
		}
	}
	return order
}

// declare adds a constant of this unit, after those it refers to.
func (t *constTable) declare(obj types.Object) int {
	if i, ok := t.names[obj.Name()]; ok {
		return i
	}
	def := t.specs[obj]
	typ, ok := scalarType(obj.Type())
	if !ok {
		t.fail(def.expr, "const", universeHints["float"], "constant %s is neither integer nor bool", obj.Name())
	}
	if isUntypedInt(obj.Type()) {
		typ = ir.Untyped
	}
	e := constExpr{constTable: t, iota: def.iota}.lower(def.expr)
	if usesIota(def.expr) {
		e = *fold(&e)
	}
	return t.add(ir.Const{Name: obj.Name(), Type: typ, Expr: e}, t.valueOf(def.expr, def.obj.Val()))
}

func isUntypedInt(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && (b.Kind() == types.UntypedInt || b.Kind() == types.UntypedRune)
}

func (t *constTable) add(c ir.Const, value *big.Int) int {
	i := len(t.u.Consts)
	t.vals = append(t.vals, value)
	t.u.Consts = append(t.u.Consts, c)
	if c.Name != "" {
		t.names[c.Name] = i
	}
	return i
}

// intern finds or adds the unnamed entry for an expression.
func (t *constTable) intern(typ ir.Type, e ir.CExpr, value *big.Int) int {
	key := fmt.Sprintf("%d %s", typ, exprKey(&e))
	if i, ok := t.unnamed[key]; ok {
		return i
	}
	i := t.add(ir.Const{Type: typ, Expr: e}, value)
	t.unnamed[key] = i
	return i
}

func exprKey(e *ir.CExpr) string {
	switch {
	case e == nil:
		return ""
	case e.Op == ir.CLit:
		return e.Lit.String()
	case e.Op == ir.CRef:
		return fmt.Sprintf("r%d", e.Ref)
	}
	return fmt.Sprintf("(%d %s %s)", e.Op, exprKey(e.A), exprKey(e.B))
}

// importEntry copies an entry of the contract's table, after those it refers to.
func (t *constTable) importEntry(i int) int {
	if j, ok := t.copied[i]; ok {
		return j
	}
	c := t.from.Consts[i]
	e := t.importExpr(&c.Expr)
	var j int
	if c.Name == "" {
		j = t.intern(c.Type, *e, t.given[i])
	} else {
		j = t.add(ir.Const{Name: c.Name, Type: c.Type, Imported: true, Expr: *e}, t.given[i])
	}
	t.copied[i] = j
	return j
}

func (t *constTable) importExpr(e *ir.CExpr) *ir.CExpr {
	if e == nil {
		return nil
	}
	out := ir.CExpr{Op: e.Op, Lit: e.Lit, A: t.importExpr(e.A), B: t.importExpr(e.B)}
	if e.Op == ir.CRef {
		out.Ref = t.importEntry(e.Ref)
	}
	return &out
}

// entry is the table index of a named constant.
func (t *constTable) entry(n ast.Node, obj types.Object) int {
	if _, own := t.specs[obj]; own {
		return t.declare(obj)
	}
	if i, ok := t.names[obj.Name()]; ok {
		return i
	}
	t.fail(n, "const", "use constants of contract.go", "constant %s is not part of the contract", obj.Name())
	return 0
}

// constExpr lowers a constant expression.
type constExpr struct {
	*constTable
	iota int64 // in a declaration
}

// named reports whether an expression names a constant.
func (t *constTable) named(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if obj, ok := t.info.Uses[id].(*types.Const); ok && obj.Pkg() != nil {
				found = true
			}
		}
		return !found
	})
	return found
}

// typed reports whether an expression has a type through a named constant of
// that type, rather than through its place of use.
func (t *constTable) typed(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		obj, ok := t.info.Uses[e].(*types.Const)
		return ok && obj.Pkg() != nil && !isUntypedInt(obj.Type())
	case *ast.UnaryExpr:
		return t.typed(e.X)
	case *ast.BinaryExpr:
		if e.Op == token.SHL || e.Op == token.SHR {
			return t.typed(e.X)
		}
		return t.typed(e.X) || t.typed(e.Y)
	case *ast.CallExpr:
		for _, a := range e.Args {
			if t.typed(a) {
				return true
			}
		}
	}
	return false
}

func (x constExpr) lower(e ast.Expr) ir.CExpr {
	e = ast.Unparen(e)
	if id, ok := e.(*ast.Ident); ok {
		return x.ident(id)
	}
	if !x.named(e) && !usesIota(e) {
		return ir.CExpr{Op: ir.CLit, Lit: x.value(e)}
	}
	switch e := e.(type) {
	case *ast.UnaryExpr:
		return x.unary(e)
	case *ast.BinaryExpr:
		return x.binary(e)
	case *ast.CallExpr:
		return x.call(e)
	}
	x.fail(e, "const", "", "constant expression is not in the language")
	return ir.CExpr{}
}

func usesIota(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == "iota" {
			found = true
		}
		return !found
	})
	return found
}

// fold evaluates what refers to no entry, as is done everywhere else: the type
// checker knows no single value for an expression with iota.
func fold(e *ir.CExpr) *ir.CExpr {
	if e == nil || e.Op == ir.CLit || e.Op == ir.CRef {
		return e
	}
	out := &ir.CExpr{Op: e.Op, A: fold(e.A), B: fold(e.B)}
	if out.A.Op != ir.CLit || out.B != nil && out.B.Op != ir.CLit {
		return out
	}
	alone := ir.Unit{Consts: []ir.Const{{Expr: *out}}}
	if vals, err := alone.ConstValues(nil); err == nil {
		return &ir.CExpr{Op: ir.CLit, Lit: vals[0]}
	}
	return out
}

// value is the value of a constant expression.
func (t *constTable) value(e ast.Expr) *big.Int {
	return t.valueOf(e, t.info.Types[e].Value)
}

func (t *constTable) valueOf(e ast.Expr, v constant.Value) *big.Int {
	switch {
	case v == nil:
		t.fail(e, "const", "", "expression is not constant")
	case v.Kind() == constant.Bool:
		if constant.BoolVal(v) {
			return big.NewInt(1)
		}
		return new(big.Int)
	case v.Kind() == constant.Int:
		if n, ok := constant.Val(v).(*big.Int); ok {
			return n
		}
		if n, ok := constant.Int64Val(v); ok {
			return big.NewInt(n)
		}
	}
	t.fail(e, "const", universeHints["float"], "constant is neither integer nor bool")
	return nil
}

func (x constExpr) ident(id *ast.Ident) ir.CExpr {
	obj, ok := x.info.Uses[id].(*types.Const)
	switch {
	case !ok:
		x.fail(id, "const", "", "%s is not a constant", id.Name)
	case id.Name == "iota":
		return ir.CExpr{Op: ir.CLit, Lit: big.NewInt(x.iota)}
	case obj.Pkg() == nil: // true, false
		return ir.CExpr{Op: ir.CLit, Lit: x.value(id)}
	}
	return ir.CExpr{Op: ir.CRef, Ref: x.entry(id, obj)}
}

func (x constExpr) unary(e *ast.UnaryExpr) ir.CExpr {
	a := x.lower(e.X)
	switch e.Op {
	case token.ADD:
		return a
	case token.SUB:
		return ir.CExpr{Op: ir.CNeg, A: &a}
	case token.NOT:
		return ir.CExpr{Op: ir.CXor, A: literal(1), B: &a}
	}
	mask := literal(-1)
	if typ, ok := scalarType(x.info.Types[e].Type); ok && typ.IsUnsigned() {
		mask = &ir.CExpr{Op: ir.CLit, Lit: new(big.Int).SetUint64(typ.Max())}
	}
	return ir.CExpr{Op: ir.CXor, A: mask, B: &a}
}

func literal(n int64) *ir.CExpr { return &ir.CExpr{Op: ir.CLit, Lit: big.NewInt(n)} }

var constOps = map[token.Token]ir.COp{
	token.ADD: ir.CAdd, token.SUB: ir.CSub, token.MUL: ir.CMul, token.QUO: ir.CQuo, token.REM: ir.CRem,
	token.SHL: ir.CShl, token.SHR: ir.CShr, token.AND: ir.CAnd, token.OR: ir.COr, token.XOR: ir.CXor,
	token.LAND: ir.CAnd, token.LOR: ir.COr,
}

func (x constExpr) binary(e *ast.BinaryExpr) ir.CExpr {
	if e.Op == token.AND_NOT {
		a, b := x.lower(e.X), x.lower(e.Y)
		return ir.CExpr{Op: ir.CAnd, A: &a, B: &ir.CExpr{Op: ir.CXor, A: literal(-1), B: &b}}
	}
	op, ok := constOps[e.Op]
	if !ok {
		x.fail(e, "const", "compare where it is used", "operator %s in a constant", e.Op)
	}
	a, b := x.lower(e.X), x.lower(e.Y)
	return ir.CExpr{Op: op, A: &a, B: &b}
}

func (x constExpr) call(e *ast.CallExpr) ir.CExpr {
	if x.info.Types[e.Fun].IsType() {
		return x.convert(e)
	}
	op := ir.CMin
	if isName(ast.Unparen(e.Fun), "max") {
		op = ir.CMax
	}
	out := x.lower(e.Args[0])
	for _, arg := range e.Args[1:] {
		a, b := out, x.lower(arg)
		out = ir.CExpr{Op: op, A: &a, B: &b}
	}
	return out
}

// convert lowers a conversion. Constant conversions keep the value, so there is
// none in the IR; but an expression in a type of its own is checked against
// that type, so it becomes an entry of its own.
func (x constExpr) convert(e *ast.CallExpr) ir.CExpr {
	arg := ast.Unparen(e.Args[0])
	a := x.lower(arg)
	from, _ := scalarType(x.info.Types[arg].Type)
	to, ok := scalarType(x.info.Types[e].Type)
	if !ok {
		x.fail(e, "const", universeHints["float"], "conversion to %s", x.info.Types[e].Type)
	}
	if a.Op == ir.CRef || from == to || !x.typed(arg) {
		return a
	}
	return ir.CExpr{Op: ir.CRef, Ref: x.intern(from, a, x.value(arg))}
}

// atom is the operand that a constant expression becomes, of type typ.
func (t *constTable) atom(e ast.Expr, typ ir.Type) ir.Atom {
	e = ast.Unparen(e)
	if !t.named(e) {
		bits, ok := typ.Bits(t.value(e))
		if !ok {
			t.fail(e, "const", "", "constant does not fit %s", typ)
		}
		return ir.Atom{Kind: ir.ALit, Type: typ, Bits: bits}
	}
	x := constExpr{constTable: t}.lower(e)
	want := ir.Untyped
	if t.typed(e) {
		want = typ
	}
	if x.Op == ir.CRef {
		if have := t.u.Consts[x.Ref].Type; have == want || have == ir.Untyped {
			return ir.Atom{Kind: ir.AConst, Type: typ, Index: x.Ref}
		}
	}
	return ir.Atom{Kind: ir.AConst, Type: typ, Index: t.intern(want, x, t.value(e))}
}
