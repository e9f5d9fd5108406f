package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout/trust"
)

// attest signs a statement, keeps it and logs it. A statement about the same
// subject, station and inputs that is there already is returned instead.
func (w *Works) attest(ctx context.Context, s pipeline.Statement, took time.Duration) (store.Evidence, error) {
	if s.Outcome == pipeline.Error {
		return store.Evidence{}, fmt.Errorf("%s could not work: %s", s.Station, s.Summary)
	}
	envelope, err := w.Keys.Authority().Evidence(ctx, s)
	if err != nil {
		return store.Evidence{}, err
	}
	return w.file(ctx, s, envelope, trust.StationRole(s.Station), took)
}

// file keeps and logs a signed statement.
func (w *Works) file(ctx context.Context, s pipeline.Statement, envelope []byte, role string, took time.Duration) (store.Evidence, error) {
	d, err := w.Store.Artefacts.Put(ctx, envelope)
	if err != nil {
		return store.Evidence{}, err
	}
	digest, err := s.Digest()
	if err != nil {
		return store.Evidence{}, err
	}
	e := store.Evidence{
		ID: store.EvidenceID(digest), Digest: digest, Envelope: d,
		Evidence: pipeline.Evidence{Statement: s, Assurance: pipeline.Assurance(w.Keys.Root().Assurance), Roles: []string{role}},
	}
	if e.Seconds, err = pipeline.Fraction(took.Milliseconds(), 1, 1000); err != nil {
		return store.Evidence{}, err
	}
	kept, _, err := w.Store.PutEvidence(ctx, e)
	if err != nil {
		return kept, err
	}
	return w.logged(ctx, kept)
}

// logged makes sure that kept evidence stands in the log, once.
func (w *Works) logged(ctx context.Context, e store.Evidence) (store.Evidence, error) {
	if e.Log != nil {
		return e, nil
	}
	envelope, err := w.Store.Artefacts.Get(ctx, e.Envelope)
	if err != nil {
		return e, err
	}
	entries, err := w.Log.Append(ctx, envelope)
	if err != nil {
		return e, err
	}
	return w.Store.MarkLogged(ctx, e.Statement.Key(), store.LogEntry{Index: int64(entries[0].Index)})
}

// about reads the evidence that concerns a change, all of it logged.
func (w *Works) about(ctx context.Context, c pipeline.Change) ([]store.Evidence, error) {
	list, err := w.Store.EvidenceAbout(ctx, c.Subjects()...)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i], err = w.logged(ctx, list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}
