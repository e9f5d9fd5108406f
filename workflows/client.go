package workflows

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
)

// Client starts workflows and talks to those that run. It keeps nothing and may
// be used from many goroutines.
//
// Starting is idempotent: a workflow has the id of its record, so that the same
// campaign never runs twice.
type Client struct {
	engine client.Client
}

// NewClient talks to an engine; closing the connection stays with the caller.
func NewClient(engine client.Client) *Client { return &Client{engine} }

// Dial connects to the workflow engine at an address such as 127.0.0.1:7233.
// Attempts of activities that failed are logged; a nil log drops them.
func Dial(ctx context.Context, address, namespace string, to *slog.Logger) (client.Client, error) {
	if to == nil {
		to = slog.New(slog.DiscardHandler)
	}
	c, err := client.DialContext(ctx, client.Options{HostPort: address, Namespace: namespace, Logger: log.NewStructuredLogger(to)})
	if err != nil {
		return nil, fmt.Errorf("workflows: engine at %s: %w", address, err)
	}
	return c, nil
}

// ErrNotRunning says that nothing with this name runs: it never started, or it
// has ended.
var ErrNotRunning = errors.New("no such workflow runs")

// Refusal is the answer of a workflow that will not do what it was asked:
// asking the same again is refused again.
type Refusal struct {
	What string // that refuses, such as "change chg_..."
	Why  string
}

func (r *Refusal) Error() string { return r.What + ": " + r.Why }

// StartCampaign runs a campaign under its id. One that runs, or ran, is left
// alone.
func (c *Client) StartCampaign(ctx context.Context, in CampaignInput) error {
	return c.start(ctx, in.ID, "Campaign", in)
}

// StartChange carries a change that no campaign carries through the stations,
// under its id. One that runs, or ran, is left alone.
func (c *Client) StartChange(ctx context.Context, in ChangeInput) error {
	return c.start(ctx, in.ID, "Change", in)
}

func (c *Client) start(ctx context.Context, id, workflow string, in any) error {
	_, err := c.engine.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: QueueControl,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, workflow, in)
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if err != nil && !errors.As(err, &started) {
		return fmt.Errorf("workflows: start %s: %w", id, err)
	}
	return nil
}

// StopCampaign ends a campaign's search: no further candidates, nothing that was
// found is lost.
func (c *Client) StopCampaign(ctx context.Context, id string) error {
	return c.signal(ctx, id, SignalStop, nil)
}

// PauseCampaign lets every lineage of a campaign rest after its epoch.
func (c *Client) PauseCampaign(ctx context.Context, in CampaignInput) error {
	return c.signalLineages(ctx, in, SignalPause)
}

// ResumeCampaign goes on.
func (c *Client) ResumeCampaign(ctx context.Context, in CampaignInput) error {
	return c.signalLineages(ctx, in, SignalResume)
}

// signalLineages reaches the lineages that are at work; it fails with
// [ErrNotRunning] when there is none.
func (c *Client) signalLineages(ctx context.Context, in CampaignInput, signal string) error {
	reached := 0
	for _, lineage := range in.Lineages {
		err := c.signal(ctx, ImproveID(SearchGoal{Campaign: in.ID, Lineage: lineage}), signal, nil)
		if err == nil {
			reached++
		} else if !errors.Is(err, ErrNotRunning) {
			return err
		}
	}
	if reached == 0 {
		return fmt.Errorf("workflows: %s campaign %s: %w", signal, in.ID, ErrNotRunning)
	}
	return nil
}

// Decide hands a person's decision to a change and returns where it stands then.
// A decision that does not fit what the change waits for is a [*Refusal].
func (c *Client) Decide(ctx context.Context, change string, d Decision) (Advanced, error) {
	var out Advanced
	handle, err := c.engine.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: change, UpdateName: UpdateDecide, Args: []any{d}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &out)
	}
	if err != nil {
		return out, fmt.Errorf("workflows: decide on %s: %w", change, answer("change "+change, err))
	}
	return out, nil
}

// AbortRollout takes a change back from every tile that was reached. It asks the
// rollout itself, and the change when its rollout has not begun to listen.
func (c *Client) AbortRollout(ctx context.Context, change, reason string) error {
	err := c.signal(ctx, RolloutID(change), SignalAbort, reason)
	if errors.Is(err, ErrNotRunning) {
		return c.signal(ctx, change, SignalAbort, reason)
	}
	return err
}

func (c *Client) signal(ctx context.Context, id, name string, arg any) error {
	if err := c.engine.SignalWorkflow(ctx, id, "", name, arg); err != nil {
		return fmt.Errorf("workflows: %s %s: %w", name, id, answer(id, err))
	}
	return nil
}

// answer sorts an error of the engine: what was not there, what a workflow
// refused, and the rest, which may succeed another time.
func answer(what string, err error) error {
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return fmt.Errorf("%s: %w", what, ErrNotRunning)
	}
	var refused *temporal.ApplicationError
	if errors.As(err, &refused) && refused.NonRetryable() {
		return &Refusal{What: what, Why: refused.Message()}
	}
	return err
}
