package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/workflows"
)

// diverse asks whether a rollout of a change keeps the policy's limits on
// monoculture; the error that says no is a pipeline.ErrMonoculture.
func (w *Works) diverse(ctx context.Context, c store.Change, terms pipeline.Terms) error {
	if terms.MaxShare == 0 && terms.MinAlive == 0 {
		return nil
	}
	p, err := w.population(ctx, c)
	if err != nil {
		return err
	}
	kinds, err := w.kinds(append(p.before, p.after...), terms.MinDiffer)
	if err != nil {
		return err
	}
	n := len(p.before)
	return terms.Diverse(c.Slot, p.stands(kinds[:n]), p.stands(kinds[n:]))
}

// population is what the lineages of a class run in a slot, before a rollout
// and after it. Rollouts under way count as arrived, on both sides.
type population struct {
	lineages      []string
	tiles         []int
	before, after []lineages.Module
}

func (p population) stands(kinds []pipeline.Digest) []pipeline.Stand {
	out := make([]pipeline.Stand, len(kinds))
	for i, kind := range kinds {
		out[i] = pipeline.Stand{Lineage: p.lineages[i], Tiles: p.tiles[i], Kind: kind}
	}
	return out
}

func (w *Works) population(ctx context.Context, c store.Change) (population, error) {
	var p population
	home, err := lineages.Describe(c.Lineage)
	if err != nil {
		return p, err
	}
	candidate, err := w.module(ctx, c.Content.Modules[0], c.Files[0])
	if err != nil {
		return p, err
	}
	for _, name := range lineages.Names() {
		l, err := lineages.Describe(name)
		if err != nil {
			return p, err
		}
		if l.Class != home.Class {
			continue
		}
		m, ok, err := w.soon(ctx, name, c.Slot)
		if err != nil {
			return p, err
		}
		if !ok {
			continue
		}
		p.lineages, p.tiles, p.before = append(p.lineages, name), append(p.tiles, len(w.of(name))), append(p.before, m)
		if name == c.Lineage {
			m = candidate
		}
		p.after = append(p.after, m)
	}
	return p, nil
}

// soon is what a lineage runs in a slot once the rollout that is under way there
// has arrived; ok is false when it does not fill the slot.
func (w *Works) soon(ctx context.Context, lineage, slot string) (m lineages.Module, ok bool, err error) {
	h, err := w.head(ctx, lineage)
	if err != nil {
		return m, false, err
	}
	if m, err = h.module(slot); err != nil {
		return m, false, nil
	}
	page, err := w.Store.Changes.List(ctx, store.Filter{State: string(pipeline.RollingOut), Lineage: lineage, Limit: store.MaxLimit})
	if err != nil {
		return m, false, err
	}
	for _, c := range page.Items {
		if c.Slot == slot {
			m, err = w.module(ctx, c.Content.Modules[0], c.Files[0])
			return m, true, err
		}
	}
	return m, true, nil
}

// kinds says which modules count as one kind: those with one code, and those
// that decide differently on less than the given share of the probe set. What
// is of one kind with the same module is of one kind. A proposer who edits a
// copy until its digest differs has still made a copy.
func (w *Works) kinds(modules []lineages.Module, atLeast pipeline.Share) ([]pipeline.Digest, error) {
	out := make([]pipeline.Digest, len(modules))
	for i, m := range modules {
		out[i] = m.Ref.Code.Digest()
		for j := range i {
			same, err := w.sameKind(modules[j], m, atLeast)
			if err != nil {
				return nil, err
			}
			if same {
				unite(out[:i+1], out[j], out[i])
			}
		}
	}
	return out, nil
}

// unite gives two kinds one name.
func unite(kinds []pipeline.Digest, name, other pipeline.Digest) {
	for i := range kinds {
		if kinds[i] == other {
			kinds[i] = name
		}
	}
}

func (w *Works) sameKind(a, b lineages.Module, atLeast pipeline.Share) (bool, error) {
	if a.Ref.Code == b.Ref.Code {
		return true, nil
	}
	if atLeast == 0 {
		return false, nil
	}
	p, err := w.compare(a, b)
	if err != nil {
		return false, fmt.Errorf("compare what lineages run in slot %s: %w", a.Ref.Code.Slot, err)
	}
	return p.Differ*int(pipeline.Whole) < int(atLeast)*p.Calls, nil
}

// guard stands where a rollout's plan is accepted. A person who approves what
// policy refuses is told so, and the change goes on waiting: the fleet may be
// another one later. What needs no approval waits for a person instead, whose
// word is enough once the limits hold.
func (w *Works) guard(ctx context.Context, c store.Change, event pipeline.Event, v pipeline.Verdict, facts *pipeline.Facts) (reason string, err error) {
	arrives := c.State == pipeline.Federating && event == pipeline.Passed || c.State == pipeline.AwaitingApproval && event == pipeline.Approved
	if !arrives {
		return "", nil
	}
	if event == pipeline.Approved && !v.Terms.NeedsApproval() {
		facts.Quorum = true
	}
	err = w.diverse(ctx, c, v.Terms)
	switch {
	case !errors.Is(err, pipeline.ErrMonoculture):
		return "", err
	case event == pipeline.Approved:
		return "", workflows.Refused(err)
	}
	facts.NeedsApproval = true
	return clip(err.Error()), nil
}
