package command

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/proposers/evolve"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/coq"
	"github.com/genesis-network/genesis/verifiers/coq/invariant"
	"github.com/genesis-network/genesis/verifiers/decide"
	"github.com/genesis-network/genesis/workflows/activities"
)

// firstCandidates keeps the first candidates of a search that no run from the
// initial state refuted, and those that one did refute on the way there. A
// candidate that the search left out for a witness that is not reached is asked
// about: with another invariant it may be right.
type firstCandidates struct {
	limit   int
	refutes func(*ir.Unit) (bool, error) // whether a run from the initial state does
	kept    []watchedCandidate
	open    int // kept ones that no run refuted
	err     error
}

type watchedCandidate struct {
	evolve.Candidate
	refuted bool
}

func (f *firstCandidates) see(cands []evolve.Candidate, results []evolve.Result) {
	for i, c := range cands {
		if f.open >= f.limit || f.err != nil {
			return
		}
		refuted := results[i].Fate == evolve.Refuted
		if refuted {
			refuted, f.err = f.refutes(c.Unit)
		}
		f.kept = append(f.kept, watchedCandidate{c, refuted})
		if !refuted {
			f.open++
		}
	}
}

// proofSummary is what the proof station said of a search's first candidates.
type proofSummary struct {
	Asked int `json:"asked"` // that no run from the initial state refuted
	proofCount
	Refuted   int             `json:"refuted"` // by such a run; none may pass
	Operators []operatorProof `json:"operators"`
	// Contradictions are digests of candidates that were refuted and proven.
	Contradictions []pipeline.Digest `json:"contradictions"`
}

// operatorProof counts a candidate for each kind of edit that made it.
type operatorProof struct {
	Operator evolve.Operator `json:"operator"`
	proofCount
}

// proofCount counts candidates by what became of them. The true ones are those
// that pass and those that are missed.
type proofCount struct {
	Pass     int `json:"pass"`
	Missed   int `json:"missed"`       // not proven, though all holds, with their own invariant or another, as package decide says
	Unproven int `json:"inconclusive"` // not proven, and not known to be true
	Fail     int `json:"fail"`         // refuted by a longer attack
}

// judged is what became of one candidate.
type judged struct {
	outcome pipeline.Outcome
	holds   bool // of an inconclusive one: it is true
}

func (p *proofCount) add(j judged) {
	switch {
	case j.outcome == pipeline.Pass:
		p.Pass++
	case j.outcome == pipeline.Fail:
		p.Fail++
	case j.holds:
		p.Missed++
	default:
		p.Unproven++
	}
}

// percent is the share of the true candidates that are proven; it is 100 where
// none is true.
func (p proofCount) percent() int {
	if p.Pass+p.Missed == 0 {
		return 100
	}
	return 100 * p.Pass / (p.Pass + p.Missed)
}

// proofs has a lineage's first candidates proven.
func (s *searcher) proofs(ctx context.Context, l *lineageSearch) error {
	if s.prove == 0 || l.watched.err != nil {
		return l.watched.err
	}
	outcomes, err := s.proveEach(ctx, l)
	if err != nil {
		return err
	}
	l.Proofs = summarize(l.watched.kept, outcomes)
	return nil
}

func (s *searcher) proveEach(ctx context.Context, l *lineageSearch) ([]judged, error) {
	list := l.watched.kept
	outcomes, errs := make([]judged, len(list)), make([]error, len(list))
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	places := make(chan struct{}, s.workers)
	for i, c := range list {
		places <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		s.progress("%s: proof %d of %d", l.Lineage, i+1, len(list))
		wg.Go(func() {
			defer func() { <-places }()
			if outcomes[i], errs[i] = proveOne(ctx, l.module, c); errs[i] != nil {
				stop(errs[i])
			}
		})
	}
	wg.Wait()
	return outcomes, context.Cause(ctx)
}

func proveOne(ctx context.Context, incumbent lineages.Module, c watchedCandidate) (judged, error) {
	m, err := lineages.Print(incumbent.Contract, c.Unit, incumbent.Proof)
	if err != nil {
		return judged{}, err
	}
	settle := coq.Settle
	if c.refuted { // of the module as it stands: with another invariant it is another one
		settle = asItStands
	}
	r, _, err := settle(ctx, activities.Subject(m, incumbent.Proof), coq.Options{})
	if err != nil {
		return judged{}, fmt.Errorf("ticket %d: %w", c.Ticket, err)
	}
	for _, f := range r.Statement.Findings {
		if f.Code == "coq.missing" {
			return judged{}, withCode(ExitInconclusive, fmt.Errorf("%w; %s", coq.ErrMissing, f.Hint))
		}
	}
	j := judged{outcome: r.Statement.Outcome}
	if j.outcome == pipeline.Inconclusive && !c.refuted {
		j.holds, err = isTrue(ctx, incumbent.Contract, c.Unit)
	}
	return j, err
}

// isTrue says whether all holds of a module, with its own invariant or another.
func isTrue(ctx context.Context, c *contract.Contract, u *ir.Unit) (bool, error) {
	others, err := invariant.Others(ctx, c, u)
	if err != nil {
		return false, err
	}
	for _, u := range append([]*ir.Unit{u}, others...) {
		r, err := decide.Module(ctx, c, u, decide.Options{Depth: -1})
		if err != nil {
			return false, err
		}
		if r.Verdict() == decide.Holds {
			return true, nil
		}
	}
	return false, nil
}

// reachably says whether a run from the initial state refutes a module.
func reachably(ctx context.Context, incumbent lineages.Module, u *ir.Unit) (bool, error) {
	m, err := lineages.Print(incumbent.Contract, u, nil)
	if err != nil {
		return false, err
	}
	w, err := coq.Witness(ctx, activities.Subject(m, nil), coq.Options{})
	return w != nil && w.Reachable, err
}

func asItStands(ctx context.Context, s verifiers.Subject, o coq.Options) (coq.Result, verifiers.Subject, error) {
	r, err := coq.Prove(ctx, s, o)
	return r, s, err
}

func summarize(list []watchedCandidate, outcomes []judged) *proofSummary {
	p := &proofSummary{Operators: []operatorProof{}, Contradictions: []pipeline.Digest{}}
	for i, c := range list {
		if c.refuted {
			p.Refuted++
			if outcomes[i].outcome == pipeline.Pass {
				p.Contradictions = append(p.Contradictions, c.Code)
			}
			continue
		}
		p.Asked++
		p.add(outcomes[i])
		for _, op := range distinct(c.Operators) {
			p.operator(op).add(outcomes[i])
		}
	}
	slices.SortFunc(p.Operators, func(a, b operatorProof) int { return cmp.Compare(a.Operator, b.Operator) })
	return p
}

func distinct(ops []evolve.Operator) []evolve.Operator {
	return slices.Compact(slices.Sorted(slices.Values(ops)))
}

// operator is the row of an operator; it is valid until the next call.
func (p *proofSummary) operator(op evolve.Operator) *operatorProof {
	i := slices.IndexFunc(p.Operators, func(o operatorProof) bool { return o.Operator == op })
	if i < 0 {
		i = len(p.Operators)
		p.Operators = append(p.Operators, operatorProof{Operator: op})
	}
	return &p.Operators[i]
}

// contradiction is an error when something was both refuted and proven: then
// the prover, the reference engine or the contract's translation is wrong.
func (r searchReport) contradiction() error {
	var codes []string
	for _, l := range r.Lineages {
		if l.Proofs == nil {
			continue
		}
		for _, d := range l.Proofs.Contradictions {
			codes = append(codes, string(d))
		}
	}
	if len(codes) == 0 {
		return nil
	}
	return withCode(ExitRefused, fmt.Errorf("refuted by a witness and proven all the same: %s", strings.Join(codes, ", ")))
}
