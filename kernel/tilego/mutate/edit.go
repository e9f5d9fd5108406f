package mutate

import (
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// editor walks a function that it may change. It counts the changes that could
// be made, and makes number target.
type editor struct {
	m      *maker
	u      *ir.Unit
	f      *ir.Func
	calls  func(int)
	next   int // number of the next change
	target int
	done   bool
	kind   Kind
	what   string
}

func (e *editor) function(u *ir.Unit, f *ir.Func, m *maker) {
	e.u, e.f, e.m = u, f, m
	e.block(&f.Body)
}

// offer is true when this change is the one to make.
func (e *editor) offer(kind Kind, what string) bool {
	e.next++
	if e.next-1 != e.target {
		return false
	}
	e.done, e.kind, e.what = true, kind, what
	return true
}

func (e *editor) block(b *ir.Block) {
	for i, s := range b.Stmts {
		b.Stmts[i] = e.stmt(s)
	}
	switch t := b.Term.(type) {
	case ir.Return:
		e.atoms(t.Results)
		e.atoms(t.State)
		e.updates(t.State)
	case ir.Yield:
		e.atoms(t.Vals)
	case ir.Branch:
		e.fork(&t.Cond, &t.Then, &t.Else)
		b.Term = t
	}
}

// updates offers that a field keeps the value that it had.
func (e *editor) updates(state []ir.Atom) {
	for i, a := range state {
		old := ir.Atom{Kind: ir.AVar, Type: a.Type, Index: i}
		if a != old && e.u.State[i].Len == 0 && e.offer(Update, e.u.State[i].Name+" is not updated") {
			state[i] = old
		}
	}
}

func (e *editor) fork(c *ir.Cond, then, els *ir.Block) {
	e.cond(c)
	for bit, what := range []string{"never taken", "always taken"} {
		if e.offer(Branch, what) {
			*c = ir.Cond{Op: ir.CondAtom, A: ir.Lit(ir.Bool, uint64(bit))}
		}
	}
	e.block(then)
	e.block(els)
}

func (e *editor) atoms(as []ir.Atom) {
	for i := range as {
		e.atom(&as[i])
	}
}

// atom offers the constants beside a constant operand.
func (e *editor) atom(a *ir.Atom) {
	if e.m == nil {
		return
	}
	old := *a
	for _, to := range e.m.near(old) {
		if e.offer(Constant, change(e.m.number(old), e.m.number(to))) {
			*a = to
		}
	}
}

func (e *editor) stmt(s ir.Stmt) ir.Stmt {
	switch s := s.(type) {
	case ir.Arith:
		e.arith(&s)
		return s
	case ir.Convert:
		e.atom(&s.A)
		return s
	case ir.Bits:
		e.atom(&s.A)
		return s
	case ir.Test:
		e.cond(&s.Cond)
		return s
	case ir.Lookup:
		e.atom(&s.Index)
		return s
	case ir.Get:
		e.atom(&s.Index)
		return s
	case ir.Set:
		e.atom(&s.Index)
		e.atom(&s.Val)
		return s
	}
	return e.compound(s)
}

func (e *editor) compound(s ir.Stmt) ir.Stmt {
	switch s := s.(type) {
	case ir.Call:
		if e.calls != nil {
			e.calls(s.Func)
		}
		e.atoms(s.Args)
		return s
	case ir.If:
		e.fork(&s.Cond, &s.Then, &s.Else)
		return s
	case ir.For:
		e.atoms(s.Init)
		e.atom(&s.Lo)
		e.atom(&s.Hi)
		e.block(&s.Body)
		return s
	}
	return s // arrays of zeroes and copies
}

// stand are the operators that stand in for another: they take and give the same
// types.
var stand = map[ir.BinOp][]ir.BinOp{
	ir.Add: {ir.Sub, ir.Mul}, ir.Sub: {ir.Add}, ir.Mul: {ir.Add, ir.Sub}, ir.Quo: {ir.Mul, ir.Rem}, ir.Rem: {ir.Quo, ir.Mul},
	ir.And: {ir.Or, ir.Xor}, ir.Or: {ir.And, ir.Xor}, ir.Xor: {ir.And, ir.Or}, ir.AndNot: {ir.And},
	ir.Shl: {ir.Shr}, ir.Shr: {ir.Shl}, ir.Min: {ir.Max}, ir.Max: {ir.Min},
}

var binNames = [...]string{ir.Add: "+", ir.Sub: "-", ir.Mul: "*", ir.Quo: "/", ir.Rem: "%", ir.And: "&", ir.Or: "|",
	ir.Xor: "^", ir.AndNot: "&^", ir.Shl: "<<", ir.Shr: ">>", ir.Min: "min", ir.Max: "max"}

func (e *editor) arith(s *ir.Arith) {
	from := s.Op
	for _, op := range stand[from] {
		if e.offer(Operator, change(binNames[from], binNames[op])) {
			s.Op = op
		}
	}
	e.atom(&s.A)
	e.atom(&s.B)
}

// others are the comparisons that stand in for another: the neighbour, and the
// negation.
var others = map[ir.CondOp][]ir.CondOp{
	ir.Lt: {ir.Le, ir.Ge}, ir.Le: {ir.Lt, ir.Gt}, ir.Gt: {ir.Ge, ir.Le}, ir.Ge: {ir.Gt, ir.Lt}, ir.Eq: {ir.Ne}, ir.Ne: {ir.Eq},
}

var condNames = [...]string{ir.Eq: "==", ir.Ne: "!=", ir.Lt: "<", ir.Le: "<=", ir.Gt: ">", ir.Ge: ">=", ir.CondAnd: "&&", ir.CondOr: "||"}

func (e *editor) cond(c *ir.Cond) {
	switch old := *c; c.Op {
	case ir.CondAtom:
		if old.A.Kind == ir.AVar && e.offer(Logic, "negated") {
			*c = ir.Cond{Op: ir.CondNot, X: &old}
		}
	case ir.CondNot:
		e.cond(c.X)
		if e.offer(Logic, "! dropped") {
			*c = *old.X
		}
	case ir.CondAnd, ir.CondOr:
		e.connective(c)
	default:
		for _, op := range others[old.Op] {
			if e.offer(Comparison, change(condNames[old.Op], condNames[op])) {
				c.Op = op
			}
		}
		e.atom(&c.A)
		e.atom(&c.B)
	}
}

func (e *editor) connective(c *ir.Cond) {
	e.cond(c.X)
	e.cond(c.Y)
	old := *c
	op := ir.CondAnd + ir.CondOr - old.Op
	if e.offer(Logic, change(condNames[old.Op], condNames[op])) {
		c.Op = op
	}
	if e.offer(Logic, "left side of "+condNames[old.Op]+" only") {
		*c = *old.X
	}
	if e.offer(Logic, "right side of "+condNames[old.Op]+" only") {
		*c = *old.Y
	}
}
