package tilego

import (
	"fmt"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// maxInPlace is the length, in bytes, of expressions that are printed inside of
// another one; longer ones get a variable.
const maxInPlace = 60

// take prepares the operands of a statement: the expressions that are waiting
// and are used here are printed in place if that keeps the order of evaluation;
// all others are printed before. With keep, expressions that are not used here
// may go on waiting.
func (g *fnPrinter) take(uses []use, keep bool) {
	clear(g.placed)
	g.trail = nil
	var wanted []int
	allowed := map[int]bool{}
	for _, u := range uses {
		for i, w := range g.waiting {
			if u.atom.Kind == ir.AVar && int(w.v) == u.atom.Index {
				wanted = append(wanted, i)
				allowed[i] = (u.panics || !w.panics) && (u.tests || !w.test)
			}
		}
	}
	n := min(len(wanted), len(g.waiting))
	for n > 0 && !g.suffix(wanted[len(wanted)-n:], allowed) {
		n--
	}
	first := len(g.waiting) - n
	placed := g.waiting[first:]
	g.waiting = g.waiting[:first]
	if n < len(wanted) || !keep {
		g.flush()
	}
	for _, w := range placed {
		g.placed[w.v] = w
	}
}

// suffix reports whether the wanted expressions are the last ones waiting, in
// order, and may be printed in place.
func (g *fnPrinter) suffix(wanted []int, allowed map[int]bool) bool {
	panics := false
	for i, w := range wanted {
		if w != len(g.waiting)-len(wanted)+i || !allowed[w] || panics && g.waiting[w].early {
			return false
		}
		panics = panics || g.waiting[w].panics
	}
	return true
}

// placedPanics reports whether something that is printed in place may panic.
func (g *fnPrinter) placedPanics() bool {
	for _, w := range g.placed {
		if w.panics {
			return true
		}
	}
	return false
}

// flush prints the expressions that are waiting as variables.
func (g *fnPrinter) flush() {
	waiting := g.waiting
	g.waiting = nil
	for _, w := range waiting {
		g.define(w)
	}
}

// define prints v := text.
func (g *fnPrinter) define(w pending) {
	holds := ir.Atom{Kind: ir.AVar, Type: g.f.Vars[w.v].Type, Index: int(w.v)}
	g.house(w.v, g.declare(w.v, holds, func(name string) string { return name + " := " + w.text.s }))
}

// bind lets the expression of a variable wait for its use, or prints it.
func (g *fnPrinter) bind(w pending) {
	w.reads = g.trail
	for _, placed := range g.placed {
		w.panics = w.panics || placed.panics
		w.divide = w.divide || placed.divide
		w.early = w.early || placed.early
		w.reads = append(w.reads, placed.reads...)
	}
	u, name := g.uses[w.v], g.f.Vars[w.v].Name
	if u.count == 1 && u.block == g.block && name == "" && len(w.text.s) <= maxInPlace {
		g.waiting = append(g.waiting, w)
		return
	}
	g.bindNow(w)
}

// bindNow prints the expression of a variable.
func (g *fnPrinter) bindNow(w pending) {
	g.flush()
	if g.uses[w.v].count == 0 {
		g.line("_ = %s", w.text.s)
		return
	}
	if s := g.reusable(w.v); s != nil {
		g.assignText(s.name, w)
		g.rebind(s, w.v)
		return
	}
	g.define(w)
}

// reusable finds a slot of the same name whose value is not needed any more.
func (g *fnPrinter) reusable(v ir.VarID) *slot {
	name := g.f.Vars[v].Name
	if name == "" {
		return nil
	}
	for _, s := range g.slots {
		if !s.closed && g.named(s, name) && s.holds.Type == g.f.Vars[v].Type && g.assignable(s) && g.dead(s, g.at) {
			return s
		}
	}
	return nil
}

// named reports whether s is a scalar slot that may be assigned and holds a
// variable of the given name.
func (g *fnPrinter) named(s *slot, name string) bool {
	if s.holds.Kind != ir.AVar || s.index || s.fixed {
		return false
	}
	v := g.f.Vars[s.holds.Index]
	return v.Name == name && v.Len == 0
}

// assignText prints to = text, or to op= right.
func (g *fnPrinter) assignText(to string, w pending) {
	switch {
	case w.op == "" || w.left != to:
		g.line("%s = %s", to, w.text.s)
	case w.right == "1" && (w.op == "+" || w.op == "-"):
		g.line("%s%s%s", to, w.op, w.op)
	default:
		g.line("%s %s= %s", to, w.op, w.right)
	}
}

// operand prints an atom whose type is known from its place.
func (g *fnPrinter) operand(a ir.Atom) text {
	if a.Kind != ir.AVar {
		return g.constant(a)
	}
	if w, ok := g.placed[ir.VarID(a.Index)]; ok {
		return w.text
	}
	s := g.of[a.Index]
	if s == nil {
		unprintablef("variable %d of %s has no value", a.Index, g.f.Name)
	}
	return operand(g.readSlot(s))
}

// typed prints an atom whose type must show.
func (g *fnPrinter) typed(a ir.Atom) text {
	if a.Kind == ir.AVar {
		return g.operand(a)
	}
	return g.typedConstant(a)
}

// variable prints an atom so that Go does not evaluate it as a constant.
func (g *fnPrinter) variable(a ir.Atom) text {
	if a.Kind == ir.AVar {
		return g.operand(a)
	}
	s := g.newSlot(g.fresh("k", 0), a)
	g.line("%s := %s", s.name, g.typedConstant(a).s)
	s.decl, s.local = len(g.lines), true
	return operand(g.readSlot(s))
}

func isConst(a ir.Atom) bool { return a.Kind != ir.AVar }

var binText = map[ir.BinOp]struct {
	op   string
	prec int
}{
	ir.Add: {"+", 4}, ir.Sub: {"-", 4}, ir.Or: {"|", 4}, ir.Xor: {"^", 4},
	ir.Mul: {"*", 5}, ir.Quo: {"/", 5}, ir.Rem: {"%", 5}, ir.And: {"&", 5}, ir.AndNot: {"&^", 5},
	ir.Shl: {"<<", 5}, ir.Shr: {">>", 5},
}

// arith prints an arithmetic expression.
func (g *fnPrinter) arith(s ir.Arith) pending {
	g.take([]use{{s.A, true, false}, {s.B, true, false}}, true)
	divide := (s.Op == ir.Quo || s.Op == ir.Rem) && !isConst(s.B)
	w := pending{v: s.Dst, panics: divide, divide: divide}
	if s.Op == ir.Min || s.Op == ir.Max {
		a := g.operand(s.A)
		if isConst(s.A) && isConst(s.B) {
			a = g.variable(s.A)
		}
		w.text = call(map[ir.BinOp]string{ir.Min: "min", ir.Max: "max"}[s.Op], a, g.operand(s.B))
		w.early = g.placedPanics()
		return w
	}
	if t, ok := g.unaryForm(s); ok {
		w.text = t
		return w
	}
	op := binText[s.Op]
	a, b := g.left(s), g.right(s)
	w.text = binary(a, op.op, op.prec, b)
	if placed, inPlace := g.placed[ir.VarID(s.A.Index)]; s.A.Kind == ir.AVar && (!inPlace || placed.cell) {
		w.op, w.left, w.right = op.op, a.s, b.s
	}
	return w
}

// unaryForm prints 0 - x as -x and x ^ -1 as ^x.
func (g *fnPrinter) unaryForm(s ir.Arith) (text, bool) {
	t := g.f.Vars[s.Dst].Type
	switch {
	case s.Op == ir.Sub && s.A == ir.Lit(t, 0) && !isConst(s.B):
		return text{"-" + g.operand(s.B).at(precOperand), precUnary}, true
	case s.Op == ir.Xor && s.B == ir.Lit(t, ^uint64(0)) && !isConst(s.A):
		return text{"^" + g.operand(s.A).at(precOperand), precUnary}, true
	}
	return text{}, false
}

func (g *fnPrinter) left(s ir.Arith) text {
	switch {
	case !isConst(s.A):
		return g.operand(s.A)
	case isConst(s.B):
		return g.variable(s.A)
	case s.Op == ir.Shl || s.Op == ir.Shr:
		return g.typedConstant(s.A)
	}
	return g.constant(s.A)
}

func (g *fnPrinter) right(s ir.Arith) text {
	switch {
	case !isConst(s.B):
		return g.operand(s.B)
	case s.Op == ir.Shl || s.Op == ir.Shr:
		return g.shiftCount(s.B)
	case (s.Op == ir.Quo || s.Op == ir.Rem) && g.value(s.B) == 0:
		return g.variable(s.B)
	}
	return g.constant(s.B)
}

// shiftCount prints a constant count: an untyped one compiles to a uint8.
func (g *fnPrinter) shiftCount(a ir.Atom) text {
	if a.Type == ir.U8 {
		return g.constant(a)
	}
	return g.typedConstant(a)
}

// value is the value of a literal or constant, as bits.
func (p *printer) value(a ir.Atom) uint64 {
	if a.Kind == ir.ALit {
		return a.Bits
	}
	bits, _ := a.Type.Bits(p.values()[a.Index])
	return bits
}

// index prints an index into n elements. Go refuses a constant out of range, so
// that one gets a variable.
func (g *fnPrinter) index(a ir.Atom, n int) text {
	switch {
	case a.Kind == ir.AVar:
		if s := g.of[a.Index]; s != nil && s.index {
			g.note(s)
			return operand(s.name)
		}
		return g.operand(a)
	case a.Type.IsSigned() && int64(g.value(a)) < 0 || g.value(a) >= uint64(n):
		return g.variable(a)
	case a.Type == ir.I64:
		return g.constant(a)
	}
	return g.typedConstant(a)
}

func (g *fnPrinter) convert(s ir.Convert) pending {
	g.take([]use{{s.A, true, false}}, true)
	t := g.f.Vars[s.Dst].Type
	if s.A.Kind == ir.AVar {
		if from := g.of[s.A.Index]; from != nil && from.index {
			g.note(from)
			return pending{v: s.Dst, text: call(t.String(), operand(from.name))}
		}
	}
	return pending{v: s.Dst, text: call(t.String(), g.variable(s.A))}
}

var bitsNames = map[ir.BitsFn]string{
	ir.LeadingZeros: "LeadingZeros", ir.TrailingZeros: "TrailingZeros", ir.OnesCount: "OnesCount", ir.BitLen: "Len",
}

func (g *fnPrinter) bitCount(s ir.Bits) pending {
	g.take([]use{{s.A, true, false}}, true)
	g.bits = true
	fn := fmt.Sprintf("bits.%s%d", bitsNames[s.Fn], s.A.Type.Width())
	return pending{v: s.Dst, text: call(g.f.Vars[s.Dst].Type.String(), call(fn, g.operand(s.A))), early: g.placedPanics()}
}

func (g *fnPrinter) lookup(s ir.Lookup) pending {
	g.take([]use{{s.Index, true, false}}, true)
	t := &g.u.Tables[s.Table]
	return pending{v: s.Dst, text: operand(t.Name + "[" + g.index(s.Index, len(t.Elems)).s + "]"), panics: !isConst(s.Index)}
}

func (g *fnPrinter) get(s ir.Get) pending {
	g.take([]use{{s.Index, true, false}}, true)
	index := g.index(s.Index, g.f.Vars[s.Arr].Len).s
	_, placed := g.placed[ir.VarID(s.Index.Index)]
	cell := isConst(s.Index) || !placed
	return pending{v: s.Dst, text: operand(g.readSlot(g.of[s.Arr]) + "[" + index + "]"), panics: !isConst(s.Index), cell: cell}
}

func (g *fnPrinter) test(s ir.Test) pending {
	g.take(condUses(&s.Cond, nil, true), true)
	c := s.Cond
	if !compareOrVar(&c) {
		c = g.aliased(c)
	}
	return pending{v: s.Dst, text: g.cond(&c), test: true, early: g.placedPanics()}
}

// compareOrVar reports whether Go takes a condition for something to evaluate:
// it reads a variable, or compares.
func compareOrVar(c *ir.Cond) bool {
	switch c.Op {
	case ir.CondAtom:
		return c.A.Kind == ir.AVar
	case ir.CondNot:
		return compareOrVar(c.X)
	case ir.CondAnd, ir.CondOr:
		return compareOrVar(c.X) || compareOrVar(c.Y)
	}
	return true
}

// aliased is a condition over constants with the first one in a variable.
func (g *fnPrinter) aliased(c ir.Cond) ir.Cond {
	c = c.Clone()
	at := &c
	for at.Op != ir.CondAtom {
		at = at.X
	}
	name := g.variable(at.A).s
	v := ir.VarID(len(g.f.Vars)) // stands for the variable of the source
	g.placed[v] = pending{v: v, text: operand(name)}
	at.A = ir.Atom{Kind: ir.AVar, Type: ir.Bool, Index: int(v)}
	return c
}

var condText = map[ir.CondOp]string{ir.Eq: "==", ir.Ne: "!=", ir.Lt: "<", ir.Le: "<=", ir.Gt: ">", ir.Ge: ">="}

// cond prints a condition whose operands were taken.
func (g *fnPrinter) cond(c *ir.Cond) text {
	switch c.Op {
	case ir.CondAtom:
		return g.operand(c.A)
	case ir.CondNot:
		return text{"!" + g.cond(c.X).at(precOperand), precUnary}
	case ir.CondAnd:
		return binary(g.cond(c.X), "&&", 2, g.cond(c.Y))
	case ir.CondOr:
		return binary(g.cond(c.X), "||", 1, g.cond(c.Y))
	}
	a := g.operand(c.A)
	if isConst(c.A) && isConst(c.B) {
		a = g.typedConstant(c.A)
	}
	b := g.operand(c.B)
	return text{a.at(4) + " " + condText[c.Op] + " " + b.at(4), 3}
}
