package workflows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

// catchUp is how late a round that was missed is still begun; later ones are
// left out, so that an engine that was off for a week does not run seven.
const catchUp = time.Hour

// RoundSchedule is when rounds begin by themselves.
type RoundSchedule struct {
	ID     string        `json:"id"`
	Name   string        `json:"name"`
	Every  time.Duration `json:"every"`
	Paused bool          `json:"paused"` // runs only when a person asks
}

// ScheduledRound is a schedule and what it did.
type ScheduledRound struct {
	RoundSchedule
	Next []time.Time `json:"next"` // the next times, at most five
	Runs []RoundRun  `json:"runs"` // the latest, newest first
}

// RoundRun is one firing of a schedule.
type RoundRun struct {
	Workflow string    `json:"workflow"`
	At       time.Time `json:"at"`
}

// ErrScheduleExists says that another schedule has the id.
var ErrScheduleExists = errors.New("a schedule with this id exists")

// memoName is what a schedule carries along.
const memoName = "name"

// CreateRound makes a schedule. A round that is still at work when the next is
// due goes on, and the next is skipped.
func (c *Client) CreateRound(ctx context.Context, s RoundSchedule) error {
	_, err := c.engine.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: s.ID, Paused: s.Paused, Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: catchUp,
		Spec:   every(s.Every),
		Action: &client.ScheduleWorkflowAction{ID: s.ID, Workflow: "Round", Args: []any{RoundInput{ID: s.ID}}, TaskQueue: QueueControl},
		Memo:   map[string]any{memoName: s.Name},
	})
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		err = ErrScheduleExists
	}
	if err != nil {
		return fmt.Errorf("workflows: round %s: %w", s.ID, err)
	}
	return nil
}

func every(d time.Duration) client.ScheduleSpec {
	return client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: d}}}
}

// RescheduleRound changes how often a schedule fires.
func (c *Client) RescheduleRound(ctx context.Context, id string, d time.Duration) error {
	return c.steerRound(ctx, "reschedule", id, func(h client.ScheduleHandle) error {
		return h.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			spec := every(d)
			in.Description.Schedule.Spec = &spec
			return &client.ScheduleUpdate{Schedule: &in.Description.Schedule}, nil
		}})
	})
}

// PauseRound keeps a schedule from firing; a round that is at work goes on.
func (c *Client) PauseRound(ctx context.Context, id, why string) error {
	return c.steerRound(ctx, "pause", id, func(h client.ScheduleHandle) error {
		return h.Pause(ctx, client.SchedulePauseOptions{Note: why})
	})
}

// ResumeRound lets a schedule fire again.
func (c *Client) ResumeRound(ctx context.Context, id, why string) error {
	return c.steerRound(ctx, "resume", id, func(h client.ScheduleHandle) error {
		return h.Unpause(ctx, client.ScheduleUnpauseOptions{Note: why})
	})
}

// steerRound does something to a schedule, or fails with [ErrNotRunning].
func (c *Client) steerRound(ctx context.Context, what, id string, do func(client.ScheduleHandle) error) error {
	err := do(c.engine.ScheduleClient().GetHandle(ctx, id))
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		err = ErrNotRunning
	}
	if err != nil {
		return fmt.Errorf("workflows: %s round %s: %w", what, id, err)
	}
	return nil
}

// ListRounds lists the schedules by id. The engine's list lags behind a new
// schedule by up to a second.
func (c *Client) ListRounds(ctx context.Context) ([]ScheduledRound, error) {
	list, err := c.engine.ScheduleClient().List(ctx, client.ScheduleListOptions{PageSize: 100})
	if err != nil {
		return nil, fmt.Errorf("workflows: list of rounds: %w", err)
	}
	out := []ScheduledRound{}
	for list.HasNext() {
		entry, err := list.Next()
		if err != nil {
			return nil, fmt.Errorf("workflows: list of rounds: %w", err)
		}
		if entry.WorkflowType.Name == "Round" {
			out = append(out, listed(entry))
		}
	}
	slices.SortFunc(out, func(a, b ScheduledRound) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

func listed(e *client.ScheduleListEntry) ScheduledRound {
	s := ScheduledRound{RoundSchedule: RoundSchedule{ID: e.ID, Paused: e.Paused}, Next: e.NextActionTimes, Runs: []RoundRun{}}
	if e.Paused || s.Next == nil {
		s.Next = []time.Time{}
	}
	if e.Spec != nil && len(e.Spec.Intervals) > 0 {
		s.Every = e.Spec.Intervals[0].Every
	}
	if e.Memo != nil {
		// A schedule made by other means has no name; its id serves.
		_ = converter.GetDefaultDataConverter().FromPayload(e.Memo.Fields[memoName], &s.Name)
	}
	for _, r := range slices.Backward(e.RecentActions) {
		run := RoundRun{At: r.ActualTime}
		if r.StartWorkflowResult != nil {
			run.Workflow = r.StartWorkflowResult.WorkflowID
		}
		s.Runs = append(s.Runs, run)
	}
	return s
}

// RunRoundNow begins a round at once, unless one of the same schedule is at
// work.
func (c *Client) RunRoundNow(ctx context.Context, id string) error {
	return c.steerRound(ctx, "run", id, func(h client.ScheduleHandle) error {
		return h.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP})
	})
}
