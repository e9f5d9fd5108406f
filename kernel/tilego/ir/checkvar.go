package ir

// varOf is the declaration of a variable that is about to be defined, or was.
func (c *checker) varOf(v VarID) Var {
	if v < 0 || int(v) >= len(c.f.Vars) {
		c.failf("variable %d of %d", v, len(c.f.Vars))
	}
	return c.f.Vars[v]
}

// dsts checks that destinations exist, before their types are asked for.
func (c *checker) dsts(vs []VarID) {
	for _, v := range vs {
		c.varOf(v)
	}
}

func (c *checker) scalarDst(v VarID) Type {
	d := c.varOf(v)
	if d.Len != 0 {
		c.failf("variable %d is an array", v)
	}
	return d.Type
}

// define brings the next variable into scope.
func (c *checker) define(v VarID, t Type, length int) {
	if v != c.next {
		c.failf("defines variable %d, the next is %d", v, c.next)
	}
	if d := c.varOf(v); d.Type != t || d.Len != length || !t.IsScalar() || length < 0 {
		c.failf("variable %d: declared as %d %s, defined as %d %s", v, d.Len, d.Type, length, t)
	}
	c.vars[v] = varFact{live: true, most: ^uint64(0)}
	if t.IsUnsigned() {
		c.vars[v].most = t.Max()
	}
	c.next++
}

func (c *checker) defineMost(v VarID, t Type, most uint64) {
	c.define(v, t, 0)
	if t.IsUnsigned() {
		c.vars[v].most = most
	}
}

func (c *checker) defineAll(vs []VarID) {
	for _, v := range vs {
		d := c.varOf(v)
		c.limit("elements of an array", d.Len, MaxArray)
		c.define(v, d.Type, d.Len)
	}
}

// use checks that a variable may be read here.
func (c *checker) use(v VarID) Var {
	d := c.varOf(v)
	if !c.vars[v].live {
		c.failf("variable %d is used out of scope", v)
	}
	if c.vars[v].gone {
		c.failf("array %d is used after it was consumed", v)
	}
	return d
}

func (c *checker) array(v VarID) (t Type, length int) {
	d := c.use(v)
	if d.Len == 0 {
		c.failf("variable %d is no array", v)
	}
	return d.Type, d.Len
}

// consume ends the use of an array. Inputs, and the state of a function that
// only reads it, belong to the caller; arrays from outside of a loop would be
// consumed once per iteration.
func (c *checker) consume(v VarID) {
	c.array(v)
	owned := 0
	if c.f.Mode == WriteState {
		owned = len(c.u.State)
	}
	if int(v) >= owned && int(v) < c.u.Leading(c.f) {
		c.failf("array %d is read only: copy it first", v)
	}
	if v < c.floor {
		c.failf("array %d is consumed inside a loop: carry it", v)
	}
	c.vars[v].gone = true
	c.trail = append(c.trail, v)
}

// handOver checks the values of a yield or of a loop's start, which may be arrays.
func (c *checker) handOver(what string, vals []Atom, dst []VarID) {
	if len(vals) != len(dst) {
		c.failf("%s of %d values for %d variables", what, len(vals), len(dst))
	}
	for i, a := range vals {
		d := c.f.Vars[dst[i]]
		c.hand(what, a, d.Type, d.Len)
	}
}

func (c *checker) hand(what string, a Atom, t Type, length int) {
	if length == 0 {
		c.want(what, a, t)
		return
	}
	if a.Kind != AVar || a.Bits != 0 || a.Type != t {
		c.failf("%s: wants an array of %d %s", what, length, t)
	}
	if at, n := c.array(VarID(a.Index)); at != t || n != length {
		c.failf("%s: array %d has %d %s, wants %d %s", what, a.Index, n, at, length, t)
	}
	c.consume(VarID(a.Index))
}

func (c *checker) want(what string, a Atom, t Type) {
	if got := c.scalar(a); got != t {
		c.failf("%s is %s, wants %s", what, got, t)
	}
}

func (c *checker) wantInt(what string, a Atom) {
	if got := c.scalar(a); !got.IsInt() {
		c.failf("%s is %s", what, got)
	}
}

// scalar checks an operand and gives its type.
func (c *checker) scalar(a Atom) Type {
	switch a.Kind {
	case ALit:
		if !a.Type.IsCanonical(a.Bits) || a.Index != 0 {
			c.failf("literal %d is not a canonical %s", a.Bits, a.Type)
		}
	case AConst:
		if a.Index < 0 || a.Index >= len(c.vals) || a.Bits != 0 || !a.Type.IsScalar() {
			c.failf("constant %d as %s", a.Index, a.Type)
		}
		if _, ok := a.Type.Bits(c.vals[a.Index]); !ok {
			c.failf("constant %s = %s does not fit %s", c.u.constName(a.Index), c.vals[a.Index], a.Type)
		}
	case AVar:
		if a.Bits != 0 {
			c.failf("variable with a value")
		}
		if d := c.use(VarID(a.Index)); d.Len != 0 || d.Type != a.Type {
			c.failf("variable %d is no scalar %s", a.Index, a.Type)
		}
	default:
		c.failf("operand of kind %d", a.Kind)
	}
	return a.Type
}

// bits is the value of a checked literal or constant.
func (c *checker) bits(a Atom) uint64 {
	if a.Kind == ALit {
		return a.Bits
	}
	b, _ := a.Type.Bits(c.vals[a.Index])
	return b
}

// most is a bound of an operand's value; the largest number when it is signed.
func (c *checker) most(a Atom) uint64 {
	switch {
	case !a.Type.IsUnsigned():
		return ^uint64(0)
	case a.Kind == AVar:
		return c.vars[a.Index].most
	}
	return c.bits(a)
}

func (c *checker) cond(x *Cond, depth int) {
	c.limit("nested conditions", depth, MaxDepth)
	switch x.Op {
	case CondAtom:
		c.want("condition", x.A, Bool)
		c.unset(x, Atom{}, x.B)
	case Eq, Ne, Lt, Le, Gt, Ge:
		t := c.scalar(x.A)
		c.want("operand of a comparison", x.B, t)
		if x.Op >= Lt && t == Bool {
			c.failf("order of bools")
		}
	case CondNot, CondAnd, CondOr:
		c.connective(x, depth)
		return
	default:
		c.failf("condition %d", x.Op)
	}
	if x.X != nil || x.Y != nil {
		c.failf("comparison with conditions")
	}
}

func (c *checker) connective(x *Cond, depth int) {
	c.unset(x, x.A, x.B)
	if x.X == nil || (x.Y == nil) != (x.Op == CondNot) {
		c.failf("condition %d lacks an operand", x.Op)
	}
	c.cond(x.X, depth+1)
	if x.Y != nil {
		c.cond(x.Y, depth+1)
	}
}

// unset checks that operands which a form does not have are zero, so that each
// condition has one encoding.
func (c *checker) unset(x *Cond, as ...Atom) {
	for _, a := range as {
		if a != (Atom{}) {
			c.failf("condition %d with an operand too many", x.Op)
		}
	}
}
