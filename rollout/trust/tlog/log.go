package tlog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"k8s.io/klog/v2"
)

// Defaults of the log's pace. Statements are few and somebody waits for each,
// so the log trades throughput for latency.
const (
	// DefaultBatchAge is how long an entry waits for others to share a write.
	DefaultBatchAge = 20 * time.Millisecond
	// DefaultInterval is how often a checkpoint is published while the log
	// grows; the least that Tessera allows on a file system.
	DefaultInterval = 100 * time.Millisecond
	// DefaultRefresh is how often the checkpoint of a log that does not grow is
	// signed anew, which moves the tiles' floor of time.
	DefaultRefresh = time.Minute
	// pollPeriod is how often waiting for a publication looks.
	pollPeriod = 20 * time.Millisecond
	// shutdownLimit bounds how long Close waits for the last checkpoint.
	shutdownLimit = 10 * time.Second
)

// Options of a log.
type Options struct {
	Root    *trust.Root // whose log it is
	Signer  note.Signer // the log's key
	Witness *Witness    // in this process
	Logger  *slog.Logger
}

// Log is one transparency log in a directory, which it holds locked. Safe for
// concurrent use.
type Log struct {
	dir    string
	lock   *os.File
	root   *trust.Root
	add    tessera.AddFn
	reader tessera.LogReader
	cancel context.CancelFunc
	stop   func(context.Context) error

	mu    sync.Mutex
	known map[identity]*entry
	order []identity // of what was integrated when the log was opened
}

// identity is what an entry is logged once by.
type identity [sha256.Size]byte

// entry is a place in the log, known once done is closed.
type entry struct {
	done  chan struct{}
	index uint64
	err   error
}

// Open opens the log in a directory and makes it at the first run. It goes on
// until [Log.Close]. While another process has the log open it waits, until
// the context ends.
func Open(ctx context.Context, dir string, opts Options) (*Log, error) {
	quiet(opts.Logger)
	if opts.Signer.Name() != opts.Root.Log.Origin {
		return nil, fmt.Errorf("tlog: the key is named %q, the root's log %q", opts.Signer.Name(), opts.Root.Log.Origin)
	}
	witnesses, err := witnessGroup(opts.Root)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("tlog: open: %w", err)
	}
	lock, err := durable.Lock(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("tlog: open: %w", err)
	}
	// The log outlives the call that opens it, and ends when Close cancels:
	// Tessera's goroutines end with their context, not with their shutdown.
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l := &Log{dir: dir, lock: lock, root: opts.Root, cancel: cancel, known: map[identity]*entry{}}
	if err := l.start(running, opts, witnesses); err != nil {
		cancel()
		return nil, errors.Join(fmt.Errorf("tlog: open %s: %w", dir, err), lock.Close())
	}
	return l, nil
}

// witnessGroup demands a cosignature of the root's first witness, which runs
// in this process.
func witnessGroup(root *trust.Root) (tessera.WitnessGroup, error) {
	u, err := url.Parse(inProcessURL)
	if err != nil {
		return tessera.WitnessGroup{}, err
	}
	w, err := tessera.NewWitness(root.Log.Witnesses[0], u)
	if err != nil {
		return tessera.WitnessGroup{}, fmt.Errorf("tlog: witness: %w", err)
	}
	return tessera.NewWitnessGroup(1, w), nil
}

func (l *Log) start(ctx context.Context, opts Options, witnesses tessera.WitnessGroup) error {
	driver, err := posix.New(ctx, posix.Config{
		Path: filepath.Join(l.dir, "tiles"), HTTPClient: &http.Client{Transport: inProcess{opts.Witness}},
	})
	if err != nil {
		return err
	}
	appender, stop, reader, err := tessera.NewAppender(ctx, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(opts.Signer).
		WithWitnesses(witnesses, nil).
		WithBatching(tessera.DefaultBatchMaxSize, DefaultBatchAge).
		WithCheckpointInterval(DefaultInterval).
		WithCheckpointRepublishInterval(DefaultRefresh).
		WithShutdownTimeout(shutdownLimit))
	if err != nil {
		return err
	}
	l.add, l.stop, l.reader = appender.Add, stop, reader
	return l.recall(ctx)
}

// Close waits until what was appended is published, and ends the log.
func (l *Log) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, shutdownLimit)
	defer cancel()
	err := l.stop(ctx)
	l.cancel()
	if err = errors.Join(err, l.lock.Close()); err != nil {
		return fmt.Errorf("tlog: close %s: %w", l.dir, err)
	}
	return nil
}

// Entry is a place in the log. The envelope is the one that lies there: of
// equal work signed twice, the first.
type Entry struct {
	Index    uint64
	Envelope []byte
	Known    bool // it was there before
}

// Append logs envelopes and returns when they are durable. What was logged
// before (trust.Identity) is returned as it lies there and not logged again.
func (l *Log) Append(ctx context.Context, envelopes ...[]byte) ([]Entry, error) {
	ids := make([]identity, len(envelopes))
	for i, raw := range envelopes {
		id, err := trust.Identity(raw)
		if err == nil {
			ids[i], err = identityOf(id)
		}
		if err != nil {
			return nil, fmt.Errorf("tlog: append: %w", err)
		}
	}
	return l.append(ctx, ids, envelopes)
}

// AppendRaw logs bytes that are not an envelope, once.
func (l *Log) AppendRaw(ctx context.Context, raw []byte) (Entry, error) {
	list, err := l.append(ctx, []identity{sha256.Sum256(raw)}, [][]byte{raw})
	if err != nil {
		return Entry{}, err
	}
	return list[0], nil
}

// append begins all the additions, so that they share a batch, then waits.
func (l *Log) append(ctx context.Context, ids []identity, raws [][]byte) ([]Entry, error) {
	for _, raw := range raws {
		if len(raw) > trust.MaxEnvelope {
			return nil, fmt.Errorf("tlog: append: entry of %d bytes, limit %d", len(raw), trust.MaxEnvelope)
		}
	}
	entries, out := make([]*entry, len(ids)), make([]Entry, len(ids))
	for i, id := range ids {
		entries[i], out[i].Known = l.entry(ctx, id, raws[i])
	}
	for i, e := range entries {
		if err := l.wait(ctx, e, &out[i], raws[i]); err != nil {
			return nil, fmt.Errorf("tlog: append: %w", err)
		}
	}
	return out, nil
}

func (l *Log) wait(ctx context.Context, e *entry, out *Entry, raw []byte) (err error) {
	select {
	case <-e.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if e.err != nil {
		return e.err
	}
	out.Index, out.Envelope = e.index, raw
	if out.Known {
		out.Envelope, err = l.Entry(ctx, e.index)
	}
	return err
}

func identityOf(id pipeline.Digest) (identity, error) {
	raw, err := hex.DecodeString(string(id))
	if err != nil || len(raw) != sha256.Size {
		return identity{}, fmt.Errorf("tlog: identity %.80q: %w", id, pipeline.ErrDigest)
	}
	return identity(raw), nil
}

// entry finds an entry or begins to add it. An addition that failed is
// forgotten, so that the next attempt tries again.
func (l *Log) entry(ctx context.Context, id identity, raw []byte) (e *entry, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.known[id]; ok {
		return e, true
	}
	e = &entry{done: make(chan struct{})}
	l.known[id] = e
	future := l.add(context.WithoutCancel(ctx), tessera.NewEntry(raw))
	go l.settle(id, e, future)
	return e, false
}

// settle ends when Tessera resolves the future: within a batch's age, or when
// the log is closed.
func (l *Log) settle(id identity, e *entry, future tessera.IndexFuture) {
	defer close(e.done)
	i, err := future()
	if err == nil {
		e.index = i.Index
		return
	}
	e.err = err
	l.mu.Lock()
	delete(l.known, id)
	l.mu.Unlock()
}

// Quiet: Tessera logs through klog, to standard error and for the whole
// process. Its messages go to the given logger, or nowhere.
var quietOnce sync.Once

func quiet(logger *slog.Logger) {
	quietOnce.Do(func() {
		if logger == nil {
			logger = slog.New(slog.DiscardHandler)
		}
		klog.SetSlogLogger(logger)
	})
}
