package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/workflows"
)

// ChooseGoals starts the campaign of a round: for every lineage that is due,
// what the round's template says. A lineage with a change under way, or that
// adopted one within the day, rests; the plan says so.
func (w *Works) ChooseGoals(ctx context.Context, in workflows.RoundInput) ([]workflows.CampaignInput, error) {
	spec, err := pipeline.ParseCampaign(w.RoundTemplate, Catalogue{})
	if err != nil {
		return nil, workflows.Refused(err)
	}
	due, plan, err := w.due(ctx, spec.Spec)
	if err != nil {
		return nil, err
	}
	round, _, err := w.Store.Rounds.Create(ctx, store.Round{Meta: store.Meta{ID: roundID(ctx)}, State: store.RoundDone, Schedule: in.ID, Plan: plan, Campaigns: []string{}})
	if err != nil || len(due) == 0 {
		return nil, err
	}
	spec.Spec.Lineages = due
	c, err := w.submit(ctx, spec, round)
	if err != nil {
		return nil, err
	}
	_, err = w.Store.Rounds.Update(ctx, round.ID, store.AnyVersion, func(r *store.Round) error {
		r.Campaigns = []string{c.ID}
		return nil
	})
	return []workflows.CampaignInput{{ID: c.ID, Lineages: due}}, err
}

// roundID names one firing of a schedule: after the workflow's run, so that an
// activity that is tried again finds its round.
func roundID(ctx context.Context) string {
	run := sha256.Sum256([]byte(activity.GetInfo(ctx).WorkflowExecution.RunID))
	return "rnd_" + hex.EncodeToString(run[:10])
}

// submit records the campaign of a round; its id follows from the round's.
func (w *Works) submit(ctx context.Context, spec pipeline.Campaign, round store.Round) (store.Campaign, error) {
	digest, err := spec.Digest()
	if err != nil {
		return store.Campaign{}, err
	}
	c, _, err := w.Store.Campaigns.Create(ctx, store.Campaign{
		Meta: store.Meta{ID: "cmp_" + round.ID}, State: store.CampaignRunning, Spec: spec, Digest: digest,
		Seed: uint64(round.CreatedAt.Unix()), Author: "round", Round: round.ID, Results: []store.LineageResult{}, Reproducible: true,
	})
	return c, err
}

// due are the lineages that a round improves, and the plan in words.
func (w *Works) due(ctx context.Context, spec pipeline.CampaignSpec) ([]string, string, error) {
	var due []string
	plan := ""
	for _, l := range spec.Lineages {
		why, err := w.resting(ctx, l, spec.Slot)
		if err != nil {
			return nil, "", err
		}
		if why == "" {
			due = append(due, l)
			why = "is due: no change under way, none adopted within a day"
		}
		plan += fmt.Sprintf("%s/%s %s. ", l, spec.Slot, why)
	}
	return due, plan, nil
}

// rest is how long a lineage is left alone after an adopted change, so that
// tiles can measure what it brought.
const rest = 24 * time.Hour

func (w *Works) resting(ctx context.Context, lineage, slot string) (string, error) {
	page, err := w.Store.Changes.List(ctx, store.Filter{Lineage: lineage, Limit: store.MaxLimit})
	if err != nil {
		return "", err
	}
	for _, c := range page.Items {
		if c.Slot != slot {
			continue
		}
		if !c.State.Final() && c.State != pipeline.Adopted {
			return "rests: change " + c.ID + " is " + string(c.State), nil
		}
		if c.State == pipeline.Adopted && w.Now().Sub(c.UpdatedAt) < rest {
			return "rests: change " + c.ID + " was adopted within a day", nil
		}
	}
	return "", nil
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
