package vm

import (
	"fmt"
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Program is a compiled unit. It does not change, and may be shared.
type Program struct {
	unit  *ir.Unit
	code  *code
	image []cell // initial memory: literals, constants, tables
}

// code is shared by programs that differ in constants only.
type code struct {
	instrs  []instr
	funcs   []Func
	size    int // of a machine's memory
	uses    []constUse
	states  [2]uint32
	inputs  [2]uint32
	params  uint32
	results uint32
}

// cell is a word of memory with its initial value.
type cell struct {
	addr  uint32
	value uint64
}

// constUse is a cell of the image that holds a constant.
type constUse struct {
	cell  int // index into Program.image
	index int // into Unit.Consts
	typ   ir.Type
}

// Func is a function that can be called on any machine of the program it came
// from, and of those that [Program.With] made of that.
type Func struct {
	code    *code
	entry   int
	params  int
	results int
	states  int
	inputs  int
}

// Option configures [New].
type Option func(*options)

type options struct{ consts map[string]*big.Int }

// WithConsts gives named constants other values (see [ir.Unit.ConstValues]).
func WithConsts(override map[string]*big.Int) Option {
	return func(o *options) { o.consts = override }
}

// New checks and compiles a unit, which must not change any more. The error is
// that of [ir.CheckWith].
func New(u *ir.Unit, opts ...Option) (*Program, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	vals, err := ir.CheckWith(u, o.consts)
	if err != nil {
		return nil, fmt.Errorf("vm: %w", err)
	}
	p := compile(u)
	p.fill(vals)
	return p, nil
}

// With is the same program with named constants of other values: nothing is
// compiled again, and functions of p are functions of the result. Constants
// that are not named have the values that the unit declares.
func (p *Program) With(override map[string]*big.Int) (*Program, error) {
	vals, err := ir.CheckWith(p.unit, override)
	if err != nil {
		return nil, fmt.Errorf("vm: %w", err)
	}
	q := &Program{unit: p.unit, code: p.code, image: append([]cell(nil), p.image...)}
	q.fill(vals)
	return q, nil
}

func (p *Program) fill(vals []*big.Int) {
	for _, use := range p.code.uses {
		p.image[use.cell].value, _ = use.typ.Bits(vals[use.index])
	}
}

// Func finds a function by name.
func (p *Program) Func(name string) (*Func, error) {
	_, i := p.unit.Func(name)
	if i < 0 {
		return nil, fmt.Errorf("vm: unit of slot %s has no function %.64q", p.unit.Slot, name)
	}
	return &p.code.funcs[i], nil
}

// Machine makes a machine with a zero state and input.
func (p *Program) Machine() *Machine {
	m := &Machine{code: p.code, mem: make([]uint64, p.code.size)}
	for _, c := range p.image {
		m.mem[c.addr] = c.value
	}
	for i := range 2 {
		m.state[i] = m.window(p.code.states[i], p.unit.State)
		m.input[i] = m.window(p.code.inputs[i], p.unit.Input)
	}
	return m
}

func (m *Machine) window(at uint32, fields []ir.Field) []uint64 {
	end := at + uint32(ir.Flat(fields))
	return m.mem[at:end:end]
}
