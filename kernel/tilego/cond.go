package tilego

import (
	"go/ast"
	"go/token"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

var compareOps = map[token.Token]ir.CondOp{
	token.EQL: ir.Eq, token.NEQ: ir.Ne, token.LSS: ir.Lt, token.LEQ: ir.Le, token.GTR: ir.Gt, token.GEQ: ir.Ge,
}

// isCondition reports whether e is a comparison or a logical operation.
func isCondition(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return e.Op == token.NOT
	case *ast.BinaryExpr:
		return e.Op == token.LAND || e.Op == token.LOR || compareOps[e.Op] != 0
	}
	return false
}

// compares reports whether a constant expression has a comparison in it, which
// constants in the IR have not: it is then lowered like any other condition.
func compares(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if b, ok := n.(*ast.BinaryExpr); ok && compareOps[b.Op] != 0 {
			found = true
		}
		return !found
	})
	return found
}

// test lowers a bool expression to an atom.
func (l *fn) test(e ast.Expr) ir.Atom {
	c := l.cond(e)
	if c.Op == ir.CondAtom {
		return c.A
	}
	out := l.temp(ir.Bool)
	l.emit(ir.Test{Dst: dst(out), Cond: c})
	return out
}

// cond lowers a bool expression to a condition. What it needs is bound before
// it; what can panic is bound only where Go would evaluate it.
func (l *fn) cond(e ast.Expr) ir.Cond {
	e = ast.Unparen(e)
	switch n := e.(type) {
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			x := l.cond(n.X)
			return ir.Cond{Op: ir.CondNot, X: &x}
		}
	case *ast.BinaryExpr:
		switch op := compareOps[n.Op]; {
		case n.Op == token.LAND:
			return l.logic(ir.CondAnd, n)
		case n.Op == token.LOR:
			return l.logic(ir.CondOr, n)
		case op != 0:
			return l.compare(op, n)
		}
	}
	return isTrue(l.expr(e))
}

func (l *fn) compare(op ir.CondOp, e *ast.BinaryExpr) ir.Cond {
	if _, ok := scalarType(l.typeOf(e.X)); !ok {
		l.fail(e, "compare", "compare the fields or elements one by one", "comparison of values of type %s", l.typeOf(e.X))
	}
	a := l.expr(e.X)
	b := l.expr(e.Y)
	return ir.Cond{Op: op, A: a, B: b}
}

func (l *fn) logic(op ir.CondOp, e *ast.BinaryExpr) ir.Cond {
	x := l.cond(e.X)
	if l.canPanic(e.Y) {
		return isTrue(l.guarded(op, x, e.Y))
	}
	y := l.cond(e.Y)
	return ir.Cond{Op: op, X: &x, Y: &y}
}

// guarded evaluates y only where x does not decide.
func (l *fn) guarded(op ir.CondOp, x ir.Cond, y ast.Expr) ir.Atom {
	evaluate := l.block(func() ir.Term { return ir.Yield{Vals: []ir.Atom{l.test(y)}} })
	decided := ir.Block{Term: ir.Yield{Vals: []ir.Atom{ir.Lit(ir.Bool, uint64(op-ir.CondAnd))}}}
	s := ir.If{Cond: x, Then: evaluate, Else: decided}
	if op == ir.CondOr {
		s.Then, s.Else = decided, evaluate
	}
	out := l.temp(ir.Bool)
	s.Dst = []ir.VarID{dst(out)}
	l.emit(s)
	return out
}

// canPanic reports whether evaluating e may panic: an index or a divisor that
// is not constant, or a call.
func (l *fn) canPanic(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IndexExpr:
			found = found || l.info.Types[n.Index].Value == nil
		case *ast.BinaryExpr:
			divides := n.Op == token.QUO || n.Op == token.REM
			found = found || divides && l.info.Types[n.Y].Value == nil
		case *ast.CallExpr:
			found = found || l.callee(n) != nil
		}
		return !found
	})
	return found
}

// call lowers a call of a function of this unit and gives its results.
func (l *fn) call(e *ast.CallExpr) []ir.Atom {
	g := l.callee(e)
	if g == nil {
		l.fail(e, "call", "call functions of this file", "call of a function that is not part of the unit")
	}
	if len(g.states) > 1 || len(g.inputs) > 1 {
		l.fail(e, "call", "predicates over two states or inputs are not called", "call of %s", g.out.Name)
	}
	s := ir.Call{Func: g.index}
	args := e.Args
	stateAt := 0
	if len(g.states) > 0 {
		stateAt = l.pointer(args[0])
		s.State = slices.Clone(l.env[stateAt : stateAt+len(l.u.State)])
		args = args[1:]
	}
	if len(g.inputs) > 0 {
		s.Input = l.inputNumber(args[0])
		args = args[1:]
	}
	for _, a := range args {
		s.Args = append(s.Args, l.expr(a))
	}
	return l.bindCall(s, g, stateAt)
}

// bindCall defines what a call leaves behind: the state, then the results.
func (l *fn) bindCall(s ir.Call, g *function, stateAt int) []ir.Atom {
	if g.mode == ir.WriteState {
		for i := range l.u.State {
			p := l.places[stateAt+i]
			a := l.newVar(p.name, p.typ, p.len)
			s.Dst = append(s.Dst, dst(a))
			l.env[stateAt+i] = a
		}
	}
	var results []ir.Atom
	for _, r := range g.out.Results {
		a := l.temp(r.Type)
		s.Dst = append(s.Dst, dst(a))
		results = append(results, a)
	}
	l.emit(s)
	return results
}

// pointer is the first place of a state that is passed on.
func (l *fn) pointer(e ast.Expr) int {
	a, ok := l.locate(e)
	if _, isName := ast.Unparen(e).(*ast.Ident); !ok || !isName {
		l.fail(e, "pointer", "pass s on as it is", "argument is not a state")
	}
	return a.first
}

// inputNumber says which of the function's inputs is passed on.
func (l *fn) inputNumber(e ast.Expr) int {
	if id, ok := ast.Unparen(e).(*ast.Ident); ok {
		for i, v := range l.f.inputs {
			if l.info.Uses[id] == v {
				return i
			}
		}
	}
	l.fail(e, "pointer", "pass in on as it is", "argument is not an input")
	return 0
}

func (l *fn) exprStmt(s *ast.ExprStmt) { l.call(s.X.(*ast.CallExpr)) }

func (l *fn) returnStmt(end *ending, s *ast.ReturnStmt) ir.Term {
	want := len(l.out.Results)
	switch {
	case want > 0 && len(s.Results) == 0:
		l.fail(s, "result", "write the values: return fan, throttle", "return without values")
	case len(s.Results) == 1 && want > 1:
		return l.leave(end, l.call(ast.Unparen(s.Results[0]).(*ast.CallExpr)))
	}
	var vals []ir.Atom
	for _, e := range s.Results {
		vals = append(vals, l.expr(e))
	}
	return l.leave(end, vals)
}
