package tlagen

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// walk visits every binding of a block, outer before inner.
func walk(b *ir.Block, visit func(ir.Stmt)) {
	for _, s := range b.Stmts {
		visit(s)
		switch s := s.(type) {
		case ir.If:
			walk(&s.Then, visit)
			walk(&s.Else, visit)
		case ir.For:
			walk(&s.Body, visit)
		}
	}
	if br, ok := b.Term.(ir.Branch); ok {
		walk(&br.Then, visit)
		walk(&br.Else, visit)
	}
}

// uses visits every variable that a block reads.
func uses(b *ir.Block, visit func(ir.VarID)) {
	walk(b, func(s ir.Stmt) { stmtUses(s, visit) })
	terms(b, func(t ir.Term) {
		switch t := t.(type) {
		case ir.Return:
			atomUses(visit, t.State...)
			atomUses(visit, t.Results...)
		case ir.Yield:
			atomUses(visit, t.Vals...)
		case ir.Branch:
			condUses(t.Cond, visit)
		}
	})
}

// terms visits how every block inside a block ends.
func terms(b *ir.Block, visit func(ir.Term)) {
	visit(b.Term)
	if br, ok := b.Term.(ir.Branch); ok {
		terms(&br.Then, visit)
		terms(&br.Else, visit)
	}
	for _, s := range b.Stmts {
		switch s := s.(type) {
		case ir.If:
			terms(&s.Then, visit)
			terms(&s.Else, visit)
		case ir.For:
			terms(&s.Body, visit)
		}
	}
}

func stmtUses(s ir.Stmt, visit func(ir.VarID)) {
	switch s := s.(type) {
	case ir.Arith:
		atomUses(visit, s.A, s.B)
	case ir.Convert:
		atomUses(visit, s.A)
	case ir.Bits:
		atomUses(visit, s.A)
	case ir.Test:
		condUses(s.Cond, visit)
	case ir.Lookup:
		atomUses(visit, s.Index)
	case ir.Get:
		visit(s.Arr)
		atomUses(visit, s.Index)
	case ir.Set:
		visit(s.Arr)
		atomUses(visit, s.Index, s.Val)
	case ir.Copy:
		visit(s.Src)
	case ir.Call:
		atomUses(visit, s.State...)
		atomUses(visit, s.Args...)
	case ir.If:
		condUses(s.Cond, visit)
	case ir.For:
		atomUses(visit, s.Init...)
	}
}

func atomUses(visit func(ir.VarID), as ...ir.Atom) {
	for _, a := range as {
		if a.Kind == ir.AVar {
			visit(ir.VarID(a.Index))
		}
	}
}

func condUses(c ir.Cond, visit func(ir.VarID)) {
	atomUses(visit, c.A, c.B)
	for _, sub := range []*ir.Cond{c.X, c.Y} {
		if sub != nil {
			condUses(*sub, visit)
		}
	}
}
