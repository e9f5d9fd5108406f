package foreign

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Names of the exports that a metered module has besides those of the ABI.
const (
	MemoryExport = "memory"
	FuelExport   = "genesis.fuel"  // i64, variable: what is left; below 0 when a charge trapped
	DepthExport  = "genesis.depth" // i32, variable: how much deeper calls may go; -1 when that trapped
)

// Metered is a module that carries fuel. Both counters are 0 at the start.
type Metered struct {
	Code  []byte
	Pages uint32 // of memory at the start
	Most  uint32 // pages that it can grow to
}

// Meter admits a module and inserts charges. An error wraps [ErrRefused] and
// says what is not admitted, and where.
func Meter(code []byte, abi ABI, l Limits) (*Metered, error) {
	m, err := decode(code, abi, l)
	if err != nil {
		return nil, err
	}
	e := &encoder{module: m, fuel: uint64(m.nglobals), depth: uint64(m.nglobals) + 1}
	bodies := writer(binary.AppendUvarint(nil, uint64(len(m.bodies))))
	for i := range m.bodies {
		d := &decoder{module: *m, limits: l}
		p := d.place(&m.bodies[i])
		if d.err != nil {
			return nil, fmt.Errorf("foreign: function %d: %w", len(m.imports)+i, d.err)
		}
		bodies.sized(e.body(i, p))
	}
	return &Metered{e.bytes(bodies), m.pages[0], m.pages[1]}, nil
}

// encoder writes a metered module.
type encoder struct {
	*module
	fuel, depth uint64 // indexes of the globals
	wrappers    []Signature
}

type writer []byte

func (w *writer) op(op byte, immediates ...uint64) {
	*w = append(*w, op)
	for _, n := range immediates {
		*w = binary.AppendUvarint(*w, n)
	}
}

// constant writes the instruction that pushes a number.
func (w *writer) constant(op byte, n int64) {
	*w = append(*w, op)
	for n < -64 || n > 63 {
		*w = append(*w, byte(n)|0x80)
		n >>= 7
	}
	*w = append(*w, byte(n)&0x7f)
}

func (w *writer) sized(b []byte) {
	*w = binary.AppendUvarint(*w, uint64(len(b)))
	*w = append(*w, b...)
}

func (w *writer) section(id byte, content []byte) {
	if content != nil {
		*w = append(*w, id)
		w.sized(content)
	}
}

// voidBlock is the type of a block without results.
const voidBlock = 0x40

// body writes a function with its insertions. One that calls functions counts
// how deep they go: on its way out too, so its code becomes a block, and a
// return a jump to the end of it.
func (e *encoder) body(i int, p *plan) []byte {
	b := &e.bodies[i]
	s := e.types[e.funcs[i]]
	scratch := uint64(len(s.Params) + b.count)
	var out writer
	out = e.locals(out, b, p)
	if p.calls {
		e.enter(&out, s)
	}
	at := 0
	slices.SortStableFunc(p.inserts, func(a, b insertion) int { return a.at - b.at })
	for _, ins := range p.inserts {
		out = append(out, b.code[at:ins.at]...)
		at = ins.at
		if ins.is == insReturn {
			if p.calls {
				out.op(opBr, uint64(ins.cost))
				at = ins.till
			}
			continue
		}
		e.charge(&out, ins, scratch)
	}
	out = append(out, b.code[at:]...)
	if p.calls {
		e.leave(&out)
	}
	return out
}

// locals adds the locals that charges use: an i64 for what is left, and an i32
// for what is counted when it runs.
func (e *encoder) locals(out writer, b *body, p *plan) writer {
	more := 1
	if p.dynamic {
		more = 2
	}
	out = binary.AppendUvarint(out, uint64(b.runs+more))
	out = append(out, b.locals...)
	out = append(out, 1, byte(I64))
	if p.dynamic {
		out = append(out, 1, byte(I32))
	}
	return out
}

// charge writes a charge: fuel -= cost; trap if fuel < 0.
func (e *encoder) charge(out *writer, ins insertion, scratch uint64) {
	if ins.is == insCharge && ins.cost == 0 {
		return
	}
	if ins.is != insCharge {
		out.op(opLocalTee, scratch+1)
	}
	out.op(opGlobalGet, e.fuel)
	switch ins.is {
	case insCharge:
		out.constant(opI64Const, ins.cost)
	case insMoved:
		e.counted(out, scratch+1, opI64ShrU, 3)
	case insGrown:
		e.counted(out, scratch+1, opI64Shl, 13)
	}
	out.op(opI64Sub)
	out.op(opLocalTee, scratch)
	out.op(opGlobalSet, e.fuel)
	out.op(opLocalGet, scratch)
	out.constant(opI64Const, 0)
	out.op(opI64LtS)
	out.op(opIf, voidBlock)
	out.op(opUnreachable)
	out.op(opEnd)
}

func (e *encoder) counted(out *writer, local uint64, shift byte, by int64) {
	out.op(opLocalGet, local)
	out.op(opI64ExtendU)
	out.constant(opI64Const, by)
	out.op(shift)
}

// enter counts a call, and opens the block that its returns jump out of.
func (e *encoder) enter(out *writer, s Signature) {
	out.op(opGlobalGet, e.depth)
	out.op(opI32Eqz)
	out.op(opIf, voidBlock)
	out.constant(opI32Const, -1)
	out.op(opGlobalSet, e.depth)
	out.op(opUnreachable)
	out.op(opEnd)
	e.deeper(out, opI32Sub)
	*out = append(*out, opBlock)
	*out = append(*out, e.blockType(s.Results)...)
}

func (e *encoder) leave(out *writer) {
	e.deeper(out, opI32Add)
	out.op(opEnd)
}

func (e *encoder) deeper(out *writer, op byte) {
	out.op(opGlobalGet, e.depth)
	out.constant(opI32Const, 1)
	out.op(op)
	out.op(opGlobalSet, e.depth)
}

// blockType is the type of a block without parameters. One with several results
// needs a type of its own, behind those of the module.
func (e *encoder) blockType(results []ValType) []byte {
	switch len(results) {
	case 0:
		return []byte{voidBlock}
	case 1:
		return []byte{byte(results[0])}
	}
	at := slices.IndexFunc(e.wrappers, func(s Signature) bool { return slices.Equal(s.Results, results) })
	if at < 0 {
		at = len(e.wrappers)
		e.wrappers = append(e.wrappers, Signature{Results: results})
	}
	var w writer
	w.constant(0, int64(len(e.types)+at))
	return w[1:]
}

// bytes writes the sections.
func (e *encoder) bytes(bodies []byte) []byte {
	out := writer(slices.Clone(header))
	out.section(sectionType, e.typeSection())
	out.section(sectionImport, e.importSection())
	out.section(sectionFunction, indexes(e.funcs))
	out.section(sectionTable, e.table)
	out.section(sectionMemory, limited(e.pages[0], e.pages[1]))
	out.section(sectionGlobal, e.globalSection())
	out.section(sectionExport, e.exportSection())
	out.section(sectionElement, e.elements)
	out.section(sectionDataCount, e.segments)
	out.section(sectionCode, bodies)
	out.section(sectionData, e.data)
	return out
}

// limited is a section with one memory or table.
func limited(least, most uint32, kind ...byte) []byte {
	out := append(writer{1}, kind...)
	out.op(1, uint64(least), uint64(most))
	return out
}

func (e *encoder) typeSection() []byte {
	all := slices.Concat(e.types, e.wrappers)
	out := binary.AppendUvarint(nil, uint64(len(all)))
	for _, s := range all {
		out = append(out, 0x60)
		for _, list := range [][]ValType{s.Params, s.Results} {
			out = binary.AppendUvarint(out, uint64(len(list)))
			for _, t := range list {
				out = append(out, byte(t))
			}
		}
	}
	return out
}

func (e *encoder) importSection() []byte {
	out := writer(binary.AppendUvarint(nil, uint64(len(e.imports))))
	for _, i := range e.imports {
		out.sized([]byte(i.from))
		out.sized([]byte(i.name))
		out.op(0, uint64(i.kind))
	}
	return out
}

func indexes(list []uint32) []byte {
	out := binary.AppendUvarint(nil, uint64(len(list)))
	for _, n := range list {
		out = binary.AppendUvarint(out, uint64(n))
	}
	return out
}

// globalSection adds the counters.
func (e *encoder) globalSection() []byte {
	out := writer(binary.AppendUvarint(nil, uint64(e.nglobals+2)))
	out = append(out, e.globals...)
	out = append(out, byte(I64), 1, opI64Const, 0, opEnd)
	return append(out, byte(I32), 1, opI32Const, 0, opEnd)
}

// exportSection names what the host uses, and nothing else.
func (e *encoder) exportSection() []byte {
	names := make([]string, 0, len(e.exports))
	for name := range e.exports {
		names = append(names, name)
	}
	slices.Sort(names)
	out := writer(binary.AppendUvarint(nil, uint64(len(names)+3)))
	for _, name := range names {
		out.sized([]byte(name))
		out.op(0, uint64(e.exports[name]))
	}
	out.sized([]byte(MemoryExport))
	out.op(2, 0)
	out.sized([]byte(FuelExport))
	out.op(3, e.fuel)
	out.sized([]byte(DepthExport))
	out.op(3, e.depth)
	return out
}
