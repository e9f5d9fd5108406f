package coqgentest

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// Averaging is a contract over one reading: the result is not above its bound.
func Averaging() *ir.Unit {
	u := &ir.Unit{Kind: ir.Contract, Slot: "average", Input: []ir.Field{{Name: "Reading", Type: ir.U16}}}
	predicate(u, ir.Func{Name: "Wf", Inputs: 1}, func(b *builder) ir.Cond {
		return cmp(ir.Le, b.v(0), lit(ir.U16, 4000))
	})
	predicate(u, ir.Func{Name: "Post", Inputs: 1, Params: []ir.Param{{Name: "mean", Type: ir.U16}}}, func(b *builder) ir.Cond {
		return cmp(ir.Le, b.v(1), lit(ir.U16, 4000))
	})
	return u
}

// Ring averages the last eight readings: an array and a masked index in the
// state, and a loop over the array in the step and in the invariant.
func Ring() *ir.Unit {
	const size = 8
	u := &ir.Unit{Kind: ir.Module, Slot: "average", Input: Averaging().Input,
		State: []ir.Field{{Name: "last", Type: ir.U16, Len: size}, {Name: "at", Type: ir.U8}}}
	c := fn(u, ir.Func{Name: "Inv", Mode: ir.ReadState, States: 1, Results: []ir.Param{{Type: ir.Bool}}})
	small := c.test(cmp(ir.Lt, c.v(1), lit(ir.U8, size)))
	ok := c.loop(0, size, []ir.Atom{small}, func(i ir.Atom, carried []ir.Atom) []ir.Atom {
		x := c.get(c.v(0), i)
		return []ir.Atom{c.test(and(is(carried[0]), cmp(ir.Le, x, lit(ir.U16, 4000))))}
	})
	c.returns(nil, ok[0])

	b := fn(u, ir.Func{Name: "Step", Mode: ir.WriteState, States: 1, Inputs: 1, Results: []ir.Param{{Name: "mean", Type: ir.U16}}})
	last := b.set(b.v(0), b.v(1), b.v(2))
	next := b.op(ir.And, b.op(ir.Add, b.v(1), lit(ir.U8, 1)), lit(ir.U8, size-1))
	sum := b.loop(0, size, []ir.Atom{lit(ir.U32, 0)}, func(i ir.Atom, carried []ir.Atom) []ir.Atom {
		return []ir.Atom{b.op(ir.Add, carried[0], b.conv(ir.U32, b.get(last, i)))}
	})
	mean := b.conv(ir.U16, b.op(ir.Shr, sum[0], lit(ir.U32, 3)))
	b.returns([]ir.Atom{last, next}, mean)
	return u
}

// Counting is a contract over a weight: what a counter gives out must not be
// zero.
func Counting() *ir.Unit {
	u := &ir.Unit{Kind: ir.Contract, Slot: "count", Input: []ir.Field{{Name: "Weight", Type: ir.U32}, {Name: "Delta", Type: ir.I64}}}
	predicate(u, ir.Func{Name: "Wf", Inputs: 1}, func(b *builder) ir.Cond {
		return and(cmp(ir.Ge, b.v(0), lit(ir.U32, 1)), cmp(ir.Ge, b.v(1), lit(ir.I64, -1000)), cmp(ir.Le, b.v(1), lit(ir.I64, 1000)))
	})
	predicate(u, ir.Func{Name: "Post", Inputs: 1, Params: []ir.Param{{Name: "share", Type: ir.U32}}}, func(b *builder) ir.Cond {
		return cmp(ir.Le, b.v(2), lit(ir.U32, 1_000_000))
	})
	return u
}

// Counter lets a u32 wrap around on purpose, divides by an input, and adds up
// in i64 without ever leaving a bound.
func Counter() *ir.Unit {
	u := &ir.Unit{Kind: ir.Module, Slot: "count", Input: Counting().Input,
		State: []ir.Field{{Name: "ticks", Type: ir.U32}, {Name: "drift", Type: ir.I64}}}
	predicate(u, ir.Func{Name: "Inv", States: 1}, func(b *builder) ir.Cond {
		return and(cmp(ir.Ge, b.v(1), lit(ir.I64, -1_000_000)), cmp(ir.Le, b.v(1), lit(ir.I64, 1_000_000)))
	})
	b := fn(u, ir.Func{Name: "Step", Mode: ir.WriteState, States: 1, Inputs: 1, Results: []ir.Param{{Name: "share", Type: ir.U32}}})
	ticks := b.op(ir.Add, b.v(0), lit(ir.U32, 1))
	drift := b.op(ir.Add, b.v(1), b.v(3))
	drift = b.op(ir.Max, b.op(ir.Min, drift, lit(ir.I64, 1_000_000)), lit(ir.I64, -1_000_000))
	share := b.op(ir.Quo, lit(ir.U32, 1_000_000), b.v(2))
	b.returns([]ir.Atom{ticks, drift}, share)
	return u
}
