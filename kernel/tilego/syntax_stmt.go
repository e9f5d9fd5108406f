package tilego

import (
	"go/ast"
	"go/token"
)

func (x *syntax) block(list []ast.Stmt) {
	for i, s := range list {
		x.stmt(s)
		if i+1 < len(list) && leaves(s) {
			x.refuse(list[i+1].Pos(), "unreachable", "remove it", "statement cannot be reached")
			return
		}
	}
}

func (x *syntax) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		x.assign(s)
	case *ast.IncDecStmt:
		x.target(s.X)
	case *ast.ExprStmt:
		x.exprStmt(s)
	case *ast.DeclStmt:
		x.declStmt(s)
	case *ast.ReturnStmt:
		for _, e := range s.Results {
			x.expr(e)
		}
	case *ast.BlockStmt:
		x.block(s.List)
	case *ast.IfStmt:
		x.ifStmt(s)
	case *ast.SwitchStmt:
		x.switchStmt(s)
	case *ast.ForStmt:
		x.forStmt(s)
	case *ast.RangeStmt:
		x.rangeStmt(s)
	case *ast.BranchStmt:
		x.branch(s)
	default:
		x.otherStmt(s)
	}
}

func (x *syntax) otherStmt(s ast.Stmt) {
	switch s.(type) {
	case *ast.GoStmt:
		x.refuse(s.Pos(), "goroutine", "a module runs to its end in one call", "go statement")
	case *ast.DeferStmt:
		x.refuse(s.Pos(), "defer", "call it where it is needed", "defer statement")
	case *ast.SelectStmt, *ast.SendStmt:
		x.refuse(s.Pos(), "chan", "", "channel statement")
	case *ast.LabeledStmt:
		x.refuse(s.Pos(), "goto", "use break, continue or a helper function with return", "label")
	case *ast.TypeSwitchStmt:
		x.refuse(s.Pos(), "interface", "", "type switch")
	case *ast.EmptyStmt:
		x.refuse(s.Pos(), "syntax", "remove it", "empty statement")
	default:
		x.refuse(s.Pos(), "syntax", "", "statement is not in the language")
	}
}

func (x *syntax) assign(s *ast.AssignStmt) {
	for _, l := range s.Lhs {
		if s.Tok != token.DEFINE {
			x.target(l)
			continue
		}
		n, ok := l.(*ast.Ident)
		if !ok {
			x.refuse(l.Pos(), "syntax", "", "left side of := is not a name")
			continue
		}
		if n.Name != "_" {
			x.declared(n)
		}
	}
	for _, r := range s.Rhs {
		x.expr(r)
	}
}

// target admits the left side of an assignment.
func (x *syntax) target(e ast.Expr) {
	switch e := e.(type) {
	case *ast.Ident:
		if e.Name != "_" {
			x.name(e)
		}
	case *ast.SelectorExpr, *ast.IndexExpr:
		x.expr(e)
	case *ast.StarExpr:
		x.refuse(e.Pos(), "pointer", "assign the fields one by one", "assignment through a pointer")
	default:
		x.refuse(e.Pos(), "syntax", "assign to a variable, a field or an element", "assignment to this expression")
	}
}

func (x *syntax) exprStmt(s *ast.ExprStmt) {
	if _, ok := s.X.(*ast.CallExpr); !ok {
		x.refuse(s.Pos(), "syntax", "remove it", "expression without effect")
		return
	}
	x.expr(s.X)
}

func (x *syntax) declStmt(s *ast.DeclStmt) {
	d := s.Decl.(*ast.GenDecl)
	if d.Tok != token.VAR {
		x.refuse(d.Pos(), "local", "declare it at package level", "%s declaration inside a function", d.Tok)
		return
	}
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		for _, n := range v.Names {
			x.declared(n)
		}
		x.optType(v.Type)
		for _, e := range v.Values {
			x.expr(e)
		}
	}
}

func (x *syntax) ifStmt(s *ast.IfStmt) {
	if s.Init != nil {
		x.stmt(s.Init)
	}
	x.expr(s.Cond)
	x.block(s.Body.List)
	switch e := s.Else.(type) {
	case *ast.IfStmt:
		x.ifStmt(e)
	case *ast.BlockStmt:
		x.block(e.List)
	}
}

func (x *syntax) switchStmt(s *ast.SwitchStmt) {
	if s.Init != nil {
		x.refuse(s.Init.Pos(), "switch", "put it before the switch", "switch with a statement in its head")
	}
	if s.Tag == nil {
		x.refuse(s.Pos(), "switch", "write if, else if, else", "switch without a value")
		return
	}
	x.expr(s.Tag)
	if len(s.Body.List) == 0 {
		x.refuse(s.Pos(), "switch", "remove it", "switch without cases")
	}
	for _, c := range s.Body.List {
		cc := c.(*ast.CaseClause)
		for _, e := range cc.List {
			x.expr(e)
		}
		x.block(cc.Body)
		x.noBreak(cc.Body)
	}
}

// noBreak refuses a break that would leave the switch: readers, and other
// languages, take it for the loop's.
func (x *syntax) noBreak(list []ast.Stmt) {
	for _, s := range list {
		ast.Inspect(s, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt:
				return false
			case *ast.BranchStmt:
				if n.Tok == token.BREAK {
					x.refuse(n.Pos(), "switch", "a case ends by itself; to leave a loop, set a variable and test it after the switch", "break inside switch")
				}
			}
			return true
		})
	}
}

func (x *syntax) forStmt(s *ast.ForStmt) {
	const hint = "write for i := range N or for i := lo; i < hi; i++ with constant bounds"
	init, ok := s.Init.(*ast.AssignStmt)
	cond, ok2 := s.Cond.(*ast.BinaryExpr)
	post, ok3 := s.Post.(*ast.IncDecStmt)
	if !ok || !ok2 || !ok3 || init.Tok != token.DEFINE || len(init.Lhs) != 1 || len(init.Rhs) != 1 || cond.Op != token.LSS || post.Tok != token.INC {
		x.refuse(s.Pos(), "loop", hint, "loop is not counted")
		return
	}
	i, ok := init.Lhs[0].(*ast.Ident)
	if !ok || !isName(cond.X, i.Name) || !isName(post.X, i.Name) {
		x.refuse(s.Pos(), "loop", hint, "loop is not counted by one variable")
		return
	}
	x.declared(i)
	x.expr(init.Rhs[0])
	x.expr(cond.Y)
	x.block(s.Body.List)
}

func (x *syntax) rangeStmt(s *ast.RangeStmt) {
	if s.Value != nil {
		x.refuse(s.Value.Pos(), "loop", "write for i := range len(a) and read a[i]", "range with two variables")
		return
	}
	if s.Key != nil {
		i, ok := s.Key.(*ast.Ident)
		if !ok || s.Tok != token.DEFINE {
			x.refuse(s.Key.Pos(), "loop", "write for i := range N", "range without its own variable")
			return
		}
		x.declared(i)
	}
	x.expr(s.X)
	x.block(s.Body.List)
}

func (x *syntax) branch(s *ast.BranchStmt) {
	switch {
	case s.Tok == token.FALLTHROUGH:
		x.refuse(s.Pos(), "switch", "list the values in one case", "fallthrough")
	case s.Tok == token.GOTO || s.Label != nil:
		x.refuse(s.Pos(), "goto", "use break, continue or a helper function with return", "jump to a label")
	}
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// leaves reports whether control never gets past s.
func leaves(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	case *ast.BlockStmt:
		return leavesList(s.List)
	case *ast.IfStmt:
		return s.Else != nil && leavesList(s.Body.List) && leaves(s.Else)
	case *ast.SwitchStmt:
		return leavesSwitch(s)
	}
	return false
}

func leavesList(list []ast.Stmt) bool { return len(list) > 0 && leaves(list[len(list)-1]) }

func leavesSwitch(s *ast.SwitchStmt) bool {
	hasDefault := false
	for _, c := range s.Body.List {
		cc := c.(*ast.CaseClause)
		hasDefault = hasDefault || cc.List == nil
		if !leavesList(cc.Body) {
			return false
		}
	}
	return hasDefault
}
