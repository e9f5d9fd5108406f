package tilego

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// expr lowers a scalar expression, operands from left to right, to an atom.
func (l *fn) expr(e ast.Expr) ir.Atom {
	e = ast.Unparen(e)
	tv := l.info.Types[e]
	typ, ok := scalarType(l.typeOf(e))
	if !ok {
		l.fail(e, "type", "", "expression of type %s is not in the language", l.typeOf(e))
	}
	if tv.Value != nil && !compares(e) {
		return l.atom(e, typ)
	}
	if typ == ir.Bool && isCondition(e) {
		return l.test(e)
	}
	switch e := e.(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr:
		return l.variable(e, typ)
	case *ast.UnaryExpr:
		return l.unary(e, typ)
	case *ast.BinaryExpr:
		a := l.expr(e.X)
		return l.arith(e, e.Op, typ, a, l.operand(e.Op, e.Y))
	case *ast.CallExpr:
		return l.callExpr(e)
	}
	l.fail(e, "syntax", "", "expression is not in the language")
	return ir.Atom{}
}

// variable is the scalar that a variable, a field or an element holds.
func (l *fn) variable(e ast.Expr, typ ir.Type) ir.Atom {
	a, ok := l.access(e)
	if !ok {
		l.notResult(e)
		if ix, indexed := e.(*ast.IndexExpr); indexed {
			l.fail(ix.X, "array", "index a variable, a field or a table", "index of an expression")
		}
		l.fail(e, "variable", "", "this has no scalar value")
	}
	return l.load(&a, 0, typ)
}

// notResult refuses the name of a result as a variable.
func (l *fn) notResult(e ast.Expr) {
	if id, ok := ast.Unparen(e).(*ast.Ident); ok && l.f.named[l.info.Uses[id]] {
		l.fail(e, "result", "declare a local variable and return it", "result %s is used as a variable", id.Name)
	}
}

func (l *fn) unary(e *ast.UnaryExpr, typ ir.Type) ir.Atom {
	a := l.expr(e.X)
	switch e.Op {
	case token.SUB:
		return l.arith(e, token.SUB, typ, ir.Lit(typ, 0), a)
	case token.XOR:
		return l.arith(e, token.XOR, typ, a, ir.Lit(typ, ^uint64(0)))
	}
	return a
}

var binOps = map[token.Token]ir.BinOp{
	token.ADD: ir.Add, token.SUB: ir.Sub, token.MUL: ir.Mul, token.QUO: ir.Quo, token.REM: ir.Rem,
	token.AND: ir.And, token.OR: ir.Or, token.XOR: ir.Xor, token.AND_NOT: ir.AndNot,
	token.SHL: ir.Shl, token.SHR: ir.Shr,
}

// operand lowers the right operand of an operator.
func (l *fn) operand(op token.Token, e ast.Expr) ir.Atom {
	if op != token.SHL && op != token.SHR {
		return l.expr(e)
	}
	return l.count(e)
}

// count lowers the count of a shift. An untyped constant becomes a uint8.
func (l *fn) count(e ast.Expr) ir.Atom {
	const hint = "shift by a constant below the width or by a masked unsigned count: x << (n & 7) for uint8"
	t := l.typeOf(e)
	b, ok := t.Underlying().(*types.Basic)
	if !ok {
		l.fail(e, "shift", hint, "count of type %s", t)
	}
	if l.info.Types[e].Value != nil && (b.Kind() == types.Uint || b.Info()&types.IsUntyped != 0) {
		return l.atom(e, ir.U8)
	}
	typ, ok := scalarType(b)
	if !ok || !typ.IsUnsigned() {
		l.fail(e, "shift", hint, "count of type %s", t)
	}
	return l.expr(e)
}

// arith binds a op b. The position of n is that of a refusal.
func (l *fn) arith(n ast.Node, tok token.Token, typ ir.Type, a, b ir.Atom) ir.Atom {
	op, ok := binOps[tok]
	if !ok || typ == ir.Bool {
		l.fail(n, "syntax", "", "operator %s is not in the language here", tok)
	}
	if op == ir.Shl || op == ir.Shr {
		if l.most(b) >= uint64(typ.Width()) {
			l.fail(n, "shift", "shift by a constant below the width or by a masked unsigned count: x << (n & 7) for uint8", "count can reach the width of %s", typ)
		}
	}
	out := l.temp(typ)
	l.emit(ir.Arith{Dst: dst(out), Op: op, A: a, B: b})
	if op == ir.And {
		l.bounds[out.Index] = min(l.most(a), l.most(b))
	}
	return out
}

// most is the largest value that an unsigned atom can have.
func (l *fn) most(a ir.Atom) uint64 {
	switch {
	case a.Type.IsSigned():
		return ^uint64(0)
	case a.Kind == ir.ALit:
		return a.Bits
	case a.Kind == ir.AConst:
		if v := l.vals[a.Index]; v.IsUint64() {
			return v.Uint64()
		}
		return ^uint64(0)
	}
	if most, ok := l.bounds[a.Index]; ok {
		return most
	}
	return a.Type.Max()
}

// callExpr lowers a call with one result, a conversion, or a built-in.
func (l *fn) callExpr(e *ast.CallExpr) ir.Atom {
	fun := ast.Unparen(e.Fun)
	switch {
	case l.info.Types[fun].IsType():
		return l.convert(e)
	case isName(fun, "min"):
		return l.minMax(ir.Min, e)
	case isName(fun, "max"):
		return l.minMax(ir.Max, e)
	case l.bitsName(fun) != "":
		l.fail(e, "bits", "convert it at once: uint8("+"bits."+l.bitsName(fun)+"(x))", "result of math/bits is an int")
	}
	out := l.call(e)
	if len(out) != 1 {
		l.fail(e, "call", "", "call has %d results", len(out))
	}
	return out[0]
}

// bitsName is the name of a function of math/bits, or "".
func (l *fn) bitsName(fun ast.Expr) string {
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	obj, ok := l.info.Uses[sel.Sel].(*types.Func)
	if !ok || obj.Pkg().Path() != bitsPath {
		return ""
	}
	return obj.Name()
}

var bitsFuncs = map[string]ir.BitsFn{
	"LeadingZeros": ir.LeadingZeros, "TrailingZeros": ir.TrailingZeros, "OnesCount": ir.OnesCount, "Len": ir.BitLen,
}

func (l *fn) convert(e *ast.CallExpr) ir.Atom {
	to, ok := scalarType(l.typeOf(e))
	if !ok || isInt(l.typeOf(e)) {
		l.fail(e, "int", universeHints["int"], "conversion to %s", l.typeOf(e))
	}
	arg := ast.Unparen(e.Args[0])
	if call, ok := arg.(*ast.CallExpr); ok {
		if name := l.bitsName(ast.Unparen(call.Fun)); name != "" {
			return l.bitCount(e, name, to, call.Args[0])
		}
	}
	a := l.expr(arg)
	if a.Type == to {
		return a
	}
	out := l.temp(to)
	l.emit(ir.Convert{Dst: dst(out), A: a})
	l.bounds[out.Index] = min(l.most(a), to.Max())
	return out
}

func (l *fn) bitCount(e ast.Expr, name string, to ir.Type, arg ast.Expr) ir.Atom {
	if !to.IsUnsigned() {
		l.fail(e, "bits", "convert to an unsigned type first", "result of math/bits converted to %s", to)
	}
	a := l.expr(arg)
	out := l.temp(to)
	l.emit(ir.Bits{Dst: dst(out), Fn: bitsFuncs[strings.TrimRight(name, "0123456789")], A: a})
	return out
}

func (l *fn) minMax(op ir.BinOp, e *ast.CallExpr) ir.Atom {
	typ, _ := scalarType(l.typeOf(e))
	out := l.expr(e.Args[0])
	for _, arg := range e.Args[1:] {
		b := l.expr(arg)
		next := l.temp(typ)
		l.emit(ir.Arith{Dst: dst(next), Op: op, A: out, B: b})
		out = next
	}
	return out
}
