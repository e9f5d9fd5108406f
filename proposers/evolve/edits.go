package evolve

import (
	"math/big"
	"math/rand/v2"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Operator is one way to make a candidate from its parent.
type Operator string

// The operators. Knobs move constants; the others are typed edits of the code.
const (
	KnobStep    Operator = "knob-step"    // move one to three named constants
	KnobMix     Operator = "knob-mix"     // take some constants from another elite
	LiteralNear Operator = "literal-near" // move a literal in the code
	AtomSwap    Operator = "atom-swap"    // another operand of the same type
	OpSwap      Operator = "op-swap"      // another arithmetic operator
	CompareSwap Operator = "compare-swap" // another comparison
	CondWeaken  Operator = "cond-weaken"  // c || new
	CondTighten Operator = "cond-tighten" // c && new
	Guard       Operator = "guard"        // compute only if a new condition holds
	TableStep   Operator = "table-step"   // move one element of a table
	ExitSplit   Operator = "exit-split"   // another way out under a new condition
)

// codeOperators are the typed edits, in a fixed order.
var codeOperators = []Operator{LiteralNear, AtomSwap, OpSwap, CompareSwap, CondWeaken, CondTighten, Guard, ExitSplit}

// ChangesControlFlow says whether an operator adds or removes a way through
// the code.
func (o Operator) ChangesControlFlow() bool {
	return o == Guard || o == ExitSplit || o == CondWeaken || o == CondTighten
}

// editor makes one edit of one function. It counts the places where the edit
// could be made, chooses one, and makes it there.
type editor struct {
	u      *ir.Unit
	f      *ir.Func
	values []*big.Int // of the constant table
	rng    *rand.Rand
}

// apply makes one edit by the operator; false if there is no place for it.
func (e *editor) apply(op Operator) bool {
	places := 0
	walk(e.u, e.f, e.hooksFor(op, func() bool { places++; return false }))
	if places == 0 {
		return false
	}
	target := e.rng.IntN(places)
	e.f.Body = walk(e.u, e.f, e.hooksFor(op, func() bool { target--; return target == -1 }))
	e.u.Renumber(e.f)
	return true
}

// hooksFor offers each place of the operator's kind to here, and edits where
// it answers true.
func (e *editor) hooksFor(op Operator, here func() bool) hooks {
	switch op {
	case LiteralNear:
		return hooks{atom: e.literalNear(here)}
	case AtomSwap:
		return hooks{atom: e.atomSwap(here)}
	case OpSwap:
		return hooks{stmt: e.opSwap(here)}
	case CompareSwap:
		return hooks{cond: e.compareSwap(here)}
	case CondWeaken:
		return hooks{cond: e.join(ir.CondOr, here)}
	case CondTighten:
		return hooks{cond: e.join(ir.CondAnd, here)}
	case Guard:
		return hooks{stmt: e.guard(here)}
	case ExitSplit:
		return hooks{exit: e.exitSplit(here)}
	}
	return hooks{}
}

func (e *editor) literalNear(here func() bool) func([]ir.VarID, ir.Atom) ir.Atom {
	return func(_ []ir.VarID, a ir.Atom) ir.Atom {
		if a.Kind != ir.ALit || a.Type == ir.Bool || !here() {
			return a
		}
		v := a.Type.Value(a.Bits)
		return e.literal(a.Type, new(big.Int).Add(v, big.NewInt(e.jitter(v))))
	}
}

func (e *editor) atomSwap(here func() bool) func([]ir.VarID, ir.Atom) ir.Atom {
	return func(scope []ir.VarID, a ir.Atom) ir.Atom {
		if !here() {
			return a
		}
		return e.atom(scope, a.Type)
	}
}

// opClasses are the operators that may stand in for each other: they take and
// give the same types and never panic.
var opClasses = [][]ir.BinOp{
	{ir.Add, ir.Sub, ir.Min, ir.Max, ir.Mul},
	{ir.And, ir.Or, ir.Xor, ir.AndNot},
	{ir.Shl, ir.Shr},
}

func opClass(op ir.BinOp) []ir.BinOp {
	for _, class := range opClasses {
		for _, o := range class {
			if o == op {
				return class
			}
		}
	}
	return nil
}

func (e *editor) opSwap(here func() bool) func([]ir.VarID, ir.Stmt) []ir.Stmt {
	return func(_ []ir.VarID, s ir.Stmt) []ir.Stmt {
		a, ok := s.(ir.Arith)
		class := opClass(a.Op)
		if !ok || class == nil || !here() {
			return []ir.Stmt{s}
		}
		a.Op = class[e.rng.IntN(len(class))]
		return []ir.Stmt{a}
	}
}

func (e *editor) compareSwap(here func() bool) func([]ir.VarID, ir.Cond) ir.Cond {
	orders := []ir.CondOp{ir.Lt, ir.Le, ir.Gt, ir.Ge}
	return func(_ []ir.VarID, c ir.Cond) ir.Cond {
		if c.Op < ir.Lt || c.Op > ir.Ge || !here() {
			return c
		}
		c.Op = orders[e.rng.IntN(len(orders))]
		return c
	}
}

func (e *editor) join(op ir.CondOp, here func() bool) func([]ir.VarID, ir.Cond) ir.Cond {
	return func(scope []ir.VarID, c ir.Cond) ir.Cond {
		if !here() {
			return c
		}
		extra := e.comparison(scope)
		return ir.Cond{Op: op, X: &c, Y: &extra}
	}
}

func (e *editor) guard(here func() bool) func([]ir.VarID, ir.Stmt) []ir.Stmt {
	return func(scope []ir.VarID, s ir.Stmt) []ir.Stmt {
		a, ok := s.(ir.Arith)
		if !ok || !here() {
			return []ir.Stmt{s}
		}
		typ := e.f.Vars[a.Dst].Type
		inner := e.fresh(typ)
		dst := a.Dst
		a.Dst = inner
		return []ir.Stmt{ir.If{
			Dst:  []ir.VarID{dst},
			Cond: e.comparison(scope),
			Then: ir.Block{Stmts: []ir.Stmt{a}, Term: ir.Yield{Vals: []ir.Atom{variable(inner, typ)}}},
			Else: ir.Block{Term: ir.Yield{Vals: []ir.Atom{e.atom(scope, typ)}}},
		}}
	}
}

// exitSplit gives one result or one field of the state another value under a
// new condition.
func (e *editor) exitSplit(here func() bool) func([]ir.VarID, ir.Return) ir.Term {
	return func(scope []ir.VarID, r ir.Return) ir.Term {
		if len(r.State)+len(r.Results) == 0 || !here() {
			return r
		}
		other := ir.Return{State: append([]ir.Atom(nil), r.State...), Results: append([]ir.Atom(nil), r.Results...)}
		e.changeOne(scope, &other)
		return ir.Branch{Cond: e.comparison(scope), Then: ir.Block{Term: other}, Else: ir.Block{Term: r}}
	}
}

func (e *editor) changeOne(scope []ir.VarID, r *ir.Return) {
	i := e.rng.IntN(len(r.State) + len(r.Results))
	list := r.State
	if i >= len(r.State) {
		list, i = r.Results, i-len(r.State)
	}
	if a := list[i]; a.Kind != ir.AVar || e.f.Vars[a.Index].Len == 0 {
		list[i] = e.atom(scope, a.Type)
	}
}

func (e *editor) fresh(t ir.Type) ir.VarID {
	e.f.Vars = append(e.f.Vars, ir.Var{Type: t})
	return ir.VarID(len(e.f.Vars) - 1)
}

func variable(v ir.VarID, t ir.Type) ir.Atom {
	return ir.Atom{Kind: ir.AVar, Type: t, Index: int(v)}
}
