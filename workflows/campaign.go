package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/genesis-network/genesis/pipeline"
)

// CampaignInput names a campaign's record.
type CampaignInput struct {
	ID       string   `json:"id"`
	Lineages []string `json:"lineages"`
}

// LineageResult is what became of one lineage in a campaign.
type LineageResult struct {
	Goal    SearchGoal     `json:"goal"`
	Outcome string         `json:"outcome"` // Adopted, Kept or Failed
	Change  string         `json:"change,omitempty"`
	Search  SearchState    `json:"search"`
	Random  SearchState    `json:"random"`
	Changes []ChangeResult `json:"changes"`
	Error   string         `json:"error,omitempty"`
}

// CampaignResult is how a campaign ended.
type CampaignResult struct {
	ID       string          `json:"id"`
	Lineages []LineageResult `json:"lineages"`
}

// Outcomes of a lineage in a campaign.
const (
	Adopted = "adopted"
	Kept    = "kept" // the incumbent, honestly
	Failed  = "failed"
)

// Campaign improves each lineage on its own. What goes wrong in one lineage
// does not touch the others.
func Campaign(ctx workflow.Context, in CampaignInput) (CampaignResult, error) {
	out := CampaignResult{ID: in.ID}
	children := make([]workflow.ChildWorkflowFuture, len(in.Lineages))
	for i, lineage := range in.Lineages {
		goal := SearchGoal{Campaign: in.ID, Lineage: lineage}
		children[i] = workflow.ExecuteChildWorkflow(child(ctx, ImproveID(goal)), Improve, goal)
	}
	forwardStop(ctx, children)
	for i, c := range children {
		result := LineageResult{Goal: SearchGoal{Campaign: in.ID, Lineage: in.Lineages[i]}}
		if err := c.Get(ctx, &result); err != nil {
			result.Outcome, result.Error = Failed, err.Error()
		}
		if err := workflow.ExecuteActivity(control(ctx), actCloseLineage, result).Get(ctx, nil); err != nil {
			result.Outcome, result.Error = Failed, err.Error() // the campaign has to end all the same
		}
		out.Lineages = append(out.Lineages, result)
	}
	return out, workflow.ExecuteActivity(control(ctx), actCloseCampaign, out).Get(ctx, nil)
}

// forwardStop hands a stop of the campaign to its lineages.
func forwardStop(ctx workflow.Context, children []workflow.ChildWorkflowFuture) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		workflow.GetSignalChannel(ctx, SignalStop).Receive(ctx, nil)
		for _, c := range children {
			c.SignalChildWorkflow(ctx, SignalStop, nil)
		}
	})
}

// ImproveID is the workflow of one lineage in a campaign.
func ImproveID(g SearchGoal) string { return g.Campaign + "/" + g.Lineage }

func child(ctx workflow.Context, id string) workflow.Context {
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: id, TaskQueue: QueueControl})
}

// Strategies of a search; random is the yardstick that every search is printed
// with.
const (
	StrategyEvolve = "evolve"
	StrategyRandom = "random"
)

// Improve searches one lineage and sends its finalists through the stations,
// best first, until one is adopted.
func Improve(ctx workflow.Context, goal SearchGoal) (LineageResult, error) {
	r := improver{result: LineageResult{Goal: goal, Outcome: Kept}}
	var err error
	if r.progress, err = track(ctx); err != nil {
		return r.result, err
	}
	if r.result.Search, err = r.search(ctx, StrategyEvolve); err != nil {
		return r.result, err
	}
	if r.result.Random, err = r.search(ctx, StrategyRandom); err != nil {
		return r.result, err
	}
	err = r.finalists(ctx)
	return r.result, err
}

type improver struct {
	result   LineageResult
	progress *tracker
	stopped  bool
}

func (r *improver) search(ctx workflow.Context, strategy string) (SearchState, error) {
	var s SearchState
	r.progress.at("opening", strategy)
	err := workflow.ExecuteActivity(onQueue(ctx, QueueSearch, epochTimeout), actOpenSearch, r.result.Goal).Get(ctx, &s)
	s.Strategy = strategy
	for err == nil && !s.Done && !r.rest(ctx) {
		r.progress.at("searching", strategy)
		err = workflow.ExecuteActivity(onQueue(ctx, QueueSearch, epochTimeout), actSearchEpoch, s).Get(ctx, &s)
	}
	return s, err
}

// rest waits while the lineage is paused, and says whether it was stopped.
func (r *improver) rest(ctx workflow.Context) bool {
	stop := workflow.GetSignalChannel(ctx, SignalStop)
	if r.stopped || stop.ReceiveAsync(nil) {
		r.stopped = true
		return true
	}
	if !workflow.GetSignalChannel(ctx, SignalPause).ReceiveAsync(nil) {
		return false
	}
	r.progress.at("paused", "")
	s := workflow.NewSelector(ctx)
	s.AddReceive(stop, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil); r.stopped = true })
	s.AddReceive(workflow.GetSignalChannel(ctx, SignalResume), func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) })
	s.Select(ctx)
	return r.stopped
}

func (r *improver) finalists(ctx workflow.Context) error {
	var list []ChangeInput
	r.progress.at("choosing", "")
	if err := workflow.ExecuteActivity(onQueue(ctx, QueueSearch, epochTimeout), actFinalists, r.result.Search).Get(ctx, &list); err != nil {
		return err
	}
	for _, in := range list {
		r.progress.at("changing", in.ID)
		var done ChangeResult
		if err := workflow.ExecuteChildWorkflow(child(ctx, in.ID), Change, in).Get(ctx, &done); err != nil {
			return err
		}
		r.result.Changes = append(r.result.Changes, done)
		if done.State == pipeline.Adopted {
			r.result.Outcome, r.result.Change = Adopted, in.ID
			return nil
		}
		if r.rest(ctx) || !done.triesNext() {
			return nil
		}
	}
	return nil
}
