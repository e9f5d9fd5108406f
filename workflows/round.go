package workflows

import (
	"go.temporal.io/sdk/workflow"
)

// RoundInput names a round.
type RoundInput struct {
	ID string `json:"id"` // of the schedule
}

// RoundResult is what a round started.
type RoundResult struct {
	Campaigns []string `json:"campaigns"`
}

// Round chooses goals and runs their campaigns, one after the other.
func Round(ctx workflow.Context, in RoundInput) (RoundResult, error) {
	var goals []CampaignInput
	var out RoundResult
	if err := workflow.ExecuteActivity(control(ctx), actChooseGoals, in).Get(ctx, &goals); err != nil {
		return out, err
	}
	for _, g := range goals {
		if err := workflow.ExecuteChildWorkflow(child(ctx, g.ID), Campaign, g).Get(ctx, nil); err != nil {
			return out, err
		}
		out.Campaigns = append(out.Campaigns, g.ID)
	}
	return out, nil
}
