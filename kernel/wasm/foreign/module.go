package foreign

import (
	"bytes"
	"fmt"
	"slices"
)

// ValType is a type of values, as in the binary format.
type ValType byte

// The types.
const (
	I32 ValType = 0x7f
	I64 ValType = 0x7e
	F32 ValType = 0x7d
	F64 ValType = 0x7c
)

// Signature is the type of a function.
type Signature struct{ Params, Results []ValType }

func (s Signature) equal(t Signature) bool {
	return slices.Equal(s.Params, t.Params) && slices.Equal(s.Results, t.Results)
}

// Import is a function that a module may import.
type Import struct {
	Signature
	Weight uint32 // what a call costs in fuel, besides the instruction
}

// ABI is what a module and its host agree on.
type ABI struct {
	Module  string               // that imports come from
	Imports map[string]Import    // that a module may have
	Exports map[string]Signature // functions that it must have
}

// Limits bound what is admitted. Each is inclusive.
type Limits struct {
	Bytes  int    // of the module
	Body   int    // bytes of one function
	Locals int    // of one function, parameters not counted
	Funcs  int    // functions, and types, globals, segments
	Pages  uint32 // of memory, 64 KiB each
	Table  uint32 // elements of the table
}

// DefaultLimits have room for what compilers make of a service of some thousand
// lines: 1 MiB of code, and 64 pages, as their stack alone takes 16.
var DefaultLimits = Limits{Bytes: 1 << 20, Body: 64 << 10, Locals: 4096, Funcs: 4096, Pages: 64, Table: 4096}

// Sections of a module.
const (
	sectionCustom = iota
	sectionType
	sectionImport
	sectionFunction
	sectionTable
	sectionMemory
	sectionGlobal
	sectionExport
	sectionStart
	sectionElement
	sectionCode
	sectionData
	sectionDataCount
)

// order is how sections follow each other; the count of data segments comes
// before the code.
var order = [...]int{
	sectionType: 1, sectionImport: 2, sectionFunction: 3, sectionTable: 4, sectionMemory: 5, sectionGlobal: 6,
	sectionExport: 7, sectionStart: 8, sectionElement: 9, sectionDataCount: 10, sectionCode: 11, sectionData: 12,
}

// module is a decoded module, as far as it is needed.
type module struct {
	types    []Signature
	imports  []imported
	funcs    []uint32 // types of its own functions
	table    []byte   // the section, with a maximum
	pages    [2]uint32
	memories int
	globals  []byte // without their count
	nglobals int
	exports  map[string]uint32 // functions of the ABI
	elements []byte            // the section
	segments []byte            // the section that counts data segments
	bodies   []body
	data     []byte // the section
}

type imported struct {
	from string
	name string
	kind uint32 // its type
	Import
}

type body struct {
	locals []byte // runs, without their count
	runs   int
	count  int // of locals
	code   []byte
}

// decoder reads a module and holds it against limits and ABI.
type decoder struct {
	reader
	module
	limits  Limits
	abi     ABI
	defined int // functions, so far
}

var header = []byte{0, 'a', 's', 'm', 1, 0, 0, 0}

func decode(code []byte, abi ABI, l Limits) (*module, error) {
	if len(code) > l.Bytes {
		return nil, fmt.Errorf("foreign: %d bytes, the limit is %d: %w", len(code), l.Bytes, ErrRefused)
	}
	d := &decoder{reader: reader{b: code}, limits: l, abi: abi, module: module{exports: map[string]uint32{}}}
	if !bytes.Equal(d.bytes(uint32(len(header))), header) {
		d.fail("no Wasm module of version 1")
	}
	last := 0
	for d.more() {
		id := d.byte()
		content := d.bytes(d.u32())
		if d.err != nil || id == sectionCustom {
			continue
		}
		if int(id) >= len(order) || order[id] <= last {
			d.fail("section %d is unknown, or out of order", id)
			break
		}
		last = order[id]
		d.section(int(id), content)
	}
	d.complete()
	if d.err != nil {
		return nil, fmt.Errorf("foreign: %w", d.err)
	}
	return &d.module, nil
}

// section reads one section with a reader of its own.
func (d *decoder) section(id int, content []byte) {
	outer := d.reader
	end := outer.at
	d.reader = reader{b: outer.b[:end], at: end - len(content)}
	read := map[int]func(){
		sectionType: d.readTypes, sectionImport: d.readImports, sectionFunction: d.readFuncs, sectionTable: d.readTable,
		sectionMemory: d.readMemory, sectionGlobal: d.readGlobals, sectionExport: d.readExports,
		sectionStart:   func() { d.fail("a start function: nothing runs before the first message") },
		sectionElement: d.readElements, sectionDataCount: func() { d.segments = content; d.u32() },
		sectionCode: d.readCode, sectionData: d.readData,
	}
	read[id]()
	if d.err == nil && d.at != end {
		d.fail("%d bytes left over in section %d", end-d.at, id)
	}
	outer.err = d.err
	d.reader = outer
}

// complete checks what sections say together.
func (d *decoder) complete() {
	if d.defined != len(d.funcs) {
		d.fail("%d functions are announced, %d have code", len(d.funcs), d.defined)
	}
	if d.memories != 1 {
		d.fail("%d memories of its own, want one", d.memories)
	}
	for name, want := range d.abi.Exports {
		if f, ok := d.exports[name]; !ok {
			d.fail("no export %q", name)
		} else if got, ok := d.signature(f); !ok || !got.equal(want) {
			d.fail("export %q is not of the type %v -> %v", name, want.Params, want.Results)
		}
	}
}

// signature is the type of a function, by its index.
func (m *module) signature(f uint32) (Signature, bool) {
	if int(f) < len(m.imports) {
		return m.imports[f].Signature, true
	}
	if i := int(f) - len(m.imports); i < len(m.funcs) {
		return m.types[m.funcs[i]], true
	}
	return Signature{}, false
}

func (d *decoder) valType() ValType {
	t := ValType(d.byte())
	if t < F64 || t > I32 {
		d.fail("type 0x%02x of values: only i32, i64, f32 and f64 are admitted", byte(t))
	}
	return t
}

// most parameters, or results, of a function.
const maxArity = 64

func (d *decoder) valTypes() []ValType {
	out := make([]ValType, d.count("parameters or results", maxArity))
	for i := range out {
		out[i] = d.valType()
	}
	return out
}

func (d *decoder) readTypes() {
	for range d.count("types", d.limits.Funcs) {
		if d.byte() != 0x60 {
			d.fail("a type that is no function")
		}
		d.types = append(d.types, Signature{d.valTypes(), d.valTypes()})
	}
}

// typeIndex reads the index of a type.
func (d *decoder) typeIndex() uint32 {
	i := d.u32()
	if int64(i) >= int64(len(d.types)) {
		d.fail("type %d of %d", i, len(d.types))
	}
	return i
}

func (d *decoder) readImports() {
	for range d.count("imports", d.limits.Funcs) {
		from, name := d.name(), d.name()
		if d.byte() != 0 {
			d.fail("import %.40q.%.40q is no function", from, name)
		}
		t := d.typeIndex()
		want, ok := d.abi.Imports[name]
		if from != d.abi.Module || !ok {
			d.fail("import %.40q.%.40q: only system calls of %q", from, name, d.abi.Module)
		}
		if d.err == nil && !d.types[t].equal(want.Signature) {
			d.fail("import %q is not of the type %v -> %v", name, want.Params, want.Results)
		}
		d.imports = append(d.imports, imported{from, name, t, want})
	}
}

func (d *decoder) readFuncs() {
	for range d.count("functions", d.limits.Funcs) {
		d.funcs = append(d.funcs, d.typeIndex())
	}
}

// bounds reads the least and most size of a memory or a table.
func (d *decoder) bounds(what string, limit uint32) (least, most uint32) {
	flag := d.byte()
	if flag > 1 {
		d.fail("%s that is shared, or of 64 bits", what)
	}
	least, most = d.u32(), limit
	if flag == 1 {
		most = min(most, d.u32())
	}
	if least > most {
		d.fail("%s of %d, the limit is %d", what, least, most)
	}
	return least, most
}

func (d *decoder) readTable() {
	n := d.count("tables", 1)
	if n == 0 {
		return
	}
	if d.byte() != 0x70 {
		d.fail("a table of something else than functions")
	}
	least, _ := d.bounds("a table", d.limits.Table)
	d.table = limited(least, least, 0x70) // code cannot change it
}

func (d *decoder) readMemory() {
	if d.memories = d.count("memories", 1); d.memories == 1 {
		d.pages[0], d.pages[1] = d.bounds("memory", d.limits.Pages)
	}
}

func (d *decoder) readGlobals() {
	d.nglobals = d.count("globals", d.limits.Funcs)
	begin := d.at
	for range d.nglobals {
		d.valType()
		if d.byte() > 1 {
			d.fail("a global that is neither constant nor variable")
		}
		d.constant()
	}
	d.globals = d.b[min(begin, d.at):d.at]
}

// constant passes over a constant expression: one number.
func (d *decoder) constant() {
	switch op := d.byte(); op {
	case 0x41:
		d.signed(32)
	case 0x42:
		d.signed(64)
	case 0x43:
		d.bytes(4)
	case 0x44:
		d.bytes(8)
	default:
		d.fail("instruction 0x%02x in a constant: only numbers are admitted", op)
	}
	if d.byte() != opEnd {
		d.fail("a constant of more than one number")
	}
}

// readExports keeps the functions that the ABI names.
func (d *decoder) readExports() {
	seen := map[string]bool{}
	for range d.count("exports", 4*d.limits.Funcs) {
		name, kind, index := d.name(), d.byte(), d.u32()
		if seen[name] {
			d.fail("two exports %.40q", name)
		}
		seen[name] = true
		if _, ok := d.abi.Exports[name]; ok && kind == 0 {
			d.exports[name] = index
		}
	}
}

func (d *decoder) readElements() {
	begin := d.at
	for range d.count("segments of elements", d.limits.Funcs) {
		if d.u32() != 0 {
			d.fail("a segment of elements that is not put into the table at the start")
		}
		d.constant()
		for range d.count("elements", int(d.limits.Table)) {
			d.u32()
		}
	}
	d.elements = d.b[min(begin, d.at):d.at]
}

func (d *decoder) readData() {
	begin := d.at
	for range d.count("segments of data", d.limits.Funcs) {
		switch flag := d.u32(); flag {
		case 0:
			d.constant()
		case 1: // for memory.init
		default:
			d.fail("a segment of data of kind %d", flag)
		}
		d.bytes(d.u32())
	}
	d.data = d.b[min(begin, d.at):d.at]
}

func (d *decoder) readCode() {
	for range d.count("bodies", d.limits.Funcs) {
		size := d.u32()
		if int64(size) > int64(d.limits.Body) {
			d.fail("a function of %d bytes, the limit is %d", size, d.limits.Body)
		}
		code := d.bytes(size)
		if d.err != nil {
			return
		}
		if d.defined == len(d.funcs) {
			d.fail("code of a function that was not announced")
			return
		}
		d.defined++
		d.readBody(code)
	}
}

// readBody reads the locals; the code is read when charges are placed.
func (d *decoder) readBody(content []byte) {
	end := d.at
	in := reader{b: d.b[:end], at: end - len(content)}
	b := body{runs: in.count("runs of locals", d.limits.Locals)}
	begin := in.at
	for range b.runs {
		n := in.u32()
		if uint64(n) > uint64(d.limits.Locals-b.count) {
			in.fail("more than %d locals", d.limits.Locals)
			break
		}
		b.count += int(n)
		if t := ValType(in.byte()); t < F64 || t > I32 {
			in.fail("a local of type 0x%02x", byte(t))
		}
	}
	d.err = in.err
	b.locals, b.code = d.b[min(begin, in.at):in.at], d.b[in.at:end]
	d.bodies = append(d.bodies, b)
}
