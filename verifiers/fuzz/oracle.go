package fuzz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
	"github.com/genesis-network/genesis/verifiers"
)

// oracle judges cases by the reference engine.
type oracle struct {
	s                         verifiers.Subject
	m, c                      *vm.Machine
	initF, step, inv          *vm.Func
	wf, post, rel, relPost    *vm.Func
	results, again, both, ans []uint64
}

// violation is a broken promise, and the case that shows it.
type violation struct {
	clause  refute.Clause
	shown   verifiers.Case
	state   []uint64 // before the step
	input   []uint64
	results []uint64
	input2  []uint64 // for RelPost
	second  []uint64
}

func newOracle(s verifiers.Subject) (*oracle, error) {
	module, err := vm.New(s.Unit)
	if err != nil {
		return nil, fmt.Errorf("fuzz: module: %w", err)
	}
	contract, err := vm.New(s.Contract.Unit)
	if err != nil {
		return nil, fmt.Errorf("fuzz: contract: %w", err)
	}
	optional := func(p *vm.Program, name string) *vm.Func {
		f, err := p.Func(name)
		if err != nil {
			return nil
		}
		return f
	}
	n := len(s.Contract.Entry.Results)
	o := &oracle{s: s, m: module.Machine(), c: contract.Machine(), initF: optional(module, "Init"), inv: optional(module, "Inv"),
		wf: optional(contract, "Wf"), post: optional(contract, "Post"), rel: optional(contract, "Rel"), relPost: optional(contract, "RelPost"),
		results: make([]uint64, n), again: make([]uint64, n), ans: make([]uint64, 1)}
	if o.step, err = module.Func(s.Contract.Entry.Name); err != nil {
		return nil, fmt.Errorf("fuzz: module: %w", err)
	}
	return o, nil
}

func (o *oracle) holds(m *vm.Machine, f *vm.Func, params []uint64) bool {
	return f == nil || m.Call(f, params, o.ans) == nil && o.ans[0] == 1
}

func (o *oracle) wellFormed(in []uint64) bool {
	copy(o.c.Input(0), in)
	return o.holds(o.c, o.wf, nil)
}

func (o *oracle) inside(state []uint64) bool {
	copy(o.m.State(0), state)
	return o.holds(o.m, o.inv, nil)
}

// judge runs a case; nil is no violation, as for a case that does not fit the
// module or starts outside the invariant.
func (o *oracle) judge(c verifiers.Case) *violation {
	if c.State != nil && (!canonical(o.s.Unit.State, c.State) || !o.inside(c.State)) {
		return nil
	}
	state := slices.Clone(c.State)
	if state == nil {
		if v := o.initial(); v != nil {
			return v
		}
		state = slices.Clone(o.m.State(0))
	}
	var before, last, lastResults []uint64
	for i, in := range c.Inputs {
		if !canonical(o.s.Unit.Input, in) || !o.wellFormed(in) {
			continue
		}
		if v := o.related(before, last, lastResults, in); v != nil {
			v.shown = verifiers.Case{State: c.State, Inputs: c.Inputs[:i+1]}
			return v
		}
		copy(o.m.State(0), state)
		if v := o.try(state, in); v != nil {
			v.shown = verifiers.Case{State: c.State, Inputs: c.Inputs[:i+1]}
			return v
		}
		before, last, lastResults = state, in, slices.Clone(o.results)
		state = slices.Clone(o.m.State(0))
	}
	return nil
}

// initial puts the module into its initial state.
func (o *oracle) initial() *violation {
	clear(o.m.State(0))
	if o.initF != nil && o.m.Call(o.initF, nil, nil) != nil || !o.holds(o.m, o.inv, nil) {
		return &violation{clause: refute.Init}
	}
	return nil
}

// try makes one step on the machine.
func (o *oracle) try(state, in []uint64) *violation {
	v := &violation{state: slices.Clone(state), input: in}
	copy(o.m.Input(0), in)
	if o.m.Call(o.step, nil, o.results) != nil {
		v.clause = refute.Panic
		return v
	}
	v.results = slices.Clone(o.results)
	copy(o.c.Input(0), in)
	if !o.holds(o.c, o.post, o.results) {
		v.clause = refute.Post
		return v
	}
	if !o.holds(o.m, o.inv, nil) {
		v.clause = refute.Inv
		return v
	}
	return nil
}

// related compares a step with the one before it, as if both were made from
// the same state, when the contract relates their inputs, either way round.
func (o *oracle) related(before, last, results, in []uint64) *violation {
	if o.rel == nil || o.relPost == nil || last == nil {
		return nil
	}
	for _, swap := range []bool{false, true} {
		a, b := last, in
		if swap {
			a, b = in, last
		}
		copy(o.c.Input(0), a)
		copy(o.c.Input(1), b)
		if !o.holds(o.c, o.rel, nil) {
			continue
		}
		copy(o.m.State(0), before)
		copy(o.m.Input(0), in)
		if o.m.Call(o.step, nil, o.again) != nil {
			return &violation{clause: refute.Panic, state: before, input: in}
		}
		first, second := results, o.again
		if swap {
			first, second = second, first
		}
		o.both = append(append(o.both[:0], first...), second...)
		if !o.holds(o.c, o.relPost, o.both) {
			return &violation{clause: refute.RelPost, state: before, input: a, results: slices.Clone(first), input2: b, second: slices.Clone(second)}
		}
	}
	return nil
}

func canonical(fields []ir.Field, values []uint64) bool {
	if ir.Flat(fields) != len(values) {
		return false
	}
	at := 0
	for _, f := range fields {
		for range f.Elems() {
			if !f.Type.IsCanonical(values[at]) {
				return false
			}
			at++
		}
	}
	return true
}

// text is the violation for people.
func (v *violation) text(s verifiers.Subject) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is broken", v.clause)
	results := resultFields(s)
	for _, part := range []struct {
		name   string
		fields []ir.Field
		values []uint64
	}{{"state", s.Unit.State, v.state}, {"input", s.Unit.Input, v.input}, {"results", results, v.results}, {"second input", s.Unit.Input, v.input2}, {"its results", results, v.second}} {
		if len(part.values) > 0 {
			fmt.Fprintf(&b, "; %s %s", part.name, refute.Values(part.fields, part.values))
		}
	}
	if n := len(v.shown.Inputs); v.shown.State == nil && n > 1 {
		fmt.Fprintf(&b, "; reached from the initial state by %d calls", n-1)
	}
	return b.String()
}
