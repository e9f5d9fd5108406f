package tlagen

import (
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// maxWeight is where weights stop growing.
const maxWeight = 1 << 32

// copied is how many elements of an array are copied in the time of a binding.
const copied = 32

// weigh is how much work one evaluation of a function is for an engine that
// looks variables up in a list, in bindings of a small function, at most.
func (p *printer) weigh(f *ir.Func) int {
	w := p.weighBlock(f, &f.Body)
	return min(maxWeight, w+w*len(f.Vars)/25)
}

func (p *printer) weighBlock(f *ir.Func, b *ir.Block) int {
	w := 1
	for _, s := range b.Stmts {
		w += p.weighStmt(f, s)
	}
	if br, ok := b.Term.(ir.Branch); ok {
		w += max(p.weighBlock(f, &br.Then), p.weighBlock(f, &br.Else))
	}
	return min(maxWeight, w)
}

func (p *printer) weighStmt(f *ir.Func, s ir.Stmt) int {
	switch s := s.(type) {
	case ir.If:
		return 1 + len(s.Dst) + max(p.weighBlock(f, &s.Then), p.weighBlock(f, &s.Else))
	case ir.For:
		lo, _ := p.value(s.Lo)
		hi, _ := p.value(s.Hi)
		trips := max(0, hi.Int64()-lo.Int64())
		return min(maxWeight, 1+len(s.Dst)+int(trips)*(4+len(s.Carried)+p.weighBlock(f, &s.Body)))
	case ir.Call:
		return 1 + len(s.Dst) + p.weights[s.Func]
	case ir.Get:
		return 2 + f.Vars[s.Arr].Len/copied
	case ir.Set:
		return 2 + f.Vars[s.Dst].Len/copied
	case ir.Zero:
		return 2 + f.Vars[s.Dst].Len/copied
	case ir.Copy:
		return 2 + f.Vars[s.Dst].Len/copied
	}
	return 2
}
