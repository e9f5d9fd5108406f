package wasmgen

import (
	"encoding/binary"
	"fmt"
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/flow"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/layout"
)

const pageSize = 1 << 16

// Generate prints a checked unit. The error names a function that compares two
// states or inputs: such predicates are for package vm only.
func Generate(u *ir.Unit) (*Module, error) {
	for i := range u.Funcs {
		if f := &u.Funcs[i]; f.States > 1 || f.Inputs > 1 {
			return nil, fmt.Errorf("wasmgen: function %s takes two states or inputs", f.Name)
		}
	}
	vals, err := u.ConstValues(nil)
	if err != nil {
		return nil, fmt.Errorf("wasmgen: %w", err)
	}
	facts := flow.Analyze(u)
	g := generate(u, vals, facts, 0)
	if g.asideSize > 0 { // now it is known where memory ends, and room is needed there
		g = generate(u, vals, facts, g.end)
		g.end += g.asideSize
	}
	g.mod.Pages = max(1, (g.end+pageSize-1)/pageSize)
	return &g.mod, nil
}

// generator prints one unit.
type generator struct {
	unit   *ir.Unit
	vals   []*big.Int
	facts  []flow.Facts
	layout layout.Layout
	mod    Module
	end    int   // first free byte of memory
	tables []int // addresses
	inner  []int // function indexes of what other functions call, by index in the unit

	aside     int // address of room for arrays that must be set aside
	asideSize int // how much of it is needed
}

func generate(u *ir.Unit, vals []*big.Int, facts []flow.Facts, aside int) *generator {
	g := &generator{unit: u, vals: vals, facts: facts, layout: layout.Of(u), inner: make([]int, len(u.Funcs)), aside: aside}
	g.end = g.layout.End
	for i := range u.Tables {
		g.table(&u.Tables[i])
	}
	for i := range u.Funcs {
		exported := isExported(u.Funcs[i].Name)
		if facts[i].Called {
			g.inner[i] = len(g.mod.Funcs)
			g.addInner(i)
		}
		switch {
		case exported && facts[i].Called:
			g.addWrapper(i)
		case exported:
			g.addEntry(i)
		}
	}
	return g
}

func isExported(name string) bool { return name[0] >= 'A' && name[0] <= 'Z' }

// alloc reserves memory, aligned for any element.
func (g *generator) alloc(bytes int) int {
	at := g.end
	g.end += (bytes + 7) / 8 * 8
	return at
}

func (g *generator) table(t *ir.Table) {
	size := t.Type.Size()
	d := Data{At: g.alloc(size * len(t.Elems)), Bytes: make([]byte, 0, size*len(t.Elems))}
	for _, a := range t.Elems {
		word := binary.LittleEndian.AppendUint64(nil, g.literal(a).Bits)
		d.Bytes = append(d.Bytes, word[:size]...)
	}
	g.tables = append(g.tables, d.At)
	g.mod.Data = append(g.mod.Data, d)
}

// literal is an atom with a constant replaced by its value.
func (g *generator) literal(a ir.Atom) ir.Atom {
	if a.Kind == ir.AConst {
		b, _ := a.Type.Bits(g.vals[a.Index])
		return ir.Lit(a.Type, b)
	}
	return a
}

// addEntry prints a function that nobody else calls: it reads the state from
// memory and writes it back.
func (g *generator) addEntry(i int) {
	fn := g.newFn(i)
	fn.export()
	fn.fields(0, g.stateSlots(fn.f))
	fn.inputs()
	fn.finish()
}

// addInner prints a function that others call: state that it touches comes as
// parameters (scalars, and addresses of arrays), scalars that it writes leave as
// results before the others.
func (g *generator) addInner(i int) {
	fn := g.newFn(i)
	fn.inner = true
	for k, s := range g.stateSlots(fn.f) {
		fn.locs[k] = fn.stateParam(k, s)
		if s.Len == 0 && fn.facts.Write(k) {
			fn.out.Results = append(fn.out.Results, I64)
		}
	}
	fn.params()
	fn.inputs()
	fn.out.Results = append(fn.out.Results, i64s(len(fn.f.Results))...)
	fn.finish()
}

// addWrapper prints the exported form of a function that others call too.
func (g *generator) addWrapper(i int) {
	fn := g.newFn(i)
	fn.export()
	slots := g.stateSlots(fn.f)
	for k, s := range slots {
		switch {
		case !fn.facts.Touches(k):
		case s.Len > 0:
			fn.const32(s.Offset)
		default:
			fn.load(s)
		}
	}
	for k := range fn.f.Params {
		fn.emit(OpLocalGet, int64(k))
	}
	fn.emit(OpCall, int64(g.inner[i]))
	results := fn.popAll(len(fn.f.Results))
	for k := len(slots) - 1; k >= 0; k-- {
		if slots[k].Len == 0 && fn.facts.Write(k) {
			fn.store(slots[k], fn.popAll(1)[0])
		}
	}
	for _, l := range results {
		fn.emit(OpLocalGet, int64(l.local))
	}
	g.mod.Funcs = append(g.mod.Funcs, fn.out)
}

func (g *generator) stateSlots(f *ir.Func) []layout.Slot {
	if f.States == 0 {
		return nil
	}
	return g.layout.State.Slots
}

func i64s(n int) []ValType {
	out := make([]ValType, n)
	for i := range out {
		out[i] = I64
	}
	return out
}
