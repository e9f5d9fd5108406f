package vm_test

import (
	"math/big"
	"math/bits"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// naive evaluates a unit by walking it, with numbers of any size and with
// arrays as values. It follows the text of package ir and nothing else.
type naive struct {
	u    *ir.Unit
	vals []*big.Int
}

// A value is a scalar (one element) or an array.
type value []uint64

type outcome struct {
	state   []value
	results []uint64
}

type frame struct {
	n    *naive
	f    *ir.Func
	vars []value
}

func (n *naive) call(f *ir.Func, leading []value) outcome {
	fr := &frame{n: n, f: f, vars: make([]value, len(f.Vars))}
	copy(fr.vars, leading)
	r := fr.block(&f.Body).(ir.Return)
	var out outcome
	for _, a := range r.State {
		out.state = append(out.state, fr.value(a))
	}
	for _, a := range r.Results {
		out.results = append(out.results, fr.scalar(a))
	}
	return out
}

// leading splits flat values into the variables that f starts with.
func (n *naive) leading(f *ir.Func, flat ...[]uint64) []value {
	all := slices.Concat(flat...)
	var out []value
	for _, v := range n.u.LeadingVars(f) {
		k := max(1, v.Len)
		out = append(out, all[:k:k])
		all = all[k:]
	}
	return out
}

func (fr *frame) value(a ir.Atom) value {
	switch a.Kind {
	case ir.AVar:
		return slices.Clone(fr.vars[a.Index])
	case ir.AConst:
		b, _ := a.Type.Bits(fr.n.vals[a.Index])
		return value{b}
	}
	return value{a.Bits}
}

func (fr *frame) scalar(a ir.Atom) uint64     { return fr.value(a)[0] }
func (fr *frame) number(a ir.Atom) *big.Int   { return a.Type.Value(fr.scalar(a)) }
func (fr *frame) set(v ir.VarID, x ...uint64) { fr.vars[v] = x }

// wrap reduces a number to a type.
func wrap(t ir.Type, x *big.Int) uint64 {
	m := new(big.Int).Lsh(big.NewInt(1), 64)
	return t.Wrap(new(big.Int).Mod(x, m).Uint64())
}

// block gives the Return or Yield that ends it.
func (fr *frame) block(b *ir.Block) ir.Term {
	for _, s := range b.Stmts {
		fr.stmt(s)
	}
	if br, ok := b.Term.(ir.Branch); ok {
		if fr.cond(&br.Cond) {
			return fr.block(&br.Then)
		}
		return fr.block(&br.Else)
	}
	return b.Term
}

func (fr *frame) yields(b *ir.Block, dst []ir.VarID) {
	var vals []value
	for _, a := range fr.block(b).(ir.Yield).Vals {
		vals = append(vals, fr.value(a))
	}
	for i, d := range dst {
		fr.vars[d] = vals[i]
	}
}

func (fr *frame) stmt(s ir.Stmt) {
	switch s := s.(type) {
	case ir.Arith:
		fr.set(s.Dst, fr.arith(&s, fr.f.Vars[s.Dst].Type))
	case ir.Convert:
		fr.set(s.Dst, wrap(fr.f.Vars[s.Dst].Type, fr.number(s.A)))
	case ir.Bits:
		fr.set(s.Dst, bitCount(s.Fn, fr.scalar(s.A), s.A.Type.Width()))
	case ir.Test:
		fr.set(s.Dst, 0)
		if fr.cond(&s.Cond) {
			fr.set(s.Dst, 1)
		}
	case ir.Lookup:
		t := fr.n.u.Tables[s.Table]
		fr.set(s.Dst, fr.scalar(t.Elems[fr.index(s.Index, len(t.Elems))]))
	case ir.Get:
		fr.set(s.Dst, fr.vars[s.Arr][fr.index(s.Index, len(fr.vars[s.Arr]))])
	case ir.Set:
		arr := slices.Clone(fr.vars[s.Arr])
		arr[fr.index(s.Index, len(arr))] = fr.scalar(s.Val)
		fr.vars[s.Dst] = arr
	case ir.Zero:
		fr.vars[s.Dst] = make(value, fr.f.Vars[s.Dst].Len)
	case ir.Copy:
		fr.vars[s.Dst] = slices.Clone(fr.vars[s.Src])
	case ir.Call:
		fr.call(&s)
	case ir.If:
		branch := &s.Else
		if fr.cond(&s.Cond) {
			branch = &s.Then
		}
		fr.yields(branch, s.Dst)
	case ir.For:
		fr.loop(&s)
	}
}

func (fr *frame) loop(s *ir.For) {
	for i, a := range s.Init {
		fr.vars[s.Carried[i]] = fr.value(a)
	}
	for i := int64(fr.scalar(s.Lo)); i < int64(fr.scalar(s.Hi)); i++ {
		fr.set(s.Index, uint64(i))
		fr.yields(&s.Body, s.Carried)
	}
	for i, d := range s.Dst {
		fr.vars[d] = slices.Clone(fr.vars[s.Carried[i]])
	}
}

func (fr *frame) call(s *ir.Call) {
	callee := &fr.n.u.Funcs[s.Func]
	var leading []value
	for _, a := range s.State {
		leading = append(leading, fr.value(a))
	}
	in := fr.f.States*len(fr.n.u.State) + s.Input*len(fr.n.u.Input)
	leading = append(leading, fr.vars[in:in+callee.Inputs*len(fr.n.u.Input)]...)
	for _, a := range s.Args {
		leading = append(leading, fr.value(a))
	}
	out := fr.n.call(callee, leading)
	for i, v := range out.state {
		fr.vars[s.Dst[i]] = v
	}
	for i, r := range out.results {
		fr.set(s.Dst[len(out.state)+i], r)
	}
}

func (fr *frame) index(a ir.Atom, n int) int {
	x := fr.number(a)
	if x.Sign() < 0 || x.Cmp(big.NewInt(int64(n))) >= 0 {
		panic(ir.IndexOutOfRange)
	}
	return int(x.Int64())
}

func (fr *frame) arith(s *ir.Arith, t ir.Type) uint64 {
	a, b, z := fr.number(s.A), fr.number(s.B), new(big.Int)
	if (s.Op == ir.Quo || s.Op == ir.Rem) && b.Sign() == 0 {
		panic(ir.DivisionByZero)
	}
	ops := map[ir.BinOp]func(a, b *big.Int) *big.Int{
		ir.Add: z.Add, ir.Sub: z.Sub, ir.Mul: z.Mul, ir.Quo: z.Quo, ir.Rem: z.Rem,
		ir.And: z.And, ir.Or: z.Or, ir.Xor: z.Xor, ir.AndNot: z.AndNot,
	}
	switch s.Op {
	case ir.Shl:
		return wrap(t, z.Lsh(a, uint(b.Uint64())))
	case ir.Shr:
		return wrap(t, z.Rsh(a, uint(b.Uint64())))
	case ir.Min, ir.Max:
		if (a.Cmp(b) < 0) == (s.Op == ir.Min) {
			return wrap(t, a)
		}
		return wrap(t, b)
	}
	return wrap(t, ops[s.Op](a, b))
}

func bitCount(fn ir.BitsFn, x uint64, width int) uint64 {
	n := 0
	switch fn {
	case ir.LeadingZeros:
		n = width - bits.Len64(x)
	case ir.TrailingZeros:
		n = min(width, bits.TrailingZeros64(x))
	case ir.OnesCount:
		n = bits.OnesCount64(x)
	case ir.BitLen:
		n = bits.Len64(x)
	}
	return uint64(n)
}

func (fr *frame) cond(c *ir.Cond) bool {
	switch c.Op {
	case ir.CondAtom:
		return fr.scalar(c.A) == 1
	case ir.CondNot:
		return !fr.cond(c.X)
	case ir.CondAnd:
		return fr.cond(c.X) && fr.cond(c.Y)
	case ir.CondOr:
		return fr.cond(c.X) || fr.cond(c.Y)
	}
	d := fr.number(c.A).Cmp(fr.number(c.B))
	return map[ir.CondOp]bool{ir.Eq: d == 0, ir.Ne: d != 0, ir.Lt: d < 0, ir.Le: d <= 0, ir.Gt: d > 0, ir.Ge: d >= 0}[c.Op]
}
