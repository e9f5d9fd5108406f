package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// Event says that something changed. Events are only ever added.
type Event struct {
	Seq     int64     `json:"seq"` // 1 is the first; the id of server-sent events
	At      time.Time `json:"at"`
	Type    string    `json:"type"`              // such as change.updated or evidence.added
	Subject string    `json:"subject"`           // id of the record
	Version int64     `json:"version,omitempty"` // of the record
	State   string    `json:"state,omitempty"`
	Lineage string    `json:"lineage,omitempty"`
	Note    string    `json:"note,omitempty"` // for people
}

// MaxEvents is how many events one call of [Store.Events] returns at most.
const MaxEvents = 1000

func (s *Store) addEvent(ctx context.Context, tx *sql.Tx, e Event) error {
	seq, err := next(ctx, tx, "events")
	if err != nil {
		return err
	}
	e.Seq, e.At = seq, s.stamp()
	doc, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO events (seq, doc) VALUES (?, ?)`, seq, string(doc))
	s.fault("event written")
	return err
}

// Note adds an event that belongs to no change of a record: progress, a warning.
func (s *Store) Note(ctx context.Context, e Event) error {
	if e.Type == "" {
		return fmt.Errorf("store: event without type: %w", ErrInvalid)
	}
	if err := s.atomically(ctx, func(tx *sql.Tx) error { return s.addEvent(ctx, tx, e) }); err != nil {
		return fmt.Errorf("store: event %s: %w", e.Type, err)
	}
	return nil
}

// Events reads what followed event number after (0 for all), oldest first, at
// most [MaxEvents]. A reader resumes with the number of the last one it saw.
func (s *Store) Events(ctx context.Context, after int64) ([]Event, error) {
	out, err := readDocs[Event](ctx, s.read, `SELECT doc FROM events WHERE seq > ? ORDER BY seq LIMIT ?`, after, MaxEvents)
	if err != nil {
		return nil, fmt.Errorf("store: events after %d: %w", after, err)
	}
	return out, nil
}

// LastEvent is the number of the newest event, 0 when there is none.
func (s *Store) LastEvent(ctx context.Context) (int64, error) {
	var last int64
	if err := s.read.QueryRowContext(ctx, `SELECT value FROM counters WHERE name = 'events'`).Scan(&last); err != nil {
		return 0, fmt.Errorf("store: last event: %w", err)
	}
	return last, nil
}

// Wait returns the events after the given number as soon as there is one, or
// when the context ends, with its error.
func (s *Store) Wait(ctx context.Context, after int64) ([]Event, error) {
	for {
		changed := s.watch()
		events, err := s.Events(ctx, after)
		if err != nil || len(events) > 0 {
			return events, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// watch is closed at the next commit. It is taken before reading, so that none
// is missed.
func (s *Store) watch() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Store) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// readDocs reads rows of one JSON column each.
func readDocs[T any](ctx context.Context, db *sql.DB, query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []T{}
	for rows.Next() {
		var doc string
		var v T
		if err := rows.Scan(&doc); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(doc), &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
