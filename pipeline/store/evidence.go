package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// Evidence is a statement as it is kept, with what stands around it. It embeds
// what the check of its signature found.
type Evidence struct {
	ID string `json:"id"` // evd_ and digits of Digest
	pipeline.Evidence
	Digest    pipeline.Digest  `json:"digest"`             // of the statement
	Envelope  pipeline.Digest  `json:"envelope,omitempty"` // artefact: the signed envelope
	Log       *LogEntry        `json:"log,omitempty"`      // nil until the log took it
	Seconds   pipeline.Decimal `json:"seconds,omitempty"`  // that the station worked; not signed
	CreatedAt time.Time        `json:"createdAt"`
}

// LogEntry is a statement's place in the transparency log.
type LogEntry struct {
	Index int64           `json:"index"`
	Proof pipeline.Digest `json:"proof,omitempty"` // artefact: inclusion proof and checkpoint
}

// PutEvidence keeps a statement. Its envelope and attachments must be among the
// artefacts. When
// there is evidence for the same subject, station and inputs already, that is
// returned, created is false and nothing is written: work that was done again
// after a crash counts once. Statements with outcome error are refused with
// [ErrInvalid]: a station that could not work leaves no evidence.
func (s *Store) PutEvidence(ctx context.Context, e Evidence) (stored Evidence, created bool, err error) {
	if err := s.completeEvidence(&e); err != nil {
		return Evidence{}, false, fmt.Errorf("store: evidence of %s: %w", e.Statement.Station, err)
	}
	key := e.Statement.Key()
	err = s.atomically(ctx, func(tx *sql.Tx) error {
		stored, err = findEvidence(ctx, tx, key)
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		created, stored = true, e
		return s.insertEvidence(ctx, tx, key, e)
	})
	if err != nil {
		return Evidence{}, false, fmt.Errorf("store: evidence of %s: %w", e.Statement.Station, err)
	}
	return stored, created, nil
}

// completeEvidence checks a statement and fills in what follows from it.
func (s *Store) completeEvidence(e *Evidence) error {
	st := e.Statement
	digest, err := st.Digest()
	if err != nil {
		return errors.Join(ErrInvalid, err)
	}
	if text, err := json.Marshal(st); err != nil || len(text) > MaxStatement {
		return fmt.Errorf("%w: %d bytes, at most %d: attach long logs and witnesses as artefacts", ErrInvalid, len(text), MaxStatement)
	}
	if _, err := pipeline.ParseDigest(string(st.Subject.Digest)); err != nil {
		return fmt.Errorf("%w: subject: %w", ErrInvalid, err)
	}
	switch {
	case !slices.Contains([]pipeline.Outcome{pipeline.Pass, pipeline.Fail, pipeline.Inconclusive}, st.Outcome):
		return fmt.Errorf("%w: outcome %q", ErrInvalid, st.Outcome)
	case !slices.Contains(pipeline.Stations(), st.Station) || st.Subject.Kind != st.Station.SubjectOf():
		return fmt.Errorf("%w: station %q about a %q", ErrInvalid, st.Station, st.Subject.Kind)
	}
	for _, d := range append(slices.Collect(maps.Values(st.Attachments)), e.Envelope) {
		if d != "" && !s.Artefacts.Has(d) {
			return fmt.Errorf("%w: %.12s is not among the artefacts: put it there first", ErrInvalid, d)
		}
	}
	e.ID, e.Digest, e.CreatedAt = EvidenceID(digest), digest, s.stamp()
	return nil
}

// MaxStatement is the largest statement, in bytes of JSON. Stations attach what
// is longer.
const MaxStatement = 1 << 20

// EvidenceID is a statement's name for people and URLs.
func EvidenceID(statement pipeline.Digest) string { return "evd_" + string(statement[:20]) }

func (s *Store) insertEvidence(ctx context.Context, tx *sql.Tx, key pipeline.EvidenceKey, e Evidence) error {
	seq, err := next(ctx, tx, "evidence")
	if err != nil {
		return err
	}
	doc, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO evidence (subject_kind, subject, station, inputs, seq, doc) VALUES (?, ?, ?, ?, ?, ?)`,
		key.Subject.Kind, key.Subject.Digest, key.Station, key.Inputs, seq, string(doc))
	if err != nil {
		return err
	}
	s.fault("evidence written")
	return s.addEvent(ctx, tx, e.event("added"))
}

func (e Evidence) event(verb string) Event {
	return Event{Type: "evidence." + verb, Subject: e.ID, State: string(e.Statement.Outcome), Note: fmt.Sprintf("%s: %.200s", e.Statement.Station, e.Statement.Summary)}
}

const byKey = ` WHERE subject_kind = ? AND subject = ? AND station = ? AND inputs = ?`

func findEvidence(ctx context.Context, q queryer, key pipeline.EvidenceKey) (Evidence, error) {
	var doc string
	err := q.QueryRowContext(ctx, `SELECT doc FROM evidence`+byKey, key.Subject.Kind, key.Subject.Digest, key.Station, key.Inputs).Scan(&doc)
	var e Evidence
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return e, ErrNotFound
	case err != nil:
		return e, err
	}
	return e, json.Unmarshal([]byte(doc), &e)
}

// FindEvidence reads the evidence for a key, or [ErrNotFound]. An activity asks
// this before it works.
func (s *Store) FindEvidence(ctx context.Context, key pipeline.EvidenceKey) (Evidence, error) {
	e, err := findEvidence(ctx, s.read, key)
	if err != nil {
		return e, fmt.Errorf("store: evidence of %s about %s: %w", key.Station, key.Subject.Digest.Short(), err)
	}
	return e, nil
}

// MarkLogged notes where the log keeps a statement. Noting the same again does
// nothing; another place is [ErrConflict], since a statement is logged once.
func (s *Store) MarkLogged(ctx context.Context, key pipeline.EvidenceKey, entry LogEntry) (Evidence, error) {
	var e Evidence
	err := s.atomically(ctx, func(tx *sql.Tx) error {
		var err error
		if e, err = findEvidence(ctx, tx, key); err != nil {
			return err
		}
		if e.Log != nil && *e.Log != entry {
			return fmt.Errorf("%w: it is logged at %d, not at %d", ErrConflict, e.Log.Index, entry.Index)
		}
		if e.Log != nil {
			return nil
		}
		e.Log = &entry
		return s.updateEvidence(ctx, tx, key, e)
	})
	if err != nil {
		return Evidence{}, fmt.Errorf("store: log entry of %s about %s: %w", key.Station, key.Subject.Digest.Short(), err)
	}
	return e, nil
}

func (s *Store) updateEvidence(ctx context.Context, tx *sql.Tx, key pipeline.EvidenceKey, e Evidence) error {
	doc, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE evidence SET doc = ?`+byKey, string(doc), key.Subject.Kind, key.Subject.Digest, key.Station, key.Inputs)
	if err != nil {
		return err
	}
	s.fault("log entry written")
	return s.addEvent(ctx, tx, e.event("logged"))
}

// EvidenceAbout reads all evidence about the subjects, in the order in which it
// came in for each. For all that concerns a change, ask for its
// [pipeline.Change.Subjects].
func (s *Store) EvidenceAbout(ctx context.Context, subjects ...pipeline.Subject) ([]Evidence, error) {
	out := []Evidence{}
	seen := map[pipeline.Subject]bool{}
	for _, subject := range subjects {
		if seen[subject] {
			continue
		}
		seen[subject] = true
		some, err := readDocs[Evidence](ctx, s.read, `SELECT doc FROM evidence WHERE subject = ? AND subject_kind = ? ORDER BY seq`, subject.Digest, subject.Kind)
		if err != nil {
			return nil, fmt.Errorf("store: evidence about %s: %w", subject.Digest.Short(), err)
		}
		out = append(out, some...)
	}
	return out, nil
}

// Weighed is evidence in the form that [pipeline.Policy.Verdict] takes.
func Weighed(list []Evidence) []pipeline.Evidence {
	out := make([]pipeline.Evidence, len(list))
	for i, e := range list {
		out[i] = e.Evidence
	}
	return out
}
