package joint_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
	"github.com/genesis-network/genesis/kernel/tilego/joint/jointtest"
)

func system(t testing.TB, module *ir.Unit) *joint.System {
	t.Helper()
	s, err := joint.New(module, jointtest.Contract(), jointtest.Plant(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func explore(t testing.TB, s *joint.System, l joint.Limits) *joint.Result {
	t.Helper()
	r, err := s.Explore(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The figures are those of TLC for the specification written by hand.
func TestGovernorHasTheCountsOfTLC(t *testing.T) {
	t.Parallel()
	r := explore(t, system(t, jointtest.Governor()), joint.Limits{})
	if r.Violation != nil {
		t.Fatalf("violates %s", r.Violation.Name)
	}
	if !r.Complete || r.Distinct != 171 || r.Generated != 1028 || r.Depth != 8 {
		t.Errorf("complete %t, %d distinct, %d generated, depth %d; want 171, 1028, 8", r.Complete, r.Distinct, r.Generated, r.Depth)
	}
	for c, n := range r.Useful {
		if n == 0 {
			t.Errorf("choice %d never leads anywhere of its own", c)
		}
	}
}

func TestViolationsComeWithAShortestTrace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		module *ir.Unit
		check  string
		detail string
		length int
		fault  joint.Fault
	}{
		"ignores the critical temperature": {jointtest.Careless(), "Post", "", 2, joint.Post},
		"looks up beyond its table":        {jointtest.Reckless(), "NoPanic", "index out of range in Step", 0, joint.Panic},
	} {
		s := system(t, c.module)
		if name == "looks up beyond its table" {
			s.Post, s.Inv = joint.Fn{}, joint.Fn{}
		}
		r := explore(t, s, joint.Limits{})
		v := r.Violation
		if v == nil {
			t.Errorf("%s: no violation", name)
			continue
		}
		t.Logf("%s:\n%s", name, s.Table(v))
		last := v.Trace[len(v.Trace)-1]
		if v.Name != c.check || v.Detail != c.detail || last.Fault != c.fault || c.length != 0 && len(v.Trace) != c.length {
			t.Errorf("%s: %s (%s) after %d states, fault %d", name, v.Name, v.Detail, len(v.Trace), last.Fault)
		}
		if r.Depth != len(v.Trace) {
			t.Errorf("%s: depth %d, trace of %d", name, r.Depth, len(v.Trace))
		}
	}
}

func TestExplorationIsRepeatable(t *testing.T) {
	t.Parallel()
	for _, m := range []*ir.Unit{jointtest.Governor(), jointtest.Careless()} {
		s := system(t, m)
		if d := cmp.Diff(explore(t, s, joint.Limits{}), explore(t, s, joint.Limits{})); d != "" {
			t.Errorf("two explorations differ:\n%s", d)
		}
	}
}

func TestLimitsEndTheExploration(t *testing.T) {
	t.Parallel()
	s := system(t, jointtest.Governor())
	r := explore(t, s, joint.Limits{MaxStates: 50})
	if r.Complete || r.Violation != nil || r.Distinct < 50 || r.Distinct > 60 || r.Limit != joint.StateLimit {
		t.Errorf("limit of 50: %+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := s.Explore(ctx, joint.Limits{}); !errors.Is(err, context.Canceled) || r.Complete || r.Limit != joint.TimeLimit {
		t.Errorf("cancelled: %+v, %v", r, err)
	}
}

// A module that fills 64 KiB of state ends at the memory limit, and its table
// stays readable.
func TestLargeStatesAreLimited(t *testing.T) {
	t.Parallel()
	m := jointtest.Governor()
	f := &m.Funcs[0]
	m.State = append(m.State, ir.Field{Name: "big", Type: ir.U64, Len: 4096})
	m.Funcs = m.Funcs[:1]
	f.Vars = append(f.Vars[:2:2], append([]ir.Var{{Type: ir.U64, Len: 4096}, {Type: ir.I16}, {Type: ir.Bool}}, ir.Var{Type: ir.U64, Len: 4096})...)
	f.Body = ir.Block{
		Stmts: []ir.Stmt{ir.Set{Dst: 5, Arr: 2, Index: jointtest.V(ir.U8, 0), Val: ir.Lit(ir.U64, 1)}},
		Term:  ir.Return{State: []ir.Atom{jointtest.L(ir.U8, 1), jointtest.V(ir.U8, 1), jointtest.V(ir.U64, 5)}, Results: []ir.Atom{jointtest.L(ir.U8, 3)}},
	}
	s := system(t, m)
	r := explore(t, s, joint.Limits{})
	if r.Violation == nil || len(s.Table(r.Violation)) > 4000 {
		t.Errorf("%+v", r)
	}
}

func BenchmarkExplore(b *testing.B) {
	s := system(b, jointtest.Governor())
	states, steps := 0, 0
	for b.Loop() {
		r := explore(b, s, joint.Limits{})
		states += r.Distinct
		steps += r.Generated
	}
	b.ReportMetric(float64(states)/b.Elapsed().Seconds(), "states/s")
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}
