package tilego

import (
	"go/ast"
	"go/token"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// ending says how a block ends and how what leaves it early does so. The zero
// ending is the body of a function: it ends in a return. Inside a join or a
// loop a block ends by yielding places; a statement that leaves more than the
// block raises a flag first, which is tested after the join or loop.
type ending struct {
	yields   []int // places; unless this is a function's body
	inner    bool  // join or loop
	loop     bool  // continue ends the block, without a flag
	returned int   // flag; places are -1 when not needed
	results  int   // first place of the results
	broke    int
	skipped  int
}

// escapes says which statements leave a piece of code.
type escapes struct{ returns, breaks, continues bool }

// escapesOf finds the statements that leave stmts. Loops inside keep their own
// breaks and continues.
func escapesOf(stmts ...ast.Stmt) escapes {
	var e escapes
	for _, s := range stmts {
		e.scan(s, false)
	}
	return e
}

func (e *escapes) scan(root ast.Node, inLoop bool) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt:
			e.scan(n.Body, true)
			return false
		case *ast.RangeStmt:
			e.scan(n.Body, true)
			return false
		case *ast.ReturnStmt:
			e.returns = true
		case *ast.BranchStmt:
			e.breaks = e.breaks || !inLoop && n.Tok == token.BREAK
			e.continues = e.continues || !inLoop && n.Tok == token.CONTINUE
		}
		return true
	})
}

// flags makes the places that statements leaving a join or a loop need.
func (l *fn) flags(e escapes) *ending {
	end := &ending{inner: true, returned: -1, broke: -1, skipped: -1}
	flag := func(name string) int {
		return l.newPlace(place{name: name, typ: ir.Bool}, ir.Lit(ir.Bool, 0))
	}
	if e.returns {
		end.returned = flag("returned")
		end.results = len(l.places)
		for _, r := range l.out.Results {
			l.newPlace(place{name: "result", typ: r.Type}, ir.Lit(r.Type, 0))
		}
	}
	if e.breaks {
		end.broke = flag("broke")
	}
	if e.continues {
		end.skipped = flag("skipped")
	}
	return end
}

// raised lists the places of an ending's own flags and results.
func (l *fn) raised(end *ending) []int {
	var out []int
	if end.returned >= 0 {
		out = append(out, end.returned)
		for i := range l.out.Results {
			out = append(out, end.results+i)
		}
	}
	for _, p := range []int{end.broke, end.skipped} {
		if p >= 0 {
			out = append(out, p)
		}
	}
	return out
}

// fall ends a block whose statements are done.
func (l *fn) fall(end *ending) ir.Term {
	if end.inner {
		return l.yield(end)
	}
	return l.ret(nil)
}

func (l *fn) yield(end *ending) ir.Term {
	vals := make([]ir.Atom, len(end.yields))
	for i, p := range end.yields {
		vals[i] = l.env[p]
	}
	return ir.Yield{Vals: vals}
}

// ret leaves the function from its body.
func (l *fn) ret(results []ir.Atom) ir.Term {
	r := ir.Return{Results: results}
	if l.f.mode == ir.WriteState {
		r.State = slices.Clone(l.env[:len(l.u.State)])
	}
	return r
}

// leave returns results from inside a block that ends as end says.
func (l *fn) leave(end *ending, results []ir.Atom) ir.Term {
	if !end.inner {
		return l.ret(results)
	}
	l.env[end.returned] = ir.Lit(ir.Bool, 1)
	for i, r := range results {
		l.env[end.results+i] = r
	}
	return l.yield(end)
}

func (l *fn) breakLoop(end *ending) ir.Term {
	l.env[end.broke] = ir.Lit(ir.Bool, 1)
	return l.yield(end)
}

func (l *fn) continueLoop(end *ending) ir.Term {
	if !end.loop {
		l.env[end.skipped] = ir.Lit(ir.Bool, 1)
	}
	return l.yield(end)
}

func (l *fn) leaveLoop(end *ending, s *ast.BranchStmt) ir.Term {
	if s.Tok == token.BREAK {
		return l.breakLoop(end)
	}
	return l.continueLoop(end)
}

// afterwards tests the flags that a join or loop may have raised, then goes on
// with rest.
func (l *fn) afterwards(end, inner *ending, rest []ast.Stmt) ir.Term {
	type test struct {
		flag  int
		leave func() ir.Term
	}
	var tests []test
	if p := inner.returned; p >= 0 {
		tests = append(tests, test{p, func() ir.Term {
			return l.leave(end, slices.Clone(l.env[inner.results:inner.results+len(l.out.Results)]))
		}})
	}
	if p := inner.broke; p >= 0 && !inner.loop {
		tests = append(tests, test{p, func() ir.Term { return l.breakLoop(end) }})
	}
	if p := inner.skipped; p >= 0 {
		tests = append(tests, test{p, func() ir.Term { return l.continueLoop(end) }})
	}
	goOn := func() ir.Term { return l.list(end, rest) }
	for _, t := range slices.Backward(tests) {
		next := goOn
		goOn = func() ir.Term { return l.fork(isTrue(l.env[t.flag]), t.leave, next) }
	}
	return goOn()
}

func isTrue(a ir.Atom) ir.Cond { return ir.Cond{Op: ir.CondAtom, A: a} }

// fork ends a block in one of two blocks.
func (l *fn) fork(c ir.Cond, then, els func() ir.Term) ir.Term {
	t := l.block(then)
	return ir.Branch{Cond: c, Then: t, Else: l.block(els)}
}

// ifStmt lowers an if. The result is how the block ends when there is no join:
// nothing follows, or a branch always leaves.
func (l *fn) ifStmt(end *ending, s *ast.IfStmt, rest []ast.Stmt) ir.Term {
	if s.Init != nil {
		l.stmt(end, s.Init, nil)
	}
	c := l.cond(s.Cond)
	return l.choose(end, c, s.Body.List, elseList(s), rest)
}

func elseList(s *ast.IfStmt) []ast.Stmt {
	switch e := s.Else.(type) {
	case nil:
		return nil
	case *ast.BlockStmt:
		return e.List
	default:
		return []ast.Stmt{e}
	}
}

// choose lowers two branches and what follows them.
func (l *fn) choose(end *ending, c ir.Cond, then, els, rest []ast.Stmt) ir.Term {
	if len(rest) == 0 || leavesList(then) || leavesList(els) {
		if leavesList(then) {
			els = concat(els, rest)
		} else {
			then = concat(then, rest)
		}
		return l.fork(c,
			func() ir.Term { return l.list(end, then) },
			func() ir.Term { return l.list(end, els) })
	}
	both := concat(then, els)
	assigned := l.assigned(both)
	inner := l.flags(escapesOf(both...))
	inner.yields = l.joined(append(assigned, l.raised(inner)...))
	stmt := ir.If{Cond: c}
	stmt.Then = l.block(func() ir.Term { return l.list(inner, then) })
	stmt.Else = l.block(func() ir.Term { return l.list(inner, els) })
	stmt.Dst = l.rebind(inner.yields)
	l.emit(stmt)
	if len(l.raised(inner)) == 0 {
		return nil
	}
	return l.afterwards(end, inner, rest)
}

// joined puts places into the order of a join: arrays first, then scalars, each
// in the order of declaration.
func (l *fn) joined(places []int) []int {
	slices.Sort(places)
	places = slices.Compact(places)
	slices.SortStableFunc(places, func(a, b int) int {
		return scalarRank(l.places[a]) - scalarRank(l.places[b])
	})
	return places
}

func scalarRank(p place) int {
	if p.len > 0 {
		return 0
	}
	return 1
}

// rebind defines a variable for each place and lets the place hold it.
func (l *fn) rebind(places []int) []ir.VarID {
	out := make([]ir.VarID, len(places))
	for i, p := range places {
		a := l.newVar(l.places[p].name, l.places[p].typ, l.places[p].len)
		l.env[p] = a
		out[i] = dst(a)
	}
	return out
}
