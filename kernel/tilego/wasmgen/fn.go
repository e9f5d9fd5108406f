package wasmgen

import (
	"github.com/genesis-network/genesis/kernel/tilego/flow"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/layout"
)

// loc is where a variable lives. A scalar lives in a local. An array lives at a
// fixed address, or (local >= 0) where a local of type i32 points. Arrays are
// linear, so updates of an array, and joins of such, share its place.
type loc struct {
	local  int
	at     int
	opaque bool // a scalar that no engine can know to be constant: see ordered
}

func fixed(at int) loc { return loc{local: -1, at: at} }

// untouched is the place of a scalar of the state that is never read: none, but
// different from all others.
func untouched(field int) loc { return loc{local: -1, at: -1 - field} }

// fn prints one form of one function.
type fn struct {
	g     *generator
	f     *ir.Func
	facts *flow.Facts
	inner bool
	out   Func
	locs  []loc                        // of variables
	nest  int                          // blocks around the current instruction
	traps [ir.DivisionByZero + 1][]int // jumps to the end for each kind of panic
}

func (g *generator) newFn(i int) *fn {
	f := &g.unit.Funcs[i]
	return &fn{g: g, f: f, facts: &g.facts[i], locs: make([]loc, len(f.Vars)), out: Func{Of: i}}
}

func (fn *fn) emit(op Op, imm int64) int {
	fn.out.Code = append(fn.out.Code, Instr{Op: op, Imm: imm})
	return len(fn.out.Code) - 1
}

func (fn *fn) op(op Op) { fn.emit(op, 0) }

func (fn *fn) const32(n int) { fn.emit(OpI32Const, int64(n)) }

func (fn *fn) param(t ValType) loc {
	fn.out.Params = append(fn.out.Params, t)
	return loc{local: len(fn.out.Params) - 1, opaque: true}
}

// params binds the parameters of the function, which come last of the variables
// that it starts with, to parameters in Wasm.
func (fn *fn) params() {
	first := fn.g.unit.Leading(fn.f) - len(fn.f.Params)
	for i := range fn.f.Params {
		fn.locs[first+i] = fn.param(I64)
	}
}

// export gives the function the signature by which it is called from outside.
func (fn *fn) export() {
	fn.out.Export = fn.f.Name
	fn.params()
	fn.out.Results = i64s(len(fn.f.Results))
}

// stateParam is where an inner function gets a field of the state.
func (fn *fn) stateParam(field int, s layout.Slot) loc {
	switch {
	case !fn.facts.Touches(field):
		return untouched(field)
	case s.Len > 0:
		return fn.param(I32)
	}
	return fn.param(I64)
}

func (fn *fn) inputs() {
	if fn.f.Inputs > 0 {
		fn.fields(fn.f.States*len(fn.g.unit.State), fn.g.layout.Input.Slots)
	}
}

func (fn *fn) newLocal() loc {
	fn.out.Locals = append(fn.out.Locals, I64)
	return loc{local: len(fn.out.Params) + len(fn.out.Locals) - 1}
}

// define binds a scalar to the value on the stack, which an instruction has
// computed or loaded.
func (fn *fn) define(v ir.VarID) {
	fn.locs[v] = fn.popAll(1)[0]
	fn.locs[v].opaque = true
}

// defineCopy binds a scalar to the value on the stack, which may be a constant.
func (fn *fn) defineCopy(v ir.VarID) { fn.locs[v] = fn.popAll(1)[0] }

// popAll takes n values off the stack into fresh locals, in the order in which
// they were pushed.
func (fn *fn) popAll(n int) []loc {
	out := make([]loc, n)
	for i := n - 1; i >= 0; i-- {
		out[i] = fn.newLocal()
		fn.emit(OpLocalSet, int64(out[i].local))
	}
	return out
}

// fields binds variables from v on to fields in memory: scalars that are used
// are loaded.
func (fn *fn) fields(v int, slots []layout.Slot) {
	for i, s := range slots {
		switch {
		case s.Len > 0:
			fn.locs[v+i] = fixed(s.Offset)
		case fn.facts.Used[v+i]:
			fn.load(s)
			fn.define(ir.VarID(v + i))
		default:
			fn.locs[v+i] = untouched(v + i)
		}
	}
}

func (fn *fn) load(s layout.Slot) {
	fn.const32(0)
	fn.access(loadOp(s.Type), s.Offset)
}

func (fn *fn) store(s layout.Slot, from loc) {
	fn.const32(0)
	fn.emit(OpLocalGet, int64(from.local))
	fn.access(storeOp(s.Type), s.Offset)
}

func (fn *fn) access(op Op, off int) {
	fn.out.Code = append(fn.out.Code, Instr{Op: op, Off: uint32(off)})
}

// finish prints the body. Panics jump out of blocks around it, each of which is
// there only when it is needed, to the code that notes the kind and traps.
func (fn *fn) finish() {
	fn.block(&fn.f.Body, nil)
	body := fn.out.Code
	fn.out.Code = make([]Instr, 0, len(body)+16)
	outer := 0
	for _, jumps := range fn.traps {
		for _, at := range jumps {
			body[at].Imm += int64(outer)
		}
		if len(jumps) > 0 {
			outer++
			fn.emit(OpBlock, blockVoid)
		}
	}
	fn.out.Code = append(fn.out.Code, body...)
	for kind, jumps := range fn.traps {
		if len(jumps) > 0 {
			fn.op(OpEnd)
			fn.const32(0)
			fn.const32(kind)
			fn.access(OpI32Store, layout.PanicAt)
			fn.op(OpUnreachable)
		}
	}
	fn.g.mod.Funcs = append(fn.g.mod.Funcs, fn.out)
}

// trapIf panics when the i32 on the stack is not zero.
func (fn *fn) trapIf(kind ir.PanicKind) {
	fn.traps[kind] = append(fn.traps[kind], fn.emit(OpBrIf, int64(fn.nest)))
}

// push puts an operand on the stack.
func (fn *fn) push(a ir.Atom) {
	if a = fn.g.literal(a); a.Kind == ir.ALit {
		fn.emit(OpI64Const, int64(a.Bits))
		return
	}
	fn.emit(OpLocalGet, int64(fn.locs[a.Index].local))
}

func loadOp(t ir.Type) Op {
	ops := [...]Op{
		ir.Bool: OpI64Load8U, ir.U8: OpI64Load8U, ir.U16: OpI64Load16U, ir.U32: OpI64Load32U, ir.U64: OpI64Load,
		ir.I8: OpI64Load8S, ir.I16: OpI64Load16S, ir.I32: OpI64Load32S, ir.I64: OpI64Load,
	}
	return ops[t]
}

func storeOp(t ir.Type) Op {
	return map[int]Op{1: OpI64Store8, 2: OpI64Store16, 4: OpI64Store32, 8: OpI64Store}[t.Size()]
}
