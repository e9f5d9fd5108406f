package wasmgen

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// A target is where the blocks of a join or a loop hand their values to.
type target struct {
	dst   []loc
	vars  []ir.VarID // whose types are those of dst
	known bool       // places of arrays in dst are known
}

// block prints bindings and an end. A block of a join or a loop leaves its
// values and falls through; a block of a function returns.
func (fn *fn) block(b *ir.Block, to *target) {
	for _, s := range b.Stmts {
		fn.stmt(s)
	}
	switch t := b.Term.(type) {
	case ir.Return:
		fn.returns(&t)
	case ir.Yield:
		fn.yield(t.Vals, to)
	case ir.Branch:
		fn.fork(&t.Cond, &t.Then, &t.Else, to)
		if to == nil {
			fn.op(OpUnreachable) // both sides have returned
		}
	}
}

func (fn *fn) fork(cond *ir.Cond, then, els *ir.Block, to *target) {
	fn.cond(cond)
	fn.emit(OpIf, blockVoid)
	fn.nest++
	fn.block(then, to)
	at := fn.emit(OpElse, 0)
	fn.block(els, to)
	if at == len(fn.out.Code)-1 { // nothing to do
		fn.out.Code = fn.out.Code[:at]
	}
	fn.nest--
	fn.op(OpEnd)
}

// join prints an If. The place of an array is that of the first yield; other
// yields copy.
func (fn *fn) join(s *ir.If) {
	to := target{dst: make([]loc, len(s.Dst)), vars: s.Dst}
	for i, v := range s.Dst {
		if fn.f.Vars[v].Len == 0 {
			to.dst[i] = fn.newLocal()
		}
	}
	fn.fork(&s.Cond, &s.Then, &s.Else, &to)
	fn.bind(s.Dst, to.dst)
}

// yield hands values over, all at once: they meet on the stack.
func (fn *fn) yield(vals []ir.Atom, to *target) {
	var copies []arrayCopy
	var set []loc
	for i, a := range vals {
		d := fn.f.Vars[to.vars[i]]
		switch {
		case d.Len > 0 && !to.known:
			to.dst[i] = fn.locs[a.Index]
		case d.Len > 0:
			copies = append(copies, arrayCopy{to.dst[i], fn.locs[a.Index], d.Type.Size() * d.Len})
		case a.Kind != ir.AVar || fn.locs[a.Index] != to.dst[i]:
			fn.push(a)
			set = append(set, to.dst[i])
		}
	}
	to.known = true
	for i := len(set) - 1; i >= 0; i-- {
		fn.emit(OpLocalSet, int64(set[i].local))
	}
	fn.copies(copies)
}

// returns writes back what changed: to memory, or as results of an inner
// function.
func (fn *fn) returns(r *ir.Return) {
	var copies []arrayCopy
	for i, a := range r.State {
		if d := fn.f.Vars[i]; d.Len > 0 {
			copies = append(copies, arrayCopy{fn.locs[i], fn.locs[a.Index], d.Type.Size() * d.Len})
		} else if fn.facts.Write(i) {
			fn.writeBack(i, a)
		}
	}
	fn.copies(copies)
	for _, a := range r.Results {
		fn.push(a)
	}
	fn.op(OpReturn)
}

func (fn *fn) writeBack(field int, a ir.Atom) {
	if fn.inner {
		fn.push(a)
		return
	}
	if a.Kind == ir.AVar && fn.locs[a.Index] == fn.locs[field] {
		return
	}
	s := fn.g.layout.State.Slots[field]
	fn.const32(0)
	fn.push(a)
	fn.access(storeOp(s.Type), s.Offset)
}

// arrayCopy is a copy of bytes.
type arrayCopy struct {
	dst, src loc
	size     int
}

// copies makes copies that must look simultaneous. They are rare: only when a
// function exchanges arrays.
func (fn *fn) copies(cs []arrayCopy) {
	out := cs[:0]
	for _, c := range cs {
		if c.dst != c.src {
			out = append(out, c)
		}
	}
	if len(out) > 1 {
		at := fn.g.aside
		for i := range out {
			fn.copyArray(fixed(at), out[i].src, out[i].size)
			out[i].src = fixed(at)
			at += (out[i].size + 7) / 8 * 8
		}
		fn.g.asideSize = max(fn.g.asideSize, at-fn.g.aside)
	}
	for _, c := range out {
		fn.copyArray(c.dst, c.src, c.size)
	}
}

// loop prints a For with its test at the end: whether it runs at all is known.
func (fn *fn) loop(s *ir.For) {
	carried := fn.carry(s)
	fn.bind(s.Dst, carried)
	lo, hi := int64(fn.g.literal(s.Lo).Bits), int64(fn.g.literal(s.Hi).Bits)
	if lo >= hi {
		return
	}
	fn.bind(s.Carried, carried)
	fn.emit(OpI64Const, lo)
	fn.defineCopy(s.Index)
	index := int64(fn.locs[s.Index].local)
	fn.out.Code = append(fn.out.Code, Instr{Op: OpLoop, Imm: blockVoid, Trips: hi - lo})
	fn.nest++
	fn.block(&s.Body, &target{dst: carried, vars: s.Carried, known: true})
	fn.emit(OpLocalGet, index)
	fn.emit(OpI64Const, 1)
	fn.op(OpI64Add)
	fn.emit(OpLocalSet, index)
	fn.emit(OpLocalGet, index)
	fn.emit(OpI64Const, hi)
	fn.op(OpI64LtS)
	fn.emit(OpBrIf, 0)
	fn.nest--
	fn.op(OpEnd)
}

func (fn *fn) bind(vs []ir.VarID, places []loc) {
	for i, v := range vs {
		fn.locs[v] = places[i]
	}
}

// carry starts the carried variables: scalars in locals that their final values
// keep, arrays in the places that they have.
func (fn *fn) carry(s *ir.For) []loc {
	carried := make([]loc, len(s.Init))
	var scalars []int
	for i, a := range s.Init {
		if fn.f.Vars[s.Carried[i]].Len > 0 {
			carried[i] = fn.locs[a.Index]
			continue
		}
		fn.push(a)
		scalars = append(scalars, i)
	}
	for k, l := range fn.popAll(len(scalars)) {
		carried[scalars[k]] = l
	}
	return carried
}

// call passes what the callee touches, and takes back what it writes.
func (fn *fn) call(s *ir.Call) {
	callee := &fn.g.facts[s.Func]
	state := fn.g.unit.State
	for i, a := range s.State {
		switch {
		case !callee.Touches(i):
		case state[i].Len > 0:
			fn.address(fn.locs[a.Index])
		default:
			fn.push(a)
		}
	}
	for _, a := range s.Args {
		fn.push(a)
	}
	fn.emit(OpCall, int64(fn.g.inner[s.Func]))
	var popped []ir.VarID
	for i, dst := range s.Dst {
		if i >= len(callee.Writes) || callee.Writes[i] && state[i].Len == 0 {
			popped = append(popped, dst)
		}
	}
	results := fn.popAll(len(popped))
	for i := range results {
		results[i].opaque = true
	}
	fn.bind(popped, results)
	for i := range callee.Writes {
		if state[i].Len > 0 || !callee.Writes[i] {
			fn.keep(s.Dst[i], s.State[i])
		}
	}
}

// keep binds a variable to a value that exists already.
func (fn *fn) keep(v ir.VarID, a ir.Atom) {
	if a.Kind == ir.AVar {
		fn.locs[v] = fn.locs[a.Index]
		return
	}
	fn.push(a)
	fn.defineCopy(v)
}
