package score

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/mutate"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers/decide"
)

// Module is an accepted module, or a seeded mutant.
type Module struct {
	Name string
	Unit *ir.Unit
}

// Prover asks Coq about a version of an accepted module, blindly. Seeds have no
// module that they were made of: of is "".
type Prover func(ctx context.Context, of string, u *ir.Unit) (pipeline.Outcome, error)

// Meter says what a survivor does to the metrics, beside the accepted module that
// it was made of.
type Meter func(ctx context.Context, of string, u *ir.Unit) ([]Effect, error)

// Differ shows what was changed, in lines of source.
type Differ func(module, mutant *ir.Unit) []string

// Effect is what a survivor does to one metric of the contract.
type Effect struct {
	Metric string           `json:"metric"`
	Unit   string           `json:"unit"`
	Before pipeline.Decimal `json:"before"`
	After  pipeline.Decimal `json:"after"`
	Worse  bool             `json:"worse,omitempty"`
	Broken bool             `json:"broken,omitempty"` // a limit of the objective, which the module keeps
}

// Options of a score. Prover, Meter and Differ may be nil.
type Options struct {
	Accepted []Module
	Seeds    []Module
	Workers  int // mutants judged at once; 0 is one for each processor
	Decide   decide.Options
	Proofs   int // mutants that Prover is asked about; or [All], [AllWrong]
	Prover   Prover
	Meter    Meter
	Differ   Differ
}

// Numbers of proofs that depend on the mutants.
const (
	All      = -1
	AllWrong = -2 // all that break the theorem
)

// ErrModule says that a module that is said to be accepted is not.
var ErrModule = errors.New("score: module is not acceptable")

// Run scores a contract.
func Run(ctx context.Context, c *contract.Contract, o Options) (Report, error) {
	j, err := newJudge(c, o.Decide)
	if err != nil {
		return Report{}, err
	}
	r := Report{Contract: c.Name, Version: c.Version, Digest: pipeline.ContractDigest(c.Files), Asked: o.Prover != nil}
	for _, m := range o.Accepted {
		if err := j.accepts(ctx, m); err != nil {
			return Report{}, err
		}
		r.Modules = append(r.Modules, m.Name)
	}
	s := &scoring{o: o, judge: j}
	if err := s.collect(); err != nil {
		return Report{}, err
	}
	for _, phase := range []func(context.Context) error{s.judgeAll, s.proveSome, s.measure} {
		if err := phase(ctx); err != nil {
			return Report{}, err
		}
	}
	for _, t := range s.trials {
		r.Mutants = append(r.Mutants, t.Mutant)
	}
	r.tally(j.clauses)
	return r, nil
}

// trial is a mutant that is being judged.
type trial struct {
	Mutant
	unit   *ir.Unit
	module *ir.Unit // nil for a seed
}

// scoring is one run.
type scoring struct {
	o      Options
	judge  *judge
	trials []*trial
}

// collect lists seeds first, then the mutants of each module in its order.
func (s *scoring) collect() error {
	for _, m := range s.o.Seeds {
		s.trials = append(s.trials, &trial{Mutant: Mutant{Name: m.Name, Seeded: true}, unit: m.Unit})
	}
	for _, m := range s.o.Accepted {
		made, err := mutate.All(m.Unit)
		if err != nil {
			return fmt.Errorf("score: module %s: %w", m.Name, err)
		}
		for i, x := range made {
			s.trials = append(s.trials, &trial{
				Mutant: Mutant{Name: fmt.Sprintf("%s#%d", m.Name, i+1), Module: m.Name, Kind: x.Kind, Where: x.Where, What: x.What},
				unit:   x.Unit, module: m.Unit,
			})
		}
	}
	return nil
}

func (s *scoring) judgeAll(ctx context.Context) error {
	return s.each(s.trials, func(t *trial) error { return s.judge.judge(ctx, t) })
}

// proveSome asks Coq about the chosen mutants.
func (s *scoring) proveSome(ctx context.Context) error {
	if s.o.Prover == nil {
		return nil
	}
	return s.each(sample(s.trials, s.o.Proofs), func(t *trial) error {
		outcome, err := s.o.Prover(ctx, t.Module, t.unit)
		if err != nil {
			return fmt.Errorf("score: proof of %s: %w", t.Name, err)
		}
		t.Coq = outcome
		t.Unsound = outcome == pipeline.Pass && t.refutesTheorem
		if outcome == pipeline.Pass && t.Verdict == Undecided && t.onlyTheoremOpen {
			t.Verdict, t.Reason = Accepted, ""
		}
		return nil
	})
}

// measure shows what survivors change in the source and in the metrics.
func (s *scoring) measure(ctx context.Context) error {
	return s.each(s.trials, func(t *trial) error {
		if t.Verdict != Accepted || t.module == nil {
			return nil
		}
		if s.o.Differ != nil {
			t.Diff = s.o.Differ(t.module, t.unit)
		}
		if s.o.Meter == nil {
			return nil
		}
		var err error
		if t.Effects, err = s.o.Meter(ctx, t.Module, t.unit); err != nil {
			return fmt.Errorf("score: metrics of %s: %w", t.Name, err)
		}
		return nil
	})
}

// each works on trials side by side; the error is that of the first in order.
func (s *scoring) each(trials []*trial, work func(*trial) error) error {
	workers := s.o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	errs := make([]error, len(trials))
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				errs[i] = work(trials[i])
			}
		})
	}
	for i := range trials {
		next <- i
	}
	close(next)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
