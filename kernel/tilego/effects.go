package tilego

import (
	"go/ast"
	"go/token"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// assigned lists the places, among those that exist, which stmts assign.
func (l *fn) assigned(stmts []ast.Stmt) []int {
	var out []int
	add := func(e ast.Expr) {
		if a, ok := l.locate(e); ok && !a.table {
			for i := range countLeaves(a.typ) {
				out = append(out, a.first+i)
			}
		}
	}
	for _, s := range stmts {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, e := range n.Lhs {
					add(e)
				}
			case *ast.IncDecStmt:
				add(n.X)
			case *ast.CallExpr:
				if g := l.callee(n); g != nil && g.mode == ir.WriteState {
					add(n.Args[0])
				}
			}
			return true
		})
	}
	return out
}

// order refuses statements whose meaning depends on the order in which Go
// evaluates operands: at most one call touches the state, and one that changes
// it stands alone.
func (l *fn) order(s ast.Stmt) {
	var calls []*ast.CallExpr
	for _, e := range operands(s) {
		ast.Inspect(e, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok {
				if g := l.callee(c); g != nil && g.mode != ir.NoState {
					calls = append(calls, c)
				}
			}
			return true
		})
	}
	switch {
	case len(calls) > 1:
		l.fail(calls[1], "order", "assign the result of each call to a variable of its own", "two calls in one statement use the state")
	case len(calls) == 1 && l.callee(calls[0]).mode == ir.WriteState && !standsAlone(s, calls[0]):
		l.fail(calls[0], "order", "assign its result to a variable first: x := f(s)", "a call that changes the state is part of a larger statement")
	}
}

// operands are the expressions that a statement evaluates itself.
func operands(s ast.Stmt) []ast.Expr {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return append(append([]ast.Expr(nil), s.Lhs...), s.Rhs...)
	case *ast.IncDecStmt:
		return []ast.Expr{s.X}
	case *ast.ExprStmt:
		return []ast.Expr{s.X}
	case *ast.ReturnStmt:
		return s.Results
	case *ast.IfStmt:
		return []ast.Expr{s.Cond}
	case *ast.SwitchStmt:
		return []ast.Expr{s.Tag}
	case *ast.DeclStmt:
		var out []ast.Expr
		for _, spec := range s.Decl.(*ast.GenDecl).Specs {
			out = append(out, spec.(*ast.ValueSpec).Values...)
		}
		return out
	}
	return nil
}

// standsAlone reports whether the call is all that the statement evaluates.
func standsAlone(s ast.Stmt, call *ast.CallExpr) bool {
	exprs := operands(s)
	if a, ok := s.(*ast.AssignStmt); ok {
		if a.Tok != token.ASSIGN && a.Tok != token.DEFINE {
			return false
		}
		if slices.ContainsFunc(a.Lhs, indexes) {
			return false
		}
		exprs = a.Rhs
	}
	return len(exprs) == 1 && ast.Unparen(exprs[0]) == call
}

// indexes reports whether a path has an index in it.
func indexes(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		_, index := n.(*ast.IndexExpr)
		found = found || index
		return !found
	})
	return found
}
