// Package foreigntest makes WebAssembly modules for tests out of text: a tiny
// assembler for what compilers make of Rust, Zig and C, of which none needs to be
// installed. It is trusted by tests only, and panics on text that it does not know.
package foreigntest

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Type is a type of values.
type Type byte

// The types.
const (
	I32 Type = 0x7f
	I64 Type = 0x7e
	F32 Type = 0x7d
	F64 Type = 0x7c
)

// Func is a function. Code is instructions between blanks, without the end;
// "call NAME" calls a function of the module or an import.
type Func struct {
	Name    string
	Export  bool
	Params  []Type
	Results []Type
	Locals  []Type
	Code    string
}

// Import is an imported function.
type Import struct {
	Module, Name    string
	Params, Results []Type
}

// Global is a variable of type i32 or i64.
type Global struct {
	Type Type
	Init int64
}

// Data is what is in memory at the start.
type Data struct {
	At    int
	Bytes string
}

// Module is a module.
type Module struct {
	Imports  []Import
	Funcs    []Func
	Pages    int // of memory; -1 for no memory
	Most     int // pages; 0 for no maximum
	Globals  []Global
	Table    []string // functions that call_indirect can call
	Data     []Data
	Passive  []string        // data for memory.init
	Sections map[byte]string // in place of the usual content, by number
	Tail     string          // bytes behind all sections
}

type writer []byte

func (w *writer) uint(n int) { *w = binary.AppendUvarint(*w, uint64(n)) }

func (w *writer) int(n int64) {
	for n < -64 || n > 63 {
		*w = append(*w, byte(n)|0x80)
		n >>= 7
	}
	*w = append(*w, byte(n)&0x7f)
}

func (w *writer) text(s string) {
	w.uint(len(s))
	*w = append(*w, s...)
}

func (w *writer) types(ts []Type) {
	w.uint(len(ts))
	for _, t := range ts {
		*w = append(*w, byte(t))
	}
}

// vector writes things with their number before them.
func vector[T any](list []T, each func(w *writer, x T)) writer {
	var w writer
	w.uint(len(list))
	for _, x := range list {
		each(&w, x)
	}
	return w
}

// Bytes is the module in the binary format.
func (m *Module) Bytes() []byte {
	out := writer{0, 'a', 's', 'm', 1, 0, 0, 0}
	for _, id := range []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11} {
		content := string(m.section(id))
		if s, ok := m.Sections[id]; ok {
			content = s
		}
		if content != "" {
			out = append(out, id)
			out.text(content)
		}
	}
	return append(out, m.Tail...)
}

func (m *Module) section(id byte) writer {
	switch id {
	case 1:
		return m.signatures()
	case 2:
		return m.imports()
	case 3:
		n := len(m.Imports)
		return vector(m.Funcs, func(w *writer, _ Func) { w.uint(n); n++ })
	case 4, 9:
		return m.table(id)
	case 5:
		return m.memory()
	case 6:
		return vector(m.Globals, func(w *writer, g Global) {
			*w = append(*w, byte(g.Type), 1, map[Type]byte{I32: 0x41, I64: 0x42}[g.Type])
			w.int(g.Init)
			*w = append(*w, 0x0b)
		})
	case 7:
		return m.exports()
	case 10:
		return vector(m.Funcs, func(w *writer, f Func) { w.text(string(m.body(f))) })
	}
	return m.data(id)
}

// signatures has a type for each function, imports first.
func (m *Module) signatures() writer {
	var list []Func
	for _, i := range m.Imports {
		list = append(list, Func{Params: i.Params, Results: i.Results})
	}
	return vector(append(list, m.Funcs...), func(w *writer, f Func) {
		*w = append(*w, 0x60)
		w.types(f.Params)
		w.types(f.Results)
	})
}

func (m *Module) imports() writer {
	if len(m.Imports) == 0 {
		return nil
	}
	n := 0
	return vector(m.Imports, func(w *writer, i Import) {
		w.text(i.Module)
		w.text(i.Name)
		*w = append(*w, 0)
		w.uint(n)
		n++
	})
}

func (m *Module) table(id byte) writer {
	if len(m.Table) == 0 {
		return nil
	}
	if id == 4 {
		w := writer{1, 0x70, 0}
		w.uint(len(m.Table))
		return w
	}
	w := writer{1, 0, 0x41, 0, 0x0b}
	return append(w, vector(m.Table, func(w *writer, name string) { w.uint(m.function(name)) })...)
}

func (m *Module) memory() writer {
	if m.Pages < 0 {
		return nil
	}
	w := writer{1, 0}
	if m.Most > 0 {
		w[1] = 1
	}
	w.uint(m.Pages)
	if m.Most > 0 {
		w.uint(m.Most)
	}
	return w
}

func (m *Module) exports() writer {
	var out []Func
	for _, f := range m.Funcs {
		if f.Export {
			out = append(out, f)
		}
	}
	return vector(out, func(w *writer, f Func) {
		w.text(f.Name)
		*w = append(*w, 0)
		w.uint(m.function(f.Name))
	})
}

func (m *Module) data(id byte) writer {
	if id == 12 && len(m.Passive) > 0 {
		var w writer
		w.uint(len(m.Data) + len(m.Passive))
		return w
	}
	if id != 11 || len(m.Data)+len(m.Passive) == 0 {
		return nil
	}
	var w writer
	w.uint(len(m.Data) + len(m.Passive))
	for _, d := range m.Data {
		w = append(w, 0, 0x41)
		w.int(int64(d.At))
		w = append(w, 0x0b)
		w.text(d.Bytes)
	}
	for _, bytes := range m.Passive {
		w = append(w, 1)
		w.text(bytes)
	}
	return w
}

// function is the index of a function, by name or number.
func (m *Module) function(name string) int {
	for i := range m.Imports {
		if m.Imports[i].Name == name {
			return i
		}
	}
	for i := range m.Funcs {
		if m.Funcs[i].Name == name {
			return len(m.Imports) + i
		}
	}
	n, err := strconv.Atoi(name)
	if err != nil {
		panic(fmt.Sprintf("foreigntest: no function %q", name))
	}
	return n
}

func (m *Module) body(f Func) writer {
	w := vector(f.Locals, func(w *writer, t Type) { *w = append(*w, 1, byte(t)) })
	words := strings.Fields(f.Code)
	for len(words) > 0 {
		words = m.instr(&w, words)
	}
	return append(w, 0x0b)
}

// instr writes one instruction and returns what follows.
func (m *Module) instr(w *writer, words []string) []string {
	name := words[0]
	op, ok := opcodes[name]
	if !ok {
		panic(fmt.Sprintf("foreigntest: no instruction %q", name))
	}
	*w = append(*w, op.bytes...)
	args := words[1:]
	switch op.is {
	case block:
		if len(args) > 0 && blockTypes[args[0]] != 0 {
			*w = append(*w, blockTypes[args[0]])
			return args[1:]
		}
		*w = append(*w, 0x40)
		return args
	case number:
		w.uint(atoi(args[0]))
	case callee:
		w.uint(m.function(args[0]))
	case signed:
		n, err := strconv.ParseInt(args[0], 0, 64)
		if err != nil {
			panic(err)
		}
		w.int(n)
	case float64s:
		f, err := strconv.ParseFloat(args[0], 64)
		if err != nil {
			panic(err)
		}
		*w = binary.LittleEndian.AppendUint64(*w, math.Float64bits(f))
	case access:
		*w = append(*w, op.align)
		w.uint(atoi(args[0]))
	case list: // br_table N labels default
		n := atoi(args[0])
		w.uint(n)
		for _, l := range args[1 : n+2] {
			w.uint(atoi(l))
		}
		return args[n+2:]
	case indirect: // of the type of a function
		w.uint(m.function(args[0]))
		w.uint(0)
	case segment:
		w.uint(atoi(args[0]))
		*w = append(*w, 0)
	default:
		return args
	}
	return args[1:]
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}
