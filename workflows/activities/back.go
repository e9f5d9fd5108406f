package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/workflows"
)

// Halt signs a halt and sends it to every tile that was reached. Tiles that
// went back already, or cannot be reached, do not keep the others.
func (w *Works) Halt(ctx context.Context, in workflows.HaltInput) error {
	d, r, err := w.rolloutFor(ctx, in.Change)
	if err != nil {
		return err
	}
	release, err := w.statement(ctx, r)
	if err != nil {
		return err
	}
	doc, err := w.signed(ctx, trust.Halt{Release: release, Reason: clip(in.Reason), Causes: []pipeline.Digest{}})
	if err != nil {
		return err
	}
	r, err = w.Store.Rollouts.Update(ctx, r.ID, store.AnyVersion, func(r *store.Rollout) error {
		if r.Rollback != nil {
			return nil
		}
		r.State, r.Reason = store.RolloutAborting, in.Reason
		r.Rollback = &store.Rollback{Cause: in.Reason, Order: doc.artefact, ByTile: !in.Person}
		return nil
	})
	if err != nil {
		return err
	}
	s := pipeline.Statement{
		Station: pipeline.Halt, Subject: d.subjectOf(pipeline.Halt), Outcome: pipeline.Pass, Summary: "halted: " + in.Reason,
		Inputs: map[string]pipeline.Digest{"release": r.Release, "policy": w.policy},
	}
	if _, err := w.attest(ctx, s, 0); err != nil {
		return err
	}
	command, err := fleet.NewCommand("halt", fleet.Halt{Release: release, Envelope: doc.envelope})
	if err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, failed := ask[struct{}](wait, w.Fleet, named(reached(r, len(r.Waves)-1)), command); len(failed) > 0 {
		w.Logger.WarnContext(ctx, "halt not obeyed everywhere", "rollout", r.ID, "errors", errors.Join(failed...))
	}
	return nil
}

// clip keeps a reason within what documents hold.
func clip(s string) string { return s[:min(len(s), 1000)] }

// Restored says whether every tile that was reached runs the base again.
func (w *Works) Restored(ctx context.Context, in workflows.HaltInput) (bool, error) {
	d, r, err := w.rolloutFor(ctx, in.Change)
	if err != nil {
		return false, err
	}
	base := map[string]pipeline.Digest{d.record.Slot: d.incumbent.Ref.Digest()}
	tiles := reached(r, len(r.Waves)-1)
	back, waiting := rollout.Restored(tiles, base, w.tiles.all(), w.Now())
	if !back {
		return false, w.Store.Note(ctx, store.Event{Type: "rollout.waiting", Subject: r.ID, Lineage: r.Lineage, Note: fmt.Sprintf("waiting for %v", waiting)})
	}
	_, err = w.attest(ctx, pipeline.Statement{
		Station: pipeline.Rollback, Subject: d.subjectOf(pipeline.Rollback), Outcome: pipeline.Pass,
		Summary: fmt.Sprintf("%d tiles are back on %s: %s", len(tiles), d.incumbent.Ref.Digest().Short(), in.Reason),
		Inputs:  map[string]pipeline.Digest{"release": r.Release, "escape": r.Escape, "policy": w.policy},
	}, 0)
	if err != nil {
		return false, err
	}
	_, err = w.Store.Rollouts.Update(ctx, r.ID, store.AnyVersion, func(x *store.Rollout) error {
		x.State = store.RolloutRolledBack
		return nil
	})
	return true, err
}
