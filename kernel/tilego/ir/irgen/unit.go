package irgen

import (
	"fmt"
	"math/big"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Bounds of generated units.
const (
	MaxTrips = 5 // iterations of a loop
	MaxNest  = 3 // depth of joins, branches and loops
)

// Options narrow what is generated; the zero value means everything.
type Options struct {
	Scalars bool // no arrays in state, input or locals
	Total   bool // nothing panics: indexes are in range, divisors not zero
	Stmts   int  // bindings per block at most; 0 means 6
}

// Module generates units of kind Module with some helper functions, and the
// functions Init (writes state), Inv (reads state, one bool result) and Step
// (writes state, reads the input, one to three results).
func Module(o Options) *rapid.Generator[*ir.Unit] {
	return rapid.Custom(func(t *rapid.T) *ir.Unit {
		g := newGen(t, o, ir.Module)
		g.helpers(3)
		g.function("Init", ir.WriteState, 1, 0, nil, nil)
		g.predicate("Inv", 1, 0)
		g.function("Step", ir.WriteState, 1, 1, nil, g.paramList("r", 1, 3))
		return g.u
	})
}

// Contract generates units of kind Contract: helper functions and the
// predicates Wf, Post, Frame (two states) and Rel (two inputs).
func Contract(o Options) *rapid.Generator[*ir.Unit] {
	return rapid.Custom(func(t *rapid.T) *ir.Unit {
		g := newGen(t, o, ir.Contract)
		g.helpers(2)
		g.predicate("Wf", 0, 1)
		g.function("Post", ir.NoState, 0, 1, g.paramList("r", 1, 3), []ir.Param{{Type: ir.Bool}})
		g.predicate("Frame", 2, 0)
		g.predicate("Rel", 0, 2)
		return g.u
	})
}

// Values generates a flattened state or input for the fields, with a liking for
// the limits of each type.
func Values(fields []ir.Field) *rapid.Generator[[]uint64] {
	if len(fields) == 0 {
		return rapid.Just([]uint64(nil))
	}
	return rapid.Custom(func(t *rapid.T) []uint64 {
		out := make([]uint64, 0, ir.Flat(fields))
		for _, f := range fields {
			for range f.Elems() {
				out = append(out, word(t, f.Type))
			}
		}
		return out
	})
}

// Args generates values for parameters.
func Args(params []ir.Param) *rapid.Generator[[]uint64] {
	fields := make([]ir.Field, len(params))
	for i, p := range params {
		fields[i] = ir.Field{Type: p.Type}
	}
	return Values(fields)
}

// word draws canonical bits of a type.
func word(t *rapid.T, typ ir.Type) uint64 {
	switch pick(t, 4) {
	case 0:
		return typ.Wrap(uint64(pick(t, 9)) - 4)
	case 1:
		return typ.Wrap([...]uint64{typ.Min(), typ.Max(), typ.Max() - 1, typ.Min() + 1}[pick(t, 4)])
	}
	return typ.Wrap(rapid.Uint64().Draw(t, "bits"))
}

// pick draws one of 0 .. n-1.
func pick(t *rapid.T, n int) int { return ranges[n].Draw(t, "pick") }

var ranges = func() (gs [200]*rapid.Generator[int]) {
	for n := 1; n < len(gs); n++ {
		gs[n] = rapid.IntRange(0, n-1)
	}
	return gs
}()

type gen struct {
	t    *rapid.T
	o    Options
	u    *ir.Unit
	vals []*big.Int
	fn
}

func newGen(t *rapid.T, o Options, kind ir.Kind) *gen {
	if o.Stmts == 0 {
		o.Stmts = 6
	}
	g := &gen{t: t, o: o, u: &ir.Unit{Kind: kind, Slot: "random"}}
	for range g.pick(6) {
		g.constant()
	}
	for range g.pick(3) {
		g.table()
	}
	g.u.State = g.fields("s")
	g.u.Input = g.fields("in")
	return g
}

func (g *gen) pick(n int) int { return pick(g.t, n) }

// chance is true in about n of 100 draws.
func (g *gen) chance(n int) bool { return g.pick(100) >= 100-n }

func (g *gen) scalarType() ir.Type { return ir.Bool + ir.Type(g.pick(9)) }
func (g *gen) intType() ir.Type    { return ir.U8 + ir.Type(g.pick(8)) }

func (g *gen) constant() {
	i := len(g.u.Consts)
	c := ir.Const{Expr: g.constExpr(2)}
	if g.chance(70) {
		c.Name, c.Imported = fmt.Sprintf("K%d", i), g.chance(30)
	}
	g.u.Consts = append(g.u.Consts, c)
	vals, err := g.u.ConstValues(nil)
	if err != nil { // divides by zero, or grows too large
		g.u.Consts[i].Expr = ir.CExpr{Op: ir.CLit, Lit: big.NewInt(int64(g.pick(7)))}
		vals, _ = g.u.ConstValues(nil)
	}
	if t := g.scalarType(); g.chance(30) {
		if _, ok := t.Bits(vals[i]); ok {
			g.u.Consts[i].Type = t
		}
	}
	g.vals = vals
}

func (g *gen) constExpr(depth int) ir.CExpr {
	switch {
	case len(g.u.Consts) > 0 && g.chance(30):
		return ir.CExpr{Op: ir.CRef, Ref: g.pick(len(g.u.Consts))}
	case depth == 0 || g.chance(50):
		return ir.CExpr{Op: ir.CLit, Lit: big.NewInt(int64(word(g.t, ir.I16)))}
	}
	a, b := g.constExpr(depth-1), g.constExpr(depth-1)
	op := ir.CAdd + ir.COp(g.pick(int(ir.CMax-ir.CAdd)+1))
	if op == ir.CNeg {
		return ir.CExpr{Op: op, A: &a}
	}
	return ir.CExpr{Op: op, A: &a, B: &b}
}

func (g *gen) table() {
	t := ir.Table{Name: fmt.Sprintf("t%d", len(g.u.Tables)), Type: g.scalarType(), Imported: g.chance(30)}
	for range 1 + g.pick(6) {
		t.Elems = append(t.Elems, g.constAtom(t.Type))
	}
	g.u.Tables = append(g.u.Tables, t)
}

// constAtom is a literal, or a constant that fits.
func (g *gen) constAtom(t ir.Type) ir.Atom {
	if len(g.u.Consts) > 0 && g.chance(40) {
		i := g.pick(len(g.u.Consts))
		if _, ok := t.Bits(g.vals[i]); ok {
			return ir.Atom{Kind: ir.AConst, Type: t, Index: i}
		}
	}
	return ir.Lit(t, word(g.t, t))
}

func (g *gen) fields(prefix string) []ir.Field {
	var out []ir.Field
	for i := range g.pick(6) {
		f := ir.Field{Name: fmt.Sprintf("%s%d", prefix, i), Type: g.scalarType()}
		if g.chance(20) {
			f.Name = fmt.Sprintf("%s.f%d", prefix, i)
		}
		if !g.o.Scalars && g.chance(40) {
			f.Len = 1 + g.pick(4)
		}
		out = append(out, f)
	}
	return out
}

func (g *gen) paramList(prefix string, least, most int) []ir.Param {
	var out []ir.Param
	for i := range least + g.pick(most-least+1) {
		out = append(out, ir.Param{Name: fmt.Sprintf("%s%d", prefix, i), Type: g.scalarType()})
	}
	return out
}

func (g *gen) helpers(most int) {
	for i := range g.pick(most + 1) {
		mode := ir.StateMode(g.pick(3))
		states, inputs := 0, g.pick(2)
		if mode != ir.NoState {
			states = 1
		}
		if g.u.Kind != ir.Module {
			inputs = g.pick(3)
			if mode == ir.ReadState {
				states += g.pick(2)
			}
		}
		g.function(fmt.Sprintf("help%d", i), mode, states, inputs, g.paramList("p", 0, 3), g.paramList("r", 0, 2))
	}
}

func (g *gen) predicate(name string, states, inputs int) {
	mode := ir.NoState
	if states > 0 {
		mode = ir.ReadState
	}
	g.function(name, mode, states, inputs, nil, []ir.Param{{Type: ir.Bool}})
}
