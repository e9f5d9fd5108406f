package tlagen

import (
	"errors"
	"fmt"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
)

// ErrRange says that a constant of the system is beyond what model checkers
// count in, and becomes the value of a variable: there is no verdict from them.
var ErrRange = errors.New("beyond the integers of a model checker")

// limit is the largest magnitude of a 32- or 64-bit integer in a printed
// system. Sums and differences of two such numbers fit TLC's 32-bit integers.
const limit = 1<<30 - 1

// Version names the printer. It changes with the text that a system has.
const Version = "tlagen/2"

// Module is the name of the printed module: the text belongs into Module.tla.
const Module = "Joint"

// Spec is a printed system.
type Spec struct {
	Text   string // Joint.tla
	Config string // Joint.cfg
	Checks []joint.Check
	Weight int // of one step: how much work it is to evaluate, in bindings at most
}

// Generate prints a system. It returns ErrRange when a constant or literal that
// becomes the value of a variable does not fit.
func Generate(s *joint.System) (*Spec, error) {
	g := &generator{sys: s}
	for _, u := range []struct {
		unit   *ir.Unit
		prefix string
	}{{s.Module, "M"}, {s.Contract, "C"}, {s.Env, "E"}} {
		p, err := newPrinter(u.unit, u.prefix, s.Consts(u.unit))
		if err != nil {
			return nil, err
		}
		g.printers = append(g.printers, p)
	}
	return g.spec()
}

// generator prints what joins the three units.
type generator struct {
	sys      *joint.System
	printers []*printer
	out      strings.Builder
}

func (g *generator) spec() (*Spec, error) {
	for _, fn := range g.roles() {
		g.printer(fn).need(fn.Index)
	}
	checks := g.sys.Checks()
	for _, p := range g.printers {
		if err := p.print(); err != nil {
			return nil, err
		}
	}
	fmt.Fprintf(&g.out, "---- MODULE %s ----\nEXTENDS Integers\nVARIABLE z\n\n", Module)
	g.out.WriteString(helpers(g.printers))
	for _, p := range g.printers {
		g.out.WriteString(p.out.String())
	}
	g.step()
	g.init()
	g.checks(checks)
	g.out.WriteString("====\n")
	return &Spec{Text: g.out.String(), Config: config(checks), Checks: checks, Weight: g.weight()}, nil
}

func (g *generator) weight() int {
	w := len(g.sys.Module.State) + len(g.sys.Env.State)
	for _, f := range g.roles() {
		w += g.printer(f).weights[f.Index]
	}
	return min(maxWeight, w)
}

func config(checks []joint.Check) string {
	var b strings.Builder
	b.WriteString("INIT Init\nNEXT Next\nINVARIANTS\n")
	for i := range checks {
		fmt.Fprintf(&b, "K%d\n", i)
	}
	b.WriteString("CHECK_DEADLOCK FALSE\n")
	return b.String()
}

func (g *generator) roles() []joint.Fn {
	s := g.sys
	var out []joint.Fn
	for _, f := range append([]joint.Fn{s.Init, s.Step, s.Inv, s.Wf, s.Post, s.Frame, s.EnvInit, s.Sense, s.React}, s.Safe...) {
		if f.Present() {
			out = append(out, f)
		}
	}
	return out
}

func (g *generator) printer(f joint.Fn) *printer {
	for _, p := range g.printers {
		if p.unit == f.Unit {
			return p
		}
	}
	panic("tlagen: a role outside the system's units")
}

// call applies a role to states (each a function from field number to
// expression), an input and arguments, all as expressions.
func (g *generator) call(f joint.Fn, states []func(int) string, input, args []string) string {
	var all []string
	for i := range f.Func.States {
		for j := range f.Unit.State {
			all = append(all, states[i](j))
		}
	}
	for range f.Func.Inputs {
		all = append(all, input...)
	}
	return apply(g.printer(f).name(f.Index), append(all, args...))
}

func (g *generator) shape(f joint.Fn) shape { return g.printer(f).shapes[f.Index] }

// field is a state as the fields prefix0, prefix1 ... of a record.
func field(record, prefix string) func(int) string {
	return func(i int) string { return fmt.Sprintf("( %s.%s%d )", record, prefix, i) }
}

// after is the module's or the surroundings' state behind a function: taken
// from its outcome if it writes state, else what it was.
func after(f joint.Fn, sh shape, outcome string, before func(int) string) func(int) string {
	if !f.Present() || f.Func.Mode != ir.WriteState {
		return before
	}
	return func(i int) string { return sh.state(outcome, i) }
}

// record is a joint state.
func (g *generator) record(fault string, module, env func(int) string) string {
	parts := []string{"x |-> " + fault}
	for i := range g.sys.Module.State {
		parts = append(parts, fmt.Sprintf("m%d |-> %s", i, module(i)))
	}
	for i := range g.sys.Env.State {
		parts = append(parts, fmt.Sprintf("e%d |-> %s", i, env(i)))
	}
	return "[ " + strings.Join(parts, " , ") + " ]"
}

func zeros(fields []ir.Field) func(int) string {
	return func(i int) string { return zero(fields[i].Type, fields[i].Len) }
}

func zero(t ir.Type, n int) string {
	v := "0"
	if t == ir.Bool {
		v = "FALSE"
	}
	if n > 0 {
		return fmt.Sprintf("[ d \\in 0 .. %d |-> %s ]", n-1, v)
	}
	return v
}
