package coqgentest

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// The contract's numbers: tenths of a degree, and the highest level.
const (
	critical = 900
	topLevel = 10
)

var thermalInput = []ir.Field{{Name: "Temp", Type: ir.I16}, {Name: "Fault", Type: ir.Bool}, {Name: "Load", Type: ir.U8}}

var levels = []ir.Param{{Name: "fan", Type: ir.U8}, {Name: "throttle", Type: ir.U8}}

// Thermal is a contract for a governor of a fan and a throttle: levels in range,
// both full at or above the critical temperature or when the sensor is faulty,
// each level monotone in temperature.
func Thermal() *ir.Unit {
	u := &ir.Unit{Kind: ir.Contract, Slot: "thermal", Input: thermalInput}
	crit, top := konst(u, "Critical", ir.I16, critical), konst(u, "Top", ir.U8, topLevel)
	predicate(u, ir.Func{Name: "Wf", Inputs: 1}, func(b *builder) ir.Cond {
		return and(cmp(ir.Ge, b.v(0), lit(ir.I16, -400)), cmp(ir.Le, b.v(0), lit(ir.I16, 1500)), cmp(ir.Le, b.v(2), lit(ir.U8, 100)))
	})
	thermalPost(u, crit, top)
	predicate(u, ir.Func{Name: "Rel", Inputs: 2}, func(b *builder) ir.Cond {
		return and(cmp(ir.Le, b.v(0), b.v(3)), cmp(ir.Eq, b.v(1), b.v(4)), cmp(ir.Eq, b.v(2), b.v(5)))
	})
	two := []ir.Param{levels[0], levels[1], {Name: "fan2", Type: ir.U8}, {Name: "throttle2", Type: ir.U8}}
	predicate(u, ir.Func{Name: "RelPost", Params: two}, func(b *builder) ir.Cond {
		return and(cmp(ir.Le, b.v(0), b.v(2)), cmp(ir.Le, b.v(1), b.v(3)))
	})
	return u
}

// thermalPost is written as a chain of ifs, as contracts are.
func thermalPost(u *ir.Unit, crit, top ir.Atom) {
	b := fn(u, ir.Func{Name: "Post", Inputs: 1, Params: levels, Results: []ir.Param{{Type: ir.Bool}}})
	temp, fault, fan, throttle := b.v(0), b.v(1), b.v(3), b.v(4)
	hot := ir.Branch{Cond: or(is(fault), cmp(ir.Ge, temp, crit))}
	hot.Then = b.block(func() ir.Term {
		return ir.Return{Results: []ir.Atom{b.test(and(cmp(ir.Eq, fan, top), cmp(ir.Eq, throttle, top)))}}
	})
	hot.Else = b.block(func() ir.Term {
		return ir.Return{Results: []ir.Atom{b.test(and(cmp(ir.Le, fan, top), cmp(ir.Le, throttle, top)))}}
	})
	b.end(hot)
}

// Hysteresis is a governor of steps: a constant table of thresholds, a level and
// a hold time. Critical is the temperature at which it gives everything; the
// contract asks for 900.
func Hysteresis(critical int64) *ir.Unit {
	u := &ir.Unit{Kind: ir.Module, Slot: "thermal", Input: thermalInput,
		State: []ir.Field{{Name: "level", Type: ir.U8}, {Name: "hold", Type: ir.U8}}}
	up := ir.Table{Name: "up", Type: ir.I16}
	for k := range int64(topLevel + 1) {
		up.Elems = append(up.Elems, lit(ir.I16, 550+30*k))
	}
	u.Tables = append(u.Tables, up)
	crit, top := konst(u, "Critical", ir.I16, critical), konst(u, "Top", ir.U8, topLevel)
	gap := konst(u, "gap", ir.I16, 30)
	holdUp, holdDown := konst(u, "holdUp", ir.U8, 4), konst(u, "holdDown", ir.U8, 8)
	predicate(u, ir.Func{Name: "Inv", States: 1}, func(b *builder) ir.Cond {
		most := b.op(ir.Max, holdUp, holdDown)
		return and(cmp(ir.Le, b.v(0), top), cmp(ir.Le, b.v(1), most))
	})
	b := fn(u, ir.Func{Name: "Step", Mode: ir.WriteState, States: 1, Inputs: 1, Results: levels})
	level, hold, temp, fault := b.v(0), b.v(1), b.v(2), b.v(3)
	full := ir.Branch{Cond: or(is(fault), cmp(ir.Ge, temp, crit))}
	full.Then = b.block(func() ir.Term {
		return ir.Return{State: []ir.Atom{top, holdDown}, Results: []ir.Atom{top, top}}
	})
	full.Else = b.block(func() ir.Term {
		left := b.join(cmp(ir.Gt, hold, lit(ir.U8, 0)),
			func() []ir.Atom { return []ir.Atom{b.op(ir.Sub, hold, lit(ir.U8, 1))} },
			func() []ir.Atom { return []ir.Atom{hold} })[0]
		at := b.lookup(0, level)
		below := b.op(ir.Sub, at, gap)
		next := b.join(and(cmp(ir.Ge, temp, at), cmp(ir.Lt, level, top)),
			func() []ir.Atom { return []ir.Atom{b.op(ir.Add, level, lit(ir.U8, 1)), holdUp} },
			func() []ir.Atom {
				return b.join(and(cmp(ir.Lt, temp, below), cmp(ir.Eq, left, lit(ir.U8, 0)), cmp(ir.Gt, level, lit(ir.U8, 0))),
					func() []ir.Atom { return []ir.Atom{b.op(ir.Sub, level, lit(ir.U8, 1)), holdDown} },
					func() []ir.Atom { return []ir.Atom{level, left} })
			})
		throttle := b.op(ir.Quo, next[0], lit(ir.U8, 2))
		return ir.Return{State: next, Results: []ir.Atom{next[0], throttle}}
	})
	b.end(full)
	return u
}

// PI is a governor with a proportional and an integral part in i32, clamped,
// with anti-windup. Critical as in [Hysteresis].
func PI(critical int64) *ir.Unit {
	u := &ir.Unit{Kind: ir.Module, Slot: "thermal", Input: thermalInput, State: []ir.Field{{Name: "acc", Type: ir.I32}}}
	i32 := func(v int64) ir.Atom { return lit(ir.I32, v) }
	crit, target := konst(u, "Critical", ir.I16, critical), konst(u, "target", ir.I32, 700)
	kp, ki, most := konst(u, "kp", ir.I32, 12), konst(u, "ki", ir.I32, 1), konst(u, "most", ir.I32, 2560)
	top := konst(u, "Top", ir.I32, topLevel)
	predicate(u, ir.Func{Name: "Inv", States: 1}, func(b *builder) ir.Cond {
		return and(cmp(ir.Ge, b.v(0), i32(0)), cmp(ir.Le, b.v(0), most))
	})
	c := fn(u, ir.Func{Name: "clamp", Params: []ir.Param{{Name: "x", Type: ir.I32}, {Name: "hi", Type: ir.I32}}, Results: []ir.Param{{Type: ir.I32}}})
	low := c.join(cmp(ir.Lt, c.v(0), i32(0)),
		func() []ir.Atom { return []ir.Atom{i32(0)} }, func() []ir.Atom { return []ir.Atom{c.v(0)} })[0]
	c.returns(nil, c.op(ir.Min, low, c.v(1)))

	b := fn(u, ir.Func{Name: "Step", Mode: ir.WriteState, States: 1, Inputs: 1, Results: levels})
	acc, temp, fault := b.v(0), b.v(1), b.v(2)
	hot := b.test(or(is(fault), cmp(ir.Ge, temp, crit)))
	used := b.join(is(fault), func() []ir.Atom { return []ir.Atom{crit} }, func() []ir.Atom { return []ir.Atom{temp} })[0]
	wide := b.conv(ir.I32, used)
	err := b.op(ir.Sub, wide, target)
	sum := b.op(ir.Add, acc, b.op(ir.Mul, ki, err))
	kept := b.call(1, nil, sum, most)[0]
	raw := b.op(ir.Add, b.op(ir.Mul, kp, err), kept)
	asked := b.op(ir.Quo, raw, i32(256))
	asked = b.join(cmp(ir.Lt, asked, i32(0)), func() []ir.Atom { return []ir.Atom{i32(0)} }, func() []ir.Atom { return []ir.Atom{asked} })[0]
	out := b.join(cmp(ir.Gt, asked, top),
		func() []ir.Atom { return []ir.Atom{top, b.op(ir.Min, acc, kept)} },
		func() []ir.Atom { return []ir.Atom{asked, kept} })
	level := b.join(is(hot), func() []ir.Atom { return []ir.Atom{top} }, func() []ir.Atom { return []ir.Atom{out[0]} })[0]
	fan := b.conv(ir.U8, level)
	shed := b.op(ir.Sub, b.op(ir.Mul, i32(2), level), top)
	throttle := b.conv(ir.U8, b.op(ir.Max, shed, i32(0)))
	b.returns([]ir.Atom{out[1]}, fan, throttle)
	return u
}
