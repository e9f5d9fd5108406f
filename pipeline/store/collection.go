package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Meta is what every record carries.
type Meta struct {
	ID        string    `json:"id"`
	Version   int64     `json:"version"` // 1 at first; rises with every write; the ETag of the API
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

func (m *Meta) meta() *Meta { return m }

// index is what lists can be filtered by.
type index struct{ state, lineage, parent string }

// record is what a collection holds pointers to.
type record[T any] interface {
	*T
	meta() *Meta
	index() index
	// identity is what may not differ between two records with one id.
	identity() string
}

// Collection keeps the records of one kind. See [Store].
type Collection[T any, P record[T]] struct {
	store *Store
	kind  string
	quiet func(before, after P) bool // updates that raise no event; nil is none
}

// row is a record as it stands in the database.
type row struct {
	version  int64
	identity string
	doc      string
}

func (c *Collection[T, P]) name(id string) string { return "store: " + c.kind + " " + id }

// Create stores a new record under its ID. When the id is taken by the same
// thing (a change with the same digest), the stored record is returned and
// created is false; when it is taken by another, the error is [ErrConflict].
func (c *Collection[T, P]) Create(ctx context.Context, rec T) (stored T, created bool, err error) {
	p := P(&rec)
	if p.meta().ID == "" {
		return stored, false, fmt.Errorf("store: %s without id: %w", c.kind, ErrInvalid)
	}
	err = c.store.atomically(ctx, func(tx *sql.Tx) error {
		old, err := c.find(ctx, tx, p.meta().ID)
		if !errors.Is(err, ErrNotFound) {
			return c.existing(old, err, p, &stored)
		}
		created = true
		stored, err = c.insert(ctx, tx, rec)
		return err
	})
	if err != nil {
		return stored, false, fmt.Errorf("%s: %w", c.name(p.meta().ID), err)
	}
	return stored, created, nil
}

func (c *Collection[T, P]) existing(old row, err error, p P, stored *T) error {
	if err != nil {
		return err
	}
	if old.identity != p.identity() {
		return ErrConflict
	}
	return json.Unmarshal([]byte(old.doc), stored)
}

func (c *Collection[T, P]) insert(ctx context.Context, tx *sql.Tx, rec T) (T, error) {
	p := P(&rec)
	m := p.meta()
	m.Version, m.CreatedAt, m.UpdatedAt = 1, c.store.stamp(), c.store.stamp()
	seq, err := next(ctx, tx, "records")
	if err != nil {
		return rec, err
	}
	doc, err := json.Marshal(p)
	if err != nil {
		return rec, err
	}
	i := p.index()
	_, err = tx.ExecContext(ctx, `INSERT INTO records (kind, id, seq, version, identity, state, lineage, parent, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.kind, m.ID, seq, m.Version, p.identity(), i.state, i.lineage, i.parent, string(doc))
	if err != nil {
		return rec, err
	}
	c.store.fault("record written")
	return rec, c.store.addEvent(ctx, tx, c.event("created", p))
}

func (c *Collection[T, P]) event(verb string, p P) Event {
	i := p.index()
	return Event{Type: c.kind + "." + verb, Subject: p.meta().ID, Version: p.meta().Version, State: i.state, Lineage: i.lineage}
}

// queryer is a database or a transaction.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (c *Collection[T, P]) find(ctx context.Context, q queryer, id string) (row, error) {
	var r row
	err := q.QueryRowContext(ctx, `SELECT version, identity, doc FROM records WHERE kind = ? AND id = ?`, c.kind, id).Scan(&r.version, &r.identity, &r.doc)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNotFound
	}
	return r, err
}

// Get reads a record, or [ErrNotFound].
func (c *Collection[T, P]) Get(ctx context.Context, id string) (T, error) {
	var rec T
	r, err := c.find(ctx, c.store.read, id)
	if err == nil {
		err = json.Unmarshal([]byte(r.doc), &rec)
	}
	if err != nil {
		return rec, fmt.Errorf("%s: %w", c.name(id), err)
	}
	return rec, nil
}

// AnyVersion lets [Collection.Update] edit whatever version is stored.
const AnyVersion int64 = 0

// Update edits a record in place. When version is given and the record is at
// another, nothing is written and the error is [ErrMoved]. The edit may look at
// the record and refuse with an error, which is returned. An edit that changes
// nothing writes nothing, so a step that is done again leaves no trace.
func (c *Collection[T, P]) Update(ctx context.Context, id string, version int64, edit func(P) error) (T, error) {
	var rec T
	err := c.store.atomically(ctx, func(tx *sql.Tx) error {
		r, err := c.find(ctx, tx, id)
		if err != nil {
			return err
		}
		if version != AnyVersion && version != r.version {
			return fmt.Errorf("%w: version %d was seen, %d is stored", ErrMoved, version, r.version)
		}
		rec, err = c.edit(ctx, tx, r, edit)
		return err
	})
	if err != nil {
		return rec, fmt.Errorf("%s: %w", c.name(id), err)
	}
	return rec, nil
}

func (c *Collection[T, P]) edit(ctx context.Context, tx *sql.Tx, r row, edit func(P) error) (T, error) {
	var before, after T
	if err := errors.Join(json.Unmarshal([]byte(r.doc), &before), json.Unmarshal([]byte(r.doc), &after)); err != nil {
		return before, err
	}
	old, p := P(&before), P(&after)
	if err := edit(p); err != nil {
		return before, err
	}
	*p.meta() = *old.meta()
	if p.identity() != r.identity {
		return before, fmt.Errorf("%w: an edit cannot make another thing of it", ErrConflict)
	}
	same, err := equal(old, p)
	if err != nil || same {
		return before, err
	}
	return after, c.replace(ctx, tx, old, p)
}

// equal compares records as they would be stored.
func equal(a, b any) (bool, error) {
	x, err := json.Marshal(a)
	y, also := json.Marshal(b)
	return bytes.Equal(x, y), errors.Join(err, also)
}

func (c *Collection[T, P]) replace(ctx context.Context, tx *sql.Tx, old, p P) error {
	m := p.meta()
	m.Version, m.UpdatedAt = m.Version+1, c.store.stamp()
	doc, err := json.Marshal(p)
	if err != nil {
		return err
	}
	i := p.index()
	_, err = tx.ExecContext(ctx, `UPDATE records SET version = ?, state = ?, lineage = ?, parent = ?, doc = ? WHERE kind = ? AND id = ?`,
		m.Version, i.state, i.lineage, i.parent, string(doc), c.kind, m.ID)
	if err != nil {
		return err
	}
	c.store.fault("record written")
	if c.quiet != nil && c.quiet(old, p) {
		return nil
	}
	return c.store.addEvent(ctx, tx, c.event("updated", p))
}

// Filter chooses records of a list. Empty fields choose all.
type Filter struct {
	State   string
	Lineage string
	Parent  string // campaign of a change, change of a rollout, round of a campaign
	Limit   int    // 1 to MaxLimit; 0 is DefaultLimit
	Cursor  string // NextCursor of the page before
	Oldest  bool   // first; otherwise the newest come first
}

// Sizes of pages.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Page is a part of a list.
type Page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"nextCursor,omitempty"` // empty on the last page
}

// List reads records in the order in which they were created. A cursor stays
// good while records are added.
func (c *Collection[T, P]) List(ctx context.Context, f Filter) (Page[T], error) {
	page, err := c.list(ctx, f)
	if err != nil {
		return Page[T]{}, fmt.Errorf("store: list of %ss: %w", c.kind, err)
	}
	return page, nil
}

func (c *Collection[T, P]) list(ctx context.Context, f Filter) (Page[T], error) {
	query, args, err := f.query(c.kind)
	if err != nil {
		return Page[T]{}, err
	}
	rows, err := c.store.read.QueryContext(ctx, query, args...)
	if err != nil {
		return Page[T]{}, err
	}
	defer rows.Close()
	page, limit, last := Page[T]{Items: []T{}}, f.limit(), int64(0)
	for rows.Next() {
		var doc string
		var seq int64
		if err := rows.Scan(&seq, &doc); err != nil {
			return page, err
		}
		if len(page.Items) == limit {
			page.NextCursor = encodeCursor(last)
			break
		}
		var rec T
		if err := json.Unmarshal([]byte(doc), &rec); err != nil {
			return page, err
		}
		page.Items, last = append(page.Items, rec), seq
	}
	return page, rows.Err()
}

func (f Filter) limit() int {
	if f.Limit <= 0 {
		return DefaultLimit
	}
	return min(f.Limit, MaxLimit)
}

// query asks for one record more than the page holds, to know whether another
// page follows.
func (f Filter) query(kind string) (string, []any, error) {
	where, args := []string{"kind = ?"}, []any{kind}
	for _, c := range []struct{ column, value string }{{"state", f.State}, {"lineage", f.Lineage}, {"parent", f.Parent}} {
		if c.value != "" {
			where, args = append(where, c.column+" = ?"), append(args, c.value)
		}
	}
	relation, order := "<", "DESC"
	if f.Oldest {
		relation, order = ">", "ASC"
	}
	if f.Cursor != "" {
		seq, err := decodeCursor(f.Cursor)
		if err != nil {
			return "", nil, err
		}
		where, args = append(where, "seq "+relation+" ?"), append(args, seq)
	}
	return "SELECT seq, doc FROM records WHERE " + strings.Join(where, " AND ") + " ORDER BY seq " + order + " LIMIT ?", append(args, f.limit()+1), nil
}

func encodeCursor(seq int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte("seq:" + strconv.FormatInt(seq, 10)))
}

func decodeCursor(cursor string) (int64, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	text, ok := strings.CutPrefix(string(raw), "seq:")
	seq, parseErr := strconv.ParseInt(text, 10, 64)
	if err != nil || !ok || parseErr != nil {
		return 0, fmt.Errorf("%w: cursor %.40q is not one of ours: take nextCursor of a page", ErrInvalid, cursor)
	}
	return seq, nil
}
