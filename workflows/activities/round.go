package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"go.temporal.io/sdk/activity"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/workflows"
)

// ChooseGoals weighs every lineage that the schedule of a round names, writes
// down what was decided about each and why, and records the campaigns of those
// that are taken up: one for a goal, with what they may spend.
func (w *Works) ChooseGoals(ctx context.Context, in workflows.RoundInput) ([]workflows.CampaignInput, error) {
	schedule, err := w.Store.Schedules.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	choices, err := w.choose(ctx, schedule.Round.Spec, in.ID)
	if err != nil {
		return nil, err
	}
	round, _, err := w.Store.Rounds.Create(ctx, store.Round{Meta: store.Meta{ID: roundID(ctx)}, State: store.RoundDone, Schedule: in.ID, Choices: choices, Campaigns: []string{}})
	if err != nil {
		return nil, err
	}
	return w.submitAll(ctx, schedule.Round, round)
}

func (w *Works) choose(ctx context.Context, spec pipeline.RoundSpec, schedule string) ([]pipeline.Choice, error) {
	standings, err := w.standings(ctx, spec)
	if err != nil {
		return nil, err
	}
	spent, err := w.spentToday(ctx, schedule)
	if err != nil {
		return nil, err
	}
	return spec.Choose(standings, spent, w.Now()), nil
}

// roundID names one firing of a schedule: after the workflow's run, so that an
// activity that is tried again finds its round, and what it chose.
func roundID(ctx context.Context) string {
	run := sha256.Sum256([]byte(activity.GetInfo(ctx).WorkflowExecution.RunID))
	return "rnd_" + hex.EncodeToString(run[:10])
}

// submitAll records a campaign for each goal of which something was taken up. Its
// id follows from the round's, so that none is recorded twice.
func (w *Works) submitAll(ctx context.Context, document pipeline.Round, round store.Round) ([]workflows.CampaignInput, error) {
	var out []workflows.CampaignInput
	for i, goal := range document.Spec.Goals {
		spec, ok := taken(goal, i, round.Choices)
		if !ok {
			continue
		}
		c, err := w.submit(ctx, fmt.Sprintf("cmp_%s_%d", round.ID, i), pipeline.Campaign{
			APIVersion: pipeline.APIVersion, Kind: "Campaign", Metadata: document.Metadata, Spec: spec,
		}, round)
		if err != nil {
			return nil, err
		}
		out = append(out, workflows.CampaignInput{ID: c.ID, Lineages: c.Spec.Spec.Lineages})
	}
	_, err := w.Store.Rounds.Update(ctx, round.ID, store.AnyVersion, func(r *store.Round) error {
		r.Campaigns = []string{}
		for _, c := range out {
			r.Campaigns = append(r.Campaigns, c.ID)
		}
		return nil
	})
	return out, err
}

// taken is the goal for the lineages of it that were taken up, with their shares
// of its budget alone.
func taken(goal pipeline.CampaignSpec, i int, choices []pipeline.Choice) (pipeline.CampaignSpec, bool) {
	lineages, budget := []string{}, pipeline.Amount{}
	for _, c := range choices {
		if c.Goal == i && c.Taken {
			lineages, budget = append(lineages, c.Lineage), budget.Plus(c.Cost)
		}
	}
	goal.Lineages, goal.Budget.Amount = lineages, budget
	return goal, len(lineages) > 0
}

func (w *Works) submit(ctx context.Context, id string, spec pipeline.Campaign, round store.Round) (store.Campaign, error) {
	c, err := store.NewCampaign(spec, uint64(round.CreatedAt.Unix()), "round")
	if err != nil {
		return c, err
	}
	c.ID, c.Round, c.State = id, round.ID, store.CampaignRunning
	c, _, err = w.Store.Campaigns.Create(ctx, c)
	return c, err
}

// Catalogue is what campaigns are checked against: the slots that are
// registered and the lineages that were shipped.
type Catalogue struct{}

var _ pipeline.Catalogue = Catalogue{}

// Slot describes a slot.
func (Catalogue) Slot(name string) (pipeline.SlotInfo, bool) {
	s, ok := hal.Lookup(name)
	if !ok {
		return pipeline.SlotInfo{}, false
	}
	info := pipeline.SlotInfo{Class: pipeline.DeviceSlot}
	for _, m := range s.Contract.Metrics {
		info.Metrics = append(info.Metrics, pipeline.MetricInfo{Name: m.Name, Direction: pipeline.Direction(m.Direction)})
	}
	return info, true
}

// Slots names the slots.
func (Catalogue) Slots() []string {
	var out []string
	for _, s := range hal.Slots() {
		out = append(out, s.Name)
	}
	return out
}

// Lineages names the lineages.
func (Catalogue) Lineages() []string { return lineages.Names() }
