package activities

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// standings are what the records say of each lineage in the slot of each goal.
func (w *Works) standings(ctx context.Context, spec pipeline.RoundSpec) ([]pipeline.Standing, error) {
	campaigns, err := w.Store.Campaigns.List(ctx, store.Filter{Limit: store.MaxLimit})
	if err != nil {
		return nil, err
	}
	var out []pipeline.Standing
	for i, goal := range spec.Goals {
		past := newHistory(goal, campaigns.Items)
		for _, lineage := range goal.Lineages {
			x := pipeline.Standing{Goal: i, Slot: goal.Slot, Lineage: lineage}
			past.tell(&x)
			if err := w.changed(ctx, &x); err != nil {
				return nil, err
			}
			if x.Level, err = w.level(ctx, goal.Slot, lineage); err != nil {
				return nil, err
			}
			out = append(out, x)
		}
	}
	return out, nil
}

// level is the autonomy that policy leaves a lineage in a slot.
func (w *Works) level(ctx context.Context, slot, lineage string) (pipeline.Level, error) {
	falls, err := w.falls(ctx, slot)
	if err != nil {
		return pipeline.Observe, err
	}
	t, err := w.Policy.Policy.Terms(pipeline.Change{Lineage: lineage, Modules: []pipeline.ModuleRef{{Code: pipeline.Code{Slot: slot}}}}, falls)
	return t.Level, err
}

// changed adds what the changes of a lineage say: what is under way, and when the
// last was adopted.
func (w *Works) changed(ctx context.Context, x *pipeline.Standing) error {
	page, err := w.Store.Changes.List(ctx, store.Filter{Lineage: x.Lineage, Limit: store.MaxLimit})
	if err != nil {
		return err
	}
	for _, c := range page.Items {
		switch {
		case c.Slot != x.Slot:
		case c.State == pipeline.Adopted && c.UpdatedAt.After(x.Adopted):
			x.Adopted = c.UpdatedAt
		case !c.State.Final() && c.State != pipeline.Adopted:
			x.Busy = fmt.Sprintf("change %s is %s", c.ID, c.State)
		}
	}
	return nil
}

// history is what campaigns for a goal's slot came to, newest first.
type history struct {
	goal      pipeline.CampaignSpec
	campaigns []store.Campaign
	best      pipeline.Decimal // of the metric; see from
	from      string           // who has it; "" is nobody
}

func newHistory(goal pipeline.CampaignSpec, all []store.Campaign) *history {
	h := &history{goal: goal}
	for _, c := range all {
		if c.Spec.Spec.Slot == goal.Slot {
			h.campaigns = append(h.campaigns, c)
		}
	}
	seen := map[string]bool{}
	for _, r := range h.measured() {
		if !seen[r.Lineage] {
			h.offer(value(r), r.Lineage)
		}
		seen[r.Lineage] = true
		for _, rival := range []*store.Rival{r.Baseline, r.Random, r.BestOfN} {
			if rival != nil && rival.Feasible {
				h.offer(rival.Value, rival.Name)
			}
		}
	}
	return h
}

// measured are the results that can be compared with the goal: of the same metric
// on the same telemetry.
func (h *history) measured() (out []store.LineageResult) {
	for _, c := range h.campaigns {
		if c.Spec.Spec.Telemetry != h.goal.Telemetry || c.Spec.Spec.Objective.Metric() != h.goal.Objective.Metric() {
			continue
		}
		for _, r := range c.Results {
			if r.Objective != nil {
				out = append(out, r)
			}
		}
	}
	return out
}

// value is the lineage's metric after a campaign.
func value(r store.LineageResult) pipeline.Decimal {
	if r.Outcome == store.OutcomeAdopted {
		return r.Objective.After
	}
	return r.Objective.Before
}

func (h *history) offer(v pipeline.Decimal, from string) {
	if h.from == "" || h.better(v, h.best) {
		h.best, h.from = v, from
	}
}

func (h *history) better(a, b pipeline.Decimal) bool {
	if h.goal.Objective.Direction() == pipeline.Maximize {
		return a > b
	}
	return a < b
}

// tell adds what the campaigns say of a lineage.
func (h *history) tell(x *pipeline.Standing) {
	for _, c := range h.campaigns {
		if !slices.Contains(c.Spec.Spec.Lineages, x.Lineage) {
			continue
		}
		if c.State != store.CampaignStopped && c.State != store.CampaignFailed && c.Result(x.Lineage).Outcome == "" {
			x.Busy = "campaign " + c.ID + " is " + string(c.State)
		}
		if c.CreatedAt.After(x.Searched) {
			x.Searched = c.CreatedAt
		}
	}
	for _, r := range h.measured() {
		if r.Lineage == x.Lineage {
			x.Known, x.Room = h.from, behind(value(r), h.best)
			break
		}
	}
	x.Regressed = h.regressed(x.Lineage)
}

// regressed says how tiles measured the last adopted change, if it made things
// worse.
func (h *history) regressed(lineage string) string {
	for _, r := range h.measured() {
		if r.Lineage != lineage || r.Outcome != store.OutcomeAdopted || r.Measured == nil {
			continue
		}
		if h.better(0, *r.Measured) {
			return fmt.Sprintf("tiles measured %s changed by %s %s since change %s", r.Objective.Metric, r.Measured, r.Objective.Unit, r.Change)
		}
		return ""
	}
	return ""
}

// behind is how far a value is from the best, as a share of itself.
func behind(own, best pipeline.Decimal) pipeline.Share {
	gap := max(own-best, best-own)
	if own == 0 {
		if gap == 0 {
			return 0
		}
		return pipeline.Whole
	}
	return min(pipeline.Whole, pipeline.Share(float64(gap)/float64(max(own, -own))*float64(pipeline.Whole)))
}

// spentToday is what the rounds of a schedule spent, or set aside, within a day.
func (w *Works) spentToday(ctx context.Context, schedule string) (pipeline.Amount, error) {
	var spent pipeline.Amount
	page, err := w.Store.Rounds.List(ctx, store.Filter{Parent: schedule, Limit: store.MaxLimit})
	if err != nil {
		return spent, err
	}
	for _, r := range page.Items {
		if w.Now().Sub(r.CreatedAt) >= 24*time.Hour {
			break
		}
		for _, id := range r.Campaigns {
			c, err := w.Store.Campaigns.Get(ctx, id)
			if err != nil {
				return spent, err
			}
			spent = spent.Plus(charged(c))
		}
	}
	return spent, nil
}

// charged is what a campaign counts against a day: what it spent once it has
// ended, else all that it may.
func charged(c store.Campaign) pipeline.Amount {
	if c.State == store.CampaignDone || c.State == store.CampaignFailed {
		return c.Ledger.Spent
	}
	return c.Ledger.Limit
}
