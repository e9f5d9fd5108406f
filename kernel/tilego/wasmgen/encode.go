package wasmgen

import "encoding/binary"

// Sections of a module, by number.
const (
	sectionType     = 1
	sectionFunction = 3
	sectionMemory   = 5
	sectionExport   = 7
	sectionCode     = 10
	sectionData     = 11
)

// MemoryExport is the name under which a module exports its memory.
const MemoryExport = "memory"

// Bytes is the module in the binary format of WebAssembly.
func (m *Module) Bytes() []byte {
	out := writer{0, 'a', 's', 'm', 1, 0, 0, 0}
	types, index := m.types()
	out.section(sectionType, types)
	out.section(sectionFunction, index)
	var memory writer
	memory.uint(1)
	memory.byte(1) // a maximum is given
	memory.uint(uint64(m.Pages))
	memory.uint(uint64(m.Pages))
	out.section(sectionMemory, memory)
	out.section(sectionExport, m.exports())
	var code writer
	code.uint(uint64(len(m.Funcs)))
	for i := range m.Funcs {
		body := m.Funcs[i].body()
		code.uint(uint64(len(body)))
		code = append(code, body...)
	}
	out.section(sectionCode, code)
	if len(m.Data) > 0 {
		out.section(sectionData, m.data())
	}
	return out
}

// types lists signatures, each once, in the order of their first use.
func (m *Module) types() (types, index writer) {
	known := map[string]int{}
	var list writer
	index.uint(uint64(len(m.Funcs)))
	for i := range m.Funcs {
		f := &m.Funcs[i]
		var sig writer
		sig.byte(0x60)
		sig.valTypes(f.Params)
		sig.valTypes(f.Results)
		n, ok := known[string(sig)]
		if !ok {
			n = len(known)
			known[string(sig)] = n
			list = append(list, sig...)
		}
		index.uint(uint64(n))
	}
	types.uint(uint64(len(known)))
	return append(types, list...), index
}

func (m *Module) exports() (out writer) {
	n := uint64(1)
	var list writer
	list.name(MemoryExport)
	list.byte(2) // a memory
	list.uint(0)
	for i := range m.Funcs {
		if name := m.Funcs[i].Export; name != "" {
			n++
			list.name(name)
			list.byte(0) // a function
			list.uint(uint64(i))
		}
	}
	out.uint(n)
	return append(out, list...)
}

func (m *Module) data() (out writer) {
	out.uint(uint64(len(m.Data)))
	for _, d := range m.Data {
		out.byte(0) // active, in memory 0, at a constant address
		out.instr(Instr{Op: OpI32Const, Imm: int64(d.At)})
		out.instr(Instr{Op: OpEnd})
		out.uint(uint64(len(d.Bytes)))
		out = append(out, d.Bytes...)
	}
	return out
}

// body is the locals, in runs of one type, and the code.
func (f *Func) body() (out writer) {
	var runs writer
	n := uint64(0)
	for i := 0; i < len(f.Locals); {
		j := i
		for j < len(f.Locals) && f.Locals[j] == f.Locals[i] {
			j++
		}
		runs.uint(uint64(j - i))
		runs.byte(byte(f.Locals[i]))
		n++
		i = j
	}
	out.uint(n)
	out = append(out, runs...)
	for _, i := range f.Code {
		out.instr(i)
	}
	out.instr(Instr{Op: OpEnd})
	return out
}

type writer []byte

func (w *writer) byte(b byte)   { *w = append(*w, b) }
func (w *writer) uint(n uint64) { *w = binary.AppendUvarint(*w, n) }

// int writes a signed LEB128 number.
func (w *writer) int(n int64) {
	for n < -64 || n > 63 {
		w.byte(byte(n) | 0x80)
		n >>= 7
	}
	w.byte(byte(n) & 0x7f)
}

func (w *writer) name(s string) {
	w.uint(uint64(len(s)))
	*w = append(*w, s...)
}

func (w *writer) valTypes(ts []ValType) {
	w.uint(uint64(len(ts)))
	for _, t := range ts {
		w.byte(byte(t))
	}
}

func (w *writer) section(id byte, content []byte) {
	w.byte(id)
	w.uint(uint64(len(content)))
	*w = append(*w, content...)
}

func (w *writer) instr(i Instr) {
	if i.Op > 0xff {
		w.byte(byte(i.Op >> 8))
		w.uint(uint64(i.Op & 0xff))
	} else {
		w.byte(byte(i.Op))
	}
	switch {
	case i.Op == OpI32Const || i.Op == OpI64Const:
		w.int(i.Imm)
	case i.Op == OpBlock || i.Op == OpLoop || i.Op == OpIf:
		w.byte(byte(i.Imm))
	case i.Op == OpBrIf || i.Op == OpCall || i.Op == OpLocalGet || i.Op == OpLocalSet:
		w.uint(uint64(i.Imm))
	case i.Op >= OpI64Load && i.Op <= OpI64Store32:
		w.uint(uint64(alignment(i.Op)))
		w.uint(uint64(i.Off))
	case i.Op == OpMemoryCopy:
		w.byte(0)
		w.byte(0)
	case i.Op == OpMemoryFill:
		w.byte(0)
	}
}

// alignment is the binary logarithm of the bytes that an access touches.
func alignment(op Op) int {
	switch op {
	case OpI64Load8S, OpI64Load8U, OpI64Store8:
		return 0
	case OpI64Load16S, OpI64Load16U, OpI64Store16:
		return 1
	case OpI64Load32S, OpI64Load32U, OpI64Store32, OpI32Store:
		return 2
	}
	return 3
}
