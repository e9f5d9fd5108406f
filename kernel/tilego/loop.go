package tilego

import (
	"go/ast"
	"go/token"
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// indices finds the variables that count loops.
func (c *checked) findIndices() {
	for _, f := range c.files {
		ast.Inspect(f, func(n ast.Node) bool {
			var id ast.Expr
			switch n := n.(type) {
			case *ast.RangeStmt:
				id = n.Key
			case *ast.ForStmt:
				id = n.Init.(*ast.AssignStmt).Lhs[0]
			}
			if id, ok := id.(*ast.Ident); ok {
				c.indices[c.info.Defs[id]] = true
			}
			return true
		})
	}
}

// counted is a counted loop: for index := lo; index < hi; index++.
type counted struct {
	index  *ast.Ident // nil when the body does not use it
	lo, hi ir.Atom
	body   *ast.BlockStmt
}

func (l *fn) rangeStmt(end *ending, s *ast.RangeStmt, rest []ast.Stmt) ir.Term {
	c := counted{lo: ir.Lit(ir.I64, 0), hi: l.bound(s.X), body: s.Body}
	if s.Key != nil {
		c.index = s.Key.(*ast.Ident)
	}
	return l.loop(end, c, rest)
}

func (l *fn) forStmt(end *ending, s *ast.ForStmt, rest []ast.Stmt) ir.Term {
	init := s.Init.(*ast.AssignStmt)
	return l.loop(end, counted{
		index: init.Lhs[0].(*ast.Ident),
		lo:    l.bound(init.Rhs[0]),
		hi:    l.bound(s.Cond.(*ast.BinaryExpr).Y),
		body:  s.Body,
	}, rest)
}

func (l *fn) bound(e ast.Expr) ir.Atom {
	tv := l.info.Types[e]
	if typ, ok := scalarType(tv.Type); tv.Value == nil || !ok || typ != ir.I64 {
		l.fail(e, "loop", "count to a constant, and break or continue inside: for i := range 64 { ... }", "bound of a loop is not an int constant")
	}
	return l.atom(e, ir.I64)
}

// loop lowers a counted loop. A break or return inside raises a flag, which
// makes the remaining iterations do nothing.
func (l *fn) loop(end *ending, c counted, rest []ast.Stmt) ir.Term {
	if c.index != nil {
		l.indexKept(c)
	}
	esc := escapesOf(c.body.List...)
	esc.continues = false // ends the block
	assigned := l.assigned(c.body.List)
	inner := l.flags(esc)
	inner.loop = true
	inner.yields = l.joined(append(assigned, l.raised(inner)...))

	stmt := ir.For{Lo: c.lo, Hi: c.hi}
	for _, p := range inner.yields {
		stmt.Init = append(stmt.Init, l.env[p])
	}
	stmt.Body = l.block(func() ir.Term {
		stmt.Carried = l.rebind(inner.yields)
		stmt.Index = l.index(c)
		return l.iteration(inner, c.body.List)
	})
	stmt.Dst = l.rebind(inner.yields)
	l.emit(stmt)
	if inner.returned < 0 {
		return nil
	}
	return l.afterwards(end, inner, rest)
}

// index defines the index variable of a loop.
func (l *fn) index(c counted) ir.VarID {
	if c.index == nil {
		return dst(l.newVar("", ir.I64, 0))
	}
	a := l.newVar(c.index.Name, ir.I64, 0)
	l.counts[a.Index] = interval{l.constant(c.lo), l.constant(c.hi)}
	l.at[l.info.Defs[c.index]] = l.newPlace(place{name: c.index.Name, typ: ir.I64}, a)
	return dst(a)
}

// constant is the value of a bound.
func (l *fn) constant(a ir.Atom) *big.Int {
	if a.Kind == ir.AConst {
		return l.vals[a.Index]
	}
	return a.Type.Value(a.Bits)
}

// iteration lowers the body of a loop behind the flags that stop it.
func (l *fn) iteration(inner *ending, body []ast.Stmt) ir.Term {
	run := func() ir.Term { return l.list(inner, body) }
	var stop *ir.Cond
	for _, p := range []int{inner.returned, inner.broke} {
		if p < 0 {
			continue
		}
		raised := isTrue(l.env[p])
		if stop == nil {
			stop = &raised
			continue
		}
		stop = &ir.Cond{Op: ir.CondOr, X: stop, Y: &raised}
	}
	if stop == nil {
		return run()
	}
	return l.fork(*stop, func() ir.Term { return l.yield(inner) }, run)
}

// indexKept refuses an assignment to the index of a loop.
func (l *fn) indexKept(c counted) {
	obj := l.info.Defs[c.index]
	ast.Inspect(c.body, func(n ast.Node) bool {
		var targets []ast.Expr
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				targets = n.Lhs
			}
		case *ast.IncDecStmt:
			targets = []ast.Expr{n.X}
		}
		for _, t := range targets {
			if id, ok := ast.Unparen(t).(*ast.Ident); ok && l.info.Uses[id] == obj {
				l.fail(t, "loop", "count in another variable", "index %s is assigned", id.Name)
			}
		}
		return true
	})
}
