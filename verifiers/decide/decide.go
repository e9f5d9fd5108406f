package decide

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-air/gini/z"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Verdict is what became of a question.
type Verdict string

// The verdicts.
const (
	Holds   Verdict = "holds"   // for all states and inputs, as far as this package can be believed
	Refuted Verdict = "refuted" // by a witness that the reference engine confirms
	Unknown Verdict = "unknown" // a limit was met
)

// Answer is about one clause of the theorem.
type Answer struct {
	Clause  refute.Clause
	Verdict Verdict
	Reason  Reason          // of Unknown
	Witness *refute.Witness // of Refuted; reachable ones refute the module, others its Inv
}

// Report is about a module. Clauses that the contract does not state are not in
// it.
type Report struct {
	Answers []Answer
	Gates   int // of the circuit
}

// Verdict is that of the whole theorem.
func (r Report) Verdict() Verdict {
	v := Holds
	for _, a := range r.Answers {
		switch {
		case a.Verdict == Refuted:
			return Refuted
		case a.Verdict == Unknown:
			v = Unknown
		}
	}
	return v
}

// Witness is the one that says most: a reachable one if there is one.
func (r Report) Witness() *refute.Witness {
	var w *refute.Witness
	for _, a := range r.Answers {
		if a.Witness != nil && (w == nil || a.Witness.Reachable && !w.Reachable) {
			w = a.Witness
		}
	}
	return w
}

// String is the verdict with what kept it open: "unknown (time: RelPost)".
func (r Report) String() string {
	v := r.Verdict()
	var parts []string
	for _, a := range r.Answers {
		if a.Verdict == v && v != Holds {
			parts = append(parts, strings.TrimPrefix(string(a.Reason)+": "+string(a.Clause), ": "))
		}
	}
	if len(parts) == 0 {
		return string(v)
	}
	return fmt.Sprintf("%s (%s)", v, strings.Join(parts, ", "))
}

// ErrEngines says that circuit and reference engine disagree. It is this
// package's fault, or that of package vm: the module was not judged.
var ErrEngines = errors.New("decide: circuit and reference engine disagree")

// Module decides each clause of the theorem about a module. The error wraps
// [refute.ErrModule] when the module does not fit the contract, [ErrEngines], or
// the context's.
func Module(ctx context.Context, c *contract.Contract, u *ir.Unit, o Options) (Report, error) {
	r, err := refute.New(c)
	if err != nil {
		return Report{}, err
	}
	k := newCircuit(o)
	d := &decider{o: o, c: c, u: u, replay: r, solver: newSolver(k)}
	var first *act
	met := guarded(func() {
		if d.t, err = state(k, c, u, o); err == nil {
			s := d.t.unknown(u.State)
			first = d.t.act(s, d.t.inv(s))
		}
	})
	if err != nil {
		return Report{}, err
	}
	if met != "" {
		return Report{Answers: d.allOpen(met), Gates: k.Len()}, nil
	}
	return d.answers(ctx, first)
}

// decider is one run of Module.
type decider struct {
	o      Options
	c      *contract.Contract
	u      *ir.Unit
	t      *theorem
	replay *refute.Refuter
	solver *solver
	path   []*act // from the initial state
}

func (d *decider) allOpen(why Reason) (out []Answer) {
	for _, c := range d.clauses() {
		out = append(out, Answer{Clause: c, Verdict: Unknown, Reason: why})
	}
	return out
}

// clauses are those that contract and module state.
func (d *decider) clauses() []refute.Clause {
	out := []refute.Clause{refute.Init, refute.Panic, refute.Post}
	has := func(u *ir.Unit, name string) bool { f, _ := u.Func(name); return f != nil }
	if has(d.u, "Inv") {
		out = append(out, refute.Inv)
	}
	if has(d.c.Unit, "Frame") {
		out = append(out, refute.Frame)
	}
	if has(d.c.Unit, "RelPost") {
		out = append(out, refute.RelPost)
	}
	return out
}

func (d *decider) answers(ctx context.Context, first *act) (Report, error) {
	var r Report
	for _, c := range d.clauses() {
		a, err := d.answer(ctx, c, first)
		if err != nil {
			return Report{}, err
		}
		r.Answers = append(r.Answers, a)
	}
	r.Gates = d.solver.Len()
	return r, nil
}

// answer decides one clause.
func (d *decider) answer(ctx context.Context, c refute.Clause, first *act) (Answer, error) {
	if c == refute.Init {
		return d.initial()
	}
	f, err := d.solver.satisfy(ctx, first.when(c), d.o.time())
	switch {
	case err != nil:
		return Answer{}, fmt.Errorf("decide: %w", err)
	case f == open:
		return Answer{Clause: c, Verdict: Unknown, Reason: OutOfTime}, nil
	case f == always:
		return Answer{Clause: c, Verdict: Holds}, nil
	}
	run := d.run(c, first)
	run.State = d.solver.flat(d.u.State, first.state)
	w, err := d.confirm(run)
	if err != nil {
		return Answer{}, err
	}
	if reached, err := d.reach(ctx, c); reached != nil || err != nil {
		return Answer{Clause: c, Verdict: Refuted, Witness: reached}, err
	}
	return Answer{Clause: c, Verdict: Refuted, Witness: w}, nil
}

func (a *act) when(c refute.Clause) z.Lit {
	for _, v := range a.broken {
		if v.clause == c {
			return v.when
		}
	}
	panic("decide: no clause " + string(c))
}

// initial decides the clause about the initial state, which has no unknown bits.
func (d *decider) initial() (Answer, error) {
	a := Answer{Clause: refute.Init, Verdict: Holds}
	var good z.Lit
	met := guarded(func() { good = d.t.and(d.t.stuck.Not(), d.t.inv(d.t.initial)) })
	switch {
	case met != "":
		a.Verdict, a.Reason = Unknown, met
	case good != d.t.T:
		w, err := d.confirm(refute.Run{Clause: refute.Init})
		a.Verdict, a.Witness = Refuted, w
		return a, err
	}
	return a, nil
}

// run is what the solver found about an act.
func (d *decider) run(c refute.Clause, a *act) refute.Run {
	r := refute.Run{Clause: c, Input: d.solver.flat(d.u.Input, a.in)}
	if c == refute.RelPost {
		r.Input2 = d.solver.flat(d.u.Input, a.in2)
	}
	return r
}

// confirm has the reference engine make the run.
func (d *decider) confirm(r refute.Run) (*refute.Witness, error) {
	w, err := d.replay.Replay(d.u, r)
	if err == nil && w == nil {
		err = fmt.Errorf("%w: clause %s, state %v, path %v, inputs %v %v", ErrEngines, r.Clause, r.State, r.Path, r.Input, r.Input2)
	}
	return w, err
}

// reach looks for a shortest way from the initial state to a broken promise
// (bounded model checking). It is nil if there is none within the limits.
func (d *decider) reach(ctx context.Context, c refute.Clause) (*refute.Witness, error) {
	for depth := range d.o.depth() {
		if depth == len(d.path) && guarded(d.extend) != "" {
			return nil, nil
		}
		f, err := d.solver.satisfy(ctx, d.path[depth].when(c), d.o.time())
		switch {
		case err != nil:
			return nil, fmt.Errorf("decide: %w", err)
		case f == open:
			return nil, nil
		case f == found:
			run := d.run(c, d.path[depth])
			for _, a := range d.path[:depth] {
				run.Path = append(run.Path, d.solver.flat(d.u.Input, a.in))
			}
			return d.confirm(run)
		}
	}
	return nil, nil
}

// extend adds a call to the path.
func (d *decider) extend() {
	state, assume := d.t.initial, d.t.stuck.Not()
	if n := len(d.path); n > 0 {
		state, assume = d.path[n-1].after, d.path[n-1].keeps
	}
	d.path = append(d.path, d.t.act(state, assume))
}
