package vm

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// loc is where a variable lives: the address of a scalar, the address of an
// array's first element, or the address of a word that holds that (indirect).
// Arrays are linear, so updates of an array, and joins of such, share its place.
type loc struct {
	addr     uint32
	indirect bool
}

// fn compiles one form of one function. Jump targets are relative to its start.
type fn struct {
	c       *compiler
	f       *ir.Func
	index   int
	input   int // number of the caller's input that is this function's first
	buf     []instr
	locs    []loc // of variables, in order of definition
	ahead   map[ir.VarID]uint32
	results []uint32
	exit    instr
}

func (c *compiler) newFn(i, input int) *fn {
	f := &c.unit.Funcs[i]
	return &fn{c: c, f: f, index: i, input: input, buf: make([]instr, 0, len(f.Vars)+8), locs: make([]loc, 0, len(f.Vars))}
}

// bind gives the next variable, a scalar, an address.
func (fc *fn) bind(addr uint32) { fc.locs = append(fc.locs, loc{addr: addr}) }

// direct gives the next variables the addresses of fields.
func (fc *fn) direct(fields []ir.Field, at uint32) {
	for _, addr := range fieldAddrs(nil, fields, at) {
		fc.bind(addr)
	}
}

// scalar gives the next variable a register: that of the join which it is
// yielded to, if it is, so that no move is needed.
func (fc *fn) scalar(v ir.VarID) uint32 {
	addr, ok := fc.ahead[v]
	if !ok {
		addr = fc.c.alloc(1)
	}
	fc.bind(addr)
	return addr
}

func (fc *fn) emit(i instr) int {
	fc.buf = append(fc.buf, i)
	return len(fc.buf) - 1
}

func (fc *fn) move(dst, src uint32) {
	if dst != src {
		fc.emit(instr{op: opMove, a: dst, b: src})
	}
}

// at is the address of an operand.
func (fc *fn) at(a ir.Atom) uint32 {
	if a.Kind == ir.AVar {
		return fc.locs[a.Index].addr
	}
	return fc.c.constant(a)
}

// A target is where the blocks of a join or a loop hand their values to.
type target struct {
	dst   []loc
	vars  []ir.VarID // whose types are those of dst
	known bool       // places of arrays in dst are known
	ahead bool       // registers in dst may be written before the yield
	jumps label
}

// label collects jumps to a place that comes later.
type label []int

func (fc *fn) jump(to *label, i instr) { *to = append(*to, fc.emit(i)) }

// here makes a label the address of the next instruction. A jump right before
// is dropped.
func (fc *fn) here(l label) {
	if n := len(l); n > 0 && l[n-1] == len(fc.buf)-1 && fc.buf[l[n-1]].op == opJump {
		fc.buf = fc.buf[:len(fc.buf)-1]
		l = l[:n-1]
	}
	for _, at := range l {
		fc.buf[at].c = uint32(len(fc.buf))
	}
}

func (fc *fn) block(b *ir.Block, to *target) {
	if y, ok := b.Term.(ir.Yield); ok && to.ahead {
		fc.reserve(y, to)
	}
	for _, s := range b.Stmts {
		fc.stmt(s)
	}
	switch t := b.Term.(type) {
	case ir.Return:
		fc.returns(&t)
	case ir.Yield:
		fc.yield(t.Vals, to)
		fc.jump(&to.jumps, instr{op: opJump})
	case ir.Branch:
		fc.fork(&t.Cond, &t.Then, &t.Else, to)
	}
}

func (fc *fn) fork(cond *ir.Cond, then, els *ir.Block, to *target) {
	var no label
	fc.branch(cond, false, &no)
	fc.block(then, to)
	fc.here(no)
	fc.block(els, to)
}

func (fc *fn) stmt(s ir.Stmt) {
	switch s := s.(type) {
	case ir.Arith:
		fc.arith(&s)
	case ir.Convert:
		fc.convert(&s)
	case ir.Bits:
		fc.bitCount(&s)
	case ir.Test:
		fc.test(&s.Cond, fc.scalar(s.Dst))
	case ir.Lookup:
		x := fc.at(s.Index)
		fc.emit(instr{op: opGet, n: uint16(len(fc.c.unit.Tables[s.Table].Elems)), a: fc.scalar(s.Dst), b: fc.c.tables[s.Table], c: x})
	case ir.Get, ir.Set, ir.Zero, ir.Copy:
		fc.array(s)
	case ir.Call:
		fc.call(&s)
	case ir.If:
		fc.join(&s)
	case ir.For:
		fc.loop(&s)
	}
}

func (fc *fn) arith(s *ir.Arith) {
	a, b := fc.at(s.A), fc.at(s.B)
	t := fc.f.Vars[s.Dst].Type
	dst := fc.scalar(s.Dst)
	code, wraps := arithOp(s.Op, t)
	fc.emit(instr{op: code, a: dst, b: a, c: b})
	if wraps && t.Width() < 64 {
		fc.emit(instr{op: opZext8 + narrowIndex[t], a: dst, b: dst})
	}
}

// convert needs code only when the bits may change.
func (fc *fn) convert(s *ir.Convert) {
	from, to := s.A.Type, fc.f.Vars[s.Dst].Type
	src := fc.at(s.A)
	dst, reserved := fc.ahead[s.Dst]
	switch keeps := keepsBits(from, to); {
	case keeps && !reserved:
		fc.bind(src)
	case keeps:
		fc.bind(dst)
		fc.move(dst, src)
	default:
		fc.emit(instr{op: opZext8 + narrowIndex[to], a: fc.scalar(s.Dst), b: src})
	}
}

func keepsBits(from, to ir.Type) bool {
	switch {
	case to.Width() == 64:
		return true
	case from.IsSigned() == to.IsSigned():
		return from.Width() <= to.Width()
	}
	return to.IsSigned() && from.Width() < to.Width()
}

func (fc *fn) bitCount(s *ir.Bits) {
	i := instr{op: bitsOps[s.Fn], b: fc.at(s.A)}
	switch s.Fn {
	case ir.LeadingZeros:
		i.n = uint16(64 - s.A.Type.Width())
	case ir.TrailingZeros:
		i.n = uint16(s.A.Type.Width())
	}
	i.a = fc.scalar(s.Dst)
	fc.emit(i)
}

func (fc *fn) array(s ir.Stmt) {
	switch s := s.(type) {
	case ir.Get:
		arr, x := fc.locs[s.Arr], fc.at(s.Index)
		i := instr{op: opGet, n: uint16(fc.f.Vars[s.Arr].Len), b: arr.addr, c: x}
		if arr.indirect {
			i.op = opGetAt
		}
		i.a = fc.scalar(s.Dst)
		fc.emit(i)
	case ir.Set:
		arr := fc.locs[s.Arr]
		i := instr{op: opSet, n: uint16(fc.f.Vars[s.Arr].Len), a: arr.addr, b: fc.at(s.Index), c: fc.at(s.Val)}
		if arr.indirect {
			i.op = opSetAt
		}
		fc.emit(i)
		fc.locs = append(fc.locs, arr)
	case ir.Zero:
		n := fc.f.Vars[s.Dst].Len
		own := loc{addr: fc.c.alloc(n)}
		fc.emit(instr{op: opZero, n: uint16(n), a: own.addr})
		fc.locs = append(fc.locs, own)
	case ir.Copy:
		n := fc.f.Vars[s.Dst].Len
		own := loc{addr: fc.c.alloc(n)}
		fc.copyArray(own, fc.locs[s.Src], n)
		fc.locs = append(fc.locs, own)
	}
}

// copyArray copies n elements between different places.
func (fc *fn) copyArray(dst, src loc, n int) {
	if !dst.indirect && !src.indirect {
		fc.emit(instr{op: opCopy, n: uint16(n), a: dst.addr, b: src.addr})
		return
	}
	fc.emit(instr{op: opCopyAt, n: uint16(n), a: fc.address(dst), b: fc.address(src)})
}

// address is a register that holds where an array is.
func (fc *fn) address(l loc) uint32 {
	if l.indirect {
		return l.addr
	}
	return fc.c.constant(ir.Lit(ir.U64, uint64(l.addr)))
}
