package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/spec"
	"github.com/genesis-network/genesis/verifiers/tla"
	"github.com/genesis-network/genesis/workflows"
)

// recorder turns what a Rollout did into a trace of its specification.
type recorder struct {
	waves  int
	events []spec.Event
}

func (r *recorder) add(k spec.Kind, wave int, source string) {
	r.events = append(r.events, spec.Event{Kind: k, Wave: wave, Source: source})
}

// decode reads a value of an activity.
type decode func(to any) error

// scheduled notes that an activity begins.
func (r *recorder) scheduled(name, source string, input decode) error {
	switch name {
	case "Order":
		var ref workflows.WaveRef
		if err := input(&ref); err != nil {
			return err
		}
		r.add(spec.Order, ref.Wave, source)
	case "Commit":
		r.add(spec.Commit, 0, source)
	case "Halt":
		r.add(spec.Halt, 0, source)
	}
	return nil
}

// completed notes what an activity said.
func (r *recorder) completed(name, source string, input, result decode) error {
	var ref workflows.WaveRef
	var plan workflows.RolloutPlan
	var verdict rollout.Verdict
	var back bool
	var err error
	switch name {
	case "Release":
		err = result(&plan)
		r.waves = len(plan.Waves)
	case "Order":
		err = input(&ref)
		r.add(spec.Ordered, ref.Wave, source)
	case "Gate":
		err = result(&verdict)
		if err == nil {
			err = input(&ref)
		}
		said := map[rollout.Decision]spec.Kind{rollout.Promote: spec.Promote, rollout.Hold: spec.Hold, rollout.Back: spec.Back}
		r.add(said[verdict.Decision], ref.Wave, source)
	case "Commit":
		r.add(spec.Committed, 0, source)
	case "Halt":
		r.add(spec.Halted, 0, source)
	case "Restored":
		err = result(&back)
		r.add(map[bool]spec.Kind{true: spec.Restored, false: spec.Waiting}[back], 0, source)
	}
	return err
}

// failed notes that an activity gave up: only a commit may, when a tile went back.
func (r *recorder) failed(name, source string) error {
	if name != "Commit" {
		return fmt.Errorf("%s failed: a rollout that could not work is no trace", name)
	}
	r.add(spec.Failed, 0, source)
	return nil
}

// readTrace reads the recorded history of a Rollout.
func readTrace(t *testing.T, file string) recorder {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h, err := client.HistoryFromJSON(f, client.HistoryJSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var r recorder
	began := map[int64]*history.ActivityTaskScheduledEventAttributes{}
	for _, e := range h.Events {
		if err := r.read(e, began); err != nil {
			t.Fatalf("%s: event %d: %v", file, e.EventId, err)
		}
	}
	return r
}

func (r *recorder) read(e *history.HistoryEvent, began map[int64]*history.ActivityTaskScheduledEventAttributes) error {
	data := converter.GetDefaultDataConverter()
	source := fmt.Sprintf("event %d", e.EventId)
	switch e.EventType {
	case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		a := e.GetActivityTaskScheduledEventAttributes()
		began[e.EventId] = a
		return r.scheduled(a.ActivityType.Name, source, func(to any) error { return data.FromPayloads(a.Input, to) })
	case enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		done := e.GetActivityTaskCompletedEventAttributes()
		a := began[done.ScheduledEventId]
		return r.completed(a.ActivityType.Name, source, func(to any) error { return data.FromPayloads(a.Input, to) },
			func(to any) error { return data.FromPayloads(done.Result, to) })
	case enums.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		a := began[e.GetActivityTaskFailedEventAttributes().ScheduledEventId]
		return r.failed(a.ActivityType.Name, source)
	}
	return nil
}

// runTrace runs a Rollout on the fleet in memory and records it.
func runTrace(t *testing.T, w *world, abort time.Duration) recorder {
	t.Helper()
	env := environment(w)
	var r recorder
	inputs := map[string]converter.EncodedValues{}
	env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, args converter.EncodedValues) {
		inputs[info.ActivityID] = args
		if err := r.scheduled(info.ActivityType.Name, "activity "+info.ActivityID, func(to any) error { return args.Get(to) }); err != nil {
			t.Error(err)
		}
	})
	env.SetOnActivityCompletedListener(func(info *activity.Info, result converter.EncodedValue, err error) {
		name, source := info.ActivityType.Name, "activity "+info.ActivityID
		if err != nil {
			err = r.failed(name, source)
		} else {
			err = r.completed(name, source, func(to any) error { return inputs[info.ActivityID].Get(to) }, result.Get)
		}
		if err != nil {
			t.Error(err)
		}
	})
	if abort > 0 {
		env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalAbort, "smoke") }, abort)
	}
	env.ExecuteWorkflow(workflows.Rollout, workflows.RolloutInput{Change: "chg_1"})
	if err := env.GetWorkflowError(); (err != nil) != (w.refuse != nil) {
		t.Fatal(err)
	}
	return r
}

// sharedChecker is compiled once.
var sharedChecker = sync.OnceValues(func() (*tla.Checker, error) { return tla.OpenChecker("../" + tla.DefaultNodeModules) })

func modelChecker(t *testing.T) *tla.Checker {
	t.Helper()
	c, err := sharedChecker()
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	return c
}

// consumed says how many events of the trace the specification allows.
func (r recorder) consumed(t *testing.T, c *tla.Checker) int {
	t.Helper()
	n, err := tla.Consumed(t.Context(), c, len(r.events), func(k int) tla.Specification {
		text, config := spec.Trace(r.waves, r.events, k)
		return tla.ReadConfig(spec.Module, text, config)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const recorded = "testdata/histories/rollout.json"

// What workflows really did is a behaviour of rollout/spec/Rollout.tla, from the
// first event to the last.
func TestRolloutsAreBehavioursOfTheSpecification(t *testing.T) {
	t.Parallel()
	c := modelChecker(t)
	promote := rollout.Verdict{Decision: rollout.Promote}
	for name, r := range map[string]recorder{
		"a recorded history":               readTrace(t, recorded),
		"adopted":                          runTrace(t, &world{}, 0),
		"a gate says back in wave 1":       runTrace(t, &world{after: 2, gates: append(slices.Repeat([]rollout.Verdict{promote}, 5), rollout.Verdict{Decision: rollout.Back, Reason: "fan-stuck"})}, 0),
		"no telemetry until the deadline":  runTrace(t, &world{gates: []rollout.Verdict{{Decision: rollout.Hold}}}, 0),
		"aborted by a person in a wave":    runTrace(t, &world{after: 1}, 7*time.Second),
		"aborted before the first look":    runTrace(t, &world{}, time.Millisecond),
		"a tile refuses the commit":        runTrace(t, &world{refuse: workflows.Refused(errors.New("trial.ended: the tile went back"))}, 0),
		"holds, promotes, and holds again": runTrace(t, &world{gates: []rollout.Verdict{{Decision: rollout.Hold}, promote, {Decision: rollout.Hold}, promote}}, 0),
	} {
		t.Run(name, func(t *testing.T) {
			if len(r.events) < 5 || r.waves != 3 {
				t.Fatalf("%d waves, %v", r.waves, r.events)
			}
			last := r.events[len(r.events)-1].Kind
			if last != spec.Committed && last != spec.Restored && last != spec.Failed {
				t.Errorf("it ends with %s", last)
			}
			if n := r.consumed(t, c); n < len(r.events) {
				t.Errorf("the specification does not allow event %d of %d, %s, after %v", n+1, len(r.events), r.events[n], r.events[:n])
			}
		})
	}
}

// A history that was tampered with is refused, and the first event that the
// specification does not allow is named.
func TestTamperedHistoryIsRefused(t *testing.T) {
	t.Parallel()
	c := modelChecker(t)
	index := func(events []spec.Event, k spec.Kind, wave int) int {
		return slices.IndexFunc(events, func(e spec.Event) bool { return e.Kind == k && e.Wave == wave })
	}
	for name, tc := range map[string]struct {
		tamper func([]spec.Event) []spec.Event
		want   string // the event that is refused
	}{
		"a wave was never ordered": {func(e []spec.Event) []spec.Event {
			return slices.Delete(e, index(e, spec.Order, 1), index(e, spec.Order, 1)+1)
		}, "Ordered of wave 1 (event 74)"},
		"a wave did not pass its gate": {func(e []spec.Event) []spec.Event {
			e[index(e, spec.Order, 1)-1].Kind = spec.Hold
			return e
		}, "Order of wave 1 (event 72)"},
		"a wave was skipped": {func(e []spec.Event) []spec.Event {
			return slices.Delete(e, index(e, spec.Order, 1), index(e, spec.Order, 2))
		}, "Order of wave 2 (event 133)"},
		"a wave was ordered twice": {func(e []spec.Event) []spec.Event {
			return slices.Insert(e, index(e, spec.Order, 2), e[index(e, spec.Order, 1)])
		}, "Order of wave 1 (event 72)"},
		"committed before the last wave": {func(e []spec.Event) []spec.Event {
			return slices.Delete(e, index(e, spec.Order, 2), index(e, spec.Commit, 0))
		}, "Commit (event 194)"},
		"committed although a gate said back": {func(e []spec.Event) []spec.Event {
			e[index(e, spec.Commit, 0)-1].Kind = spec.Back
			return e
		}, "Commit (event 194)"},
		"restored without a halt": {func(e []spec.Event) []spec.Event {
			return append(e[:index(e, spec.Commit, 0)], spec.Event{Kind: spec.Restored, Source: "event 194"})
		}, "Restored (event 194)"},
		"halted after the commit": {func(e []spec.Event) []spec.Event {
			return append(e, spec.Event{Kind: spec.Halt, Source: "event 197"})
		}, "Halt (event 197)"},
	} {
		t.Run(name, func(t *testing.T) {
			r := readTrace(t, recorded)
			r.events = tc.tamper(r.events)
			n := r.consumed(t, c)
			if n == len(r.events) || r.events[n].String() != tc.want {
				t.Errorf("the first %d of %d events are allowed, want refused %s", n, len(r.events), tc.want)
			}
			if n < len(r.events) && !strings.Contains(r.events[n].Source, "event") {
				t.Errorf("%s does not say where it was recorded", r.events[n])
			}
		})
	}
}
