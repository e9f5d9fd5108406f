package evolve

import (
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// atom is a random operand of a type: mostly a variable in scope, else a named
// constant whose value fits, else a small literal.
func (e *editor) atom(scope []ir.VarID, t ir.Type) ir.Atom {
	vars := e.scalars(scope, func(v ir.Var) bool { return v.Type == t })
	if t == ir.Bool {
		if len(vars) > 0 && e.rng.IntN(4) > 0 {
			return variable(vars[e.rng.IntN(len(vars))], t)
		}
		return ir.Atom{Kind: ir.ALit, Type: t, Bits: uint64(e.rng.IntN(2))}
	}
	consts := e.fitting(t)
	switch n := e.rng.IntN(10); {
	case n < 6 && len(vars) > 0:
		return variable(vars[e.rng.IntN(len(vars))], t)
	case n < 9 && len(consts) > 0:
		return ir.Atom{Kind: ir.AConst, Type: t, Index: consts[e.rng.IntN(len(consts))]}
	}
	return e.literal(t, big.NewInt(int64(e.rng.IntN(17))))
}

func (e *editor) scalars(scope []ir.VarID, want func(ir.Var) bool) []ir.VarID {
	var out []ir.VarID
	for _, v := range scope {
		if e.f.Vars[v].Len == 0 && want(e.f.Vars[v]) {
			out = append(out, v)
		}
	}
	return out
}

// fitting are the integer constants usable at a type.
func (e *editor) fitting(t ir.Type) []int {
	var out []int
	for i, c := range e.u.Consts {
		if c.Name != "" && c.Type != ir.Bool && (c.Type == ir.Untyped || c.Type == t) && fits(t, e.values[i]) {
			out = append(out, i)
		}
	}
	return out
}

// comparison is a random condition over the scope: a variable against another
// operand of its type, or a bool by itself.
func (e *editor) comparison(scope []ir.VarID) ir.Cond {
	vars := e.scalars(scope, func(ir.Var) bool { return true })
	if len(vars) == 0 {
		return ir.Cond{Op: ir.CondAtom, A: e.atom(scope, ir.Bool)}
	}
	v := vars[e.rng.IntN(len(vars))]
	t := e.f.Vars[v].Type
	if t == ir.Bool {
		return ir.Cond{Op: ir.CondAtom, A: variable(v, t)}
	}
	ops := []ir.CondOp{ir.Lt, ir.Le, ir.Gt, ir.Ge, ir.Eq}
	return ir.Cond{Op: ops[e.rng.IntN(len(ops))], A: variable(v, t), B: e.atom(scope, t)}
}

// literal clamps a value into a type.
func (e *editor) literal(t ir.Type, v *big.Int) ir.Atom {
	return ir.Lit(t, clamped(t, v))
}

// clamped is the value of a type nearest to v, as bits.
func clamped(t ir.Type, v *big.Int) uint64 {
	if bits, ok := t.Bits(v); ok {
		return bits
	}
	if v.Cmp(t.Value(t.Min())) < 0 {
		return t.Min()
	}
	return t.Max()
}

// jitter is a step away from a value, of a size that grows with it; never 0.
func (e *editor) jitter(v *big.Int) int64 {
	size := new(big.Int).Abs(v)
	span := int64(2)
	if size.IsInt64() && size.Int64()/8 > span {
		span = size.Int64() / 8
	}
	step := 1 + e.rng.Int64N(span)
	if e.rng.IntN(2) == 0 {
		return -step
	}
	return step
}

func fits(t ir.Type, v *big.Int) bool {
	_, ok := t.Bits(v)
	return ok
}
