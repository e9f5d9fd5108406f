package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/genesis-network/genesis/pipeline"
)

// Problem is something that does not hold in a store, and what to do.
type Problem struct {
	Where   string `json:"where"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// Fsck checks everything that the store promises: the database itself, every
// artefact against its name, every artefact that something names, every record
// and statement against its key, and the numbering of events. It reads only. The
// error is for what kept it from looking; what it found are the problems.
// Artefacts that nothing names are no problem: they are written first.
func (s *Store) Fsck(ctx context.Context) ([]Problem, error) {
	c := &checker{store: s}
	for _, check := range []func(context.Context) error{c.database, c.artefacts, c.events, c.evidence, c.changes, c.campaigns, c.rollouts, c.ancestry} {
		if err := check(ctx); err != nil {
			return c.problems, fmt.Errorf("store: fsck: %w", err)
		}
	}
	return c.problems, nil
}

type checker struct {
	store    *Store
	problems []Problem
}

func (c *checker) add(where, hint, format string, args ...any) {
	c.problems = append(c.problems, Problem{Where: where, Message: fmt.Sprintf(format, args...), Hint: hint})
}

const restore = "restore the store's directory from a copy"

func (c *checker) database(ctx context.Context) error {
	var verdict string
	if err := c.store.read.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		c.add(databaseName, restore, "%s", verdict)
	}
	return nil
}

// artefacts reads every file below the directory of artefacts.
func (c *checker) artefacts(ctx context.Context) error {
	a := c.store.Artefacts
	return filepath.WalkDir(a.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipTemp(d)
		}
		digest, parseErr := pipeline.ParseDigest(d.Name())
		if parseErr != nil || path != a.path(digest) {
			c.add(path, "remove it", "is not an artefact")
			return nil
		}
		if _, err := a.Get(ctx, digest); errors.Is(err, ErrCorrupt) {
			c.add(path, "restore the file from a copy, or remove it and run the station again", "does not match its digest")
		} else if err != nil {
			return err
		}
		return nil
	})
}

// skipTemp leaves out files that are being written.
func skipTemp(d fs.DirEntry) error {
	if d.Name() == tempName {
		return fs.SkipDir
	}
	return nil
}

// events must be numbered from 1 without gaps.
func (c *checker) events(ctx context.Context) error {
	var count, first, last sql.NullInt64
	if err := c.store.read.QueryRowContext(ctx, `SELECT COUNT(*), MIN(seq), MAX(seq) FROM events`).Scan(&count, &first, &last); err != nil {
		return err
	}
	counter, err := c.store.LastEvent(ctx)
	if err != nil {
		return err
	}
	if count.Int64 != last.Int64 || counter != last.Int64 || (count.Int64 > 0 && first.Int64 != 1) {
		c.add("events", restore, "%d events numbered %d to %d, counter at %d", count.Int64, first.Int64, last.Int64, counter)
	}
	return nil
}

// needs notes artefacts that something names and that are not there.
func (c *checker) needs(where string, digests ...pipeline.Digest) {
	for _, d := range digests {
		if d != "" && !c.store.Artefacts.Has(d) {
			c.add(where, "restore the artefact from a copy", "names artefact %s, which is missing", d.Short())
		}
	}
}

func (c *checker) evidence(ctx context.Context) error {
	rows, err := c.store.read.QueryContext(ctx, `SELECT subject_kind, subject, station, inputs, doc FROM evidence ORDER BY seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key pipeline.EvidenceKey
		var doc string
		if err := rows.Scan(&key.Subject.Kind, &key.Subject.Digest, &key.Station, &key.Inputs, &doc); err != nil {
			return err
		}
		c.statement(key, doc)
	}
	return rows.Err()
}

func (c *checker) statement(key pipeline.EvidenceKey, doc string) {
	where := fmt.Sprintf("evidence of %s about %s", key.Station, key.Subject.Digest.Short())
	var e Evidence
	if err := json.Unmarshal([]byte(doc), &e); err != nil {
		c.add(where, restore, "cannot be read: %v", err)
		return
	}
	digest, err := e.Statement.Digest()
	if err != nil || digest != e.Digest || e.ID != EvidenceID(digest) || e.Statement.Key() != key {
		c.add(where, restore, "the statement does not match its key and digest")
	}
	c.needs(where, e.Envelope)
	if e.Log != nil {
		c.needs(where, e.Log.Proof)
	}
	for _, d := range e.Statement.Attachments {
		c.needs(where, d)
	}
}

// each reads every record of a collection.
func each[T any, P record[T]](ctx context.Context, collection *Collection[T, P], check func(P)) error {
	f := Filter{Limit: MaxLimit, Oldest: true}
	for {
		page, err := collection.List(ctx, f)
		if err != nil {
			return err
		}
		for i := range page.Items {
			check(&page.Items[i])
		}
		if f.Cursor = page.NextCursor; f.Cursor == "" {
			return nil
		}
	}
}

func (c *checker) changes(ctx context.Context) error {
	return each(ctx, c.store.Changes, func(change *Change) {
		where := "change " + change.ID
		if d := change.Content.Digest(); d != change.Digest || change.ID != pipeline.ChangeID(d) {
			c.add(where, restore, "its content has digest %s", d.Short())
		}
		for _, files := range change.Files {
			c.needs(where, files.Artefacts()...)
		}
		c.needs(where, change.Origin.Prompt)
	})
}

func (c *checker) campaigns(ctx context.Context) error {
	return each(ctx, c.store.Campaigns, func(campaign *Campaign) {
		if d, err := campaign.Spec.Digest(); err != nil || d != campaign.Digest {
			c.add("campaign "+campaign.ID, restore, "its document has digest %s", d.Short())
		}
	})
}

func (c *checker) rollouts(ctx context.Context) error {
	return each(ctx, c.store.Rollouts, func(rollout *Rollout) {
		where := "rollout " + rollout.ID
		c.needs(where, rollout.Release, rollout.Escape)
		for _, w := range rollout.Waves {
			c.needs(where, w.Order)
		}
	})
}
