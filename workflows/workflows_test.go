package workflows_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/workflows"
)

// world is a fleet and its stations in memory. Its changes move by the real
// table of states.
type world struct {
	mu       *sync.Mutex
	outcomes map[pipeline.Station][]pipeline.Outcome // by attempt; the last one stays; pass if none
	level    pipeline.Level
	gates    []rollout.Verdict // one after the other; the last one stays
	after    int               // calls of Restored until every tile is back
	refuse   error             // what tiles say to the commit
	events   []string
	ran      []pipeline.Station
	state    pipeline.State
	open     []pipeline.Station // inconclusive at their last attempt
	failed   bool
	changes  int
}

func (w *world) say(what string) { w.events = append(w.events, what) }

func (w *world) OpenSearch(_ context.Context, g workflows.SearchGoal) (workflows.SearchState, error) {
	return workflows.SearchState{Goal: g}, nil
}

func (w *world) SearchEpoch(_ context.Context, s workflows.SearchState) (workflows.SearchState, error) {
	s.Tried += 64
	s.Done = s.Tried >= 128
	return s, nil
}

func (w *world) Finalists(_ context.Context, s workflows.SearchState) ([]workflows.ChangeInput, error) {
	var out []workflows.ChangeInput
	for i := range w.changes {
		out = append(out, workflows.ChangeInput{ID: s.Goal.Lineage + string(rune('a'+i)), Deadline: time.Hour})
	}
	return out, nil
}

func (w *world) CloseLineage(context.Context, workflows.LineageResult) error { return nil }

func (w *world) CloseCampaign(context.Context, workflows.CampaignResult) error { return nil }

func (w *world) RunStation(_ context.Context, r workflows.StationRun) (pipeline.Outcome, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ran = append(w.ran, r.Station)
	outcome := pipeline.Pass
	if list := w.outcomes[r.Station]; len(list) > 0 {
		outcome = list[min(r.Attempt, len(list)-1)]
	}
	w.open = slices.DeleteFunc(w.open, func(s pipeline.Station) bool { return s == r.Station })
	if outcome == pipeline.Inconclusive {
		w.open = append(w.open, r.Station)
	}
	w.failed = w.failed || outcome == pipeline.Fail
	return outcome, nil
}

func (w *world) Advance(_ context.Context, a workflows.Advance) (workflows.Advanced, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a.From == pipeline.Proposed {
		w.state, w.failed, w.open = pipeline.Proposed, false, nil
	}
	event, verdict := a.Event, w.verdict()
	spent := len(w.ran) > 12
	switch {
	case event != "":
	case verdict == pipeline.Fail:
		event = pipeline.Refuted
	case verdict == pipeline.Pass:
		event = pipeline.Passed
	case !spent:
		return workflows.Advanced{State: w.state, Retry: slices.Clone(w.open)}, nil
	default:
		event = pipeline.GaveUp
	}
	terms := pipeline.Terms{Level: w.level, Class: pipeline.DeviceSlot}
	next, err := pipeline.Next(w.state, event, pipeline.Facts{
		Verdict: verdict, BaseHolds: true, NeedsApproval: terms.NeedsApproval(), Quorum: event == pipeline.Approved,
		EffortSpent: spent, Due: event == pipeline.Expire, WavesDone: event == pipeline.Completed, Restored: event == pipeline.Restored,
	})
	if err != nil {
		return workflows.Advanced{}, workflows.Refused(err)
	}
	w.state = next
	w.say(string(next))
	return workflows.Advanced{State: next, Evidence: "e1", Plan: "p1", Policy: "y1"}, nil
}

func (w *world) verdict() pipeline.Outcome {
	switch {
	case w.failed:
		return pipeline.Fail
	case len(w.open) > 0:
		return pipeline.Inconclusive
	}
	return pipeline.Pass
}

func (w *world) TakeDecision(_ context.Context, d workflows.Decision) error {
	if d.Approve && string(d.Envelope) != "signed" {
		return workflows.Refused(errors.New("approval.signature: not signed by an approver"))
	}
	return nil
}

func (w *world) Release(context.Context, workflows.RolloutInput) (workflows.RolloutPlan, error) {
	wave := func(name string, tiles ...string) workflows.WavePlan {
		return workflows.WavePlan{Name: name, Tiles: tiles, Bake: 5 * time.Second, Deadline: time.Minute}
	}
	return workflows.RolloutPlan{Waves: []workflows.WavePlan{wave("w0", "t1"), wave("w1", "t2"), wave("w2", "t3")}}, nil
}

func (w *world) Order(_ context.Context, ref workflows.WaveRef) error {
	w.say("order " + string(rune('0'+ref.Wave)))
	return nil
}

func (w *world) Gate(context.Context, workflows.WaveRef) (rollout.Verdict, error) {
	if len(w.gates) == 0 {
		return rollout.Verdict{Decision: rollout.Promote}, nil
	}
	g := w.gates[0]
	if len(w.gates) > 1 {
		w.gates = w.gates[1:]
	}
	return g, nil
}

func (w *world) Commit(context.Context, workflows.RolloutInput) error {
	w.say("commit")
	return w.refuse
}

func (w *world) Halt(_ context.Context, h workflows.HaltInput) error {
	w.say("halt: " + h.Reason)
	return nil
}

func (w *world) Restored(context.Context, workflows.HaltInput) (bool, error) {
	w.after--
	return w.after < 0, nil
}

func (w *world) ChooseGoals(context.Context, workflows.RoundInput) ([]workflows.CampaignInput, error) {
	return []workflows.CampaignInput{{ID: "cmp_1", Lineages: []string{"alder"}}}, nil
}

func environment(w *world) *testsuite.TestWorkflowEnvironment {
	w.mu = new(sync.Mutex)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	workflows.Register(env, w)
	return env
}

// answer is how an update ended, and what it said.
type answer struct {
	refused error // by the validator
	err     error
}

func (a *answer) Accept()                 {}
func (a *answer) Reject(err error)        { a.refused = err }
func (a *answer) Complete(_ any, e error) { a.err = e }

var consent = workflows.Decision{Approve: true, Evidence: "e1", Plan: "p1", Policy: "y1", Envelope: []byte("signed"), By: "ada"}

func TestLifeOfAChange(t *testing.T) {
	t.Parallel()
	stale := consent
	stale.Evidence = "e0"
	unsigned := consent
	unsigned.Envelope = nil
	fail := func(s pipeline.Station, os ...pipeline.Outcome) map[pipeline.Station][]pipeline.Outcome {
		return map[pipeline.Station][]pipeline.Outcome{s: os}
	}
	for _, c := range []struct {
		name   string
		world  world
		decide *workflows.Decision
		abort  time.Duration // after which somebody aborts
		want   []string
		rest   func(t *testing.T, w *world, a answer)
	}{
		{name: "adopted after approval", decide: &consent,
			want: []string{"verifying", "shadowing", "federating", "awaiting-approval", "rolling-out", "order 0", "order 1", "order 2", "commit", "adopted"}},
		{name: "adopted without approval at a high level", world: world{level: pipeline.Autonomous},
			want: []string{"verifying", "shadowing", "federating", "rolling-out", "order 0", "order 1", "order 2", "commit", "adopted"}},
		{name: "refuted by the prover, later stations never run", world: world{outcomes: fail(pipeline.Coq, pipeline.Fail)},
			want: []string{"verifying", "rejected"},
			rest: func(t *testing.T, w *world, _ answer) {
				if slices.Contains(w.ran, pipeline.Benchmark) || slices.Contains(w.ran, pipeline.Shadow) {
					t.Errorf("ran %v after a refutation", w.ran)
				}
			}},
		{name: "inconclusive, then proven with more effort",
			world: world{level: pipeline.Autonomous, outcomes: fail(pipeline.Coq, pipeline.Inconclusive, pipeline.Pass)},
			want:  []string{"verifying", "shadowing", "federating", "rolling-out", "order 0", "order 1", "order 2", "commit", "adopted"},
			rest: func(t *testing.T, w *world, _ answer) {
				if n := count(w.ran, pipeline.Coq); n != 2 {
					t.Errorf("prover ran %d times, want 2", n)
				}
				if n := count(w.ran, pipeline.TLA); n != 1 {
					t.Errorf("model checker ran %d times, want 1: it had passed", n)
				}
			}},
		{name: "inconclusive to the end is no pass", world: world{outcomes: fail(pipeline.Coq, pipeline.Inconclusive)},
			want: []string{"verifying", "rejected"}},
		{name: "declined", decide: &workflows.Decision{By: "ada", Reason: "not today"},
			want: []string{"verifying", "shadowing", "federating", "awaiting-approval", "rejected"}},
		{name: "approval of other evidence is void", decide: &stale,
			want: []string{"verifying", "shadowing", "federating", "awaiting-approval", "expired"},
			rest: func(t *testing.T, _ *world, a answer) {
				if a.refused == nil {
					t.Error("the validator took an approval of other evidence")
				}
			}},
		{name: "unsigned approval", decide: &unsigned,
			want: []string{"verifying", "shadowing", "federating", "awaiting-approval", "expired"},
			rest: func(t *testing.T, _ *world, a answer) {
				if a.err == nil {
					t.Error("an unsigned approval was taken")
				}
			}},
		{name: "nobody decides",
			want: []string{"verifying", "shadowing", "federating", "awaiting-approval", "expired"}},
		{name: "gate fails in the second wave",
			world: world{level: pipeline.Autonomous, after: 2, gates: slices.Concat(slices.Repeat([]rollout.Verdict{{Decision: rollout.Promote}}, 5), []rollout.Verdict{{Decision: rollout.Back, Reason: "t2: fan-stuck"}})},
			want:  []string{"verifying", "shadowing", "federating", "rolling-out", "order 0", "order 1", "halt: t2: fan-stuck", "aborting", "rolled-back"}},
		{name: "no telemetry is no pass",
			world: world{level: pipeline.Autonomous, gates: []rollout.Verdict{{Decision: rollout.Hold, Reason: "t1 is silent"}}},
			want:  []string{"verifying", "shadowing", "federating", "rolling-out", "order 0", "halt: wave w0 did not pass its gate in time: t1 is silent", "aborting", "rolled-back"}},
		{name: "aborted by a person in a wave", world: world{level: pipeline.Autonomous}, abort: 7 * time.Second,
			want: []string{"verifying", "shadowing", "federating", "rolling-out", "order 0", "order 1", "halt: smoke", "aborting", "rolled-back"}},
		{name: "withdrawn while it waits", abort: time.Minute,
			want: []string{"verifying", "shadowing", "federating", "awaiting-approval", "withdrawn"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := c.world
			env, reply := environment(&w), answer{}
			if c.decide != nil {
				env.RegisterDelayedCallback(func() { env.UpdateWorkflow(workflows.UpdateDecide, "u1", &reply, *c.decide) }, time.Minute)
			}
			if c.abort > 0 {
				env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalAbort, "smoke") }, c.abort)
			}
			env.ExecuteWorkflow(workflows.Change, workflows.ChangeInput{ID: "chg_1", Deadline: time.Hour})
			if err := env.GetWorkflowError(); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(w.events, c.want) {
				t.Errorf("got  %q\nwant %q", w.events, c.want)
			}
			if c.rest != nil {
				c.rest(t, &w, reply)
			}
		})
	}
}

func count(list []pipeline.Station, s pipeline.Station) int {
	n := 0
	for _, x := range list {
		if x == s {
			n++
		}
	}
	return n
}

func TestCampaignTriesFinalistsUntilOneIsAdopted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		world world
		want  string
		tried int
	}{
		"first is adopted":     {world{level: pipeline.Autonomous, changes: 3}, workflows.Adopted, 1},
		"all refuted":          {world{changes: 3, outcomes: map[pipeline.Station][]pipeline.Outcome{pipeline.Fuzz: {pipeline.Fail}}}, workflows.Kept, 3},
		"nothing survived":     {world{}, workflows.Kept, 0},
		"rolled back, no more": {world{level: pipeline.Autonomous, changes: 3, gates: []rollout.Verdict{{Decision: rollout.Back, Reason: "hot"}}}, workflows.Kept, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := environment(&c.world)
			env.ExecuteWorkflow(workflows.Campaign, workflows.CampaignInput{ID: "cmp_1", Lineages: []string{"alder"}})
			var got workflows.CampaignResult
			if err := errors.Join(env.GetWorkflowError(), env.GetWorkflowResult(&got)); err != nil {
				t.Fatal(err)
			}
			if l := got.Lineages[0]; l.Outcome != c.want || len(l.Changes) != c.tried || l.Search.Tried != 128 || l.Random.Tried != 128 {
				t.Errorf("got %+v, want %s after %d changes", l, c.want, c.tried)
			}
		})
	}
}

func TestStoppedCampaignKeepsItsBest(t *testing.T) {
	t.Parallel()
	w := world{level: pipeline.Autonomous, changes: 1}
	env := environment(&w)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalStop, nil) }, 0)
	env.ExecuteWorkflow(workflows.Improve, workflows.SearchGoal{Campaign: "cmp_1", Lineage: "birch"})
	var got workflows.LineageResult
	if err := errors.Join(env.GetWorkflowError(), env.GetWorkflowResult(&got)); err != nil {
		t.Fatal(err)
	}
	if got.Search.Tried >= 128 || len(got.Changes) != 1 {
		t.Errorf("got %+v, want less search and one change", got)
	}
}

func TestRoundRunsItsCampaigns(t *testing.T) {
	t.Parallel()
	env := environment(&world{})
	env.ExecuteWorkflow(workflows.Round, workflows.RoundInput{ID: "rnd_1"})
	var got workflows.RoundResult
	if err := errors.Join(env.GetWorkflowError(), env.GetWorkflowResult(&got)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Campaigns, []string{"cmp_1"}) {
		t.Errorf("got %v", got.Campaigns)
	}
}

// Activities are called by name, so each name must be a method.
func TestEveryActivityHasItsName(t *testing.T) {
	t.Parallel()
	methods := reflect.TypeFor[workflows.Activities]()
	for _, name := range workflows.ActivityNames() {
		if _, ok := methods.MethodByName(name); !ok {
			t.Errorf("no method %s", name)
		}
	}
	if n := len(workflows.ActivityNames()); n != methods.NumMethod() {
		t.Errorf("%d names, %d methods", n, methods.NumMethod())
	}
}
