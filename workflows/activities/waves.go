package activities

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/workflows"
)

// rolloutFor is a change with the record of its rollout.
func (w *Works) rolloutFor(ctx context.Context, change string) (dossier, store.Rollout, error) {
	d, err := w.dossier(ctx, change)
	if err != nil {
		return d, store.Rollout{}, err
	}
	r, err := w.Store.Rollouts.Get(ctx, d.record.Rollout)
	return d, r, err
}

// Order signs and logs the order of a wave and has its tiles take the release.
func (w *Works) Order(ctx context.Context, ref workflows.WaveRef) error {
	d, r, err := w.rolloutFor(ctx, ref.Change)
	if err != nil {
		return err
	}
	release, err := w.statement(ctx, r)
	if err != nil {
		return err
	}
	r, err = w.order(ctx, r, release, ref.Wave)
	if err != nil {
		return err
	}
	chain, err := w.chain(ctx, d, r)
	if err != nil {
		return err
	}
	if err := w.publish(d.record.ID, chain); err != nil {
		return err
	}
	raw, err := chain.Encode()
	if err != nil {
		return err
	}
	artefact, err := w.Store.Artefacts.Put(ctx, raw)
	if err != nil {
		return err
	}
	return w.activate(ctx, r, release, ref.Wave, fleet.Artefact{Digest: artefact, Size: int64(len(raw))})
}

// publish writes the chain of a change where people can check it without us.
func (w *Works) publish(change string, c *trust.Chain) error {
	if w.Publish == "" {
		return nil
	}
	dir := filepath.Join(w.Publish, change)
	if err := os.RemoveAll(dir); err != nil { // of the wave before: this one has its orders too
		return err
	}
	return trust.WriteChain(dir, c)
}

// statement is the digest by which orders, halts and tiles name the release.
func (w *Works) statement(ctx context.Context, r store.Rollout) (pipeline.Digest, error) {
	envelope, err := w.Store.Artefacts.Get(ctx, r.Release)
	if err != nil {
		return "", err
	}
	return trust.StatementDigest(envelope)
}

// order makes the signed order of a wave, or finds it.
func (w *Works) order(ctx context.Context, r store.Rollout, release pipeline.Digest, wave int) (store.Rollout, error) {
	if r.Waves[wave].Order != "" {
		return r, nil
	}
	plan, err := r.Plan.Digest()
	if err != nil {
		return r, err
	}
	now := w.Now()
	doc, err := w.signed(ctx, trust.Order{
		Release: release, Plan: plan, Wave: wave, Tiles: slices.Sorted(slices.Values(r.Waves[wave].Targets)),
		NotBefore: now.Add(-time.Second).Unix(), Expires: now.Add(orderValidity).Unix(),
	})
	if err != nil {
		return r, err
	}
	return w.Store.Rollouts.Update(ctx, r.ID, store.AnyVersion, func(r *store.Rollout) error {
		r.Current, r.Waves[wave].State, r.Waves[wave].Order, r.Waves[wave].StartedAt = wave, store.WaveOrdered, doc.artefact, &now
		return nil
	})
}

// activate sends a wave's chain to its tiles. A refusal is the gate's to judge.
func (w *Works) activate(ctx context.Context, r store.Rollout, release pipeline.Digest, wave int, chain fleet.Artefact) error {
	command, err := fleet.NewCommand(fmt.Sprintf("wave-%d", wave), fleet.Activate{Release: release, Wave: wave, Chain: chain})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, waveGrace)
	defer cancel()
	_, failed := ask[struct {
		Pause time.Duration `json:"pauseNanos"`
	}](ctx, w.Fleet, named(r.Waves[wave].Targets), command)
	for _, err := range failed {
		w.Logger.WarnContext(ctx, "order not taken", "rollout", r.ID, "wave", wave, "error", err)
	}
	return nil
}

func named(ids []string) []pipeline.Tile {
	out := make([]pipeline.Tile, len(ids))
	for i, id := range ids {
		out[i].ID = id
	}
	return out
}

// reached are the tiles that were ordered to take the release so far.
func reached(r store.Rollout, wave int) []string {
	var out []string
	for _, w := range r.Waves[:wave+1] {
		if w.Order != "" {
			out = append(out, w.Targets...)
		}
	}
	return out
}

// Gate decides on a wave from what its tiles report.
func (w *Works) Gate(ctx context.Context, ref workflows.WaveRef) (rollout.Verdict, error) {
	d, r, err := w.rolloutFor(ctx, ref.Change)
	if err != nil {
		return rollout.Verdict{}, err
	}
	release, err := w.statement(ctx, r)
	if err != nil {
		return rollout.Verdict{}, err
	}
	g := rollout.Gate{Release: release, Wave: r.Waves[ref.Wave].WaveTargets, Reached: reached(r, ref.Wave)}
	latest, now := w.tiles.all(), w.Now()
	v := g.Decide(latest, now)
	if v.Decision == rollout.Promote && now.Sub(*r.Waves[ref.Wave].StartedAt) < time.Duration(g.Wave.Bake) {
		return v, nil // the workflow waits for the bake time; the last look makes the evidence
	}
	if v.Decision == rollout.Hold {
		return v, nil
	}
	return v, w.closeWave(ctx, d, r, ref.Wave, v, latest)
}

// closeWave keeps what a wave showed, in the record and as evidence.
func (w *Works) closeWave(ctx context.Context, d dossier, r store.Rollout, wave int, v rollout.Verdict, latest map[string]rollout.Report) error {
	now := w.Now()
	_, err := w.Store.Rollouts.Update(ctx, r.ID, store.AnyVersion, func(r *store.Rollout) error {
		x := &r.Waves[wave]
		if x.EndedAt != nil {
			return nil
		}
		x.State, x.EndedAt, x.Reason = store.WavePassed, &now, v.Reason
		if v.Decision == rollout.Back {
			x.State = store.WaveFailed
		}
		x.Calls = leastCalls(x.Targets, latest)
		return nil
	})
	if err != nil {
		return err
	}
	_, err = w.attest(ctx, w.waveStatement(d, r, wave, v, latest), 0)
	return err
}

func leastCalls(tiles []string, latest map[string]rollout.Report) int64 {
	least := int64(-1)
	for _, t := range tiles {
		if n := latest[t].Calls; least < 0 || n < least {
			least = n
		}
	}
	return max(least, 0)
}

func (w *Works) waveStatement(d dossier, r store.Rollout, wave int, v rollout.Verdict, latest map[string]rollout.Report) pipeline.Statement {
	s := pipeline.Statement{
		Station: pipeline.Wave, Subject: d.subjectOf(pipeline.Wave), Outcome: pipeline.Pass, Summary: r.Waves[wave].Name + ": " + v.Reason,
		Inputs:  map[string]pipeline.Digest{"release": r.Release, "order": r.Waves[wave].Order, "policy": w.policy},
		Figures: []pipeline.Figure{{Name: "calls", Value: fmt.Sprint(leastCalls(r.Waves[wave].Targets, latest))}},
		Notes:   map[string]string{"measured": "on tiles with simulated devices"},
	}
	if v.Decision == rollout.Back {
		s.Outcome = pipeline.Fail
		s.Findings = []pipeline.Finding{{Code: "wave.gate", Where: r.Waves[wave].Name, Message: v.Reason, Hint: "the release goes back on every tile"}}
	}
	for _, t := range r.Waves[wave].Targets {
		s.Figures = append(s.Figures,
			pipeline.Figure{Name: "pause." + t, Value: fmt.Sprint(latest[t].PauseNanos), Unit: "ns"},
			pipeline.Figure{Name: "call." + t, Value: fmt.Sprint(latest[t].CallNanos), Unit: "ns"})
	}
	return s
}

// Commit ends the trial on every tile.
func (w *Works) Commit(ctx context.Context, in workflows.RolloutInput) error {
	_, r, err := w.rolloutFor(ctx, in.Change)
	if err != nil {
		return err
	}
	release, err := w.statement(ctx, r)
	if err != nil {
		return err
	}
	tiles := reached(r, len(r.Waves)-1)
	doc, err := w.signed(ctx, trust.Commit{Release: release, Tiles: slices.Sorted(slices.Values(tiles))})
	if err != nil {
		return err
	}
	command, err := fleet.NewCommand("commit", fleet.Commit{Release: release, Envelope: doc.envelope})
	if err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, waveGrace)
	defer cancel()
	if _, failed := ask[struct{}](wait, w.Fleet, named(tiles), command); len(failed) > 0 {
		return errors.Join(failed...)
	}
	_, err = w.Store.Rollouts.Update(ctx, r.ID, store.AnyVersion, func(r *store.Rollout) error {
		r.State = store.RolloutDone
		return nil
	})
	return err
}
