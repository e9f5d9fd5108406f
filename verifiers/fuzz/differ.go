package fuzz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/verifiers"
)

// difference is what a module and the one that it replaces do with the same
// inputs. Where the contract has no opinion they may differ: it is no failure.
type difference struct {
	calls, differ int
	first         verifiers.Case // the shortest that shows a difference; its last call does
	ours, theirs  []uint64       // results of that call
}

// differ runs cases on both modules by the reference engine, each with a state
// of its own. A case that starts from a state other than the initial one is run
// only where both have that state inside their invariants.
func differ(ours, theirs *oracle, cases []verifiers.Case) difference {
	var d difference
	for _, c := range cases {
		d.run(ours, theirs, c)
	}
	return d
}

func (d *difference) run(ours, theirs *oracle, c verifiers.Case) {
	if !ours.begin(c.State) || !theirs.begin(c.State) {
		return
	}
	for i, in := range c.Inputs {
		if !canonical(ours.s.Unit.Input, in) || !ours.wellFormed(in) {
			continue
		}
		if !ours.makes(in) || !theirs.makes(in) {
			return
		}
		d.calls++
		if slices.Equal(ours.results, theirs.results) {
			continue
		}
		d.differ++
		if len(d.first.Inputs) == 0 || i+1 < len(d.first.Inputs) {
			d.first = verifiers.Case{State: c.State, Inputs: c.Inputs[:i+1]}
			d.ours, d.theirs = slices.Clone(ours.results), slices.Clone(theirs.results)
		}
	}
}

// begin puts the module into a state; nil is the initial one.
func (o *oracle) begin(state []uint64) bool {
	if state == nil {
		return o.initial() == nil
	}
	return canonical(o.s.Unit.State, state) && o.inside(state)
}

// makes makes a step from where the machine is.
func (o *oracle) makes(in []uint64) bool {
	copy(o.m.Input(0), in)
	return o.m.Call(o.step, nil, o.results) == nil
}

// against compares with the module that this one replaces, if it is known.
func (c *check) against(cases []verifiers.Case) error {
	if c.subject.Incumbent == nil {
		return nil
	}
	incumbent := c.subject
	incumbent.Unit = c.subject.Incumbent
	theirs, err := newOracle(incumbent)
	if err != nil {
		return err
	}
	d := differ(c.oracle, theirs, cases)
	c.figure("incumbent.calls", d.calls, "calls")
	c.figure("incumbent.differs", d.differ, "calls")
	if d.differ > 0 {
		c.st.Notes["incumbent.first"] = d.text(c.subject)
	}
	return nil
}

func (d *difference) text(s verifiers.Subject) string {
	var b strings.Builder
	last := len(d.first.Inputs) - 1
	results := resultFields(s)
	fmt.Fprintf(&b, "input %s; results %s, of the incumbent %s", refute.Values(s.Unit.Input, d.first.Inputs[last]),
		refute.Values(results, d.ours), refute.Values(results, d.theirs))
	switch {
	case d.first.State != nil:
		fmt.Fprintf(&b, "; from state %s", refute.Values(s.Unit.State, d.first.State))
	default:
		b.WriteString("; from the initial state")
	}
	if last > 0 {
		fmt.Fprintf(&b, ", after %d calls", last)
	}
	return b.String()
}

func resultFields(s verifiers.Subject) []ir.Field {
	out := make([]ir.Field, len(s.Contract.Entry.Results))
	for i, p := range s.Contract.Entry.Results {
		out[i] = ir.Field{Name: p.Name, Type: p.Type}
	}
	return out
}
