package ir

// funcState is what the checker knows while it walks one function.
type funcState struct {
	f     *Func
	index int   // of f in the unit
	next  VarID // the variable that must be defined next
	vars  []varFact
	trail []VarID // arrays in the order in which they were consumed
	floor VarID   // arrays below were made outside of the loop: not to be consumed in it
	depth int
}

// varFact is what is known of a variable at the current point.
type varFact struct {
	live bool   // defined, and in scope
	gone bool   // consumed: an array that was updated or handed on
	most uint64 // no value is above; of unsigned variables only
}

func (c *checker) function(i int) {
	f := &c.u.Funcs[i]
	c.funcState = funcState{f: f, index: i, vars: c.vars[:0], trail: c.trail[:0]}
	c.signature()
	c.limit("variables", len(f.Vars), MaxVars)
	for range f.Vars {
		c.vars = append(c.vars, varFact{})
	}
	leading := c.u.LeadingVars(f)
	if len(f.Vars) < len(leading) {
		c.failf("%d variables, but it starts with %d", len(f.Vars), len(leading))
	}
	for v, l := range leading {
		c.define(VarID(v), l.Type, l.Len)
	}
	c.block(&f.Body, ending{returns: true})
	if int(c.next) != len(f.Vars) {
		c.failf("%d variables, but %d definitions", len(f.Vars), c.next)
	}
	c.f = nil
}

func (c *checker) signature() {
	f := c.f
	states := [...][2]int{NoState: {0, 0}, ReadState: {1, 2}, WriteState: {1, 1}}
	if int(f.Mode) >= len(states) || f.States < states[f.Mode][0] || f.States > states[f.Mode][1] {
		c.failf("mode %d with %d states", f.Mode, f.States)
	}
	if f.Inputs < 0 || f.Inputs > 2 {
		c.failf("%d inputs", f.Inputs)
	}
	if c.u.Kind == Module && (f.States > 1 || f.Inputs > 1) {
		c.failf("only predicates of a contract compare two states or inputs")
	}
	c.limit("parameters", len(f.Params), MaxParams)
	c.limit("results", len(f.Results), MaxParams)
	seen := map[string]bool{}
	c.params(seen, f.Params, false)
	c.params(seen, f.Results, true)
}

func (c *checker) params(seen map[string]bool, ps []Param, mayBeEmpty bool) {
	for _, p := range ps {
		if !p.Type.IsScalar() {
			c.failf("parameter %.64q: %s", p.Name, p.Type)
		}
		if p.Name == "_" || p.Name == "" && mayBeEmpty {
			continue
		}
		c.declare(seen, "parameter", p.Name, isIdent(p.Name))
	}
}

// ending says how the blocks of a body must end: in Return, or in Yield of
// values for dst.
type ending struct {
	returns bool
	dst     []VarID
}

func (c *checker) block(b *Block, end ending) {
	c.depth++
	c.limit("nested blocks", c.depth, MaxDepth)
	c.stmts += len(b.Stmts)
	c.limit("bindings", c.stmts, MaxStmts)
	from := c.next
	for _, s := range b.Stmts {
		c.stmt(s)
	}
	c.term(b.Term, end)
	for v := from; v < c.next; v++ {
		c.vars[v].live = false
	}
	c.depth--
}

func (c *checker) term(t Term, end ending) {
	switch t := t.(type) {
	case Return:
		c.returns(&t, end)
	case Yield:
		if end.returns {
			c.failf("a function's body ends in a yield")
		}
		c.handOver("yield", t.Vals, end.dst)
	case Branch:
		c.cond(&t.Cond, 0)
		c.fork(&t.Then, &t.Else, end)
	default:
		c.failf("block ends in %T", t)
	}
}

func (c *checker) returns(r *Return, end ending) {
	if !end.returns {
		c.failf("return inside a join or a loop")
	}
	fields := c.u.State
	if c.f.Mode != WriteState {
		fields = nil
	}
	if len(r.State) != len(fields) || len(r.Results) != len(c.f.Results) {
		c.failf("returns %d fields and %d results, wants %d and %d", len(r.State), len(r.Results), len(fields), len(c.f.Results))
	}
	for i, a := range r.State {
		c.hand("return", a, fields[i].Type, fields[i].Len)
	}
	for i, a := range r.Results {
		c.want("result", a, c.f.Results[i].Type)
	}
}

// fork checks two blocks of which one runs: what either consumes is gone after.
func (c *checker) fork(then, els *Block, end ending) {
	mark := len(c.trail)
	c.block(then, end)
	for _, v := range c.trail[mark:] {
		c.vars[v].gone = false
	}
	c.block(els, end)
	for _, v := range c.trail[mark:] {
		c.vars[v].gone = true
	}
}

func (c *checker) stmt(s Stmt) {
	switch s := s.(type) {
	case Arith:
		c.arith(&s)
	case Convert:
		t := c.scalarDst(s.Dst)
		if !t.IsInt() || !c.scalar(s.A).IsInt() {
			c.failf("variable %d: conversion of a bool", s.Dst)
		}
		c.defineMost(s.Dst, t, min(c.most(s.A), t.Max()))
	case Bits:
		t := c.scalarDst(s.Dst)
		if !t.IsUnsigned() || !c.scalar(s.A).IsUnsigned() || s.Fn < LeadingZeros || s.Fn > BitLen {
			c.failf("variable %d: bits function %d", s.Dst, s.Fn)
		}
		c.define(s.Dst, t, 0)
	case Test:
		c.cond(&s.Cond, 0)
		c.define(s.Dst, Bool, 0)
	case Lookup:
		if s.Table < 0 || s.Table >= len(c.u.Tables) {
			c.failf("variable %d: table %d", s.Dst, s.Table)
		}
		c.wantInt("index", s.Index)
		c.define(s.Dst, c.u.Tables[s.Table].Type, 0)
	case Get, Set, Zero, Copy:
		c.arrayStmt(s)
	case Call:
		c.call(&s)
	case If:
		c.cond(&s.Cond, 0)
		c.dsts(s.Dst)
		c.fork(&s.Then, &s.Else, ending{dst: s.Dst})
		c.defineAll(s.Dst)
	case For:
		c.loop(&s)
	default:
		c.failf("binding %T", s)
	}
}

func (c *checker) arith(s *Arith) {
	t := c.scalarDst(s.Dst)
	if !t.IsInt() || s.Op < Add || s.Op > Max {
		c.failf("variable %d: operator %d on %s", s.Dst, s.Op, t)
	}
	c.want("operand", s.A, t)
	switch s.Op {
	case Shl, Shr:
		if !c.scalar(s.B).IsUnsigned() || c.most(s.B) >= uint64(t.Width()) {
			c.failf("variable %d: shift count may reach the width of %s: mask it", s.Dst, t)
		}
	default:
		c.want("operand", s.B, t)
	}
	most := t.Max()
	if s.Op == And && t.IsUnsigned() {
		most = min(c.most(s.A), c.most(s.B))
	}
	c.defineMost(s.Dst, t, most)
}

func (c *checker) arrayStmt(s Stmt) {
	switch s := s.(type) {
	case Get:
		t, _ := c.array(s.Arr)
		c.wantInt("index", s.Index)
		c.define(s.Dst, t, 0)
	case Set:
		t, n := c.array(s.Arr)
		c.wantInt("index", s.Index)
		c.want("element", s.Val, t)
		c.consume(s.Arr)
		c.define(s.Dst, t, n)
	case Zero:
		v := c.varOf(s.Dst)
		c.reserve(v.Len)
		c.define(s.Dst, v.Type, v.Len)
	case Copy:
		t, n := c.array(s.Src)
		c.reserve(n)
		c.define(s.Dst, t, n)
	}
}

// reserve counts the storage of a local array.
func (c *checker) reserve(elems int) {
	if elems <= 0 {
		c.failf("local array without elements")
	}
	c.limit("elements of an array", elems, MaxArray)
	c.scratch += 8 * elems
	c.limit("bytes of local arrays", c.scratch, MaxScratch)
}

func (c *checker) call(s *Call) {
	if s.Func < 0 || s.Func >= c.index {
		c.failf("calls function %d, which is not before it", s.Func)
	}
	callee := &c.u.Funcs[s.Func]
	if s.Input < 0 || s.Input > 0 && callee.Inputs != 1 || callee.Inputs > 0 && s.Input+callee.Inputs > c.f.Inputs {
		c.failf("call of %s: input %d of %d", callee.Name, s.Input, c.f.Inputs)
	}
	if len(s.Args) != len(callee.Params) || len(s.State) != callee.States*len(c.u.State) {
		c.failf("call of %s: %d arguments and %d state fields", callee.Name, len(s.Args), len(s.State))
	}
	for i, a := range s.Args {
		c.want("argument", a, callee.Params[i].Type)
	}
	c.passState(callee, s.State)
	c.outcome(callee, s.Dst)
}

func (c *checker) passState(callee *Func, state []Atom) {
	for i, a := range state {
		f := c.u.State[i%len(c.u.State)]
		switch {
		case callee.Mode == WriteState:
			c.hand("state field", a, f.Type, f.Len)
		case f.Len > 0:
			c.lend(a, f)
		default:
			c.want("state field", a, f.Type)
		}
	}
}

// lend passes an array to a callee that only reads it.
func (c *checker) lend(a Atom, f Field) {
	if a.Kind != AVar || a.Bits != 0 {
		c.failf("state field %s: no array", f.Name)
	}
	if t, n := c.array(VarID(a.Index)); t != f.Type || a.Type != f.Type || n != f.Len {
		c.failf("state field %s: wants an array of %d %s", f.Name, f.Len, f.Type)
	}
}

func (c *checker) outcome(callee *Func, dst []VarID) {
	fields := c.u.State
	if callee.Mode != WriteState {
		fields = nil
	}
	if len(dst) != len(fields)+len(callee.Results) {
		c.failf("call of %s: binds %d variables, wants %d", callee.Name, len(dst), len(fields)+len(callee.Results))
	}
	for i, f := range fields {
		c.define(dst[i], f.Type, f.Len)
	}
	for i, r := range callee.Results {
		c.define(dst[len(fields)+i], r.Type, 0)
	}
}

func (c *checker) loop(s *For) {
	if len(s.Carried) != len(s.Dst) {
		c.failf("loop carries %d variables and leaves %d", len(s.Carried), len(s.Dst))
	}
	c.bound(s.Lo)
	c.bound(s.Hi)
	c.dsts(s.Carried)
	c.handOver("loop", s.Init, s.Carried)
	floor, from := c.floor, c.next
	c.floor = from
	c.defineAll(s.Carried)
	c.define(s.Index, I64, 0)
	c.block(&s.Body, ending{dst: s.Carried})
	c.floor = floor
	for v := from; v < c.next; v++ {
		c.vars[v].live = false
	}
	for i, d := range s.Dst {
		v := c.varOf(s.Carried[i])
		c.define(d, v.Type, v.Len)
	}
}

func (c *checker) bound(a Atom) {
	if a.Kind != ALit && a.Kind != AConst {
		c.failf("loop bound is not constant")
	}
	c.want("loop bound", a, I64)
	if b := int64(c.bits(a)); b > MaxLoopBound || b < -MaxLoopBound {
		c.failf("loop bound %d, at most %d", b, MaxLoopBound)
	}
}
