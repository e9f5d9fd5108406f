package ir

import (
	"math/big"
	"slices"
)

// Clone copies a unit deeply: nothing is shared but literals of the constant
// table, which are never changed in place.
func (u *Unit) Clone() *Unit {
	c := *u
	c.Consts = slices.Clone(u.Consts)
	for i := range c.Consts {
		c.Consts[i].Expr = u.Consts[i].Expr.clone()
	}
	c.Tables = slices.Clone(u.Tables)
	for i := range c.Tables {
		c.Tables[i].Elems = slices.Clone(u.Tables[i].Elems)
	}
	c.State, c.Input = slices.Clone(u.State), slices.Clone(u.Input)
	c.Funcs = slices.Clone(u.Funcs)
	for i := range c.Funcs {
		c.Funcs[i] = u.Funcs[i].clone()
	}
	return &c
}

func (e CExpr) clone() CExpr {
	for _, p := range []**CExpr{&e.A, &e.B} {
		if *p != nil {
			sub := (*p).clone()
			*p = &sub
		}
	}
	if e.Lit != nil {
		e.Lit = new(big.Int).Set(e.Lit)
	}
	return e
}

func (f Func) clone() Func {
	f.Params, f.Results, f.Vars = slices.Clone(f.Params), slices.Clone(f.Results), slices.Clone(f.Vars)
	f.Body = f.Body.Clone()
	return f
}

// Clone copies a block deeply.
func (b Block) Clone() Block {
	stmts := make([]Stmt, len(b.Stmts))
	for i, s := range b.Stmts {
		stmts[i] = cloneStmt(s)
	}
	return Block{Stmts: stmts, Term: cloneTerm(b.Term)}
}

func cloneStmt(s Stmt) Stmt {
	switch s := s.(type) {
	case Test:
		s.Cond = s.Cond.Clone()
		return s
	case Call:
		s.Dst, s.State, s.Args = slices.Clone(s.Dst), slices.Clone(s.State), slices.Clone(s.Args)
		return s
	case If:
		s.Dst, s.Cond, s.Then, s.Else = slices.Clone(s.Dst), s.Cond.Clone(), s.Then.Clone(), s.Else.Clone()
		return s
	case For:
		s.Dst, s.Carried, s.Init, s.Body = slices.Clone(s.Dst), slices.Clone(s.Carried), slices.Clone(s.Init), s.Body.Clone()
		return s
	}
	return s // the others hold no slices or pointers
}

func cloneTerm(t Term) Term {
	switch t := t.(type) {
	case Return:
		return Return{State: slices.Clone(t.State), Results: slices.Clone(t.Results)}
	case Yield:
		return Yield{Vals: slices.Clone(t.Vals)}
	case Branch:
		return Branch{Cond: t.Cond.Clone(), Then: t.Then.Clone(), Else: t.Else.Clone()}
	}
	return t
}

// Clone copies a condition deeply.
func (c Cond) Clone() Cond {
	for _, p := range []**Cond{&c.X, &c.Y} {
		if *p != nil {
			sub := (*p).Clone()
			*p = &sub
		}
	}
	return c
}

// Leading is the number of variables that a function starts with: state
// fields, input fields, parameters.
func (u *Unit) Leading(f *Func) int {
	return f.States*len(u.State) + f.Inputs*len(u.Input) + len(f.Params)
}

// Renumber puts the variables of a function into the order of definition and
// forgets those that are no longer defined. An editor may so append variables
// to Vars and use them anywhere.
func (u *Unit) Renumber(f *Func) {
	r := renumberer{old: f.Vars, to: make(map[VarID]VarID, len(f.Vars))}
	for v := range u.Leading(f) {
		r.define(VarID(v))
	}
	f.Body = r.block(f.Body)
	f.Vars = r.vars
}

type renumberer struct {
	old  []Var
	vars []Var
	to   map[VarID]VarID
}

func (r *renumberer) define(v VarID) VarID {
	n := VarID(len(r.vars))
	r.vars = append(r.vars, r.old[v])
	r.to[v] = n
	return n
}

func (r *renumberer) defineAll(vs []VarID) []VarID {
	out := make([]VarID, len(vs))
	for i, v := range vs {
		out[i] = r.define(v)
	}
	return out
}

// use maps a variable that is read. One that was never defined keeps a number
// out of range, which Check refuses.
func (r *renumberer) use(v VarID) VarID {
	if n, ok := r.to[v]; ok {
		return n
	}
	return -1
}

func (r *renumberer) atom(a Atom) Atom {
	if a.Kind == AVar {
		a.Index = int(r.use(VarID(a.Index)))
	}
	return a
}

func (r *renumberer) atoms(as []Atom) []Atom {
	out := make([]Atom, len(as))
	for i, a := range as {
		out[i] = r.atom(a)
	}
	return out
}

func (r *renumberer) cond(c Cond) Cond {
	c.A, c.B = r.atom(c.A), r.atom(c.B)
	for _, p := range []**Cond{&c.X, &c.Y} {
		if *p != nil {
			sub := r.cond(**p)
			*p = &sub
		}
	}
	return c
}

func (r *renumberer) block(b Block) Block {
	out := Block{Stmts: make([]Stmt, len(b.Stmts))}
	for i, s := range b.Stmts {
		out.Stmts[i] = r.stmt(s)
	}
	out.Term = r.term(b.Term)
	return out
}

func (r *renumberer) term(t Term) Term {
	switch t := t.(type) {
	case Return:
		return Return{State: r.atoms(t.State), Results: r.atoms(t.Results)}
	case Yield:
		return Yield{Vals: r.atoms(t.Vals)}
	case Branch:
		cond := r.cond(t.Cond)
		then := r.block(t.Then)
		return Branch{Cond: cond, Then: then, Else: r.block(t.Else)}
	}
	return t
}

// stmt reads operands before it defines destinations: that is the order in
// which variables come into scope.
func (r *renumberer) stmt(s Stmt) Stmt {
	switch s := s.(type) {
	case Arith:
		s.A, s.B = r.atom(s.A), r.atom(s.B)
		s.Dst = r.define(s.Dst)
		return s
	case Convert:
		s.A = r.atom(s.A)
		s.Dst = r.define(s.Dst)
		return s
	case Bits:
		s.A = r.atom(s.A)
		s.Dst = r.define(s.Dst)
		return s
	case Test:
		s.Cond = r.cond(s.Cond)
		s.Dst = r.define(s.Dst)
		return s
	case Lookup:
		s.Index = r.atom(s.Index)
		s.Dst = r.define(s.Dst)
		return s
	case Call:
		s.State, s.Args = r.atoms(s.State), r.atoms(s.Args)
		s.Dst = r.defineAll(s.Dst)
		return s
	case If:
		s.Cond = r.cond(s.Cond)
		s.Then = r.block(s.Then)
		s.Else = r.block(s.Else)
		s.Dst = r.defineAll(s.Dst)
		return s
	case For:
		return r.loop(s)
	}
	return r.array(s)
}

func (r *renumberer) array(s Stmt) Stmt {
	switch s := s.(type) {
	case Get:
		s.Arr, s.Index = r.use(s.Arr), r.atom(s.Index)
		s.Dst = r.define(s.Dst)
		return s
	case Set:
		s.Arr, s.Index, s.Val = r.use(s.Arr), r.atom(s.Index), r.atom(s.Val)
		s.Dst = r.define(s.Dst)
		return s
	case Zero:
		s.Dst = r.define(s.Dst)
		return s
	case Copy:
		s.Src = r.use(s.Src)
		s.Dst = r.define(s.Dst)
		return s
	}
	return s
}

func (r *renumberer) loop(s For) Stmt {
	s.Init, s.Lo, s.Hi = r.atoms(s.Init), r.atom(s.Lo), r.atom(s.Hi)
	s.Carried = r.defineAll(s.Carried)
	s.Index = r.define(s.Index)
	s.Body = r.block(s.Body)
	s.Dst = r.defineAll(s.Dst)
	return s
}
