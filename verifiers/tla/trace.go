package tla

import (
	"context"
	"fmt"
	"sort"
)

// maxTraceStates bounds the search for a behaviour that is a trace.
const maxTraceStates = 100_000

// Consumed says how many of the n events of a trace a specification allows, in
// their order from the beginning. prefix(k) is the specification together with
// the trace; its last invariant is violated exactly when the first k events can
// be consumed. A trace that gets stuck is thus never taken for one that is over.
func Consumed(ctx context.Context, c *Checker, n int, prefix func(k int) Specification) (int, error) {
	var failed error
	can := func(k int) bool {
		ok, err := c.consumes(ctx, prefix(k))
		if failed == nil && err != nil {
			failed = fmt.Errorf("tla: trace, first %d of %d events: %w", k, n, err)
		}
		return ok
	}
	if can(n) || failed != nil {
		return n, failed
	}
	refused := sort.Search(n, func(i int) bool { return failed != nil || !can(i+1) })
	return refused, failed
}

func (c *Checker) consumes(ctx context.Context, s Specification) (bool, error) {
	a, err := c.Check(ctx, s, maxTraceStates)
	switch {
	case err != nil:
		return false, err
	case a.Verdict == Unable:
		return false, fmt.Errorf("tla-checker has no verdict: %s", a.Reason)
	case a.Verdict == Violated && a.Broken != len(s.Invariants)-1:
		return false, fmt.Errorf("%s is broken on the way", s.Invariants[a.Broken])
	}
	return a.Verdict == Violated, nil
}
