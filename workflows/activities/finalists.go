package activities

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/proposers/evolve"
	"github.com/genesis-network/genesis/shadow/benchmark"
	"github.com/genesis-network/genesis/verifiers/coq/invariant"
	"github.com/genesis-network/genesis/workflows"
)

// How many survivors of a search go on.
const (
	maxFinalists = 3              // changes of one lineage in one campaign
	maxProofs    = 12             // proofs tried for them, if the budget allows
	deadline     = 24 * time.Hour // for a person to decide
)

// Finalists chooses among the elites on the choice part, has them proven, best
// first, and records a change for each one that was.
func (w *Works) Finalists(ctx context.Context, state workflows.SearchState) ([]workflows.ChangeInput, error) {
	c, err := w.Store.Campaigns.Get(ctx, state.Goal.Campaign)
	if err != nil {
		return nil, err
	}
	course, err := w.course(c)
	if err != nil {
		return nil, err
	}
	s, err := w.session(ctx, state)
	if err != nil {
		return nil, err
	}
	defer w.sessions.put(s)
	elites, err := ranked(s, course)
	if err != nil {
		return nil, err
	}
	h, err := w.head(ctx, state.Goal.Lineage)
	if err != nil {
		return nil, err
	}
	f := finalists{Works: w, campaign: c, course: course, head: h, limit: int(min(c.Spec.Spec.Share().Proofs, maxProofs))}
	if err := f.choose(ctx, elites); err != nil {
		return nil, err
	}
	return f.chosen, w.tally(ctx, c.ID, state, s, f.counts)
}

// counts are what became of the proofs.
type counts struct{ proven, refuted, inconclusive int64 }

type finalists struct {
	*Works
	campaign store.Campaign
	course   *benchmark.Course
	head     head
	limit    int
	chosen   []workflows.ChangeInput
	counts   counts
}

func (f *finalists) choose(ctx context.Context, elites []evolve.Elite) error {
	for i, e := range elites {
		if i >= f.limit || len(f.chosen) >= maxFinalists {
			return nil
		}
		m, ok, err := f.prove(ctx, e)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		in, err := f.record(ctx, e, m)
		if err != nil {
			return err
		}
		f.chosen = append(f.chosen, in)
	}
	return nil
}

// prove makes a module of an elite, with the proof that the prover accepts; if
// none is found, with another invariant. The evidence is kept: it is the
// change's own when the change comes to it.
func (f *finalists) prove(ctx context.Context, e evolve.Elite) (lineages.Module, bool, error) {
	incumbent, err := f.head.module(f.campaign.Spec.Spec.Slot)
	if err != nil {
		return lineages.Module{}, false, err
	}
	m, outcome, err := f.proveAs(ctx, incumbent, e.Unit)
	if err == nil && outcome == pipeline.Inconclusive {
		m, outcome, err = f.proveOtherwise(ctx, incumbent, e.Unit)
	}
	switch {
	case err != nil:
		return m, false, err
	case outcome == pipeline.Pass:
		f.counts.proven++
	case outcome == pipeline.Fail:
		f.counts.refuted++
	default:
		f.counts.inconclusive++
	}
	return m, outcome == pipeline.Pass, nil
}

// maxInvariants is how many other invariants are tried for one elite.
const maxInvariants = 3

func (f *finalists) proveOtherwise(ctx context.Context, incumbent lineages.Module, u *ir.Unit) (lineages.Module, pipeline.Outcome, error) {
	others, err := invariant.Others(ctx, incumbent.Contract, u)
	if err != nil {
		return lineages.Module{}, "", err
	}
	for _, other := range others[:min(len(others), maxInvariants)] {
		if m, outcome, err := f.proveAs(ctx, incumbent, other); err != nil || outcome == pipeline.Pass {
			return m, outcome, err
		}
	}
	return lineages.Module{}, pipeline.Inconclusive, nil
}

func (f *finalists) proveAs(ctx context.Context, incumbent lineages.Module, u *ir.Unit) (lineages.Module, pipeline.Outcome, error) {
	m, err := lineages.Print(incumbent.Contract, u, incumbent.Proof)
	if err != nil {
		return m, "", err
	}
	start := f.Now()
	s, proof, err := f.Prove(ctx, Subject(m, incumbent.Proof), Effort{})
	if err != nil || s.Outcome != pipeline.Pass {
		return m, s.Outcome, err
	}
	m.Proof = proof
	m.Ref.Proof = pipeline.SumBytes(proof)
	s.Subject.Digest = m.Ref.Digest()
	_, err = f.attest(ctx, s, f.Now().Sub(start))
	return m, pipeline.Pass, err
}

// record makes the change of a proven module.
func (f *finalists) record(ctx context.Context, e evolve.Elite, m lineages.Module) (workflows.ChangeInput, error) {
	spec := f.campaign.Spec.Spec
	plan, err := spec.Rollout.Resolve()
	if err != nil {
		return workflows.ChangeInput{}, workflows.Refused(err)
	}
	r := store.NewChange(pipeline.Change{Lineage: f.head.lineage.Name, Base: f.head.base(spec.Slot), Modules: []pipeline.ModuleRef{m.Ref}})
	files, err := f.files(ctx, m)
	if err != nil {
		return workflows.ChangeInput{}, err
	}
	due := f.campaign.CreatedAt.Add(deadline)
	r.Lineage, r.Slot, r.Campaign, r.Author = f.head.lineage.Name, spec.Slot, f.campaign.ID, f.campaign.Author
	r.Title = title(e)
	r.Files = []store.ModuleFiles{files}
	r.Plan, r.Approvals, r.Deadline = plan, spec.Approve.Count, &due
	r.Origin = store.Origin{
		Proposer: pipeline.Evolve, Operators: names(e.Path), Ticket: int64(e.Ticket), Edits: int64(len(e.Path)),
		ControlFlow: slices.ContainsFunc(e.Path, evolve.Operator.ChangesControlFlow),
	}
	r, _, err = f.Store.Changes.Create(ctx, r)
	return workflows.ChangeInput{ID: r.ID, Deadline: deadline}, err
}

func (f *finalists) files(ctx context.Context, m lineages.Module) (store.ModuleFiles, error) {
	files, err := f.keep(ctx, m)
	if err != nil {
		return files, err
	}
	incumbent, err := f.head.module(m.Ref.Code.Slot)
	if err != nil {
		return files, err
	}
	base, err := f.keep(ctx, incumbent)
	files.BaseSource, files.BaseIR, files.BaseProof = base.Source, base.IR, base.Proof
	return files, err
}

// title says in a few words what a search did.
func title(e evolve.Elite) string {
	kinds := names(e.Path)
	slices.Sort(kinds)
	kinds = slices.Compact(kinds)
	return fmt.Sprintf("%d edits: %s", len(e.Path), strings.Join(kinds, ", "))
}

func names(ops []evolve.Operator) []string {
	out := make([]string, len(ops))
	for i, o := range ops {
		out[i] = string(o)
	}
	return out
}

// tally writes the search's figures into the campaign's record.
func (w *Works) tally(ctx context.Context, campaign string, state workflows.SearchState, s *evolve.Search, n counts) error {
	_, err := w.Store.Campaigns.Update(ctx, campaign, store.AnyVersion, func(c *store.Campaign) error {
		r := c.Result(state.Goal.Lineage)
		r.Tried, r.Proven, r.Refuted, r.Inconclusive = int64(s.Evaluations()), n.proven, n.refuted, n.inconclusive
		r.Search, r.Operators = s.Digest(), nil
		r.Spent = pipeline.Amount{Evaluations: r.Tried, Steps: s.Steps(), Proofs: n.proven + n.refuted + n.inconclusive}
		s.Tallies(func(op evolve.Operator, t evolve.Tally) {
			r.Refuted += int64(t.Refuted)
			r.Operators = append(r.Operators, store.OperatorCount{Operator: string(op), Tried: int64(t.Tried)})
		})
		c.Settle()
		return nil
	})
	return err
}
