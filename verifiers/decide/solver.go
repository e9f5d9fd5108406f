package decide

import (
	"context"
	"time"

	"github.com/go-air/gini"
	"github.com/go-air/gini/z"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// solver answers questions about one circuit, which may grow between them.
type solver struct {
	*circuit
	g     *gini.Gini
	added []int8 // gates that the solver knows
}

func newSolver(c *circuit) *solver { return &solver{circuit: c, g: gini.New()} }

// finding is the answer of a solver.
type finding int8

const (
	open   finding = 0 // time was up
	always finding = -1
	found  finding = 1 // see solver.flat
)

// The solver is looked at in pauses that grow with the time it has taken, from
// the first to the last.
const (
	firstPause = 20 * time.Microsecond
	lastPause  = 5 * time.Millisecond
)

// satisfy looks for values of the unknown bits that make l true. The error is
// the context's. The solver is never stopped before its time: where it looks next
// would depend on when it was stopped.
func (s *solver) satisfy(ctx context.Context, l z.Lit, most time.Duration) (finding, error) {
	if err := ctx.Err(); err != nil || l == s.F {
		return always, err
	}
	s.added, _ = s.CnfSince(s.g, s.added, l)
	s.g.Assume(l)
	began, solve := time.Now(), s.g.GoSolve()
	for {
		if r, done := solve.Test(); done {
			return finding(r), nil
		}
		took := time.Since(began)
		if ctx.Err() != nil || took >= most {
			return finding(solve.Stop()), ctx.Err()
		}
		time.Sleep(min(max(took/8, firstPause), lastPause))
	}
}

// flat are the values of unknown fields after satisfy found some, flattened as
// package ir says. Bits that the question did not depend on are zero.
func (s *solver) flat(fields []ir.Field, vals []value) []uint64 {
	out := make([]uint64, 0, ir.Flat(fields))
	for i, f := range fields {
		for _, w := range vals[i] {
			var x uint64
			for k, l := range w {
				if s.value(l) {
					x |= 1 << k
				}
			}
			out = append(out, f.Type.Wrap(x))
		}
	}
	return out
}

func (s *solver) value(l z.Lit) bool { return l.Var() <= s.g.MaxVar() && s.g.Value(l) }
