package evolve

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Evaluator judges candidates. It must be deterministic and safe for
// concurrent use.
type Evaluator interface {
	// Rungs is the number of stages of the race, at least 1.
	Rungs() int
	// Refute says whether a cheap search found a witness against the contract.
	Refute(ctx context.Context, u *ir.Unit) (bool, error)
	// Evaluate scores a candidate on a rung and says how many simulator steps
	// that took.
	Evaluate(ctx context.Context, u *ir.Unit, rung int) (Score, int64, error)
}

// promote is the inverse share of a rung that goes on to the next.
const promote = 3

// Race evaluates the candidates of an epoch on some workers: on each rung the
// best third (at least two) goes on. The results do not depend on the number
// of workers. An error is of the evaluator, not of a candidate.
func Race(ctx context.Context, ev Evaluator, cands []Candidate, workers int) ([]Result, error) {
	results := make([]Result, len(cands))
	alive := make([]int, len(cands))
	for i, c := range cands {
		results[i] = Result{Ticket: c.Ticket, Fate: Raced}
		alive[i] = i
	}
	if err := refuteAll(ctx, ev, cands, results, workers); err != nil {
		return nil, err
	}
	for rung := range ev.Rungs() {
		alive = survivors(results, alive, rung)
		if err := scoreAll(ctx, ev, cands, results, alive, rung, workers); err != nil {
			return nil, err
		}
	}
	for _, i := range alive {
		results[i].Fate = Scored
	}
	return results, nil
}

func refuteAll(ctx context.Context, ev Evaluator, cands []Candidate, results []Result, workers int) error {
	return parallel(workers, len(cands), func(i int) error {
		refuted, err := ev.Refute(ctx, cands[i].Unit)
		if refuted {
			results[i].Fate = Refuted
		}
		return err
	})
}

func scoreAll(ctx context.Context, ev Evaluator, cands []Candidate, results []Result, alive []int, rung, workers int) error {
	return parallel(workers, len(alive), func(k int) error {
		i := alive[k]
		score, steps, err := ev.Evaluate(ctx, cands[i].Unit, rung)
		if err != nil {
			return fmt.Errorf("evolve: ticket %d, rung %d: %w", cands[i].Ticket, rung, err)
		}
		results[i].Score, results[i].Rung = score, rung
		results[i].Steps += steps
		return nil
	})
}

// survivors are the indices that enter a rung. A short rung says little of how
// often a constraint will be broken in the long run, so half of them are chosen
// by the score and half by the objective alone.
func survivors(results []Result, alive []int, rung int) []int {
	var in []int
	for _, i := range alive {
		if results[i].Fate != Refuted {
			in = append(in, i)
		}
	}
	if rung == 0 {
		return in
	}
	keep := min(len(in), max(2, len(in)/promote))
	byScore := slices.Clone(in)
	slices.SortStableFunc(byScore, func(a, b int) int { return results[a].Score.Compare(results[b].Score) })
	byObjective := slices.Clone(in)
	slices.SortStableFunc(byObjective, func(a, b int) int { return cmp.Compare(results[a].Score.Objective, results[b].Score.Objective) })
	return firstOfEach(byScore, byObjective, keep)
}

// firstOfEach takes n different elements, in turn from each list.
func firstOfEach(a, b []int, n int) []int {
	var out []int
	for k := 0; len(out) < n; k++ {
		for _, i := range []int{a[k], b[k]} {
			if len(out) < n && !slices.Contains(out, i) {
				out = append(out, i)
			}
		}
	}
	return out
}

// parallel calls f for 0..n-1 on some workers and returns the error of the
// smallest index that has one.
func parallel(workers, n int, f func(i int) error) error {
	errs := make([]error, n)
	next := make(chan int)
	var wg sync.WaitGroup
	for range max(1, min(workers, n)) {
		wg.Go(func() {
			for i := range next {
				errs[i] = f(i)
			}
		})
	}
	for i := range n {
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
