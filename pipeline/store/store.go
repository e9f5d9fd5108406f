package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // driver "sqlite"

	"github.com/genesis-network/genesis/internal/durable"
)

// The errors of a store.
var (
	ErrNotFound = errors.New("not found")
	ErrMoved    = errors.New("the record has moved on: read it again")
	ErrConflict = errors.New("something else has this name")
	ErrInvalid  = errors.New("cannot be stored")
	ErrLocked   = errors.New("another process writes to this store: stop it first, or open the store read-only")
	ErrNewer    = errors.New("the store was written by a newer version of Genesis")
	ErrCorrupt  = errors.New("does not match its digest")
)

// Store is one control plane's memory, in one directory. Make it with [Open].
type Store struct {
	Campaigns *Campaigns
	Changes   *Changes
	Rollouts  *Rollouts
	Tiles     *Tiles
	Rounds    *Rounds
	Schedules *Schedules
	Falls     *Falls
	Artefacts *Artefacts

	write *sql.DB // one connection; nil when read-only
	read  *sql.DB
	lock  *os.File
	now   func() time.Time
	fault func(step string)

	mu      sync.Mutex
	changed chan struct{} // closed at the next event
}

// Option changes how a store is opened.
type Option func(*Store)

// WithClock sets the clock that stamps records; the default is [time.Now].
func WithClock(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// WithFault calls f before and after each durable step, with its name. Tests
// use it to die there; there is no other use.
func WithFault(f func(step string)) Option { return func(s *Store) { s.fault = f } }

// Names inside the directory of a store.
const (
	databaseName  = "records.db"
	artefactsName = "artefacts"
	lockName      = "lock"
)

// Open opens the store in dir for writing and makes it if it is not there. It
// is refused with [ErrLocked] while another process has it open for writing, and
// with [ErrNewer] when its schema is from the future.
func Open(ctx context.Context, dir string, options ...Option) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	lock, err := takeLock(ctx, filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("store: %s: %w", dir, err)
	}
	s := newStore(dir, options)
	s.lock = lock
	if err := s.openForWriting(ctx, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("store: %s: %w", dir, err), s.Close())
	}
	return s, nil
}

// OpenReadOnly opens a store beside the process that writes it. Writes are
// refused; [Store.Wait] does not see events of the other process.
func OpenReadOnly(ctx context.Context, dir string, options ...Option) (*Store, error) {
	path := filepath.Join(dir, databaseName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("store: %s: %w: start Genesis there first", dir, ErrNotFound)
	}
	s := newStore(dir, options)
	var err error
	if s.read, err = openDatabase(path, "query_only(1)"); err == nil {
		err = s.checkVersion(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store: %s: %w", dir, err), s.Close())
	}
	return s, nil
}

func newStore(dir string, options []Option) *Store {
	s := &Store{now: time.Now, fault: func(string) {}, changed: make(chan struct{})}
	for _, o := range options {
		o(s)
	}
	s.Campaigns = &Campaigns{store: s, kind: "campaign"}
	s.Changes = &Changes{store: s, kind: "change"}
	s.Rollouts = &Rollouts{store: s, kind: "rollout"}
	s.Tiles = &Tiles{store: s, kind: "tile", quiet: sameStanding}
	s.Rounds = &Rounds{store: s, kind: "round"}
	s.Schedules = &Schedules{store: s, kind: "schedule"}
	s.Falls = &Falls{store: s, kind: "fall"}
	s.Artefacts = &Artefacts{dir: filepath.Join(dir, artefactsName), fault: s.fault}
	return s
}

func (s *Store) openForWriting(ctx context.Context, dir string) error {
	if err := errors.Join(s.Artefacts.prepare(), s.Artefacts.removeLeftovers()); err != nil {
		return err
	}
	var err error
	path := filepath.Join(dir, databaseName)
	if s.write, err = openDatabase(path, "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := s.migrate(ctx); err != nil {
		return err
	}
	s.read, err = openDatabase(path, "query_only(1)")
	return err
}

// openDatabase waits up to ten seconds for another connection's lock, and takes
// the write lock when a transaction begins, so that none fails halfway.
func openDatabase(path string, pragmas ...string) (*sql.DB, error) {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)"}}
	for _, p := range pragmas {
		query.Add("_pragma", p)
	}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+query.Encode())
}

// lockWait is how long a lock may be held by nobody who uses the store: a process
// that this one started inherits the file until it becomes its program.
const lockWait = time.Second

// takeLock holds an advisory lock for as long as the process lives; the kernel
// gives it back when the process dies in whatever way.
func takeLock(ctx context.Context, path string) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	f, err := durable.Lock(ctx, path)
	if errors.Is(err, durable.ErrLocked) {
		return nil, ErrLocked
	}
	return f, err
}

// Close ends all use of the store. What was written stays.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// atomically runs f in one transaction of the one writer. Events that f adds
// wake readers once they are durable.
func (s *Store) atomically(ctx context.Context, f func(tx *sql.Tx) error) error {
	if s.write == nil {
		return fmt.Errorf("%w: the store is open read-only", ErrInvalid)
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	s.fault("begun")
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	s.fault("before commit")
	if err := tx.Commit(); err != nil {
		return err
	}
	s.fault("after commit")
	s.wake()
	return nil
}

func (s *Store) stamp() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

// next draws the next number of a sequence. The row stays locked until the
// transaction ends, so numbers become visible in order and without gaps.
func next(ctx context.Context, tx *sql.Tx, sequence string) (int64, error) {
	var n int64
	err := tx.QueryRowContext(ctx, `UPDATE counters SET value = value + 1 WHERE name = ? RETURNING value`, sequence).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("sequence %s: %w", sequence, err)
	}
	return n, nil
}
