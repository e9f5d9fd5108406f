package tlagen

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Error codes in outcomes.
const (
	errIndex  = 1
	errDivide = 2
	errSize   = 3
)

// printer prints the functions of one unit.
type printer struct {
	unit    *ir.Unit
	prefix  string
	consts  []*big.Int
	needed  []bool // functions reachable from a role
	tables  []bool // tables that these read
	shapes  []shape
	weights []int
	bits    map[string]bool // helper operators that these use
	out     strings.Builder
	err     error // the first constant out of range
}

func newPrinter(u *ir.Unit, prefix string, override map[string]*big.Int) (*printer, error) {
	consts, err := u.ConstValues(override)
	if err != nil {
		return nil, fmt.Errorf("tlagen: %w", err)
	}
	p := &printer{unit: u, prefix: prefix, consts: consts,
		needed: make([]bool, len(u.Funcs)), tables: make([]bool, len(u.Tables)),
		shapes: make([]shape, len(u.Funcs)), weights: make([]int, len(u.Funcs)), bits: make(map[string]bool)}
	for i := range u.Funcs { // callees come before callers
		f := &u.Funcs[i]
		p.weights[i] = p.weigh(f)
		p.shapes[i] = shape{fallible: p.fallible(i), states: written(u, f), results: len(f.Results)}
	}
	p.err, p.bits = nil, make(map[string]bool)
	return p, nil
}

func written(u *ir.Unit, f *ir.Func) int {
	if f.Mode == ir.WriteState {
		return len(u.State)
	}
	return 0
}

func (p *printer) name(fn int) string { return fmt.Sprintf("%s%d", p.prefix, fn) }

// need marks a function and all that it calls.
func (p *printer) need(fn int) {
	if p.needed[fn] {
		return
	}
	p.needed[fn] = true
	walk(&p.unit.Funcs[fn].Body, func(s ir.Stmt) {
		switch s := s.(type) {
		case ir.Call:
			p.need(s.Func)
		case ir.Lookup:
			p.tables[s.Table] = true
		}
	})
}

// print prints the needed tables and functions.
func (p *printer) print() error {
	for i, used := range p.tables {
		if used {
			p.table(i)
		}
	}
	for i, used := range p.needed {
		if used {
			p.define(i)
		}
	}
	return p.err
}

// function prepares the printing of a function.
func (p *printer) function(i int) *funcPrinter {
	f := &p.unit.Funcs[i]
	return &funcPrinter{printer: p, fn: f, index: i, spans: loopSpans(p, f)}
}

// define prints the operator of a function, behind those of its loops.
func (p *printer) define(i int) {
	f := p.function(i)
	body := f.block(f.fn.Body, "", "  ", f.returned)
	for _, loop := range f.loops {
		p.out.WriteString(loop)
	}
	params := make([]string, p.unit.Leading(f.fn))
	for v := range params {
		params[v] = f.variable(ir.VarID(v))
	}
	fmt.Fprintf(&p.out, "%s ==\n  %s\n", apply(p.name(i), params), body)
}

// table prints a constant array as an operator that chooses by halves.
func (p *printer) table(i int) {
	fmt.Fprintf(&p.out, "%sT%d(i) == %s\n", p.prefix, i, p.choose(p.unit.Tables[i].Elems, 0))
}

func (p *printer) choose(elems []ir.Atom, first int) string {
	if len(elems) == 1 {
		return p.constant(elems[0])
	}
	half := len(elems) / 2
	return fmt.Sprintf("( IF ( i < %d ) THEN %s ELSE %s )", first+half, p.choose(elems[:half], first), p.choose(elems[half:], first+half))
}

// shape is how the outcome of a function is written: its only value bare, or a
// record with the error code e, the new state s0, s1 ... and the results r0, r1 ...
type shape struct {
	fallible        bool
	states, results int
}

func (s shape) bare() bool { return !s.fallible && s.states+s.results == 1 }

func (s shape) err(outcome string) string { return "( " + outcome + ".e )" }

func (s shape) state(outcome string, i int) string {
	if s.bare() {
		return outcome
	}
	return fmt.Sprintf("( %s.s%d )", outcome, i)
}

func (s shape) result(outcome string, i int) string {
	if s.bare() {
		return outcome
	}
	return fmt.Sprintf("( %s.r%d )", outcome, i)
}

// outcome writes the values of a return.
func (s shape) outcome(err string, states, results []string) string {
	if s.bare() {
		return append(states, results...)[0]
	}
	var parts []string
	if s.fallible || s.states+s.results == 0 {
		parts = append(parts, "e |-> "+errOrZero(err))
	}
	for i, v := range states {
		parts = append(parts, fmt.Sprintf("s%d |-> %s", i, v))
	}
	for i, v := range results {
		parts = append(parts, fmt.Sprintf("r%d |-> %s", i, v))
	}
	return "[ " + strings.Join(parts, " , ") + " ]"
}

func errOrZero(err string) string {
	if err == "" {
		return "0"
	}
	return err
}

func apply(op string, args []string) string {
	if len(args) == 0 {
		return op
	}
	return op + "(" + strings.Join(args, ", ") + ")"
}
