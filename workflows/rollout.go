package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/genesis-network/genesis/rollout"
)

// RolloutInput names the change that is rolled out.
type RolloutInput struct {
	Change string `json:"change"`
}

// RolloutPlan is a frozen plan: which tiles take the release in which wave.
type RolloutPlan struct {
	Waves []WavePlan `json:"waves"`
}

// WavePlan is one wave of a frozen plan.
type WavePlan struct {
	Name     string        `json:"name"`
	Tiles    []string      `json:"tiles"`
	Bake     time.Duration `json:"bake"`
	Deadline time.Duration `json:"deadline"` // without a decision the wave fails
}

// WaveRef names a wave.
type WaveRef struct {
	Change string `json:"change"`
	Wave   int    `json:"wave"`
}

// HaltInput is why a rollout goes back.
type HaltInput struct {
	Change string `json:"change"`
	Reason string `json:"reason"`
	Person bool   `json:"person"` // a person asked for it
}

// RolloutResult is how a rollout ended.
type RolloutResult struct {
	Completed bool   `json:"completed"`
	Halted    bool   `json:"halted"` // by a person
	Reason    string `json:"reason,omitempty"`
}

// gateInterval is how often a gate looks while a wave bakes.
const gateInterval = time.Second

// Rollout goes wave by wave. A gate that fails, or an abort, sends every tile
// back; that needs no healthy tile and no answer.
func Rollout(ctx workflow.Context, in RolloutInput) (RolloutResult, error) {
	r := roller{in: in, abort: workflow.GetSignalChannel(ctx, SignalAbort)}
	var err error
	if r.progress, err = track(ctx); err != nil {
		return r.out, err
	}
	var plan RolloutPlan
	if err := workflow.ExecuteActivity(control(ctx), actRelease, in).Get(ctx, &plan); err != nil {
		return r.out, err
	}
	for i, w := range plan.Waves {
		if err := r.wave(ctx, i, w); err != nil {
			return r.out, err
		}
		if r.out.Reason != "" {
			return r.out, r.back(ctx)
		}
	}
	r.out.Completed = true
	return r.out, workflow.ExecuteActivity(onQueue(ctx, QueueFleet, controlTimeout), actCommit, in).Get(ctx, nil)
}

type roller struct {
	in       RolloutInput
	out      RolloutResult
	abort    workflow.ReceiveChannel
	progress *tracker
}

// wave orders one wave and waits for its gate; a reason in the result says
// that it failed.
func (r *roller) wave(ctx workflow.Context, i int, w WavePlan) error {
	ref := WaveRef{Change: r.in.Change, Wave: i}
	fleet := onQueue(ctx, QueueFleet, controlTimeout)
	r.progress.at("wave "+w.Name, "ordering")
	if err := workflow.ExecuteActivity(fleet, actOrder, ref).Get(ctx, nil); err != nil {
		return err
	}
	began := workflow.Now(ctx)
	for !r.interrupted(ctx) {
		var gate rollout.Verdict
		if err := workflow.ExecuteActivity(fleet, actGate, ref).Get(ctx, &gate); err != nil {
			return err
		}
		r.progress.at("wave "+w.Name, gate.Reason)
		elapsed := workflow.Now(ctx).Sub(began)
		switch {
		case gate.Decision == rollout.Back:
			r.out.Reason = gate.Reason
			return nil
		case gate.Decision == rollout.Promote && elapsed >= w.Bake:
			return nil
		case elapsed > w.Deadline:
			r.out.Reason = "wave " + w.Name + " did not pass its gate in time: " + gate.Reason
			return nil
		}
	}
	return nil
}

// interrupted waits for the next look at the gate and says whether somebody
// asked to abort meanwhile.
func (r *roller) interrupted(ctx workflow.Context) bool {
	timer, cancel := workflow.WithCancel(ctx)
	defer cancel()
	s := workflow.NewSelector(ctx)
	s.AddFuture(workflow.NewTimer(timer, gateInterval), func(workflow.Future) {})
	s.AddReceive(r.abort, func(c workflow.ReceiveChannel, _ bool) {
		c.Receive(ctx, &r.out.Reason)
		r.out.Halted = true
		if r.out.Reason == "" {
			r.out.Reason = "aborted"
		}
	})
	s.Select(ctx)
	return r.out.Halted
}

// back halts the release and waits until every tile that can answer is back.
func (r *roller) back(ctx workflow.Context) error {
	halt := HaltInput{Change: r.in.Change, Reason: r.out.Reason, Person: r.out.Halted}
	fleet := onQueue(ctx, QueueFleet, controlTimeout)
	r.progress.at("rolling back", halt.Reason)
	if err := workflow.ExecuteActivity(fleet, actHalt, halt).Get(ctx, nil); err != nil {
		return err
	}
	for {
		var back bool
		if err := workflow.ExecuteActivity(fleet, actRestored, halt).Get(ctx, &back); err != nil || back {
			return err
		}
		if err := workflow.Sleep(ctx, gateInterval); err != nil {
			return err
		}
	}
}
