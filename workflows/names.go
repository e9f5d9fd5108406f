package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Task queues. One worker may serve all of them.
const (
	QueueControl = "control" // workflows, records, signatures
	QueueSearch  = "search"  // epochs of search
	QueueVerify  = "verify"  // provers, model checkers, fuzzers
	QueueFleet   = "fleet"   // what talks to tiles
)

// Names of signals, updates and queries.
const (
	UpdateDecide  = "decide"   // on a Change: a signed approval or a refusal
	SignalAbort   = "abort"    // on a Rollout or a Change: go back, with a reason
	SignalStop    = "stop"     // on a Campaign or Improve: no further candidates
	SignalPause   = "pause"    // on Improve: rest after this epoch
	SignalResume  = "resume"   // on Improve
	QueryProgress = "progress" // on all: a Progress
)

// Progress is the answer to [QueryProgress].
type Progress struct {
	Stage  string `json:"stage"`
	Detail string `json:"detail,omitempty"`
}

// Limits of activities. A service that was killed and started again goes on
// with its work after heartbeat, within the 15 s that people are promised.
const (
	controlTimeout = 2 * time.Minute
	epochTimeout   = 30 * time.Minute
	stationTimeout = 2 * time.Hour
	heartbeat      = 10 * time.Second
)

// retry is for stations that could not work: it is never held against the
// subject. A worker that died is replaced by the next attempt.
var retry = &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute, MaximumAttempts: 10}

func onQueue(ctx workflow.Context, queue string, limit time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: queue, StartToCloseTimeout: limit, HeartbeatTimeout: heartbeat, RetryPolicy: retry,
	})
}

func control(ctx workflow.Context) workflow.Context {
	return onQueue(ctx, QueueControl, controlTimeout)
}

// tracker answers the progress query.
type tracker struct{ now Progress }

func track(ctx workflow.Context) (*tracker, error) {
	t := &tracker{}
	return t, workflow.SetQueryHandler(ctx, QueryProgress, func() (Progress, error) { return t.now, nil })
}

func (t *tracker) at(stage, detail string) { t.now = Progress{Stage: stage, Detail: detail} }
