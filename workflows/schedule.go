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

// MinEvery is the shortest time between two rounds: a schedule is for days and
// hours, and a slip of a zero must not spend a budget.
const MinEvery = time.Minute

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
	if s.Every < MinEvery {
		return fmt.Errorf("workflows: round %s: every %s: want at least %s", s.ID, s.Every, MinEvery)
	}
	_, err := c.engine.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: s.ID, Paused: s.Paused, Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: catchUp,
		Spec:   client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: s.Every}}},
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
	handle := c.engine.ScheduleClient().GetHandle(ctx, id)
	err := handle.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP})
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		err = ErrNotRunning
	}
	if err != nil {
		return fmt.Errorf("workflows: run round %s: %w", id, err)
	}
	return nil
}
