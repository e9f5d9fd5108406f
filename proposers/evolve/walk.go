package evolve

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// hooks are called at each place of a function that an edit may change, with
// the variables in scope there. A nil hook leaves such places alone.
type hooks struct {
	atom func(scope []ir.VarID, a ir.Atom) ir.Atom
	cond func(scope []ir.VarID, c ir.Cond) ir.Cond
	stmt func(scope []ir.VarID, s ir.Stmt) []ir.Stmt
	exit func(scope []ir.VarID, r ir.Return) ir.Term
}

// walk rebuilds a body through hooks. Arrays are never offered as atoms.
func walk(u *ir.Unit, f *ir.Func, h hooks) ir.Block {
	w := walker{hooks: h, f: f}
	for v := range u.Leading(f) {
		w.scope = append(w.scope, ir.VarID(v))
	}
	return w.block(f.Body)
}

type walker struct {
	hooks
	f     *ir.Func
	scope []ir.VarID
}

func (w *walker) block(b ir.Block) ir.Block {
	depth := len(w.scope)
	defer func() { w.scope = w.scope[:depth] }()
	var out ir.Block
	for _, s := range b.Stmts {
		out.Stmts = append(out.Stmts, w.visit(s)...)
		w.scope = append(w.scope, defined(s)...)
	}
	out.Term = w.term(b.Term)
	return out
}

func (w *walker) visit(s ir.Stmt) []ir.Stmt {
	s = w.operands(s)
	if w.hooks.stmt == nil {
		return []ir.Stmt{s}
	}
	return w.hooks.stmt(w.scope, s)
}

func (w *walker) operands(s ir.Stmt) ir.Stmt {
	switch s := s.(type) {
	case ir.Arith:
		s.A = w.operand(s.A)
		s.B = w.operand(s.B)
		return s
	case ir.Convert:
		s.A = w.operand(s.A)
		return s
	case ir.Test:
		s.Cond = w.condition(s.Cond)
		return s
	case ir.Lookup:
		s.Index = w.operand(s.Index)
		return s
	case ir.If:
		s.Cond = w.condition(s.Cond)
		s.Then = w.block(s.Then)
		s.Else = w.block(s.Else)
		return s
	case ir.For:
		return w.loop(s)
	}
	return s
}

func (w *walker) loop(s ir.For) ir.Stmt {
	depth := len(w.scope)
	w.scope = append(append(w.scope, s.Carried...), s.Index)
	s.Body = w.block(s.Body)
	w.scope = w.scope[:depth]
	return s
}

func (w *walker) term(t ir.Term) ir.Term {
	switch t := t.(type) {
	case ir.Branch:
		t.Cond = w.condition(t.Cond)
		t.Then = w.block(t.Then)
		t.Else = w.block(t.Else)
		return t
	case ir.Yield:
		t.Vals = w.operandsOf(t.Vals)
		return t
	case ir.Return:
		t.State, t.Results = w.operandsOf(t.State), w.operandsOf(t.Results)
		if w.exit != nil {
			return w.exit(w.scope, t)
		}
		return t
	}
	return t
}

func (w *walker) operandsOf(as []ir.Atom) []ir.Atom {
	out := make([]ir.Atom, len(as))
	for i, a := range as {
		out[i] = w.operand(a)
	}
	return out
}

func (w *walker) operand(a ir.Atom) ir.Atom {
	if w.atom == nil || a.Kind == ir.AVar && w.f.Vars[a.Index].Len > 0 {
		return a
	}
	return w.atom(w.scope, a)
}

func (w *walker) condition(c ir.Cond) ir.Cond {
	switch c.Op {
	case ir.CondNot, ir.CondAnd, ir.CondOr:
		c.X = w.subcondition(c.X)
		c.Y = w.subcondition(c.Y)
	case ir.CondAtom:
		c.A = w.operand(c.A)
	default:
		c.A = w.operand(c.A)
		c.B = w.operand(c.B)
	}
	if w.cond == nil {
		return c
	}
	return w.cond(w.scope, c)
}

func (w *walker) subcondition(c *ir.Cond) *ir.Cond {
	if c == nil {
		return nil
	}
	sub := w.condition(*c)
	return &sub
}

// defined are the variables that a statement brings into scope behind it.
func defined(s ir.Stmt) []ir.VarID {
	switch s := s.(type) {
	case ir.Arith:
		return []ir.VarID{s.Dst}
	case ir.Convert:
		return []ir.VarID{s.Dst}
	case ir.Bits:
		return []ir.VarID{s.Dst}
	case ir.Test:
		return []ir.VarID{s.Dst}
	case ir.Lookup:
		return []ir.VarID{s.Dst}
	case ir.Get:
		return []ir.VarID{s.Dst}
	case ir.Set:
		return []ir.VarID{s.Dst}
	case ir.Zero:
		return []ir.VarID{s.Dst}
	case ir.Copy:
		return []ir.VarID{s.Dst}
	case ir.Call:
		return s.Dst
	case ir.If:
		return s.Dst
	case ir.For:
		return s.Dst
	}
	return nil
}
