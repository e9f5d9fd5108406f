package joint

import (
	"fmt"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// Clause is a part of a promise that said nothing in a whole exploration: a
// condition whose truth never made a difference, or a return that was never
// reached. A promise whose antecedent is never met has one.
//
// The method is that of Kupferman and Vardi (Vacuity detection in temporal model
// checking, 1999): put true and false in the place of a condition, and see
// whether the promise ever tells the difference.
type Clause struct {
	Promise string // Post, Frame, or the name of a Safe function
	Text    string // in the names of the contract
}

// maxProbes bounds how many conditions of a promise are looked at.
const maxProbes = 256

// probe is a condition of a promise with the promise as it would be without it.
type probe struct {
	clause  Clause
	mutants []bound
}

// probes are the conditions that made no difference yet.
type probes struct {
	post, frame, safe []probe
}

func (s *System) newProbes() (*probes, error) {
	p := &probes{}
	for _, of := range []struct {
		to  *[]probe
		fns []Fn
	}{{&p.post, []Fn{s.Post}}, {&p.frame, []Fn{s.Frame}}, {&p.safe, s.Safe}} {
		for _, f := range of.fns {
			if !f.Present() {
				continue
			}
			found, err := s.probesOf(f)
			if err != nil {
				return nil, err
			}
			*of.to = append(*of.to, found...)
		}
	}
	return p, nil
}

func (s *System) probesOf(f Fn) ([]probe, error) {
	var out []probe
	for at := range maxProbes {
		p := probe{clause: Clause{Promise: f.Func.Name}}
		for _, value := range []uint64{0, 1} {
			e := editor{unit: f.Unit.Clone(), at: at, value: value}
			e.fn = &e.unit.Funcs[f.Index]
			e.block(&e.fn.Body)
			if e.text == "" {
				return out, nil // there are no more
			}
			p.clause.Text = e.text
			if e.same {
				continue
			}
			prog, err := vm.New(e.unit, vm.WithConsts(s.Consts(f.Unit)))
			if err != nil {
				return nil, fmt.Errorf("joint: %s without %s: %w", f.Func.Name, e.text, err)
			}
			fn, err := prog.Func(f.Func.Name)
			if err != nil {
				return nil, fmt.Errorf("joint: %w", err)
			}
			p.mutants = append(p.mutants, bound{prog.Machine(), fn, f.Func.Name})
		}
		out = append(out, p)
	}
	return out, nil
}

// step looks at a step that kept its promises.
func (p *probes) step(r *runner) {
	p.post = keep(p.post, func(b bound) bool {
		copy(b.machine.Input(0), r.input)
		return r.same(b, r.results)
	})
	p.frame = keep(p.frame, func(b bound) bool {
		copy(b.machine.State(0), r.module)
		copy(b.machine.State(1), r.m.State(0))
		return r.same(b, nil)
	})
}

// state looks at a new state that keeps its promises.
func (p *probes) state(r *runner) {
	p.safe = keep(p.safe, func(b bound) bool {
		copy(b.machine.State(0), r.e.State(0))
		return r.same(b, nil)
	})
}

// same says whether a promise without one of its conditions holds too.
func (r *runner) same(b bound, params []uint64) bool {
	ok, detail := r.holds(b, params)
	return ok && detail == ""
}

// keep drops the probes that made a difference.
func keep(ps []probe, same func(bound) bool) []probe {
	return slices.DeleteFunc(ps, func(p probe) bool {
		return slices.ContainsFunc(p.mutants, func(b bound) bool { return !same(b) })
	})
}

// left are the clauses that never made a difference.
func (p *probes) left() []Clause {
	var out []Clause
	for _, l := range [][]probe{p.post, p.frame, p.safe} {
		for _, x := range l {
			out = append(out, x.clause)
		}
	}
	return out
}

// editor puts a truth value in the place of one condition of a predicate: the
// one with the number at, in the order of the text.
type editor struct {
	unit  *ir.Unit
	fn    *ir.Func
	at    int
	value uint64
	seen  int
	named []ir.VarID // bound to a condition, which is looked at where it is bound
	text  string     // of the condition; "" when there are fewer
	same  bool       // the value changes nothing
}

func (e *editor) block(b *ir.Block) {
	for i, s := range b.Stmts {
		switch s := s.(type) {
		case ir.Get:
			e.fn.Vars[s.Dst].Name = e.fn.Vars[s.Arr].Name + "[...]"
		case ir.Lookup:
			e.fn.Vars[s.Dst].Name = e.unit.Tables[s.Table].Name + "[...]"
		case ir.Call:
			for _, d := range s.Dst {
				e.fn.Vars[d].Name = e.unit.Funcs[s.Func].Name + "()"
			}
		case ir.Test:
			e.named = append(e.named, s.Dst)
			e.cond(&s.Cond)
			b.Stmts[i] = s
		case ir.If:
			e.cond(&s.Cond)
			e.block(&s.Then)
			e.block(&s.Else)
			e.named = append(e.named, s.Dst...)
			b.Stmts[i] = s
		case ir.For:
			e.named = append(e.named, s.Carried...)
			e.block(&s.Body)
			e.named = append(e.named, s.Dst...)
			b.Stmts[i] = s
		}
	}
	switch t := b.Term.(type) {
	case ir.Branch:
		e.cond(&t.Cond)
		e.block(&t.Then)
		e.block(&t.Else)
		b.Term = t
	case ir.Return:
		e.returned(t)
	}
}

func (e *editor) cond(c *ir.Cond) {
	switch c.Op {
	case ir.CondNot:
		e.cond(c.X)
	case ir.CondAnd, ir.CondOr:
		e.cond(c.X)
		e.cond(c.Y)
	default:
		if c.Op == ir.CondAtom && !e.tells(c.A) {
			return
		}
		if e.here() {
			e.text = e.condText(*c)
			*c = ir.Cond{Op: ir.CondAtom, A: ir.Lit(ir.Bool, e.value)}
		}
	}
}

// returned looks at what a predicate returns, but for what is refused anyway:
// to return false instead makes a difference if it is ever reached.
func (e *editor) returned(r ir.Return) {
	a := r.Results[0]
	if a.Kind == ir.ALit && a.Bits == 0 || a.Kind == ir.AVar && slices.Contains(e.named, ir.VarID(a.Index)) || !e.here() {
		return
	}
	e.text = "return " + e.atomText(a)
	e.same = e.value != 0
	if !e.same {
		r.Results[0] = ir.Lit(ir.Bool, 0)
	}
}

// tells says whether an atom is a condition of its own.
func (e *editor) tells(a ir.Atom) bool {
	return a.Kind == ir.AVar && !slices.Contains(e.named, ir.VarID(a.Index))
}

func (e *editor) here() bool {
	e.seen++
	return e.seen-1 == e.at
}

var comparison = map[ir.CondOp]string{ir.Eq: "==", ir.Ne: "!=", ir.Lt: "<", ir.Le: "<=", ir.Gt: ">", ir.Ge: ">="}

func (e *editor) condText(c ir.Cond) string {
	if c.Op == ir.CondAtom {
		return e.atomText(c.A)
	}
	return e.atomText(c.A) + " " + comparison[c.Op] + " " + e.atomText(c.B)
}

// atomText names an atom as the contract does, where the IR still knows.
func (e *editor) atomText(a ir.Atom) string {
	switch a.Kind {
	case ir.AConst:
		if name := e.unit.Consts[a.Index].Name; name != "" {
			return name
		}
		return "a constant"
	case ir.AVar:
		if name := e.fn.Vars[a.Index].Name; name != "" {
			return name
		}
		return "a value"
	}
	return text(a.Type, a.Bits)
}
