package score

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
	"github.com/genesis-network/genesis/verifiers/decide"
)

// judge tries modules by every clause of one contract.
type judge struct {
	c       *contract.Contract
	o       decide.Options
	clauses []string // in the order of reports
}

func newJudge(c *contract.Contract, o decide.Options) (*judge, error) {
	j := &judge{c: c, o: o}
	has := func(name string) bool { f, _ := c.Unit.Func(name); return f != nil }
	j.clauses = []string{string(refute.Init), string(refute.Panic), string(refute.Inv), string(refute.Post)}
	if has("Frame") {
		j.clauses = append(j.clauses, string(refute.Frame))
	}
	if has("RelPost") {
		j.clauses = append(j.clauses, string(refute.RelPost))
	}
	if c.Env != nil {
		for _, f := range c.Env.Funcs {
			if strings.HasPrefix(f.Name, "Safe") {
				j.clauses = append(j.clauses, f.Name)
			}
		}
	}
	return j, nil
}

// ruling is what became of one module.
type ruling struct {
	theorem []string // clauses of the theorem that it breaks
	safety  []string // clauses about its surroundings that it breaks
	witness string   // of the first broken clause
	open    []string // "RelPost: time", "surroundings: states"
	states  bool     // the surroundings are open
}

func (r *ruling) broken() []string { return slices.Concat(r.theorem, r.safety) }

func (r *ruling) blame(list *[]string, clause, witness string) {
	if r.witness == "" {
		r.witness = witness
	}
	*list = append(*list, clause)
}

// rule tries a module by every clause.
func (j *judge) rule(ctx context.Context, u *ir.Unit) (*ruling, error) {
	r := &ruling{}
	report, err := decide.Module(ctx, j.c, u, j.o)
	if err != nil {
		return nil, err
	}
	for _, a := range report.Answers {
		switch a.Verdict {
		case decide.Refuted:
			r.blame(&r.theorem, string(a.Clause), a.Witness.String())
		case decide.Unknown:
			r.open = append(r.open, fmt.Sprintf("%s: %s", a.Clause, a.Reason))
		}
	}
	if j.c.Env == nil {
		return r, nil
	}
	return r, j.surround(ctx, u, r)
}

// surround explores a module with its surroundings, for all safety clauses at
// once, and for each alone when one is broken.
func (j *judge) surround(ctx context.Context, u *ir.Unit, r *ruling) error {
	whole, err := joint.New(u, j.c.Unit, j.c.Env, j.c.Model.Consts)
	if err != nil {
		return fmt.Errorf("score: %w", err)
	}
	whole.Post, whole.Frame, whole.Inv = joint.Fn{}, joint.Fn{}, joint.Fn{} // decided for all states already
	v, err := j.explore(ctx, *whole, r)
	if err != nil || v == nil {
		return err
	}
	if v.Name == "NoPanic" && !slices.Contains(r.theorem, string(refute.Panic)) {
		r.blame(&r.theorem, string(refute.Panic), fmt.Sprintf("panics after %d steps with the surroundings", len(v.Trace)-1))
	}
	for _, safe := range whole.Safe {
		one := *whole
		one.Safe = []joint.Fn{safe}
		v, err := j.explore(ctx, one, r)
		if err != nil {
			return err
		}
		if v != nil && v.Name == safe.Func.Name {
			r.blame(&r.safety, v.Name, fmt.Sprintf("%s is broken after %d steps with the surroundings", v.Name, len(v.Trace)-1))
		}
	}
	return nil
}

// explore visits every reachable state, and notes what leaves the question open.
// Behind a broken clause the surroundings may leave what the contract speaks of:
// that breaks nothing more.
func (j *judge) explore(ctx context.Context, s joint.System, r *ruling) (*joint.Violation, error) {
	found, err := s.Explore(ctx, joint.Limits{MaxStates: j.c.Model.MaxStates})
	if err != nil {
		return nil, fmt.Errorf("score: %w", err)
	}
	v := found.Violation
	switch {
	case v != nil && v.Env && len(r.broken()) == 0:
		r.leaves("surroundings: " + v.Name)
	case v == nil && !found.Complete:
		r.leaves("surroundings: states")
	}
	return v, nil
}

func (r *ruling) leaves(why string) {
	r.states = true
	r.open = append(r.open, why)
}

// accepts checks that a module is what mutants may be made of.
func (j *judge) accepts(ctx context.Context, m Module) error {
	r, err := j.rule(ctx, m.Unit)
	if err != nil {
		return fmt.Errorf("score: module %s: %w", m.Name, err)
	}
	if len(r.broken()) > 0 {
		return fmt.Errorf("%w: %s breaks %s: %s", ErrModule, m.Name, strings.Join(r.broken(), ", "), r.witness)
	}
	return nil
}

// judge fills in the verdict of a mutant.
func (j *judge) judge(ctx context.Context, t *trial) error {
	same, err := j.same(ctx, t, decide.Identical)
	if err != nil {
		return err
	}
	if same {
		t.Verdict = Equivalent
		return nil
	}
	if err := j.try(ctx, t); err != nil || t.Verdict != Accepted {
		return err
	}
	if same, err = j.same(ctx, t, decide.Equivalent); same { // both keep their invariants
		t.Verdict = Equivalent
	}
	return err
}

type comparison = func(context.Context, *contract.Contract, *ir.Unit, *ir.Unit, decide.Options) (decide.Comparison, error)

// same compares a mutant with the module that it was made of.
func (j *judge) same(ctx context.Context, t *trial, compare comparison) (bool, error) {
	if t.module == nil {
		return false, nil
	}
	r, err := compare(ctx, j.c, t.module, t.unit, j.o)
	if err != nil {
		return false, fmt.Errorf("score: %s: %w", t.Name, err)
	}
	return r.Sameness == decide.Same, nil
}

// try tries a mutant by every clause.
func (j *judge) try(ctx context.Context, t *trial) error {
	r, err := j.rule(ctx, t.unit)
	if err != nil {
		return fmt.Errorf("score: %s: %w", t.Name, err)
	}
	t.Broken, t.Witness = r.broken(), r.witness
	t.refutesTheorem = len(r.theorem) > 0
	t.onlyTheoremOpen, t.partly = !r.states, len(r.open) > 0
	switch {
	case len(t.Broken) > 0:
		t.Verdict = Refuted
	case len(r.open) > 0:
		t.Verdict, t.Reason = Undecided, strings.Join(r.open, ", ")
	default:
		t.Verdict = Accepted
	}
	return nil
}
