package pipeline_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
)

// every combination of facts that guards look at.
func allFacts() []pipeline.Facts {
	var out []pipeline.Facts
	for _, verdict := range []pipeline.Outcome{pipeline.Pass, pipeline.Fail, pipeline.Inconclusive, pipeline.Error, ""} {
		for bits := range 1 << 7 {
			bit := func(i int) bool { return bits>>i&1 == 1 }
			out = append(out, pipeline.Facts{
				Verdict: verdict, BaseHolds: bit(0), NeedsApproval: bit(1), Quorum: bit(2),
				EffortSpent: bit(3), Due: bit(4), WavesDone: bit(5), Restored: bit(6),
			})
		}
	}
	return out
}

// Every pair of state and event, under all facts: what the table has is allowed
// under some facts and leads where it says; everything else is refused.
func TestLifecycleWalksEveryPair(t *testing.T) {
	allowed := map[pipeline.State]map[pipeline.Event][]pipeline.State{}
	for _, row := range pipeline.Transitions() {
		if allowed[row.From] == nil {
			allowed[row.From] = map[pipeline.Event][]pipeline.State{}
		}
		allowed[row.From][row.Event] = append(allowed[row.From][row.Event], row.To)
	}
	for _, from := range pipeline.States() {
		for _, event := range pipeline.Events() {
			want := allowed[from][event]
			got := reached(t, from, event)
			if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
				t.Errorf("%s on %s: %s", from, event, diff)
			}
		}
	}
}

// reached collects the states that an event leads to under any facts.
func reached(t *testing.T, from pipeline.State, event pipeline.Event) []pipeline.State {
	t.Helper()
	var out []pipeline.State
	for _, facts := range allFacts() {
		to, err := pipeline.Next(from, event, facts)
		if err == nil {
			out = append(out, to)
			continue
		}
		if !errors.Is(err, pipeline.ErrTransition) || to != from {
			t.Fatalf("%s on %s: moved to %s with %v", from, event, to, err)
		}
	}
	return out
}

func sorted(list []pipeline.State) []pipeline.State {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

// For given facts at most one row of a pair applies, so the order of the table
// means nothing.
func TestLifecycleIsDeterministic(t *testing.T) {
	rows := pipeline.Transitions()
	for _, facts := range allFacts() {
		for i, a := range rows {
			for _, b := range rows[i+1:] {
				if a.From == b.From && a.Event == b.Event && a.Guard.Holds(facts) && b.Guard.Holds(facts) {
					t.Fatalf("%+v and %+v both apply under %+v", a, b, facts)
				}
			}
		}
	}
}

// Whatever happens, a change rolls out only with passing evidence on its base
// and either enough approvals or a level that waives them; and every life that
// ends, ends in a final state.
func TestLifecycleNeverRollsOutUnsoundChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := pipeline.Proposed
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			event := rapid.SampledFrom(pipeline.Events()).Draw(t, "event")
			facts := rapid.SampledFrom(allFacts()).Draw(t, "facts")
			next, err := pipeline.Next(state, event, facts)
			if err != nil {
				continue
			}
			if state.Final() {
				t.Fatalf("left the final state %s", state)
			}
			sound := facts.Verdict == pipeline.Pass && facts.BaseHolds && (facts.Quorum || !facts.NeedsApproval)
			if next == pipeline.RollingOut && !sound {
				t.Fatalf("%s rolled out on %s with %+v", state, event, facts)
			}
			state = next
		}
	})
}

func TestLifecycleReachesEveryState(t *testing.T) {
	seen := map[pipeline.State]bool{pipeline.Proposed: true}
	for range pipeline.States() {
		for _, row := range pipeline.Transitions() {
			if seen[row.From] {
				seen[row.To] = true
			}
		}
	}
	for _, s := range pipeline.States() {
		if !seen[s] {
			t.Errorf("%s cannot be reached", s)
		}
	}
	for _, s := range []pipeline.State{pipeline.RolledBack, pipeline.Rejected, pipeline.Withdrawn, pipeline.Outdated, pipeline.Expired, pipeline.Superseded} {
		if !s.Final() {
			t.Errorf("%s should be final", s)
		}
	}
}

func TestRefusalSaysWhatIsPossible(t *testing.T) {
	_, err := pipeline.Next(pipeline.Adopted, pipeline.Approved, pipeline.Facts{})
	if err == nil || !strings.Contains(err.Error(), "possible: restored, supersede") {
		t.Error(err)
	}
	_, err = pipeline.Next(pipeline.Verifying, pipeline.Passed, pipeline.Facts{})
	if err == nil || !strings.Contains(err.Error(), string(pipeline.Sound)) {
		t.Error(err)
	}
}

func TestLifecycleDocument(t *testing.T) {
	const path = "../docs/lifecycle.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), "```mermaid\n")
	picture, after, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("docs/lifecycle.md has no picture")
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+"```mermaid\n"+pipeline.Diagram()+"```"+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(pipeline.Diagram(), picture); diff != "" {
		t.Errorf("docs/lifecycle.md is old; run go test ./pipeline -update\n%s", diff)
	}
}
