package vm

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// join compiles an If. A scalar that a branch makes and yields is made in the
// register of the join at once. The place of an array is that of the first
// yield; other yields copy.
func (fc *fn) join(s *ir.If) {
	to := target{dst: make([]loc, len(s.Dst)), vars: s.Dst, ahead: true}
	for i, v := range s.Dst {
		if fc.f.Vars[v].Len > 0 {
			continue
		}
		addr, ok := fc.ahead[v]
		if !ok {
			addr = fc.c.alloc(1)
		}
		to.dst[i].addr = addr
	}
	fc.fork(&s.Cond, &s.Then, &s.Else, &to)
	fc.here(to.jumps)
	fc.locs = append(fc.locs, to.dst...)
}

// reserve notes the registers of scalars that a block is about to define and
// yields. Values from outside of the block may still be read after the register
// is written, so they keep their own.
func (fc *fn) reserve(t ir.Yield, to *target) {
	if fc.ahead == nil {
		fc.ahead = map[ir.VarID]uint32{}
	}
	for i, a := range t.Vals {
		if a.Kind != ir.AVar || a.Index < len(fc.locs) || fc.f.Vars[a.Index].Len > 0 {
			continue
		}
		if _, taken := fc.ahead[ir.VarID(a.Index)]; !taken {
			fc.ahead[ir.VarID(a.Index)] = to.dst[i].addr
		}
	}
}

// yield moves values to their target, all at once.
func (fc *fn) yield(vals []ir.Atom, to *target) {
	var moves []transfer
	var copies []arrayCopy
	for i, a := range vals {
		n := fc.f.Vars[to.vars[i]].Len
		switch {
		case n == 0:
			moves = append(moves, transfer{to.dst[i].addr, fc.at(a)})
		case !to.known:
			to.dst[i] = fc.locs[a.Index]
		default:
			copies = append(copies, arrayCopy{to.dst[i], fc.locs[a.Index], n})
		}
	}
	to.known = true
	fc.copies(copies)
	fc.moves(moves)
}

func (fc *fn) returns(r *ir.Return) {
	var moves []transfer
	var copies []arrayCopy
	for i, a := range r.State {
		if n := fc.c.unit.State[i].Len; n > 0 {
			copies = append(copies, arrayCopy{fc.locs[i], fc.locs[a.Index], n})
		} else {
			moves = append(moves, transfer{fc.locs[i].addr, fc.at(a)})
		}
	}
	for i, a := range r.Results {
		moves = append(moves, transfer{fc.results[i], fc.at(a)})
	}
	fc.copies(copies)
	fc.moves(moves)
	fc.emit(fc.exit)
}

// transfer is a move from one address to another.
type transfer struct{ dst, src uint32 }

// moves makes moves that must look simultaneous: what an earlier one overwrites
// and a later one reads is set aside first.
func (fc *fn) moves(ms []transfer) {
	ms = compact(ms)
	spare := 0
	for j := range ms {
		for i := range j {
			if ms[i].dst == ms[j].src {
				fc.move(fc.spare(spare), ms[j].src)
				ms[j].src = fc.spare(spare)
				spare++
				break
			}
		}
	}
	for _, m := range ms {
		fc.move(m.dst, m.src)
	}
}

// compact drops moves to where the value is already.
func compact(ms []transfer) []transfer {
	out := ms[:0]
	for _, m := range ms {
		if m.dst != m.src {
			out = append(out, m)
		}
	}
	return out
}

func (fc *fn) spare(i int) uint32 {
	for len(fc.c.spare) <= i {
		fc.c.spare = append(fc.c.spare, fc.c.alloc(1))
	}
	return fc.c.spare[i]
}

// arrayCopy is a copy of n elements.
type arrayCopy struct {
	dst, src loc
	n        int
}

// copies makes copies that must look simultaneous. They are rare: only when a
// function exchanges arrays.
func (fc *fn) copies(cs []arrayCopy) {
	out := cs[:0]
	for _, c := range cs {
		if c.dst != c.src {
			out = append(out, c)
		}
	}
	if len(out) > 1 {
		at := fc.c.aside(out)
		for i := range out {
			aside := loc{addr: at}
			fc.copyArray(aside, out[i].src, out[i].n)
			out[i].src = aside
			at += uint32(out[i].n)
		}
	}
	for _, c := range out {
		fc.copyArray(c.dst, c.src, c.n)
	}
}

// aside is room for all the arrays of some copies. It is shared by all places in
// the unit, and doubles when it is too small.
func (c *compiler) aside(cs []arrayCopy) uint32 {
	need := 0
	for _, x := range cs {
		need += x.n
	}
	if need > c.roomSize {
		c.roomSize = max(need, 2*c.roomSize)
		c.room = c.alloc(c.roomSize)
	}
	return c.room
}

// loop compiles a For with its test at the end.
func (fc *fn) loop(s *ir.For) {
	carried := fc.carry(s)
	lo, hi := fc.c.constant(s.Lo), fc.c.constant(s.Hi)
	fc.locs = append(fc.locs, carried...)
	index := fc.scalar(s.Index)
	fc.move(index, lo)
	var exit label
	fc.jump(&exit, instr{op: opJumpLeS, a: hi, b: index})
	top := len(fc.buf)
	body := target{dst: carried, vars: s.Carried, known: true}
	fc.block(&s.Body, &body)
	fc.here(body.jumps)
	fc.emit(instr{op: opLoop, a: index, b: hi, c: uint32(top)})
	fc.here(exit)
	fc.locs = append(fc.locs, carried...)
}

// carry starts the carried variables: scalars in registers that their final
// values keep, arrays in the places that they have.
func (fc *fn) carry(s *ir.For) []loc {
	carried := make([]loc, len(s.Init))
	moves := make([]transfer, 0, len(s.Init))
	for i, a := range s.Init {
		if fc.f.Vars[s.Carried[i]].Len > 0 {
			carried[i] = fc.locs[a.Index]
			continue
		}
		addr, ok := fc.ahead[s.Dst[i]]
		if !ok {
			addr = fc.c.alloc(1)
		}
		carried[i].addr = addr
		moves = append(moves, transfer{addr, fc.at(a)})
	}
	fc.moves(moves)
	return carried
}

// call passes what the callee touches, and takes back what it writes.
func (fc *fn) call(s *ir.Call) {
	callee := &fc.c.facts[s.Func]
	frm := fc.c.form(s.Func, fc.input+s.Input)
	for i, a := range s.State {
		if !callee.Touches(i) {
			continue
		}
		src := loc{addr: fc.at(a)}
		if fc.c.unit.State[i%len(fc.c.unit.State)].Len > 0 {
			src.addr = fc.address(fc.locs[a.Index])
		}
		fc.move(frm.state[i], src.addr)
	}
	for i, a := range s.Args {
		fc.move(frm.params[i], fc.at(a))
	}
	fc.emit(instr{op: opCall, a: frm.link, c: uint32(frm.entry)})
	fc.outcome(s, callee.Writes, frm)
}

func (fc *fn) outcome(s *ir.Call, writes []bool, frm *form) {
	for i, w := range writes {
		switch {
		case fc.c.unit.State[i].Len > 0:
			fc.locs = append(fc.locs, fc.locs[s.State[i].Index])
		case w:
			fc.move(fc.scalar(s.Dst[i]), frm.state[i])
		default:
			fc.keep(s.Dst[i], fc.at(s.State[i]))
		}
	}
	for i, r := range frm.results {
		fc.move(fc.scalar(s.Dst[len(writes)+i]), r)
	}
}

// keep binds a variable to a value that exists already.
func (fc *fn) keep(v ir.VarID, src uint32) {
	if dst, reserved := fc.ahead[v]; reserved {
		fc.move(dst, src)
		src = dst
	}
	fc.bind(src)
}

// branch jumps to a label when the condition has the given outcome.
func (fc *fn) branch(c *ir.Cond, when bool, to *label) {
	switch c.Op {
	case ir.CondAtom:
		i := instr{op: opJumpFalse, a: fc.at(c.A)}
		if when {
			i.op = opJumpTrue
		}
		fc.jump(to, i)
	case ir.CondNot:
		fc.branch(c.X, !when, to)
	case ir.CondAnd, ir.CondOr:
		if (c.Op == ir.CondOr) == when {
			fc.branch(c.X, when, to)
			fc.branch(c.Y, when, to)
			return
		}
		var past label
		fc.branch(c.X, !when, &past)
		fc.branch(c.Y, when, to)
		fc.here(past)
	default:
		o := c.Op
		if !when {
			o = negation[o]
		}
		cmp := compare(o, c.A.Type)
		fc.jump(to, cmp.order(instr{op: cmp.jump, a: fc.at(c.A), b: fc.at(c.B)}))
	}
}

// order exchanges the operands when the comparison asks for it.
func (cmp comparison) order(i instr) instr {
	if cmp.swap {
		i.a, i.b = i.b, i.a
	}
	return i
}

// test computes a condition into a register. Conditions have no effects, so
// both sides of && and || are computed.
func (fc *fn) test(c *ir.Cond, dst uint32) {
	switch c.Op {
	case ir.CondAtom:
		fc.move(dst, fc.at(c.A))
	case ir.CondNot:
		fc.test(c.X, dst)
		fc.emit(instr{op: opNot, a: dst, b: dst})
	case ir.CondAnd, ir.CondOr:
		other := fc.c.alloc(1)
		fc.test(c.X, dst)
		fc.test(c.Y, other)
		i := instr{op: opAnd, a: dst, b: dst, c: other}
		if c.Op == ir.CondOr {
			i.op = opOr
		}
		fc.emit(i)
	default:
		cmp := compare(c.Op, c.A.Type)
		a, b := fc.at(c.A), fc.at(c.B)
		if cmp.swap {
			a, b = b, a
		}
		fc.emit(instr{op: cmp.set, a: dst, b: a, c: b})
	}
}
