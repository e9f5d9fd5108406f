package tilego

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// usage is what a printer wants to know of a variable before it prints.
type usage struct {
	count int   // places that read it
	at    []int // their positions, rising
	block int   // in which the only one is; 0 when it must not be printed in place
	taken []int // positions where the array is updated or handed on, rising
}

// survey numbers the bindings and ends of a function in the order in which they
// are printed, and notes where variables are read.
type survey struct {
	in     *ir.Unit
	f      *ir.Func
	uses   []usage
	ends   []int // per position, the last position inside that binding
	splits []int // per position, the last position inside the first branch
	writer []bool
	class  []ir.VarID // arrays that are the same variable in the source
	pos    int
	block  int
	blocks int
	stores bool // the state is given new values somewhere
}

func newSurvey(u *ir.Unit, f *ir.Func) *survey {
	s := &survey{in: u, f: f, uses: make([]usage, len(f.Vars)), class: make([]ir.VarID, len(f.Vars)), pos: -1}
	for v := range s.class {
		s.class[v] = ir.VarID(v)
	}
	s.walk(&f.Body, nil)
	return s
}

func (s *survey) find(v ir.VarID) ir.VarID {
	for s.class[v] != v {
		s.class[v] = s.class[s.class[v]]
		v = s.class[v]
	}
	return v
}

// unite says that array a, which is taken here, goes on as b: they are one
// variable in the source.
func (s *survey) unite(a, b ir.VarID) {
	if s.f.Vars[a].Len == 0 || s.f.Vars[b].Len == 0 || s.borrowed(a) || s.borrowed(b) {
		return
	}
	s.uses[a].taken = append(s.uses[a].taken, s.pos)
	s.class[s.find(a)] = s.find(b)
}

// borrowed reports whether v is a parameter that the function may not change.
func (s *survey) borrowed(v ir.VarID) bool {
	own := 0
	if s.f.Mode == ir.WriteState {
		own = len(s.in.State)
	}
	return int(v) >= own && int(v) < s.in.Leading(s.f)
}

// read notes a use; inPlace says that the expression can be printed there.
func (s *survey) read(a ir.Atom, inPlace bool) {
	if a.Kind != ir.AVar {
		return
	}
	u := &s.uses[a.Index]
	u.count++
	u.at = append(u.at, s.pos)
	u.block = 0
	if u.count == 1 && inPlace {
		u.block = s.block
	}
}

func (s *survey) readAll(as []ir.Atom, inPlace bool) {
	for _, a := range as {
		s.read(a, inPlace)
	}
}

func (s *survey) readVar(v ir.VarID) { s.read(ir.Atom{Kind: ir.AVar, Index: int(v)}, false) }

func (s *survey) cond(c *ir.Cond) {
	for _, u := range condUses(c, nil, true) {
		s.read(u.atom, true)
	}
}

// next enters the next binding or end.
func (s *survey) next() int {
	s.pos++
	s.ends = append(s.ends, s.pos)
	s.splits = append(s.splits, s.pos)
	s.writer = append(s.writer, false)
	return s.pos
}

// walk surveys a block whose yields are the values of dst.
func (s *survey) walk(b *ir.Block, dst []ir.VarID) (writer bool) {
	outer := s.block
	s.blocks++
	s.block = s.blocks
	defer func() { s.block = outer }()
	for _, st := range b.Stmts {
		at := s.next()
		s.writer[at] = s.stmt(st, at)
		s.ends[at] = s.pos
		writer = writer || s.writer[at]
	}
	return s.term(b.Term, dst) || writer
}

func (s *survey) term(t ir.Term, dst []ir.VarID) bool {
	at := s.next()
	switch t := t.(type) {
	case ir.Return:
		s.readAll(t.State, true)
		s.readAll(t.Results, true)
		for i, a := range t.State {
			s.stores = s.stores || a != (ir.Atom{Kind: ir.AVar, Type: a.Type, Index: i})
			if a.Kind == ir.AVar {
				s.unite(ir.VarID(a.Index), ir.VarID(i))
			}
		}
	case ir.Yield:
		s.readAll(t.Vals, true)
		for i, a := range t.Vals {
			if a.Kind == ir.AVar {
				s.unite(ir.VarID(a.Index), dst[i])
			}
		}
	case ir.Branch:
		s.cond(&t.Cond)
		w := s.walk(&t.Then, dst)
		s.splits[at] = s.pos
		w = s.walk(&t.Else, dst) || w
		s.ends[at] = s.pos
		return w
	}
	return false
}

// stmt surveys a binding and reports whether a call in it changes the state.
func (s *survey) stmt(st ir.Stmt, at int) bool {
	switch st := st.(type) {
	case ir.Arith:
		s.readAll([]ir.Atom{st.A, st.B}, true)
	case ir.Convert:
		s.read(st.A, true)
	case ir.Bits:
		s.read(st.A, true)
	case ir.Test:
		s.cond(&st.Cond)
	case ir.Lookup:
		s.read(st.Index, true)
	case ir.Get:
		s.readVar(st.Arr)
		s.read(st.Index, true)
	case ir.Set:
		s.readVar(st.Arr)
		s.readAll([]ir.Atom{st.Index, st.Val}, true)
		s.unite(st.Arr, st.Dst)
	case ir.Copy:
		s.readVar(st.Src)
	case ir.Call:
		return s.call(&st)
	case ir.If:
		s.cond(&st.Cond)
		w := s.walk(&st.Then, st.Dst)
		s.splits[at] = s.pos
		return s.walk(&st.Else, st.Dst) || w
	case ir.For:
		s.readAll(st.Init, false)
		for i, a := range st.Init {
			if a.Kind == ir.AVar {
				s.unite(ir.VarID(a.Index), st.Carried[i])
			}
			s.unite(st.Carried[i], st.Dst[i])
		}
		return s.walk(&st.Body, st.Carried)
	}
	return false
}

func (s *survey) call(c *ir.Call) bool {
	s.readAll(c.State, false)
	s.readAll(c.Args, true)
	writes := s.in.Funcs[c.Func].Mode == ir.WriteState
	s.stores = s.stores || writes
	for i, a := range c.State {
		if a.Kind != ir.AVar || s.f.Mode != ir.WriteState {
			continue
		}
		s.unite(ir.VarID(a.Index), ir.VarID(i))
		if writes {
			s.unite(ir.VarID(i), c.Dst[i])
		}
	}
	return writes
}

// use is an operand in the order of evaluation, with what may be printed in its
// place.
type use struct {
	atom   ir.Atom
	panics bool // an expression that can panic
	tests  bool // a condition
}

// condUses lists the operands of a condition. What can panic is printed only
// where it is evaluated first.
func condUses(c *ir.Cond, out []use, first bool) []use {
	switch c.Op {
	case ir.CondAtom:
		return append(out, use{c.A, first, false})
	case ir.CondNot:
		return condUses(c.X, out, first)
	case ir.CondAnd, ir.CondOr:
		return condUses(c.Y, condUses(c.X, out, first), false)
	}
	return append(out, use{c.A, first, false}, use{c.B, first, false})
}
