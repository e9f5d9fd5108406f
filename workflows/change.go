package workflows

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/genesis-network/genesis/pipeline"
)

// ChangeInput names a change's record.
type ChangeInput struct {
	ID       string        `json:"id"`
	Deadline time.Duration `json:"deadline"` // how long it may wait for a person
}

// ChangeResult is how a change ended.
type ChangeResult struct {
	ID    string         `json:"id"`
	State pipeline.State `json:"state"`
}

// triesNext says whether the next finalist may be tried: only if this one was
// found wanting. One that a person declined, that was rolled back or that
// outlived its base ends the lineage's part of the campaign.
func (r ChangeResult) triesNext() bool { return r.State == pipeline.Rejected }

// stage is what is done in a state before the evidence is weighed: groups of
// stations, each group in parallel.
type stage struct {
	state  pipeline.State
	groups [][]pipeline.Station
}

var stages = []stage{
	{pipeline.Verifying, [][]pipeline.Station{
		{pipeline.Agree, pipeline.Coq, pipeline.TLA, pipeline.Fuzz},
		{pipeline.Benchmark},
	}},
	{pipeline.Shadowing, [][]pipeline.Station{{pipeline.Shadow}}},
	{pipeline.Federating, [][]pipeline.Station{{pipeline.Federate}}},
}

// StationsOf are the stations whose evidence a state waits for.
func StationsOf(s pipeline.State) []pipeline.Station {
	for _, st := range stages {
		if st.state == s {
			return slices.Concat(st.groups...)
		}
	}
	return nil
}

// Change carries one change through the stations, to a decision, through its
// rollout.
func Change(ctx workflow.Context, in ChangeInput) (ChangeResult, error) {
	c := changer{in: in, at: Advanced{State: pipeline.Proposed}}
	var err error
	if c.progress, err = track(ctx); err != nil {
		return c.result(), err
	}
	if err := c.listen(ctx); err != nil {
		return c.result(), err
	}
	err = c.run(ctx)
	return c.result(), err
}

type changer struct {
	in       ChangeInput
	at       Advanced
	progress *tracker
	abort    string // reason, once somebody asked
	asked    bool   // to abort
	attempt  int    // of the stations of this state
}

func (c *changer) result() ChangeResult { return ChangeResult{ID: c.in.ID, State: c.at.State} }

func (c *changer) run(ctx workflow.Context) error {
	if err := c.advance(ctx, pipeline.Started, ""); err != nil {
		return err
	}
	for _, s := range stages {
		if c.at.State == s.state {
			if err := c.stage(ctx, s); err != nil {
				return err
			}
		}
	}
	if c.at.State == pipeline.AwaitingApproval {
		if err := c.await(ctx); err != nil {
			return err
		}
	}
	if c.at.State == pipeline.RollingOut {
		return c.rollout(ctx)
	}
	return nil
}

// stage runs the stations of a state until the evidence moves the change on.
func (c *changer) stage(ctx workflow.Context, s stage) error {
	groups := s.groups
	for attempt := 0; c.at.State == s.state; attempt++ {
		for _, group := range groups {
			if c.asked {
				return c.advance(ctx, pipeline.Withdraw, c.abort)
			}
			c.progress.at(string(s.state), fmt.Sprint(group))
			if failed, err := c.runAll(ctx, group, attempt); err != nil {
				return err
			} else if failed {
				break // a refutation stands; the rest would be work for nothing
			}
		}
		c.attempt = attempt
		if err := c.advance(ctx, "", ""); err != nil {
			return err
		}
		groups = [][]pipeline.Station{c.at.Retry}
	}
	return nil
}

func (c *changer) runAll(ctx workflow.Context, group []pipeline.Station, attempt int) (failed bool, err error) {
	futures := make([]workflow.Future, len(group))
	for i, station := range group {
		run := StationRun{Change: c.in.ID, Station: station, Attempt: attempt}
		futures[i] = workflow.ExecuteActivity(onQueue(ctx, queueOf(station), stationTimeout), actRunStation, run)
	}
	for _, f := range futures {
		var outcome pipeline.Outcome
		if e := f.Get(ctx, &outcome); e != nil {
			err = errors.Join(err, e)
		}
		failed = failed || outcome == pipeline.Fail
	}
	return failed, err
}

func queueOf(s pipeline.Station) string {
	if s == pipeline.Shadow || s == pipeline.Federate {
		return QueueFleet
	}
	return QueueVerify
}

// advance moves the change on; an empty event lets the evidence decide.
func (c *changer) advance(ctx workflow.Context, event pipeline.Event, reason string) error {
	in := Advance{Change: c.in.ID, From: c.at.State, Event: event, Reason: reason, Attempt: c.attempt}
	var next Advanced // a fresh value: decoding into the old one would keep fields
	err := workflow.ExecuteActivity(control(ctx), actAdvance, in).Get(ctx, &next)
	if err == nil {
		c.at = next
		c.progress.at(string(next.State), reason)
	}
	return err
}

// listen takes decisions and aborts for as long as the change lives.
func (c *changer) listen(ctx workflow.Context) error {
	workflow.Go(ctx, func(ctx workflow.Context) {
		workflow.GetSignalChannel(ctx, SignalAbort).Receive(ctx, &c.abort)
		c.asked = true
	})
	return workflow.SetUpdateHandlerWithOptions(ctx, UpdateDecide, c.decide, workflow.UpdateHandlerOptions{Validator: c.validate})
}

// validate compares states and digests only: it must be pure. The signature is
// verified in an activity.
func (c *changer) validate(d Decision) error {
	if c.at.State != pipeline.AwaitingApproval {
		return Refused(fmt.Errorf("the change is %s: nothing is to be decided now", c.at.State))
	}
	moved := map[string]bool{"evidence": d.Evidence != c.at.Evidence, "plan": d.Plan != c.at.Plan, "policy": d.Policy != c.at.Policy}
	for _, what := range []string{"evidence", "plan", "policy"} {
		if d.Approve && moved[what] {
			return Refused(fmt.Errorf("the %s moved since it was shown: look at the change again", what))
		}
	}
	return nil
}

func (c *changer) decide(ctx workflow.Context, d Decision) (Advanced, error) {
	d.Change = c.in.ID
	if err := workflow.ExecuteActivity(control(ctx), actTakeDecision, d).Get(ctx, nil); err != nil {
		return c.at, err
	}
	event := pipeline.Approved
	if !d.Approve {
		event = pipeline.Declined
	}
	err := c.advance(ctx, event, d.Reason)
	return c.at, err
}

// await waits for a person, until the deadline.
func (c *changer) await(ctx workflow.Context) error {
	waiting := func() bool { return c.at.State != pipeline.AwaitingApproval || c.asked }
	decided, err := workflow.AwaitWithTimeout(ctx, c.in.Deadline, waiting)
	switch {
	case err != nil:
		return err
	case !decided:
		return c.advance(ctx, pipeline.Expire, "nobody decided in time")
	case c.asked && c.at.State == pipeline.AwaitingApproval:
		return c.advance(ctx, pipeline.Withdraw, c.abort)
	}
	return nil
}

func (c *changer) rollout(ctx workflow.Context) error {
	in := RolloutInput{Change: c.in.ID}
	run := workflow.ExecuteChildWorkflow(child(ctx, RolloutID(c.in.ID)), Rollout, in)
	workflow.Go(ctx, func(ctx workflow.Context) {
		if workflow.Await(ctx, func() bool { return c.asked }) == nil {
			run.SignalChildWorkflow(ctx, SignalAbort, c.abort)
		}
	})
	var out RolloutResult
	if err := run.Get(ctx, &out); err != nil {
		return err
	}
	if out.Completed {
		return c.advance(ctx, pipeline.Completed, "")
	}
	event := pipeline.Faulted
	if out.Halted {
		event = pipeline.Halted
	}
	if err := c.advance(ctx, event, out.Reason); err != nil {
		return err
	}
	return c.advance(ctx, pipeline.Restored, out.Reason)
}

// RolloutID is the workflow that brings a change to the tiles.
func RolloutID(change string) string { return change + "/rollout" }

// ErrRefused marks an answer that no retry can change.
const ErrRefused = "refused"

// Refused wraps an error of an activity that must not be tried again.
func Refused(err error) error {
	return temporal.NewNonRetryableApplicationError(err.Error(), ErrRefused, err)
}
