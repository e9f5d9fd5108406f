package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/genesis-network/genesis/pipeline"
)

// Generation is one generation of a lineage as it is kept.
type Generation struct {
	pipeline.Ancestor
	Digest pipeline.Digest `json:"digest"` // of the generation; its child names it as parent
}

// AddGeneration adds a generation to the end of its lineage's ancestry. It must
// follow from the one that is last there, else the error is [ErrMoved] and
// nothing is written; the artefacts that it names must be there. A generation
// that is there already is left alone. Nothing changes or removes one.
func (s *Store) AddGeneration(ctx context.Context, a pipeline.Ancestor) error {
	kept, err := a.Keep()
	if err == nil {
		err = s.heirlooms(a)
	}
	if err == nil {
		err = s.atomically(ctx, func(tx *sql.Tx) error { return s.addGeneration(ctx, tx, a, kept) })
	}
	if err != nil {
		return fmt.Errorf("store: generation %s/%d: %w", a.Lineage, a.Generation, err)
	}
	return nil
}

// heirlooms are the artefacts of a generation.
func (s *Store) heirlooms(a pipeline.Ancestor) error {
	for _, d := range artefactsOf(a) {
		if !s.Artefacts.Has(d) {
			return fmt.Errorf("%w: %s is not among the artefacts: put it there first", ErrInvalid, d.Short())
		}
	}
	return nil
}

func artefactsOf(a pipeline.Ancestor) []pipeline.Digest {
	var out []pipeline.Digest
	for _, h := range a.Modules {
		out = append(out, h.Source, h.Module.Code.IR, h.Module.Proof)
	}
	if a.Release != "" {
		out = append(out, a.Release)
	}
	return out
}

func (s *Store) addGeneration(ctx context.Context, tx *sql.Tx, a pipeline.Ancestor, kept pipeline.Kept) error {
	rows, err := generations(ctx, tx, a.Lineage)
	if err != nil {
		return err
	}
	if int64(len(rows)) > a.Generation && rows[a.Generation].Digest == kept.Digest {
		return nil
	}
	list, problems := pipeline.ReadAncestry(a.Lineage, rows)
	switch {
	case len(problems) > 0:
		return errors.Join(ErrCorrupt, errors.Join(problems...))
	case int64(len(list)) != a.Generation:
		return fmt.Errorf("%w: the lineage has %d generations", ErrMoved, len(list))
	case a.Generation > 0:
		if err := a.Follows(list[a.Generation-1]); err != nil {
			return errors.Join(ErrInvalid, err)
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO ancestry (lineage, generation, digest, doc) VALUES (?, ?, ?, ?)`,
		a.Lineage, a.Generation, string(kept.Digest), string(kept.Text))
	if err != nil {
		return err
	}
	s.fault("generation written")
	return s.addEvent(ctx, tx, Event{Type: "lineage.generation", Subject: a.Lineage, Version: a.Generation, State: string(a.Descent), Lineage: a.Lineage, Note: clip(a.Why)})
}

// clip keeps a note short.
func clip(s string) string { return s[:min(len(s), 200)] }

// rower is a database or a transaction that reads many rows.
type rower interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// generations are the rows of a lineage. A row whose number is not its place
// reads as empty, which nothing accepts.
func generations(ctx context.Context, q rower, lineage string) ([]pipeline.Kept, error) {
	rows, err := q.QueryContext(ctx, `SELECT generation, digest, doc FROM ancestry WHERE lineage = ? ORDER BY generation`, lineage)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []pipeline.Kept
	for rows.Next() {
		var n int64
		var k pipeline.Kept
		if err := rows.Scan(&n, &k.Digest, &k.Text); err != nil {
			return nil, err
		}
		if n != int64(len(out)) {
			k = pipeline.Kept{}
		}
		out = append(out, k)
	}
	return out, rows.Err()
}

// Ancestry reads the generations of a lineage, founder first; none is no error.
// One that does not hold together is [ErrCorrupt].
func (s *Store) Ancestry(ctx context.Context, lineage string) ([]Generation, error) {
	rows, err := generations(ctx, s.read, lineage)
	if err != nil {
		return nil, fmt.Errorf("store: ancestry of %s: %w", lineage, err)
	}
	list, problems := pipeline.ReadAncestry(lineage, rows)
	if len(problems) > 0 {
		return nil, fmt.Errorf("store: ancestry of %s: %w: %w: see genesis lineage fsck", lineage, ErrCorrupt, errors.Join(problems...))
	}
	out := make([]Generation, len(list))
	for i, a := range list {
		out[i] = Generation{a, rows[i].Digest}
	}
	return out, nil
}

// Ancestries names the lineages that have an ancestry.
func (s *Store) Ancestries(ctx context.Context) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT DISTINCT lineage FROM ancestry ORDER BY lineage`)
	if err != nil {
		return nil, fmt.Errorf("store: ancestries: %w", err)
	}
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("store: ancestries: %w", err)
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

// FsckAncestry checks the ancestry of every lineage: each byte of it, the chain,
// the artefacts and the evidence that it names, and that it holds exactly the
// changes that were adopted, in both directions: one that was cut off at its end
// is found by the change that it lacks.
func (s *Store) FsckAncestry(ctx context.Context) ([]Problem, error) {
	c := &checker{store: s}
	missing, err := c.generations(ctx)
	if err != nil {
		return c.problems, fmt.Errorf("store: fsck: %w", err)
	}
	for _, digest := range slices.Sorted(maps.Keys(missing)) {
		change := missing[digest]
		c.add("lineage "+change.Lineage, "start Genesis once: it adds what is missing; else "+restore, "%s is adopted, but no generation brought it", change.ID)
	}
	return c.problems, nil
}

// ancestry leaves out changes that no generation brought yet: a process that is
// killed between the two adds the generation when it starts again.
func (c *checker) ancestry(ctx context.Context) error {
	_, err := c.generations(ctx)
	return err
}

// generations checks every generation, and returns the adopted changes that
// none brought.
func (c *checker) generations(ctx context.Context) (missing map[pipeline.Digest]Change, err error) {
	names, err := c.store.Ancestries(ctx)
	if err != nil {
		return nil, err
	}
	adopted, err := c.adopted(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := c.lineage(ctx, name, adopted); err != nil {
			return nil, err
		}
	}
	return adopted, nil
}

// adopted are the changes that lineages were given.
func (c *checker) adopted(ctx context.Context) (map[pipeline.Digest]Change, error) {
	out := map[pipeline.Digest]Change{}
	return out, each(ctx, c.store.Changes, func(change *Change) {
		if change.State == pipeline.Adopted || change.State == pipeline.Superseded {
			out[change.Digest] = *change
		}
	})
}

func (c *checker) lineage(ctx context.Context, name string, adopted map[pipeline.Digest]Change) error {
	rows, err := generations(ctx, c.store.read, name)
	if err != nil {
		return err
	}
	list, problems := pipeline.ReadAncestry(name, rows)
	for _, p := range problems {
		c.add("lineage "+name, restore, "%v", p)
	}
	for _, a := range list {
		if err := c.generation(ctx, a, adopted); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) generation(ctx context.Context, a pipeline.Ancestor, adopted map[pipeline.Digest]Change) error {
	where := fmt.Sprintf("lineage %s/%d", a.Lineage, a.Generation)
	c.needs(where, artefactsOf(a)...)
	if a.Change == "" {
		return nil
	}
	change, ok := adopted[a.Change]
	delete(adopted, a.Change)
	if !ok || change.Lineage != a.Lineage {
		c.add(where, restore, "change %s is not among the adopted changes of %s", a.Change.Short(), a.Lineage)
		return nil
	}
	known, err := c.store.EvidenceAbout(ctx, change.Content.Subjects()...)
	if err != nil {
		return err
	}
	digests := map[pipeline.Digest]bool{}
	for _, e := range known {
		digests[e.Digest] = true
	}
	for _, d := range a.Evidence {
		if !digests[d] {
			c.add(where, restore, "statement %s is not among the evidence", d.Short())
		}
	}
	return nil
}
