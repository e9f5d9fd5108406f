package activities

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/bundle"
	"github.com/genesis-network/genesis/workflows"
)

// How long documents are good for, and waves may take.
const (
	releaseValidity = 30 * 24 * time.Hour
	orderValidity   = time.Hour        // a trial without a commit ends with it
	waveGrace       = 60 * time.Second // beyond the bake time, before a silent wave fails
)

// Release signs and logs the release of a change with its escape, and freezes
// which tiles take it in which wave. Done again it finds what was made.
func (w *Works) Release(ctx context.Context, in workflows.RolloutInput) (workflows.RolloutPlan, error) {
	d, err := w.dossier(ctx, in.Change)
	if err != nil {
		return workflows.RolloutPlan{}, err
	}
	r, err := w.rolloutOf(ctx, d)
	if err != nil {
		return workflows.RolloutPlan{}, err
	}
	if r.Release == "" {
		if r, err = w.sign(ctx, d, r); err != nil {
			return workflows.RolloutPlan{}, err
		}
	}
	plan := workflows.RolloutPlan{}
	for _, wave := range r.Waves {
		bake := time.Duration(wave.Bake)
		plan.Waves = append(plan.Waves, workflows.WavePlan{Name: wave.Name, Tiles: wave.Targets, Bake: bake, Deadline: 2*bake + waveGrace})
	}
	return plan, nil
}

// rolloutOf finds the record of a change's rollout, or makes it with its
// targets.
func (w *Works) rolloutOf(ctx context.Context, d dossier) (store.Rollout, error) {
	planDigest, err := d.record.Plan.Digest()
	if err != nil {
		return store.Rollout{}, err
	}
	id := pipeline.RolloutID(d.record.Digest, planDigest)
	if r, err := w.Store.Rollouts.Get(ctx, id); !errors.Is(err, store.ErrNotFound) {
		return r, err
	}
	targets, err := pipeline.Targets(d.record.Plan, d.record.Digest, w.of(d.record.Lineage))
	if err != nil {
		return store.Rollout{}, err
	}
	serial, err := w.nextSerial(ctx, d.record.Lineage)
	if err != nil {
		return store.Rollout{}, err
	}
	r := store.Rollout{Meta: store.Meta{ID: id}, State: store.RolloutRunning, Change: d.record.ID, Lineage: d.record.Lineage, Plan: d.record.Plan, Serial: serial}
	for _, t := range targets {
		r.Waves = append(r.Waves, store.Wave{WaveTargets: t, State: store.WavePending})
	}
	r, _, err = w.Store.Rollouts.Create(ctx, r)
	if err != nil {
		return r, err
	}
	_, err = w.Store.Changes.Update(ctx, d.record.ID, store.AnyVersion, func(c *store.Change) error { c.Rollout = id; return nil })
	return r, err
}

// nextSerial is the serial of a lineage's next forward release; the one after
// it belongs to the escape.
func (w *Works) nextSerial(ctx context.Context, lineage string) (int64, error) {
	f := store.Filter{Lineage: lineage, Limit: store.MaxLimit}
	last := int64(-1)
	for {
		page, err := w.Store.Rollouts.List(ctx, f)
		if err != nil {
			return 0, err
		}
		for _, r := range page.Items {
			last = max(last, r.Serial)
		}
		if f.Cursor = page.NextCursor; f.Cursor == "" {
			return last + 2, nil
		}
	}
}

// sign makes release and escape and keeps them with the record.
func (w *Works) sign(ctx context.Context, d dossier, r store.Rollout) (store.Rollout, error) {
	release, err := w.draft(ctx, d, r)
	if err != nil {
		return r, err
	}
	forward, err := w.signed(ctx, release)
	if err != nil {
		return r, err
	}
	if err := w.secondOpinion(ctx, d.record.ID, forward.envelope); err != nil {
		return r, err
	}
	statement, err := trust.StatementDigest(forward.envelope)
	if err != nil {
		return r, err
	}
	back, err := w.signed(ctx, release.Back(statement, d.head.slots(), release.Epoch))
	if err != nil {
		return r, err
	}
	return w.Store.Rollouts.Update(ctx, r.ID, store.AnyVersion, func(r *store.Rollout) error {
		r.Release, r.Escape = forward.artefact, back.artefact
		return nil
	})
}

// secondOpinion makes the release's bundle for sigstore's tools and has
// sigstore-go check it: nothing is ordered that only our own verifier believes.
func (w *Works) secondOpinion(ctx context.Context, change string, release []byte) error {
	raw, err := bundle.Make(ctx, w.Keys.Root(), w.Log, release)
	if err != nil {
		return err
	}
	if err := bundle.Check(w.Keys.Root(), raw, release); err != nil {
		return err
	}
	if w.Publish == "" {
		return nil
	}
	return durable.Replace(filepath.Join(w.Publish, change+".sigstore.json"), raw)
}

// document is a signed and logged document among the artefacts.
type document struct {
	envelope []byte
	artefact pipeline.Digest
}

// signed signs a document, logs it and keeps what the log holds: of equal
// documents signed twice, the first.
func (w *Works) signed(ctx context.Context, doc trust.Document) (document, error) {
	envelope, err := w.Keys.Authority().Sign(ctx, doc)
	if err != nil {
		return document{}, err
	}
	entries, err := w.Log.Append(ctx, envelope)
	if err != nil {
		return document{}, err
	}
	d, err := w.Store.Artefacts.Put(ctx, entries[0].Envelope)
	return document{entries[0].Envelope, d}, err
}

// draft is the release of a change, before it is signed.
func (w *Works) draft(ctx context.Context, d dossier, r store.Rollout) (trust.Release, error) {
	evidence, approvals, err := w.envelopes(ctx, d)
	if err != nil {
		return trust.Release{}, err
	}
	plan, err := d.record.Plan.Digest()
	if err != nil {
		return trust.Release{}, err
	}
	issued := r.CreatedAt.Unix()
	return trust.Release{
		Serial: uint64(r.Serial), Epoch: 1, Issued: issued, Expires: issued + int64(releaseValidity/time.Second),
		Class: d.head.lineage.Class, Lineage: d.record.Lineage, Slots: d.head.with(d.candidate).slots(), Changed: []string{d.record.Slot},
		Base: d.record.Content.Base, Change: d.record.Digest, Reason: trust.Forward, Policy: w.policy, Plan: plan,
		Proposer: d.record.Author, Evidence: leaves(evidence), Approvals: leaves(approvals), Consents: d.record.Approvals,
		Assurance: w.Keys.Root().Assurance,
	}, nil
}

func leaves(envelopes [][]byte) []pipeline.Digest {
	out := make([]pipeline.Digest, 0, len(envelopes))
	for _, e := range envelopes {
		out = append(out, trust.LeafHash(e))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// envelopes are the signed statements and approvals that a release rests on:
// all that the verdict weighed, so that a tile weighs the same.
func (w *Works) envelopes(ctx context.Context, d dossier) (evidence, approvals [][]byte, err error) {
	list, err := w.about(ctx, d.record.Content)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range list {
		s := e.Statement.Station
		if s == pipeline.Wave || s == pipeline.Rollback || s == pipeline.Halt {
			continue // these come after the decision
		}
		raw, err := w.Log.Entry(ctx, uint64(e.Log.Index))
		if err != nil {
			return nil, nil, err
		}
		if s == pipeline.Approve {
			approvals = append(approvals, raw)
		} else {
			evidence = append(evidence, raw)
		}
	}
	return evidence, approvals, nil
}

// orders are the signed orders of the waves so far.
func (w *Works) orders(ctx context.Context, r store.Rollout) ([][]byte, error) {
	var out [][]byte
	for _, wave := range r.Waves {
		if wave.Order == "" {
			continue
		}
		raw, err := w.Store.Artefacts.Get(ctx, wave.Order)
		if err != nil {
			return nil, err
		}
		out = append(out, raw)
	}
	return out, nil
}

// chain is everything that a tile needs to believe the release.
func (w *Works) chain(ctx context.Context, d dossier, r store.Rollout) (*trust.Chain, error) {
	evidence, approvals, err := w.envelopes(ctx, d)
	if err != nil {
		return nil, err
	}
	orders, err := w.orders(ctx, r)
	if err != nil {
		return nil, err
	}
	c := &trust.Chain{
		Format: trust.ChainFormat, Root: w.Keys.RootEnvelope(),
		Evidence: logged(evidence), Approvals: logged(approvals), Orders: logged(orders),
		Artefacts: map[pipeline.Digest][]byte{}, Contract: map[pipeline.Digest]map[string][]byte{},
	}
	for _, m := range d.head.with(d.candidate).modules {
		for _, part := range [][]byte{m.IR, m.Proof, m.Source} {
			c.Artefacts[pipeline.SumBytes(part)] = part
		}
		c.Contract[m.Ref.Code.Contract] = m.Contract.Files
	}
	for _, m := range d.head.modules {
		for _, part := range [][]byte{m.IR, m.Proof, m.Source} {
			c.Artefacts[pipeline.SumBytes(part)] = part
		}
	}
	if c.Release.Envelope, err = w.Store.Artefacts.Get(ctx, r.Release); err != nil {
		return nil, err
	}
	if c.Escape.Envelope, err = w.Store.Artefacts.Get(ctx, r.Escape); err != nil {
		return nil, err
	}
	policy, err := w.signed(ctx, w.Policy)
	if err != nil {
		return nil, err
	}
	contracts, err := w.signed(ctx, w.Contracts)
	if err != nil {
		return nil, err
	}
	c.Policy.Envelope, c.Contracts.Envelope = policy.envelope, contracts.envelope
	return c, w.Log.Fill(ctx, c)
}

func logged(envelopes [][]byte) []trust.Logged {
	out := make([]trust.Logged, len(envelopes))
	for i, e := range envelopes {
		out[i] = trust.Logged{Envelope: e}
	}
	return out
}
