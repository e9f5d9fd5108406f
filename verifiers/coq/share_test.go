package coq

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/proposers/evolve"
	"github.com/genesis-network/genesis/verifiers/coq/invariant"
	"github.com/genesis-network/genesis/verifiers/decide"
)

// shareSeconds is how long an attempt may take by the clock: as long as a rung of
// the station has of the processor.
const shareSeconds = wallFactor * 60

// Of the candidates that typed edits make and that are true, the tactic library
// proves nine in ten on the shipped slot and half on the worked example, with the
// invariant that they carry or one that package invariant proposes. Which are true
// is decided without Coq: those for which package decide says that all holds with
// one of these invariants. `genesis search --prove` asks the station itself.
func TestShareOfTrueCandidates(t *testing.T) {
	if os.Getenv("GENESIS_NIGHTLY") == "" {
		t.Skip("twenty minutes of processor time: set GENESIS_NIGHTLY=1 (make nightly)")
	}
	t.Parallel()
	for name, percent := range map[string]int{"alder": 90, "birch": 90, "limiter": 50} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			o.Timeout = patient
			p, err := newProver(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			list, open := trueCandidates(t, started(t, name), 100)
			p.proveShared(t, list)
			proven := len(list) - len(missed(list))
			t.Logf("proven %d of %d true candidates; of %d no more is known than that no run refuted them%s", proven, len(list), len(open), byOperator(list))
			for _, c := range append(missed(list), open...) {
				t.Logf("not proven: %s", c)
			}
			if len(list) < 50 || 100*proven < percent*len(list) {
				t.Errorf("proven %d of %d, want %d %%", proven, len(list), percent)
			}
		})
	}
}

// shared is a candidate that no run from the initial state refutes.
type shared struct {
	evolve.Candidate
	questions []question // the invariants with which all holds
	own       bool       // the first of them is its own
	proven    bool
	late      bool // an attempt ran out of time
}

func (s *shared) String() string {
	return fmt.Sprintf("ticket %d, %v, its own invariant holds: %t, invariants tried: %d, out of time: %t", s.Ticket, s.Operators, s.own, len(s.questions), s.late)
}

// trueCandidates are the first n candidates that no run refutes: those of which it
// is known that they are true, and the others.
func trueCandidates(t *testing.T, m lineages.Module, n int) (list, open []*shared) {
	t.Helper()
	next := candidates(t, m, 3)
	for len(list)+len(open) < n {
		c := next()
		s := candidate(t, m, c.Unit)
		w, decided, err := search(t.Context(), s.subject, Options{})
		if err != nil {
			t.Fatal(err)
		}
		switch out := (&shared{Candidate: c}); {
		case w != nil && w.Reachable:
		case decided == string(decide.Holds):
			out.questions, out.own = []question{s}, true
			list = append(list, out)
		default:
			if out.questions = otherwise(t, m, c); len(out.questions) > 0 {
				list = append(list, out)
			} else {
				open = append(open, out)
			}
		}
	}
	return list, open
}

// otherwise is the candidate with each of the other invariants with which all
// holds.
func otherwise(t *testing.T, m lineages.Module, c evolve.Candidate) (out []question) {
	t.Helper()
	others, err := invariant.Others(t.Context(), m.Contract, c.Unit)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range others {
		r, err := decide.Module(t.Context(), m.Contract, u, decide.Options{Depth: -1})
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict() == decide.Holds {
			out = append(out, candidate(t, m, u))
		}
	}
	return out
}

// proveShared asks about all with their first invariant, then about those that
// are left with their next.
func (p *prover) proveShared(t *testing.T, list []*shared) {
	t.Helper()
	for round := 0; ; round++ {
		var left []*shared
		for _, c := range missed(list) {
			if round < len(c.questions) {
				left = append(left, c)
			}
		}
		if len(left) == 0 {
			return
		}
		for some := range slices.Chunk(left, batchSize) {
			questions := make([]question, len(some))
			for i, c := range some {
				questions[i] = c.questions[round]
			}
			for i, r := range p.askAll(t.Context(), t, questions, shareSeconds) {
				some[i].proven, some[i].late = r.proven, some[i].late || r.late
			}
		}
	}
}

func missed(list []*shared) []*shared {
	return slices.DeleteFunc(slices.Clone(list), func(c *shared) bool { return c.proven })
}

// byOperator counts a candidate once for each kind of edit in it.
func byOperator(list []*shared) string {
	rows := map[evolve.Operator][2]int{}
	for _, c := range list {
		for _, op := range slices.Compact(slices.Sorted(slices.Values(c.Operators))) {
			rows[op] = [2]int{rows[op][0] + count(c.proven), rows[op][1] + 1}
		}
	}
	var b strings.Builder
	for _, op := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&b, "\n%s %d of %d", op, rows[op][0], rows[op][1])
	}
	return b.String()
}
