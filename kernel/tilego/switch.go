package tilego

import (
	"go/ast"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// switchStmt lowers a switch to a chain of tests, with the default last. The
// tag is evaluated once; what remains of the chain is a switch with fewer
// clauses, whose tag is known.
func (l *fn) switchStmt(end *ending, s *ast.SwitchStmt, rest []ast.Stmt) ir.Term {
	tag, known := l.tags[s]
	if !known {
		tag = l.expr(s.Tag)
		l.caseTypes(s)
	}
	i := slices.IndexFunc(s.Body.List, func(c ast.Stmt) bool { return c.(*ast.CaseClause).List != nil })
	if i < 0 {
		return l.list(end, concat(s.Body.List[0].(*ast.CaseClause).Body, rest))
	}
	clause := s.Body.List[i].(*ast.CaseClause)
	others := slices.Concat(s.Body.List[:i], s.Body.List[i+1:])
	var els []ast.Stmt
	if len(others) > 0 {
		chain := *s
		chain.Body = &ast.BlockStmt{Lbrace: s.Body.Lbrace, List: others, Rbrace: s.Body.Rbrace}
		l.tags[&chain] = tag
		els = []ast.Stmt{&chain}
	}
	return l.choose(end, l.matches(tag, clause), clause.Body, els, rest)
}

// caseTypes refuses cases that are not integer constants.
func (l *fn) caseTypes(s *ast.SwitchStmt) {
	for _, c := range s.Body.List {
		for _, e := range c.(*ast.CaseClause).List {
			typ, ok := scalarType(l.info.Types[e].Type)
			if l.info.Types[e].Value == nil || !ok || typ == ir.Bool {
				l.fail(e, "switch", "use if for other tests", "case is not an integer constant")
			}
		}
	}
}

// matches is the condition that the tag equals one of the values of a clause.
func (l *fn) matches(tag ir.Atom, c *ast.CaseClause) ir.Cond {
	var out ir.Cond
	for i, e := range c.List {
		eq := ir.Cond{Op: ir.Eq, A: tag, B: l.atom(e, tag.Type)}
		if i == 0 {
			out = eq
			continue
		}
		x, y := out, eq
		out = ir.Cond{Op: ir.CondOr, X: &x, Y: &y}
	}
	return out
}
