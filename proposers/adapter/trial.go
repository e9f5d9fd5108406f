package adapter

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/genesis-network/genesis/pipeline"
)

// Trial is one held-out task that both models were asked about, with equal
// budgets: whether what they proposed ended proven and better than the incumbent
// module.
type Trial struct {
	Task                  string
	Incumbent, Challenger bool
}

// MaxChance is the probability at which a difference counts as one.
const MaxChance = 0.05

// ErrTask says that trials are not of different tasks.
var ErrTask = errors.New("adapter: a task was tried twice")

// Standing is how a model did beside the one that has the traffic.
type Standing struct {
	Outcome pipeline.Outcome
	Won     int     // tasks that the challenger alone solved
	Lost    int     // tasks that the incumbent alone solved
	Chance  float64 // of as many wins, or more, if neither were better
}

// Judge says whether a model may have traffic: pass when it wins more of the tasks
// on which the two differ than chance explains, fail when it loses them, else
// inconclusive, and the incumbent keeps the traffic. It is the exact one-sided
// sign test (McNemar 1947, on the pairs that differ).
func Judge(trials []Trial) (Standing, error) {
	var s Standing
	seen := map[string]bool{}
	for _, t := range trials {
		if seen[t.Task] {
			return s, fmt.Errorf("%w: %.80q", ErrTask, t.Task)
		}
		seen[t.Task] = true
		if t.Challenger && !t.Incumbent {
			s.Won++
		}
		if t.Incumbent && !t.Challenger {
			s.Lost++
		}
	}
	s.Chance = tail(s.Won, s.Won+s.Lost)
	switch {
	case s.Chance <= MaxChance:
		s.Outcome = pipeline.Pass
	case tail(s.Lost, s.Won+s.Lost) <= MaxChance:
		s.Outcome = pipeline.Fail
	default:
		s.Outcome = pipeline.Inconclusive
	}
	return s, nil
}

// tail is the probability of k heads or more in n throws.
func tail(k, n int) float64 {
	sum := new(big.Int)
	for i := k; i <= n; i++ {
		sum.Add(sum, new(big.Int).Binomial(int64(n), int64(i)))
	}
	p, _ := new(big.Rat).SetFrac(sum, new(big.Int).Lsh(big.NewInt(1), uint(n))).Float64()
	return p
}
