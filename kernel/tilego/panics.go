package tilego

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// kinds says which panics may happen: an index out of range, a division by zero.
type kinds uint8

const (
	mayIndex kinds = 1 << iota
	mayDivide
)

// clash reports whether the order of two panics shows.
func (k kinds) clash(o kinds) bool { return k != 0 && o != 0 && (k != o || k == mayIndex|mayDivide) }

// panicOrder refuses a statement in which the kind of a panic depends on what Go
// evaluates first, which Go leaves open: compilers evaluate calls, min, max, &&
// and || before the operands to their left.
func (l *fn) panicOrder(s ast.Stmt) {
	before := kinds(0)
	for _, e := range operands(s) {
		l.panics(e, &before)
	}
	switch s := s.(type) {
	case *ast.AssignStmt:
		l.tuplePanics(s.Lhs, s.Rhs)
	case *ast.DeclStmt:
		for _, spec := range s.Decl.(*ast.GenDecl).Specs {
			l.tuplePanics(nil, spec.(*ast.ValueSpec).Values)
		}
	case *ast.ReturnStmt:
		l.tuplePanics(nil, s.Results)
	}
}

// tuplePanics refuses an assignment or a return of several values of which two
// parts may panic in different ways: compilers order values by where they are to
// be kept.
func (l *fn) tuplePanics(lhs, rhs []ast.Expr) {
	if len(rhs) < 2 {
		return
	}
	before := kinds(0)
	for _, e := range slices.Concat(lhs, rhs) {
		part := kinds(0)
		l.panics(e, &part)
		if before.clash(part) {
			l.fail(e, "order", "write an assignment for each value", "an index and a division can both panic, and Go does not say which comes first")
		}
		before |= part
	}
}

// panics adds to before what evaluating e may panic with, after what was
// evaluated before it.
func (l *fn) panics(e ast.Expr, before *kinds) {
	e = ast.Unparen(e)
	if e == nil || l.info.Types[e].Value != nil {
		return
	}
	switch e := e.(type) {
	case *ast.UnaryExpr:
		l.panics(e.X, before)
	case *ast.SelectorExpr:
		l.panics(e.X, before)
	case *ast.BinaryExpr:
		if e.Op == token.LAND || e.Op == token.LOR {
			l.early(e, before, func(inside *kinds) {
				right := kinds(0)
				l.panics(e.X, inside)
				l.panics(e.Y, &right)
				*inside |= right
			})
			return
		}
		l.panics(e.X, before)
		l.panics(e.Y, before)
		if (e.Op == token.QUO || e.Op == token.REM) && l.info.Types[e.Y].Value == nil {
			*before |= mayDivide
		}
	case *ast.IndexExpr:
		l.panics(e.X, before)
		l.panics(e.Index, before)
		if !l.surelyIn(e) {
			*before |= mayIndex
		}
	case *ast.CompositeLit:
		for _, el := range e.Elts {
			if kv, ok := el.(*ast.KeyValueExpr); ok {
				el = kv.Value
			}
			l.panics(el, before)
		}
	case *ast.CallExpr:
		l.callPanics(e, before)
	}
}

func (l *fn) callPanics(e *ast.CallExpr, before *kinds) {
	if l.info.Types[ast.Unparen(e.Fun)].IsType() {
		l.panics(e.Args[0], before)
		return
	}
	l.early(e, before, func(inside *kinds) {
		for _, a := range e.Args {
			l.panics(a, inside)
		}
		if g := l.callee(e); g != nil {
			*inside |= g.panics
		}
	})
}

// early adds what a part that is evaluated early may panic with.
func (l *fn) early(e ast.Expr, before *kinds, part func(inside *kinds)) {
	inside := kinds(0)
	part(&inside)
	if before.clash(inside) {
		l.fail(e, "order", "assign it to a variable first", "an index and a division can both panic, and Go does not say which comes first")
	}
	*before |= inside
}

// surelyIn reports whether an index is plainly inside of its array: it is
// constant, counts a loop within it, or is masked or reduced to its length.
func (l *fn) surelyIn(e *ast.IndexExpr) bool {
	a, ok := l.typeOf(e.X).Underlying().(*types.Array)
	if !ok || l.info.Types[e.Index].Value != nil {
		return ok
	}
	switch i := ast.Unparen(e.Index).(type) {
	case *ast.Ident:
		if p, ok := l.at[l.info.Uses[i]]; ok && l.env[p].Kind == ir.AVar {
			return l.inRange(step{l.env[p], int(a.Len())})
		}
	case *ast.BinaryExpr:
		t, isScalar := scalarType(l.typeOf(i))
		most, exact := constant.Int64Val(constant.ToInt(orZero(l.info.Types[i.Y].Value)))
		if !isScalar || !exact || l.info.Types[i.Y].Value == nil {
			return false
		}
		return i.Op == token.AND && most >= 0 && most < a.Len() || i.Op == token.REM && t.IsUnsigned() && most <= a.Len()
	}
	return false
}

func orZero(v constant.Value) constant.Value {
	if v == nil {
		return constant.MakeInt64(0)
	}
	return v
}

// panicsOf is what a function may panic with; those that it calls are known.
func (b *builder) panicsOf(block *ir.Block) kinds {
	k := kinds(0)
	for _, s := range block.Stmts {
		switch s := s.(type) {
		case ir.Arith:
			if (s.Op == ir.Quo || s.Op == ir.Rem) && s.B.Kind == ir.AVar {
				k |= mayDivide
			}
		case ir.Get:
			k |= indexKind(s.Index)
		case ir.Set:
			k |= indexKind(s.Index)
		case ir.Lookup:
			k |= indexKind(s.Index)
		case ir.Call:
			k |= b.ordered[s.Func].panics
		case ir.If:
			k |= b.panicsOf(&s.Then) | b.panicsOf(&s.Else)
		case ir.For:
			k |= b.panicsOf(&s.Body)
		}
	}
	if t, ok := block.Term.(ir.Branch); ok {
		k |= b.panicsOf(&t.Then) | b.panicsOf(&t.Else)
	}
	return k
}

func indexKind(a ir.Atom) kinds {
	if a.Kind == ir.AVar {
		return mayIndex
	}
	return 0
}
