package tilego

import (
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// canonical puts the constant table and the imported tables of a unit into the
// order that follows from the code alone: what the contract declares in its
// order, then what the unit declares, then constant expressions as they occur.
// What the code names in a way that leaves nothing in the IR is dropped. from is
// the contract's unit, or nil.
func canonical(u, from *ir.Unit) {
	c := &canonizer{u: u, to: make(map[int]int, len(u.Consts))}
	used := &canonizer{u: u, to: make(map[int]int, len(u.Consts)), dry: true}
	used.tables()
	used.consts(func(k *ir.Const) bool { return k.Name != "" && !k.Imported })
	used.functions()
	if from != nil {
		for _, k := range from.Consts {
			if i := slices.IndexFunc(u.Consts, func(o ir.Const) bool { return o.Name == k.Name && o.Imported }); i >= 0 && k.Name != "" {
				if _, ok := used.to[i]; ok {
					c.entry(i)
				}
			}
		}
	}
	c.consts(func(k *ir.Const) bool { return k.Name != "" && !k.Imported })
	c.tables()
	c.functions()
	u.Consts = c.out
}

// canonizer walks everything that refers to constants and moves them to where
// they are first needed.
type canonizer struct {
	u   *ir.Unit
	out []ir.Const
	to  map[int]int // old index -> new
	dry bool        // only find out what is used
}

// entry moves entry i, after those it refers to.
func (c *canonizer) entry(i int) int {
	if j, ok := c.to[i]; ok {
		return j
	}
	k := c.u.Consts[i]
	k.Expr = *c.expr(&k.Expr)
	c.to[i] = len(c.out)
	c.out = append(c.out, k)
	return c.to[i]
}

func (c *canonizer) expr(e *ir.CExpr) *ir.CExpr {
	if e == nil {
		return nil
	}
	out := &ir.CExpr{Op: e.Op, Lit: e.Lit, A: c.expr(e.A), B: c.expr(e.B)}
	if e.Op == ir.CRef {
		out.Ref = c.entry(e.Ref)
	}
	return out
}

func (c *canonizer) consts(which func(*ir.Const) bool) {
	for i := range c.u.Consts {
		if which(&c.u.Consts[i]) {
			c.entry(i)
		}
	}
}

func (c *canonizer) tables() {
	for _, t := range c.u.Tables {
		c.atoms(t.Elems)
	}
}

func (c *canonizer) functions() {
	for i := range c.u.Funcs {
		c.block(&c.u.Funcs[i].Body)
	}
}

func (c *canonizer) atom(a *ir.Atom) {
	if a.Kind != ir.AConst {
		return
	}
	if i := c.entry(a.Index); !c.dry {
		a.Index = i
	}
}

func (c *canonizer) atoms(as []ir.Atom) {
	for i := range as {
		c.atom(&as[i])
	}
}

func (c *canonizer) cond(x *ir.Cond) {
	if x == nil {
		return
	}
	c.atom(&x.A)
	c.atom(&x.B)
	c.cond(x.X)
	c.cond(x.Y)
}

func (c *canonizer) block(b *ir.Block) {
	for i := range b.Stmts {
		b.Stmts[i] = c.stmt(b.Stmts[i])
	}
	switch t := b.Term.(type) {
	case ir.Return:
		c.atoms(t.State)
		c.atoms(t.Results)
	case ir.Yield:
		c.atoms(t.Vals)
	case ir.Branch:
		c.cond(&t.Cond)
		c.block(&t.Then)
		c.block(&t.Else)
		b.Term = t
	}
}

func (c *canonizer) stmt(s ir.Stmt) ir.Stmt {
	switch s := s.(type) {
	case ir.Arith:
		c.atom(&s.A)
		c.atom(&s.B)
		return s
	case ir.Convert:
		c.atom(&s.A)
		return s
	case ir.Bits:
		c.atom(&s.A)
		return s
	case ir.Test:
		c.cond(&s.Cond)
		return s
	case ir.Lookup:
		c.atom(&s.Index)
		return s
	case ir.Get:
		c.atom(&s.Index)
		return s
	case ir.Set:
		c.atom(&s.Index)
		c.atom(&s.Val)
		return s
	case ir.Call:
		c.atoms(s.State)
		c.atoms(s.Args)
		return s
	case ir.If:
		c.cond(&s.Cond)
		c.block(&s.Then)
		c.block(&s.Else)
		return s
	case ir.For:
		c.atoms(s.Init)
		c.atom(&s.Lo)
		c.atom(&s.Hi)
		c.block(&s.Body)
		return s
	}
	return s
}

// usedTables drops imported tables that no function reads.
func usedTables(u *ir.Unit) {
	used := make([]bool, len(u.Tables))
	for i := range u.Funcs {
		readTables(&u.Funcs[i].Body, func(t int) int {
			used[t] = true
			return t
		})
	}
	to := make([]int, len(u.Tables))
	var kept []ir.Table
	for i, t := range u.Tables {
		to[i] = len(kept)
		if used[i] || !t.Imported {
			kept = append(kept, t)
		}
	}
	if len(kept) == len(u.Tables) {
		return
	}
	u.Tables = kept
	for i := range u.Funcs {
		readTables(&u.Funcs[i].Body, func(t int) int { return to[t] })
	}
}

// readTables gives each lookup the table that f says.
func readTables(b *ir.Block, f func(int) int) {
	for i, s := range b.Stmts {
		switch s := s.(type) {
		case ir.Lookup:
			s.Table = f(s.Table)
			b.Stmts[i] = s
		case ir.If:
			readTables(&s.Then, f)
			readTables(&s.Else, f)
			b.Stmts[i] = s
		case ir.For:
			readTables(&s.Body, f)
			b.Stmts[i] = s
		}
	}
	if t, ok := b.Term.(ir.Branch); ok {
		readTables(&t.Then, f)
		readTables(&t.Else, f)
		b.Term = t
	}
}
