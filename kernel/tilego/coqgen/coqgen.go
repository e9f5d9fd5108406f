package coqgen

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// ErrShape says that a module and its contract do not fit together.
var ErrShape = errors.New("module and contract do not fit")

// Contract prints a contract unit.
func Contract(c *ir.Unit) ([]byte, error) {
	p, err := newPrinter(c, "c")
	if err != nil {
		return nil, err
	}
	p.header("GoSem")
	p.record("Input", "i", c.Input)
	if len(c.State) > 0 {
		p.record("State", "s", c.State)
	}
	p.unit()
	for _, pred := range predicates {
		p.predicate(pred)
	}
	return p.done()
}

// Model prints a module that fills the slot of contract c.
func Model(m, c *ir.Unit) ([]byte, error) {
	if err := fits(m, c); err != nil {
		return nil, err
	}
	p, err := newPrinter(m, "m")
	if err != nil {
		return nil, err
	}
	p.header("GoSem Contract")
	if len(c.State) == 0 {
		p.record("State", "s", m.State)
	}
	p.unit()
	p.init()
	p.predicate(predicate{name: "Inv", states: 1})
	p.step()
	return p.done()
}

// predicate is a bool function over records: what the printer wraps into a
// definition with a fixed name.
type predicate struct {
	name                     string
	states, inputs, outcomes int
}

// predicates are those of a contract, in the order in which they are printed.
var predicates = []predicate{
	{name: "Wf", inputs: 1},
	{name: "Post", inputs: 1, outcomes: 1},
	{name: "Rel", inputs: 2},
	{name: "RelPost", outcomes: 2},
	{name: "Frame", states: 2},
}

// fits compares what the module and its contract declare of each other.
func fits(m, c *ir.Unit) error {
	if !sameFields(m.Input, c.Input) {
		return fmt.Errorf("coqgen: %w: the input is not the contract's", ErrShape)
	}
	if len(c.State) > 0 && !sameFields(m.State, c.State) {
		return fmt.Errorf("coqgen: %w: the state is not the contract's", ErrShape)
	}
	step, _ := m.Func("Step")
	post, _ := c.Func("Post")
	if step == nil || post == nil {
		return fmt.Errorf("coqgen: %w: the module needs Step and the contract needs Post", ErrShape)
	}
	same := func(a, b ir.Param) bool { return a.Type == b.Type }
	if !slices.EqualFunc(step.Results, post.Params, same) {
		return fmt.Errorf("coqgen: %w: the results of Step are not the parameters of Post", ErrShape)
	}
	return nil
}

func sameFields(a, b []ir.Field) bool {
	return slices.EqualFunc(a, b, func(x, y ir.Field) bool { return x.Type == y.Type && x.Len == y.Len })
}

func newPrinter(u *ir.Unit, mark string) (*printer, error) {
	values, err := u.ConstValues(nil)
	if err != nil {
		return nil, fmt.Errorf("coqgen: constants: %w", err)
	}
	return &printer{u: u, mark: mark, consts: values}, nil
}

// printer writes one file. The first problem is kept and returned at the end.
type printer struct {
	u      *ir.Unit
	mark   string // m or c: whose definitions these are
	consts []*big.Int
	out    []byte
	err    error
	fn     int // function being printed
	f      *ir.Func
	used   map[ir.VarID]bool // variables printed so far in the block that is being lifted
}

func (p *printer) pf(format string, args ...any) { p.out = fmt.Appendf(p.out, format, args...) }

func (p *printer) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("coqgen: function %d: "+format, append([]any{p.fn}, args...)...)
	}
}

func (p *printer) done() ([]byte, error) {
	if p.err != nil {
		return nil, p.err
	}
	return p.out, nil
}

func (p *printer) header(modules string) {
	p.pf("From K Require Import %s.\n", modules)
	p.pf("From Coq Require Import BinInt List Bool.\nImport ListNotations.\nOpen Scope Z_scope.\n\n")
}
