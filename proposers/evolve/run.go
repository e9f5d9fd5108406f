package evolve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
)

// Start starts a search whose incumbent is scored on the evaluator's last rung.
func Start(ctx context.Context, cfg Config, ev Evaluator) (*Search, error) {
	score, _, err := ev.Evaluate(ctx, cfg.Incumbent, ev.Rungs()-1)
	if err != nil {
		return nil, fmt.Errorf("evolve: incumbent: %w", err)
	}
	return New(cfg, score)
}

// Step goes on with a search for one epoch: it races the candidates, applies
// the results and writes them to the journal.
func (s *Search) Step(ctx context.Context, ev Evaluator, workers int, journal io.Writer) error {
	cands := s.Next()
	if s.cfg.Strategy == BestOfN {
		ev = whole{ev}
	}
	results, err := Race(ctx, ev, cands, workers)
	if err != nil {
		return err
	}
	return errors.Join(s.Apply(cands, results), s.Record(journal, results))
}

// Watch has see called with every epoch that is applied, from a journal too. It
// is no part of the state.
func (s *Search) Watch(see func([]Candidate, []Result)) { s.see = see }

// Ranked are the n best elites by a measurement that the search has not seen,
// best first. The incumbent and what is not better than it are left out, and so
// is what cannot be measured: it failed.
func (s *Search) Ranked(n int, o pipeline.Objective, measure func(*ir.Unit) (pipeline.Metrics, error)) ([]Elite, error) {
	type rated struct {
		Elite
		metrics pipeline.Metrics
	}
	incumbent, err := measure(s.incumbent.Unit)
	if err != nil {
		return nil, fmt.Errorf("evolve: incumbent: %w", err)
	}
	var list []rated
	for _, e := range s.Elites(n) {
		m, err := measure(e.Unit)
		if err != nil || !o.Better(m, incumbent) {
			continue
		}
		list = append(list, rated{e, m})
	}
	slices.SortStableFunc(list, func(a, b rated) int { return o.Compare(a.metrics, b.metrics) })
	out := make([]Elite, len(list))
	for i, r := range list {
		out[i] = r.Elite
	}
	return out, nil
}

// whole is an evaluator with its last rung alone.
type whole struct{ Evaluator }

func (whole) Rungs() int { return 1 }

func (w whole) Evaluate(ctx context.Context, u *ir.Unit, _ int) (Score, int64, error) {
	return w.Evaluator.Evaluate(ctx, u, w.Evaluator.Rungs()-1)
}
