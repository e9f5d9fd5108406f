package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/lineages/printed"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/workflows"
)

// Transfer proposes to a lineage the module of another one's change, in the place
// of its own. What is known of the code and of its proof holds on; all that was
// measured in the other lineage is measured again, and policy decides whether
// both may run the same. The author cannot approve it. Asked twice, the change is
// the one that is there; with dryRun nothing is recorded.
//
// It refuses with a [*workflows.Refusal] what could not be taken up.
func (w *Works) Transfer(ctx context.Context, id, lineage, author string, dryRun bool) (store.Change, error) {
	from, err := w.Store.Changes.Get(ctx, id)
	if err != nil {
		return store.Change{}, err
	}
	t, err := w.transfer(ctx, from, lineage)
	if err != nil {
		return store.Change{}, err
	}
	c, err := t.proposal(ctx, author)
	if err != nil || dryRun {
		return c, err
	}
	c, _, err = w.Store.Changes.Create(ctx, c)
	return c, err
}

// transfer is a module on its way to another lineage.
type transfer struct {
	finalists
	from      store.Change
	module    lineages.Module
	incumbent lineages.Module
}

func (w *Works) transfer(ctx context.Context, from store.Change, lineage string) (transfer, error) {
	refuse := func(format string, args ...any) (transfer, error) {
		return transfer{}, &workflows.Refusal{What: "change " + from.ID, Why: fmt.Sprintf(format, args...)}
	}
	switch {
	case len(from.Content.Modules) != 1:
		return refuse("it has %d modules: one at a time is transferred", len(from.Content.Modules))
	case from.Lineage == lineage:
		return refuse("it is one of %s already", lineage)
	case from.State != pipeline.Adopted && from.State != pipeline.Superseded:
		return refuse("it is %s: what its own lineage did not adopt is no improvement to pass on", from.State)
	}
	campaign, err := w.Store.Campaigns.Get(ctx, from.Campaign)
	if err != nil {
		return transfer{}, err
	}
	if campaign.State == store.CampaignRunning || campaign.State == store.CampaignPaused {
		return refuse("its campaign %s is %s: wait for its end", campaign.ID, campaign.State)
	}
	h, err := w.head(ctx, lineage)
	if errors.Is(err, lineages.ErrUnknown) {
		return refuse("there is no lineage %q", lineage)
	}
	if err != nil {
		return transfer{}, err
	}
	t := transfer{finalists: finalists{Works: w, campaign: campaign, head: h}, from: from}
	if t.incumbent, err = h.module(from.Slot); err != nil {
		return refuse("%s has no slot %s", lineage, from.Slot)
	}
	if t.module, err = w.module(ctx, from.Content.Modules[0], from.Files[0]); err != nil {
		return transfer{}, err
	}
	if t.module.Ref.Code.Digest() == t.incumbent.Ref.Code.Digest() {
		return refuse("%s runs this code already", lineage)
	}
	return t, nil
}

func (t transfer) proposal(ctx context.Context, author string) (store.Change, error) {
	spec := t.campaign.Spec.Spec
	plan, err := spec.Rollout.Resolve()
	if err != nil {
		return store.Change{}, err
	}
	c := store.NewChange(pipeline.Change{Lineage: t.head.lineage.Name, Base: t.head.base(t.from.Slot), Modules: []pipeline.ModuleRef{t.module.Ref}})
	files, err := t.files(ctx, t.module)
	if err != nil {
		return c, err
	}
	edits, err := t.edits()
	if err != nil {
		return c, err
	}
	due := t.Now().Add(deadline)
	c.Campaign, c.Author, c.Files = t.campaign.ID, author, []store.ModuleFiles{files}
	c.Title = fmt.Sprintf("what %s adopted with %s", t.from.Lineage, t.from.ID)
	c.Plan, c.Approvals, c.Deadline = plan, spec.Approve.Count, &due
	c.Origin = store.Origin{Proposer: pipeline.Transfer, Operators: []string{t.from.ID}, Edits: edits, ControlFlow: true}
	return c, nil
}

// edits is how many lines of the IR have no like in the incumbent, or had none.
func (t transfer) edits() (int64, error) {
	before, err := printed.Lines(t.incumbent.Contract, t.incumbent.IR)
	if err != nil {
		return 0, err
	}
	after, err := printed.Lines(t.module.Contract, t.module.IR)
	differ, _ := printed.Distance(before, after)
	return int64(differ), err
}
