package tilego

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// maxNesting bounds blocks inside blocks of the IR. Each early return opens
// one: what follows it is the other branch.
const maxNesting = 60

// place is a scalar or array that the source can name and assign: a local
// variable, a leaf of a local struct, of the state or of the input, a flag made
// by the lowering.
type place struct {
	name string
	typ  ir.Type
	len  int
}

// fn lowers one function. The environment says which atom each place holds at
// the current point; a plain assignment only changes the environment.
type fn struct {
	*builder
	f      *function
	out    *ir.Func
	places []place
	env    []ir.Atom
	at     map[types.Object]int // first place of a variable
	stmts  []ir.Stmt            // of the block being built
	depth  int                  // blocks around it
	bounds map[int]uint64       // largest value of variables that were masked
	counts map[int]interval     // from and below which the index of a loop counts
	tags   map[*ast.SwitchStmt]ir.Atom
	pos    token.Pos   // of the statement being lowered
	origin []token.Pos // per variable, the statement that defines it
}

// lower compiles the body of f.
func (b *builder) lower(f *function) {
	l := &fn{builder: b, f: f, out: &f.out, at: map[types.Object]int{}, bounds: map[int]uint64{}, counts: map[int]interval{},
		tags: map[*ast.SwitchStmt]ir.Atom{}, pos: f.decl.Pos()}
	l.out.Mode = f.mode
	for _, v := range f.states {
		l.leading(v, b.u.State)
	}
	for _, v := range f.inputs {
		l.leading(v, b.u.Input)
	}
	for i, v := range f.params {
		l.leading(v, []ir.Field{{Name: v.Name(), Type: f.out.Params[i].Type}})
	}
	l.out.Body = l.block(func() ir.Term { return l.list(&ending{}, f.decl.Body.List) })
	f.origin = l.origin
}

// leading makes the places of a parameter and the variables that they hold.
func (l *fn) leading(v *types.Var, fields []ir.Field) {
	l.at[v] = len(l.places)
	for _, f := range fields {
		p := l.newPlace(place{name: f.Name, typ: f.Type, len: f.Len}, ir.Atom{})
		l.env[p] = l.newVar(f.Name, f.Type, f.Len)
	}
}

func (l *fn) newPlace(p place, holds ir.Atom) int {
	l.places = append(l.places, p)
	l.env = append(l.env, holds)
	return len(l.places) - 1
}

// newVar defines a variable.
func (l *fn) newVar(name string, typ ir.Type, n int) ir.Atom {
	if len(l.out.Vars) >= ir.MaxVars {
		l.refuse(l.pos, "limit", "split it into helper functions", "function has more than %d variables", ir.MaxVars)
		panic(bailout{})
	}
	l.out.Vars = append(l.out.Vars, ir.Var{Name: name, Type: typ, Len: n})
	l.origin = append(l.origin, l.pos)
	return ir.Atom{Kind: ir.AVar, Type: typ, Index: len(l.out.Vars) - 1}
}

func (l *fn) temp(typ ir.Type) ir.Atom { return l.newVar("", typ, 0) }

func dst(a ir.Atom) ir.VarID { return ir.VarID(a.Index) }

func (l *fn) emit(s ir.Stmt) { l.stmts = append(l.stmts, s) }

// assign lets place p hold a. A variable is shown under the name of the place
// that held it first.
func (l *fn) assign(p int, a ir.Atom) {
	if a.Kind == ir.AVar && l.out.Vars[a.Index].Name == "" {
		l.out.Vars[a.Index].Name = l.places[p].name
	}
	l.env[p] = a
}

// block builds a block: f lowers its statements and says how it ends. The
// environment is restored.
func (l *fn) block(f func() ir.Term) ir.Block {
	if l.depth >= maxNesting {
		l.refuse(l.pos, "nesting", "split it into helper functions", "more than %d branches, loops and early returns inside each other", maxNesting)
		panic(bailout{})
	}
	stmts, env := l.stmts, slices.Clone(l.env)
	l.stmts = nil
	l.depth++
	term := f()
	b := ir.Block{Stmts: l.stmts, Term: term}
	l.depth--
	l.stmts = stmts
	l.env = append(env, l.env[len(env):]...) // places made inside stay, unused
	return b
}

// list lowers statements up to the end of the block.
func (l *fn) list(end *ending, stmts []ast.Stmt) ir.Term {
	for i, s := range stmts {
		l.pos = s.Pos()
		if t := l.stmt(end, s, stmts[i+1:]); t != nil {
			return t
		}
	}
	return l.fall(end)
}

// stmt lowers s. When s takes what follows it into its own branches, or leaves,
// the result is how the block ends; else it is nil.
func (l *fn) stmt(end *ending, s ast.Stmt, rest []ast.Stmt) ir.Term {
	l.order(s)
	l.panicOrder(s)
	switch s := s.(type) {
	case *ast.AssignStmt:
		l.assignStmt(s)
	case *ast.IncDecStmt:
		l.incDec(s)
	case *ast.DeclStmt:
		l.declStmt(s)
	case *ast.ExprStmt:
		l.exprStmt(s)
	case *ast.ReturnStmt:
		return l.returnStmt(end, s)
	case *ast.BranchStmt:
		return l.leaveLoop(end, s)
	case *ast.BlockStmt:
		return l.list(end, concat(s.List, rest))
	case *ast.IfStmt:
		return l.ifStmt(end, s, rest)
	case *ast.SwitchStmt:
		return l.switchStmt(end, s, rest)
	case *ast.ForStmt:
		return l.forStmt(end, s, rest)
	case *ast.RangeStmt:
		return l.rangeStmt(end, s, rest)
	default:
		l.fail(s, "syntax", "", "statement is not in the language")
	}
	return nil
}

func concat(a, b []ast.Stmt) []ast.Stmt {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	return slices.Concat(a, b)
}
