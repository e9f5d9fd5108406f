package evolve_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"
	"testing"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/proposers/evolve"
	"pgregory.net/rapid"
)

// governor is a small module: two knobs, an input, and two ways out.
func governor() *ir.Unit {
	lit := func(n int64) ir.CExpr { return ir.CExpr{Op: ir.CLit, Lit: big.NewInt(n)} }
	low := ir.Atom{Kind: ir.AConst, Type: ir.I16, Index: 0}
	high := ir.Atom{Kind: ir.AConst, Type: ir.I16, Index: 1}
	level := func(bits uint64) []ir.Atom { return []ir.Atom{{Kind: ir.ALit, Type: ir.U8, Bits: bits}} }
	temp := func(v int) ir.Atom { return ir.Atom{Kind: ir.AVar, Type: ir.I16, Index: v} }
	held := ir.Atom{Kind: ir.AVar, Type: ir.U8, Index: 0}
	step := ir.Func{
		Name: "Step", Mode: ir.WriteState, States: 1, Inputs: 1,
		Results: []ir.Param{{Name: "fan", Type: ir.U8}},
		Vars:    []ir.Var{{Name: "held", Type: ir.U8}, {Name: "temp", Type: ir.I16}, {Type: ir.I16}},
		Body: ir.Block{
			Stmts: []ir.Stmt{ir.Arith{Dst: 2, Op: ir.Sub, A: temp(1), B: low}},
			Term: ir.Branch{
				Cond: ir.Cond{Op: ir.Ge, A: temp(2), B: high},
				Then: ir.Block{Term: ir.Return{State: []ir.Atom{held}, Results: level(9)}},
				Else: ir.Block{Term: ir.Return{State: []ir.Atom{held}, Results: level(1)}},
			},
		},
	}
	inv := ir.Func{
		Name: "Inv", Mode: ir.ReadState, States: 1,
		Results: []ir.Param{{Type: ir.Bool}},
		Vars:    []ir.Var{{Name: "held", Type: ir.U8}, {Type: ir.Bool}},
		Body: ir.Block{
			Stmts: []ir.Stmt{ir.Test{Dst: 1, Cond: ir.Cond{Op: ir.Le, A: held, B: level(9)[0]}}},
			Term:  ir.Return{Results: []ir.Atom{{Kind: ir.AVar, Type: ir.Bool, Index: 1}}},
		},
	}
	return &ir.Unit{
		Kind: ir.Module, Slot: "toy",
		Consts: []ir.Const{{Name: "Low", Expr: lit(100)}, {Name: "High", Expr: lit(400)}},
		State:  []ir.Field{{Name: "Held", Type: ir.U8}},
		Input:  []ir.Field{{Name: "Temp", Type: ir.I16}},
		Funcs:  []ir.Func{step, inv},
	}
}

// distance scores a module by how far its knobs are from 137 and 391, and
// refutes a tenth of all codes.
type distance struct{ fail error }

// rough scores by a hash of the code, so that a search never runs dry.
type rough struct{ distance }

func (rough) Evaluate(_ context.Context, u *ir.Unit, _ int) (evolve.Score, int64, error) {
	code := digest(u)
	return evolve.Score{Objective: int64(code[5])<<8 + int64(code[6])}, 256, nil
}

func (d distance) Rungs() int { return 3 }

func (d distance) Refute(_ context.Context, u *ir.Unit) (bool, error) {
	code := digest(u)
	return code[0] == '0' && code[1] < '8', nil
}

func digest(u *ir.Unit) pipeline.Digest {
	raw, err := ir.Encode(u)
	if err != nil {
		panic(err)
	}
	return pipeline.SumBytes(raw)
}

func (d distance) Evaluate(_ context.Context, u *ir.Unit, rung int) (evolve.Score, int64, error) {
	return score(u), int64(100 << rung), d.fail
}

func score(u *ir.Unit) evolve.Score {
	a, b := u.Consts[0].Expr.Lit.Int64()-137, u.Consts[1].Expr.Lit.Int64()-391
	return evolve.Score{Objective: a*a + b*b}
}

func newSearch(t testing.TB, strategy evolve.Strategy, seed uint64, evaluations int) *evolve.Search {
	t.Helper()
	u := governor()
	s, err := evolve.New(evolve.Config{Seed: seed, Strategy: strategy, Incumbent: u, Evaluations: evaluations, Epoch: 32, Edit: []string{"Step"}}, score(u))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run goes on until the budget is used up and returns the journal.
func run(t testing.TB, s *evolve.Search, workers int) []byte {
	t.Helper()
	var journal bytes.Buffer
	for !s.Done() {
		cands := s.Next()
		results, err := evolve.Race(t.Context(), distance{}, cands, workers)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Apply(cands, results); err != nil {
			t.Fatal(err)
		}
		if err := s.Record(&journal, results); err != nil {
			t.Fatal(err)
		}
	}
	return journal.Bytes()
}

func TestDigestDoesNotDependOnWorkers(t *testing.T) {
	t.Parallel()
	for _, strategy := range []evolve.Strategy{evolve.Evolve, evolve.Random, evolve.Hill, evolve.BestOfN} {
		want := pipeline.Digest("")
		for _, workers := range []int{1, 2, 8} {
			s := newSearch(t, strategy, 7, 400)
			run(t, s, workers)
			if want == "" {
				want = s.Digest()
			}
			if s.Digest() != want {
				t.Errorf("%s with %d workers: digest %s, want %s", strategy, workers, s.Digest().Short(), want.Short())
			}
		}
	}
}

func TestSeedsDiffer(t *testing.T) {
	t.Parallel()
	a, b := newSearch(t, evolve.Evolve, 1, 64), newSearch(t, evolve.Evolve, 2, 64)
	run(t, a, 2)
	run(t, b, 2)
	if a.Digest() == b.Digest() {
		t.Error("two seeds gave one digest")
	}
}

// A crash can tear the journal at any byte; the search goes on to the same end.
func TestResumeAfterCrashAtAnyByte(t *testing.T) {
	t.Parallel()
	whole := newSearch(t, evolve.Evolve, 3, 200)
	journal := run(t, whole, 2)
	rapid.Check(t, func(rt *rapid.T) {
		cut := rapid.IntRange(0, len(journal)).Draw(rt, "cut")
		s := newSearch(t, evolve.Evolve, 3, 200)
		n, err := s.Replay(bytes.NewReader(journal[:cut]))
		if err != nil || n > int64(cut) || n > 0 && journal[n-1] != '\n' {
			rt.Fatalf("replay of %d bytes: %d whole, %v", cut, n, err)
		}
		run(t, s, 1)
		if s.Digest() != whole.Digest() {
			rt.Fatalf("cut at %d: digest %s, want %s", cut, s.Digest().Short(), whole.Digest().Short())
		}
	})
}

func TestChangedJournalIsRefused(t *testing.T) {
	t.Parallel()
	journal := run(t, newSearch(t, evolve.Evolve, 3, 96), 2)
	for name, change := range map[string]func() ([]byte, uint64){
		"other seed": func() ([]byte, uint64) { return journal, 4 },
		"changed score": func() ([]byte, uint64) {
			return bytes.Replace(journal, []byte(`"objective":`), []byte(`"objective":1`), 1), 3
		},
		"dropped epoch": func() ([]byte, uint64) { return journal[bytes.IndexByte(journal, '\n')+1:], 3 },
		"not JSON":      func() ([]byte, uint64) { return []byte("{\n"), 3 },
	} {
		bad, seed := change()
		if _, err := newSearch(t, evolve.Evolve, seed, 96).Replay(bytes.NewReader(bad)); !errors.Is(err, evolve.ErrJournal) {
			t.Errorf("%s: got %v, want ErrJournal", name, err)
		}
	}
}

// Every candidate is a valid module whose invariant is the incumbent's.
func TestEditsKeepTheModuleValid(t *testing.T) {
	t.Parallel()
	want := fmt.Sprint(governor().Funcs[1])
	rapid.Check(t, func(rt *rapid.T) {
		s := newSearch(t, evolve.Random, rapid.Uint64().Draw(rt, "seed"), 64)
		for _, c := range s.Next() {
			if err := ir.Check(c.Unit); err != nil {
				rt.Fatalf("ticket %d (%v): %v", c.Ticket, c.Operators, err)
			}
			if got := fmt.Sprint(c.Unit.Funcs[1]); got != want {
				rt.Fatalf("ticket %d (%v) changed the invariant", c.Ticket, c.Operators)
			}
		}
	})
}

func TestNoCodeIsEvaluatedTwice(t *testing.T) {
	t.Parallel()
	s, seen := newSearch(t, evolve.Evolve, 5, 600), map[pipeline.Digest]bool{}
	for !s.Done() {
		cands := s.Next()
		for _, c := range cands {
			if seen[c.Code] {
				t.Fatalf("ticket %d repeats %s", c.Ticket, c.Code.Short())
			}
			seen[c.Code] = true
		}
		results, err := evolve.Race(t.Context(), distance{}, cands, 2)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Apply(cands, results); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEvolveBeatsRandomOnKnobs(t *testing.T) {
	t.Parallel()
	wins := 0
	for seed := range uint64(9) {
		e, r := newSearch(t, evolve.Evolve, seed, 600), newSearch(t, evolve.Random, seed, 600)
		run(t, e, 2)
		run(t, r, 2)
		if e.Elites(1)[0].Score.Less(r.Elites(1)[0].Score) {
			wins++
		}
	}
	if wins < 7 {
		t.Errorf("evolve was better in %d of 9 seeds, want at least 7", wins)
	}
}

func TestEvaluatorErrorIsNotHeldAgainstACandidate(t *testing.T) {
	t.Parallel()
	broken := errors.New("simulator broke")
	_, err := evolve.Race(t.Context(), distance{fail: broken}, newSearch(t, evolve.Evolve, 1, 32).Next(), 2)
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want the evaluator's error", err)
	}
}

func TestNewRefusesBadConfig(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]evolve.Config{
		"no budget":        {Strategy: evolve.Evolve, Incumbent: governor()},
		"unknown strategy": {Strategy: "luck", Incumbent: governor(), Evaluations: 1},
		"bad incumbent":    {Strategy: evolve.Evolve, Incumbent: &ir.Unit{}, Evaluations: 1},
	} {
		if _, err := evolve.New(cfg, evolve.Score{}); !errors.Is(err, evolve.ErrConfig) {
			t.Errorf("%s: got %v, want ErrConfig", name, err)
		}
	}
}

// BenchmarkOverhead is the cost of the framework per evaluation: making the
// candidate, racing it through an evaluator that does nothing, booking and
// journal.
func BenchmarkOverhead(b *testing.B) {
	s := newSearch(b, evolve.Evolve, 1, 1<<30)
	var journal bytes.Buffer
	done := 0
	for b.Loop() {
		if done > 0 {
			done--
			continue
		}
		cands := s.Next()
		results, err := evolve.Race(b.Context(), rough{}, cands, 1)
		if err != nil {
			b.Fatal(err)
		}
		if err := errors.Join(s.Apply(cands, results), s.Record(&journal, results)); err != nil {
			b.Fatal(err)
		}
		done = len(cands) - 1
	}
	b.ReportMetric(float64(journal.Len())/float64(s.Evaluations()), "journal-B/op")
}

// What the invariant calls is part of the invariant: an edit there would change
// what was proven.
func TestEditableLeavesTheInvariantAlone(t *testing.T) {
	t.Parallel()
	u := governor()
	step, inv := u.Funcs[0], u.Funcs[1]
	helper := inv
	helper.Name, helper.Mode, helper.States, helper.Vars = "inRange", ir.NoState, 0, nil
	inv.Body = ir.Block{Stmts: []ir.Stmt{ir.Call{Dst: []ir.VarID{1}, Func: 0}}, Term: inv.Body.Term}
	u.Funcs = []ir.Func{helper, step, inv}
	if got := evolve.Editable(u); len(got) != 1 || got[0] != "Step" {
		t.Errorf("editable: %q, want Step alone", got)
	}
}

// A search ends after the epoch in which its steps are used up.
func TestStepsEndASearch(t *testing.T) {
	t.Parallel()
	u := governor()
	free := newSearch(t, evolve.Evolve, 1, 320)
	run(t, free, 1)
	limit := free.Steps() / 2
	s, err := evolve.New(evolve.Config{Seed: 1, Strategy: evolve.Evolve, Incumbent: u, Evaluations: 320, Steps: limit, Epoch: 32, Edit: []string{"Step"}}, score(u))
	if err != nil {
		t.Fatal(err)
	}
	run(t, s, 1)
	if s.Steps() < limit || s.Evaluations() >= free.Evaluations() {
		t.Errorf("ended after %d steps and %d evaluations; %d steps were allowed", s.Steps(), s.Evaluations(), limit)
	}
}
