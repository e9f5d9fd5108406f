package decide

import (
	"fmt"
	"slices"

	"github.com/go-air/gini/logic"
	"github.com/go-air/gini/z"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// theorem is a circuit with what a contract demands of a module.
type theorem struct {
	*circuit
	c        *contract.Contract
	module   *engine
	contract *engine
	entry    *ir.Func
	initial  []value // of the state
	stuck    z.Lit   // Init panics
}

// newCircuit is an empty circuit with room for some gates.
func newCircuit(o Options) *circuit { return &circuit{logic.NewCCap(1 << 12), o.gates()} }

// state checks that the units fit and finds the initial state. It may meet a
// limit: see guarded.
func state(k *circuit, c *contract.Contract, u *ir.Unit, o Options) (*theorem, error) {
	steps := o.steps()
	t := &theorem{circuit: k, c: c}
	var err error
	if t.contract, err = newEngine(k, c.Unit, &steps); err != nil {
		return nil, fmt.Errorf("decide: contract %s: %w", c.Name, err)
	}
	if err = ir.Conforms(u, c.Unit); err != nil {
		return nil, fmt.Errorf("%w: %w", refute.ErrModule, err)
	}
	if t.module, err = newEngine(k, u, &steps); err != nil {
		return nil, fmt.Errorf("%w: %w", refute.ErrModule, err)
	}
	t.entry, _ = u.Func(c.Entry.Name)
	if t.entry == nil || !slices.EqualFunc(t.entry.Results, c.Entry.Results, sameType) || len(t.entry.Params) > 0 {
		return nil, fmt.Errorf("%w: it has no function %s with the results of the contract", refute.ErrModule, c.Entry.Name)
	}
	t.start()
	return t, nil
}

func sameType(a, b ir.Param) bool { return a.Type == b.Type }

func newEngine(k *circuit, u *ir.Unit, steps *int) (*engine, error) {
	vals, err := ir.CheckWith(u, nil)
	return &engine{circuit: k, u: u, vals: vals, steps: steps}, err
}

// start is the state that Init leaves, or zero.
func (t *theorem) start() {
	for _, f := range t.module.u.State {
		zero := make(value, f.Elems())
		for i := range zero {
			zero[i] = t.circuit.constant(f.Type.Width(), 0)
		}
		t.initial = append(t.initial, zero)
	}
	t.stuck = t.F
	if init, _ := t.module.u.Func("Init"); init != nil {
		out := t.module.call(init, arguments(init, run{states: [][]value{t.initial}}))
		t.stuck = out.panics
		if init.Mode == ir.WriteState {
			t.initial = out.state
		}
	}
}

// run is what a function may be called on.
type run struct {
	states [][]value
	inputs [][]value
	params []word
}

// arguments are the leading variables of a function: as many states and inputs
// of the run as it takes.
func arguments(f *ir.Func, r run) []value {
	var out []value
	for i := range f.States {
		out = append(out, r.states[i]...)
	}
	for i := range f.Inputs {
		out = append(out, r.inputs[i]...)
	}
	for _, p := range r.params {
		out = append(out, value{p})
	}
	return out
}

// holds is a predicate: an absent one holds, one that panics does not.
func (e *engine) holds(name string, r run) z.Lit {
	f, _ := e.u.Func(name)
	if f == nil {
		return e.T
	}
	out := e.call(f, arguments(f, r))
	return e.and(out.results[0][0], out.panics.Not())
}

// unknown are fields of fresh bits.
func (t *theorem) unknown(fields []ir.Field) []value {
	out := make([]value, len(fields))
	for i, f := range fields {
		out[i] = make(value, f.Elems())
		for k := range out[i] {
			out[i][k] = t.fresh(f.Type.Width())
		}
	}
	return out
}

// act is one call of the entry function from a state, and what can be wrong
// with it.
type act struct {
	state, in, in2 []value // in2 is nil when the contract has no Rel
	after          []value
	results        []word
	keeps          z.Lit // the call was allowed, and nothing panicked
	broken         []violation
}

// violation is a clause and the condition under which the act breaks it.
type violation struct {
	clause refute.Clause
	when   z.Lit
}

// inv is the module's invariant of a state.
func (t *theorem) inv(s []value) z.Lit { return t.module.holds("Inv", run{states: [][]value{s}}) }

// wf says that an input can occur.
func (t *theorem) wf(in []value) z.Lit { return t.contract.holds("Wf", run{inputs: [][]value{in}}) }

// step calls the entry function.
func (t *theorem) step(state, in []value) (after []value, results []word, panics z.Lit) {
	out := t.module.call(t.entry, arguments(t.entry, run{states: [][]value{state}, inputs: [][]value{in}}))
	if t.entry.Mode != ir.WriteState {
		out.state = state
	}
	return out.state, out.results, out.panics
}

// act makes a step from a state on an unknown input, where assume holds.
func (t *theorem) act(state []value, assume z.Lit) *act {
	a := &act{state: state, in: t.unknown(t.module.u.Input)}
	allowed := t.and(assume, t.wf(a.in))
	var panics z.Lit
	a.after, a.results, panics = t.step(state, a.in)
	a.keeps = t.and(allowed, panics.Not())
	a.breaks(refute.Panic, t.and(allowed, panics))
	inputs := [][]value{a.in}
	a.breaks(refute.Post, t.unless(a.keeps, t.contract.holds("Post", run{inputs: inputs, params: a.results})))
	a.breaks(refute.Inv, t.unless(a.keeps, t.inv(a.after)))
	a.breaks(refute.Frame, t.unless(a.keeps, t.contract.holds("Frame", run{states: [][]value{state, a.after}})))
	t.twice(a)
	return a
}

func (a *act) breaks(c refute.Clause, when z.Lit) { a.broken = append(a.broken, violation{c, when}) }

func (t *theorem) unless(assume, promise z.Lit) z.Lit { return t.and(assume, promise.Not()) }

// twice makes a second step from the same state, on a related input.
func (t *theorem) twice(a *act) {
	if f, _ := t.contract.u.Func("RelPost"); f == nil {
		return
	}
	a.in2 = t.unknown(t.module.u.Input)
	_, results, panics := t.step(a.state, a.in2)
	both := t.and(a.keeps, t.and(t.wf(a.in2), panics.Not()))
	both = t.and(both, t.contract.holds("Rel", run{inputs: [][]value{a.in, a.in2}}))
	a.breaks(refute.RelPost, t.unless(both, t.contract.holds("RelPost", run{params: append(slices.Clone(a.results), results...)})))
}
