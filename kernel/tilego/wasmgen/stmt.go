package wasmgen

import (
	"math/bits"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

func (fn *fn) stmt(s ir.Stmt) {
	switch s := s.(type) {
	case ir.Arith:
		fn.arith(&s, fn.f.Vars[s.Dst].Type)
		fn.define(s.Dst)
		fn.locs[s.Dst].opaque = s.Op != ir.Shl && s.Op != ir.Shr // a shift by 0 is a copy
	case ir.Convert:
		fn.convert(&s)
	case ir.Bits:
		fn.bitCount(&s)
		fn.define(s.Dst)
	case ir.Test:
		fn.cond(&s.Cond)
		fn.op(OpI64ExtendI32U)
		fn.define(s.Dst)
	case ir.Lookup:
		t := &fn.g.unit.Tables[s.Table]
		fn.element(fixed(fn.g.tables[s.Table]), len(t.Elems), t.Type, s.Index, func() Op { return loadOp(t.Type) })
		fn.define(s.Dst)
	case ir.Get, ir.Set, ir.Zero, ir.Copy:
		fn.array(s)
	case ir.Call:
		fn.call(&s)
	case ir.If:
		fn.join(&s)
	case ir.For:
		fn.loop(&s)
	}
}

var arithOps = [...]struct{ unsigned, signed Op }{
	ir.Add: {OpI64Add, OpI64Add}, ir.Sub: {OpI64Sub, OpI64Sub}, ir.Mul: {OpI64Mul, OpI64Mul},
	ir.Quo: {OpI64DivU, OpI64DivS}, ir.Rem: {OpI64RemU, OpI64RemS},
	ir.And: {OpI64And, OpI64And}, ir.Or: {OpI64Or, OpI64Or}, ir.Xor: {OpI64Xor, OpI64Xor},
	ir.Shl: {OpI64Shl, OpI64Shl}, ir.Shr: {OpI64ShrU, OpI64ShrS},
	ir.Min: {OpI64LtU, OpI64LtS}, ir.Max: {OpI64GtU, OpI64GtS},
}

func pick(op ir.BinOp, t ir.Type) Op {
	if t.IsSigned() {
		return arithOps[op].signed
	}
	return arithOps[op].unsigned
}

// arith leaves A op B on the stack. Values are canonical 64-bit numbers, so only
// operators whose exact result may leave the type need a wrap.
func (fn *fn) arith(s *ir.Arith, t ir.Type) {
	switch s.Op {
	case ir.Quo, ir.Rem:
		fn.divide(s, t)
		return
	case ir.AndNot:
		fn.push(s.A)
		fn.push(s.B)
		fn.emit(OpI64Const, -1)
		fn.op(OpI64Xor)
		fn.op(OpI64And)
		return
	case ir.Min, ir.Max:
		fn.push(s.A)
		fn.push(s.B)
		fn.push(s.A)
		fn.push(s.B)
		fn.op(pick(s.Op, t))
		fn.op(OpSelect)
		return
	}
	fn.push(s.A)
	fn.push(s.B)
	fn.op(pick(s.Op, t))
	if s.Op == ir.Add || s.Op == ir.Sub || s.Op == ir.Mul || s.Op == ir.Shl {
		fn.wrap(t)
	}
}

// wrap reduces the number on the stack to a type.
func (fn *fn) wrap(t ir.Type) {
	switch t {
	case ir.I8:
		fn.op(OpI64Extend8S)
	case ir.I16:
		fn.op(OpI64Extend16S)
	case ir.I32:
		fn.op(OpI64Extend32S)
	case ir.U8, ir.U16, ir.U32:
		fn.emit(OpI64Const, int64(t.Max()))
		fn.op(OpI64And)
	}
}

// divide checks the divisor, unless it is a literal. The smallest number of a
// signed type divided by -1 wraps; Wasm would trap on that in 64 bits.
func (fn *fn) divide(s *ir.Arith, t ir.Type) {
	b := fn.g.literal(s.B)
	known := b.Kind == ir.ALit
	switch {
	case known && b.Bits == 0:
		fn.const32(1)
		fn.trapIf(ir.DivisionByZero)
	case !known:
		fn.push(b)
		fn.op(OpI64Eqz)
		fn.trapIf(ir.DivisionByZero)
	}
	overflows := s.Op == ir.Quo && t.IsSigned() && (!known || int64(b.Bits) == -1)
	if overflows && t == ir.I64 {
		fn.divide64(s.A, b)
		return
	}
	fn.push(s.A)
	fn.push(b)
	fn.op(pick(s.Op, t))
	if overflows {
		fn.wrap(t)
	}
}

// divide64 is b == -1 ? 0 - a : a / b.
func (fn *fn) divide64(a, b ir.Atom) {
	fn.push(b)
	fn.emit(OpI64Const, -1)
	fn.op(OpI64Eq)
	fn.emit(OpIf, blockI64)
	fn.emit(OpI64Const, 0)
	fn.push(a)
	fn.op(OpI64Sub)
	fn.op(OpElse)
	fn.push(a)
	fn.push(b)
	fn.op(OpI64DivS)
	fn.op(OpEnd)
}

// convert needs code only when the bits may change.
func (fn *fn) convert(s *ir.Convert) {
	from, to := s.A.Type, fn.f.Vars[s.Dst].Type
	if s.A.Kind == ir.AVar && keepsBits(from, to) {
		fn.locs[s.Dst] = fn.locs[s.A.Index]
		return
	}
	fn.push(s.A)
	if !keepsBits(from, to) {
		fn.wrap(to)
	}
	fn.defineCopy(s.Dst)
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

func (fn *fn) bitCount(s *ir.Bits) {
	width := int64(s.A.Type.Width())
	if s.Fn == ir.BitLen {
		fn.emit(OpI64Const, 64)
	}
	fn.push(s.A)
	switch s.Fn {
	case ir.OnesCount:
		fn.op(OpI64Popcnt)
	case ir.BitLen:
		fn.op(OpI64Clz)
		fn.op(OpI64Sub)
	case ir.LeadingZeros:
		fn.op(OpI64Clz)
		fn.emit(OpI64Const, 64-width)
		fn.op(OpI64Sub)
	case ir.TrailingZeros:
		if width < 64 { // a bit past the type's ends the count for zero
			fn.emit(OpI64Const, 1<<width)
			fn.op(OpI64Or)
		}
		fn.op(OpI64Ctz)
	}
}

func (fn *fn) array(s ir.Stmt) {
	switch s := s.(type) {
	case ir.Get:
		d := fn.f.Vars[s.Arr]
		fn.element(fn.locs[s.Arr], d.Len, d.Type, s.Index, func() Op { return loadOp(d.Type) })
		fn.define(s.Dst)
	case ir.Set:
		d := fn.f.Vars[s.Arr]
		fn.element(fn.locs[s.Arr], d.Len, d.Type, s.Index, func() Op {
			fn.push(s.Val)
			return storeOp(d.Type)
		})
		fn.locs[s.Dst] = fn.locs[s.Arr]
	case ir.Zero:
		own, size := fn.localArray(s.Dst)
		fn.const32(own.at)
		fn.const32(0)
		fn.const32(size)
		fn.bulk(OpMemoryFill, size)
		fn.locs[s.Dst] = own
	case ir.Copy:
		own, size := fn.localArray(s.Dst)
		fn.copyArray(own, fn.locs[s.Src], size)
		fn.locs[s.Dst] = own
	}
}

func (fn *fn) localArray(v ir.VarID) (own loc, size int) {
	d := fn.f.Vars[v]
	size = d.Type.Size() * d.Len
	return fixed(fn.g.alloc(size)), size
}

// element checks the index and accesses an element of n: access puts the value
// of a store on the stack and names the instruction.
func (fn *fn) element(arr loc, n int, t ir.Type, index ir.Atom, access func() Op) {
	index = fn.g.literal(index)
	off := max(0, arr.at)
	known := index.Kind == ir.ALit
	inRange := known && index.Bits < uint64(n)
	switch {
	case known && !inRange:
		fn.const32(1)
		fn.trapIf(ir.IndexOutOfRange)
	case !known:
		fn.push(index)
		fn.emit(OpI64Const, int64(n))
		fn.op(OpI64GeU)
		fn.trapIf(ir.IndexOutOfRange)
	}
	if arr.local >= 0 {
		fn.emit(OpLocalGet, int64(arr.local))
	}
	switch {
	case inRange:
		off += int(index.Bits) * t.Size()
		fallthrough
	case known: // out of range: never executed
		if arr.local < 0 {
			fn.const32(0)
		}
	default:
		fn.scaled(index, t)
		if arr.local >= 0 {
			fn.op(OpI32Add)
		}
	}
	op := access()
	fn.access(op, off)
}

// scaled puts the distance of an element from the first one on the stack.
func (fn *fn) scaled(index ir.Atom, t ir.Type) {
	fn.push(index)
	fn.op(OpI32WrapI64)
	if shift := bits.TrailingZeros(uint(t.Size())); shift > 0 {
		fn.const32(shift)
		fn.op(OpI32Shl)
	}
}

// copyArray copies bytes between different places.
func (fn *fn) copyArray(dst, src loc, size int) {
	fn.address(dst)
	fn.address(src)
	fn.const32(size)
	fn.bulk(OpMemoryCopy, size)
}

func (fn *fn) address(l loc) {
	if l.local >= 0 {
		fn.emit(OpLocalGet, int64(l.local))
		return
	}
	fn.const32(l.at)
}

func (fn *fn) bulk(op Op, size int) {
	fn.out.Code = append(fn.out.Code, Instr{Op: op, Bytes: size})
}

var condOps = [...]struct{ unsigned, signed Op }{
	ir.Eq: {OpI64Eq, OpI64Eq}, ir.Ne: {OpI64Ne, OpI64Ne},
	ir.Lt: {OpI64LtU, OpI64LtS}, ir.Le: {OpI64LeU, OpI64LeS},
	ir.Gt: {OpI64GtU, OpI64GtS}, ir.Ge: {OpI64GeU, OpI64GeS},
}

var mirrored = [...]ir.CondOp{ir.Eq: ir.Eq, ir.Ne: ir.Ne, ir.Lt: ir.Gt, ir.Gt: ir.Lt, ir.Le: ir.Ge, ir.Ge: ir.Le}

// comparison leaves A op B on the stack, as i32. Literals stand on the right.
func (fn *fn) comparison(op ir.CondOp, a, b ir.Atom) {
	if a.Kind == ir.ALit && b.Kind != ir.ALit {
		op, a, b = mirrored[op], b, a
	}
	fn.push(a)
	if op == ir.Eq && b.Kind == ir.ALit && b.Bits == 0 {
		fn.op(OpI64Eqz)
		return
	}
	fn.ordered(op, a, b)
	fn.push(b)
	if a.Type.IsSigned() {
		fn.op(condOps[op].signed)
	} else {
		fn.op(condOps[op].unsigned)
	}
}

// ordered hides the left operand of an ordered comparison from the engine if it
// could find out that the operand is constant. Reason: wazero up to 1.12 (amd64
// and arm64) compiles a branch on 0 < (x & y) as one on (x & y) < 0, and it sees
// a constant 0 through copies, joins and shifts by 0. The regression test is
// TestBranchOnZeroBelowMasked.
func (fn *fn) ordered(op ir.CondOp, a, b ir.Atom) {
	if op >= ir.Lt && a.Kind == ir.AVar && b.Kind == ir.AVar && !fn.locs[a.Index].opaque {
		fn.emit(OpI64Const, 0)
		fn.op(OpI64Or)
	}
}

// cond leaves a condition on the stack as i32. Conditions have no effects, so
// both sides of && and || are computed.
func (fn *fn) cond(c *ir.Cond) {
	switch c.Op {
	case ir.CondAtom:
		fn.push(c.A)
		fn.op(OpI32WrapI64)
	case ir.CondNot:
		fn.cond(c.X)
		fn.op(OpI32Eqz)
	case ir.CondAnd, ir.CondOr:
		fn.cond(c.X)
		fn.cond(c.Y)
		if c.Op == ir.CondAnd {
			fn.op(OpI32And)
		} else {
			fn.op(OpI32Or)
		}
	default:
		fn.comparison(c.Op, fn.g.literal(c.A), fn.g.literal(c.B))
	}
}
