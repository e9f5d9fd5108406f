package vm

import (
	"github.com/genesis-network/genesis/kernel/tilego/flow"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// compiler lays out memory and code of a whole unit. Since functions never
// recurse, each has its registers at fixed addresses.
type compiler struct {
	unit  *ir.Unit
	facts []flow.Facts
	prog  *Program
	code  *code
	next  uint32 // the first free address

	literals map[uint64]uint32
	consts   map[constKey]uint32
	tables   []uint32
	forms    map[formKey]*form
	spare    []uint32 // registers for values that must be set aside
	room     uint32   // the same for arrays
	roomSize int
}

type constKey struct {
	index int
	typ   ir.Type
}

// A form is code of a function to be called from other functions: one per
// input that it is called with.
type formKey struct{ fn, input int }

type form struct {
	entry   int
	link    uint32   // where the return address is put
	state   []uint32 // addresses of scalars, and of the addresses of arrays
	params  []uint32
	results []uint32
}

func compile(u *ir.Unit) *Program {
	p := &Program{unit: u, code: &code{instrs: make([]instr, 0, 128)}}
	c := &compiler{
		unit: u, prog: p, code: p.code, facts: flow.Analyze(u),
		literals: map[uint64]uint32{}, consts: map[constKey]uint32{}, forms: map[formKey]*form{},
	}
	c.layout()
	p.code.funcs = make([]Func, len(u.Funcs))
	for i := range u.Funcs {
		f := &u.Funcs[i]
		p.code.funcs[i] = Func{
			code: p.code, entry: c.entry(i), params: len(f.Params), results: len(f.Results),
			states: f.States, inputs: f.Inputs,
		}
	}
	p.code.size = int(c.next)
	return p
}

func (c *compiler) alloc(n int) uint32 {
	at := c.next
	c.next += uint32(n)
	return at
}

// layout reserves what is common to all functions.
func (c *compiler) layout() {
	params, results, states, inputs := 0, 0, 1, 1
	for i := range c.unit.Funcs {
		f := &c.unit.Funcs[i]
		params, results = max(params, len(f.Params)), max(results, len(f.Results))
		states, inputs = max(states, f.States), max(inputs, f.Inputs)
	}
	c.code.params, c.code.results = c.alloc(params), c.alloc(results)
	state, input := ir.Flat(c.unit.State), ir.Flat(c.unit.Input)
	for i := range 2 {
		c.code.states[i], c.code.inputs[i] = c.next, c.next
	}
	for i := range states {
		c.code.states[i] = c.alloc(state)
	}
	for i := range inputs {
		c.code.inputs[i] = c.alloc(input)
	}
	// The windows of a second state and input exist on every machine; where no
	// function has one, they are the first ones.
	if states == 1 {
		c.code.states[1] = c.code.states[0]
	}
	if inputs == 1 {
		c.code.inputs[1] = c.code.inputs[0]
	}
	c.tables = make([]uint32, len(c.unit.Tables))
	for i, t := range c.unit.Tables {
		c.tables[i] = c.alloc(len(t.Elems))
		for j, a := range t.Elems {
			c.initial(c.tables[i]+uint32(j), a)
		}
	}
}

// initial gives a word of memory the value of a literal or a constant.
func (c *compiler) initial(addr uint32, a ir.Atom) {
	c.prog.image = append(c.prog.image, cell{addr: addr, value: a.Bits})
	if a.Kind == ir.AConst {
		c.code.uses = append(c.code.uses, constUse{cell: len(c.prog.image) - 1, index: a.Index, typ: a.Type})
	}
}

// constant is the address of a word that holds a literal or a constant.
func (c *compiler) constant(a ir.Atom) uint32 {
	if a.Kind == ir.ALit {
		addr, ok := c.literals[a.Bits]
		if !ok {
			addr = c.alloc(1)
			c.literals[a.Bits] = addr
			c.initial(addr, a)
		}
		return addr
	}
	key := constKey{a.Index, a.Type}
	addr, ok := c.consts[key]
	if !ok {
		addr = c.alloc(1)
		c.consts[key] = addr
		c.initial(addr, a)
	}
	return addr
}

// add puts finished code of a function in its place.
func (c *compiler) add(code []instr) (entry int) {
	entry = len(c.code.instrs)
	for _, i := range code {
		if i.op >= opJump && i.op <= opJumpLeS {
			i.c += uint32(entry)
		}
		c.code.instrs = append(c.code.instrs, i)
	}
	return entry
}

// fieldAddrs are the addresses of fields of a flattened state or input.
func fieldAddrs(out []uint32, fields []ir.Field, at uint32) []uint32 {
	for _, f := range fields {
		out = append(out, at)
		at += uint32(f.Elems())
	}
	return out
}

// entry compiles a function for calls from outside and gives its first
// instruction. A function that others call too exists once, and is reached
// through a few moves.
func (c *compiler) entry(i int) int {
	if c.facts[i].Called {
		return c.stub(i)
	}
	f := &c.unit.Funcs[i]
	fc := c.newFn(i, 0)
	for k := range f.States {
		fc.direct(c.unit.State, c.code.states[k])
	}
	for k := range f.Inputs {
		fc.direct(c.unit.Input, c.code.inputs[k])
	}
	for k := range f.Params {
		fc.bind(c.code.params + uint32(k))
	}
	for k := range f.Results {
		fc.results = append(fc.results, c.code.results+uint32(k))
	}
	fc.exit = instr{op: opHalt}
	fc.block(&f.Body, nil)
	return c.add(fc.buf)
}

// stub passes the machine's state to a form and takes it back.
func (c *compiler) stub(i int) int {
	f := &c.unit.Funcs[i]
	facts := &c.facts[i]
	form := c.form(i, 0)
	var state []uint32
	for k := range f.States {
		state = fieldAddrs(state, c.unit.State, c.code.states[k])
	}
	fc := c.newFn(i, 0)
	for k, addr := range state {
		switch {
		case !facts.Touches(k):
		case c.unit.State[k%len(c.unit.State)].Len > 0:
			fc.move(form.state[k], fc.address(loc{addr: addr}))
		default:
			fc.move(form.state[k], addr)
		}
	}
	for k, p := range form.params {
		fc.move(p, c.code.params+uint32(k))
	}
	fc.emit(instr{op: opCall, a: form.link, c: uint32(form.entry)})
	for k := range c.unit.State {
		if facts.Write(k) && c.unit.State[k].Len == 0 {
			fc.move(state[k], form.state[k])
		}
	}
	for k, r := range form.results {
		fc.move(c.code.results+uint32(k), r)
	}
	fc.emit(instr{op: opHalt})
	return c.add(fc.buf)
}

// form compiles a function for calls from other functions.
func (c *compiler) form(i, input int) *form {
	f := &c.unit.Funcs[i]
	if f.Inputs != 1 {
		input = 0
	}
	key := formKey{i, input}
	if done := c.forms[key]; done != nil {
		return done
	}
	frm := &form{link: c.alloc(1)}
	fc := c.newFn(i, input)
	for k := range f.States * len(c.unit.State) {
		frm.state = append(frm.state, c.alloc(1))
		fc.locs = append(fc.locs, loc{addr: frm.state[k], indirect: c.unit.State[k%len(c.unit.State)].Len > 0})
	}
	for k := range f.Inputs {
		fc.direct(c.unit.Input, c.code.inputs[input+k])
	}
	for k := range f.Params {
		frm.params = append(frm.params, c.alloc(1))
		fc.bind(frm.params[k])
	}
	for range f.Results {
		frm.results = append(frm.results, c.alloc(1))
	}
	fc.results, fc.exit = frm.results, instr{op: opRet, a: frm.link}
	fc.block(&f.Body, nil)
	frm.entry = c.add(fc.buf)
	c.forms[key] = frm
	return frm
}
