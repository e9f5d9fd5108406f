package activities

import (
	"cmp"
	"context"
	"errors"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/workflows"
)

// Advance weighs the evidence about a change and moves it on. A move that was
// made already is found, not made again.
func (w *Works) Advance(ctx context.Context, in workflows.Advance) (workflows.Advanced, error) {
	c, err := w.Store.Changes.Get(ctx, in.Change)
	if err != nil {
		return workflows.Advanced{}, err
	}
	v, facts, err := w.weigh(ctx, c, in)
	if err != nil {
		return workflows.Advanced{}, err
	}
	if c.State != in.From { // this activity has been here before, perhaps not to its end
		if err := w.settled(ctx, c); err != nil {
			return workflows.Advanced{}, err
		}
		return w.advanced(c, v)
	}
	event := in.Event
	if event == "" {
		event = decide(facts)
	}
	if event == "" {
		out, err := w.advanced(c, v)
		out.Retry = undecided(v, c.State)
		return out, err
	}
	if c, err = w.move(ctx, c, in, event, v, facts); err != nil {
		return workflows.Advanced{}, err
	}
	if err := w.settled(ctx, c); err != nil {
		return workflows.Advanced{}, err
	}
	return w.advanced(c, v)
}

// move makes one step in the life of a change, if its table and the limits on
// monoculture allow it.
func (w *Works) move(ctx context.Context, c store.Change, in workflows.Advance, event pipeline.Event, v pipeline.Verdict, facts pipeline.Facts) (store.Change, error) {
	w.plans.Lock() // two rollouts that are accepted at once would not see each other
	defer w.plans.Unlock()
	refusal, err := w.guard(ctx, c, event, v, &facts)
	if err != nil {
		return c, err
	}
	c, err = w.Store.Changes.Update(ctx, c.ID, c.Version, func(r *store.Change) error {
		r.Verdict = &v
		return r.Apply(event, facts, cmp.Or(refusal, reasonOf(in, v)))
	})
	if errors.Is(err, pipeline.ErrTransition) {
		return c, workflows.Refused(err)
	}
	return c, err
}

// decide is the event that the facts stand for; "" when there is effort left.
func decide(f pipeline.Facts) pipeline.Event {
	switch {
	case !f.BaseHolds:
		return pipeline.BaseMoved
	case f.Verdict == pipeline.Pass:
		return pipeline.Passed
	case f.Verdict == pipeline.Fail:
		return pipeline.Refuted
	case f.EffortSpent:
		return pipeline.GaveUp
	}
	return ""
}

// weigh is the verdict on a change, and the facts for the table of its life.
func (w *Works) weigh(ctx context.Context, c store.Change, in workflows.Advance) (pipeline.Verdict, pipeline.Facts, error) {
	v, err := w.verdict(ctx, c)
	if err != nil {
		return v, pipeline.Facts{}, err
	}
	h, err := w.head(ctx, c.Lineage)
	if err != nil {
		return v, pipeline.Facts{}, err
	}
	f := v.Facts(c.State)
	f.BaseHolds = h.base(c.Slot) == c.Content.Base
	f.EffortSpent = in.Attempt >= int(v.Terms.Retries)
	f.Due = in.Event == pipeline.Expire
	f.WavesDone = in.Event == pipeline.Completed
	f.Restored = in.Event == pipeline.Restored
	return v, f, nil
}

// verdict weighs all evidence about a change, its approvals included.
func (w *Works) verdict(ctx context.Context, c store.Change) (pipeline.Verdict, error) {
	evidence, err := w.about(ctx, c.Content)
	if err != nil {
		return pipeline.Verdict{}, err
	}
	falls, err := w.falls(ctx, c.Slot)
	if err != nil {
		return pipeline.Verdict{}, err
	}
	plan, err := c.Plan.Digest()
	if err != nil {
		return pipeline.Verdict{}, err
	}
	return w.Policy.Policy.Verdict(pipeline.Case{
		Change: c.Content, Evidence: store.Weighed(evidence), Plan: plan,
		Approvals: c.Approvals, Author: c.Author, Falls: falls,
	}), nil
}

func (w *Works) falls(ctx context.Context, slot string) ([]pipeline.Fall, error) {
	page, err := w.Store.Falls.List(ctx, store.Filter{Parent: slot, Limit: store.MaxLimit})
	if err != nil {
		return nil, err
	}
	out := make([]pipeline.Fall, len(page.Items))
	for i, f := range page.Items {
		out[i] = f.Fall
	}
	return out, nil
}

// undecided are the stations of a state that stayed inconclusive.
func undecided(v pipeline.Verdict, s pipeline.State) []pipeline.Station {
	var out []pipeline.Station
	for _, station := range workflows.StationsOf(s) {
		if o, ok := v.At(station); ok && o == pipeline.Inconclusive {
			out = append(out, station)
		}
	}
	return out
}

func reasonOf(in workflows.Advance, v pipeline.Verdict) string {
	if in.Reason != "" {
		return in.Reason
	}
	for _, s := range v.Stations {
		if s.Outcome != pipeline.Pass && s.Station != pipeline.Approve && len(s.Reasons) > 0 && s.Reasons[0] != "no evidence" {
			return string(s.Station) + ": " + s.Reasons[0]
		}
	}
	return ""
}

func (w *Works) advanced(c store.Change, v pipeline.Verdict) (workflows.Advanced, error) {
	plan, err := c.Plan.Digest()
	return workflows.Advanced{State: c.State, Evidence: v.Root, Plan: plan, Policy: w.policy}, err
}

// settled does what follows from the end of a change: one that was adopted
// takes the place of the one before and is a generation of its lineage, one that
// was rolled back costs autonomy.
func (w *Works) settled(ctx context.Context, c store.Change) error {
	switch c.State {
	case pipeline.Adopted:
		if err := w.supersede(ctx, c); err != nil {
			return err
		}
		return w.descend(ctx, c.Lineage)
	case pipeline.RolledBack:
		_, _, err := w.Store.Falls.Create(ctx, store.Fall{
			Meta:   store.Meta{ID: "fall_" + c.ID[len("chg_"):]},
			Fall:   pipeline.Fall{Slot: c.Slot, Lineage: c.Lineage, Policy: w.Policy.Policy.Version, Reason: c.Reason},
			Change: c.ID,
		})
		return err
	}
	return nil
}

func (w *Works) supersede(ctx context.Context, c store.Change) error {
	page, err := w.Store.Changes.List(ctx, store.Filter{State: string(pipeline.Adopted), Lineage: c.Lineage, Limit: store.MaxLimit})
	if err != nil {
		return err
	}
	for _, old := range page.Items {
		if old.ID == c.ID || old.Slot != c.Slot {
			continue
		}
		_, err := w.Store.Changes.Update(ctx, old.ID, store.AnyVersion, func(r *store.Change) error {
			if r.State != pipeline.Adopted {
				return nil
			}
			return r.Apply(pipeline.Supersede, pipeline.Facts{}, "by "+c.ID)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// TakeDecision verifies a signed decision and keeps it as evidence.
func (w *Works) TakeDecision(ctx context.Context, d workflows.Decision) error {
	a, e, err := trust.OpenApproval(w.Keys.Root(), d.Envelope, w.Now())
	if err != nil {
		return workflows.Refused(err)
	}
	c, err := w.Store.Changes.Get(ctx, d.Change)
	if err != nil {
		return err
	}
	if a.Decision.Change != c.Digest || a.Decision.Approve != d.Approve {
		return workflows.Refused(errors.New("the signed decision is about another change, or says the opposite"))
	}
	raw, err := w.Store.Artefacts.Put(ctx, d.Envelope)
	if err != nil {
		return err
	}
	digest, err := e.Statement.Digest()
	if err != nil {
		return err
	}
	kept, _, err := w.Store.PutEvidence(ctx, store.Evidence{ID: store.EvidenceID(digest), Digest: digest, Envelope: raw, Evidence: e})
	if err != nil {
		return err
	}
	_, err = w.logged(ctx, kept)
	return err
}

// Desk is where a change stands, with what a decision on it must name.
func (w *Works) Desk(ctx context.Context, change string) (workflows.Advanced, error) {
	c, err := w.Store.Changes.Get(ctx, change)
	if err != nil {
		return workflows.Advanced{}, err
	}
	v, err := w.verdict(ctx, c)
	if err != nil {
		return workflows.Advanced{}, err
	}
	return w.advanced(c, v)
}
