package tlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

// Prove waits until all the entries are published, and returns a proof of
// inclusion for each, under one cosigned checkpoint.
func (l *Log) Prove(ctx context.Context, indices ...uint64) ([]trust.Proof, []byte, error) {
	cp, raw, err := l.published(ctx, indices)
	if err != nil {
		return nil, nil, fmt.Errorf("tlog: prove: %w", err)
	}
	builder, err := client.NewProofBuilder(ctx, cp.Size, l.reader.ReadTile)
	if err != nil {
		return nil, nil, fmt.Errorf("tlog: prove: %w", err)
	}
	proofs := make([]trust.Proof, len(indices))
	for i, index := range indices {
		hashes, err := builder.InclusionProof(ctx, index)
		if err != nil {
			return nil, nil, fmt.Errorf("tlog: prove entry %d: %w", index, err)
		}
		proofs[i] = trust.Proof{Index: index, Hashes: digests(hashes)}
	}
	return proofs, raw, nil
}

// published waits for a checkpoint that covers all the indices.
func (l *Log) published(ctx context.Context, indices []uint64) (*trust.Checkpoint, []byte, error) {
	last := uint64(0)
	for _, i := range indices {
		last = max(last, i)
	}
	next, err := l.reader.NextIndex(ctx)
	if err != nil {
		return nil, nil, err
	}
	if last >= next {
		return nil, nil, fmt.Errorf("entry %d is not in the log, which has %d", last, next)
	}
	look := time.NewTicker(pollPeriod)
	defer look.Stop()
	for {
		cp, raw, err := l.Checkpoint(ctx)
		if err == nil && cp.Size > last {
			return cp, raw, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("no checkpoint covers entry %d yet: %w", last, ctx.Err())
		}
	}
}

// Checkpoint is the checkpoint that is published now, as it stands in chains;
// fs.ErrNotExist before the first. Its age says whether log and witness are
// alive.
func (l *Log) Checkpoint(ctx context.Context) (*trust.Checkpoint, []byte, error) {
	raw, err := l.reader.ReadCheckpoint(ctx)
	if err != nil {
		return nil, nil, err
	}
	if raw, err = l.root.TrimCheckpoint(raw); err != nil {
		return nil, nil, err
	}
	cp, err := l.root.OpenCheckpoint(raw)
	return cp, raw, err
}

func digests(hashes [][]byte) []pipeline.Digest {
	out := make([]pipeline.Digest, len(hashes))
	for i, h := range hashes {
		out[i] = pipeline.Digest(fmt.Sprintf("%x", h))
	}
	return out
}

// Fill logs what is not yet logged of a chain, waits until it is published,
// and gives every envelope its proof and the chain its checkpoint. An envelope
// that was logged with other signatures is an error: the chain must use what
// Append returned.
func (l *Log) Fill(ctx context.Context, c *trust.Chain) error {
	parts := c.Logged()
	envelopes, indices := make([][]byte, len(parts)), make([]uint64, len(parts))
	for i, p := range parts {
		envelopes[i] = p.Envelope
	}
	entries, err := l.Append(ctx, envelopes...)
	if err != nil {
		return err
	}
	for i, e := range entries {
		if !bytes.Equal(e.Envelope, envelopes[i]) {
			return fmt.Errorf("tlog: fill: part %d of the chain was logged as entry %d with other signatures; use that envelope", i, e.Index)
		}
		indices[i] = e.Index
	}
	proofs, checkpoint, err := l.Prove(ctx, indices...)
	if err != nil {
		return err
	}
	for i, p := range parts {
		p.Proof = proofs[i]
	}
	c.Checkpoint = checkpoint
	return nil
}

// Size is how many entries are integrated.
func (l *Log) Size(ctx context.Context) (uint64, error) {
	n, err := l.reader.IntegratedSize(ctx)
	if err != nil {
		return 0, fmt.Errorf("tlog: size: %w", err)
	}
	return n, nil
}

// Entry reads one entry.
func (l *Log) Entry(ctx context.Context, index uint64) ([]byte, error) {
	size, err := l.Size(ctx)
	if err != nil {
		return nil, err
	}
	if index >= size {
		return nil, fmt.Errorf("tlog: entry %d of %d", index, size)
	}
	bundle, err := l.bundle(ctx, index/layout.EntryBundleWidth, size)
	if err != nil {
		return nil, fmt.Errorf("tlog: entry %d: %w", index, err)
	}
	return bundle[index%layout.EntryBundleWidth], nil
}

// bundle reads the entries of one bundle, as many as a log of this size has.
func (l *Log) bundle(ctx context.Context, n, size uint64) ([][]byte, error) {
	b, err := client.GetEntryBundle(ctx, l.reader.ReadEntryBundle, n, size)
	if err != nil {
		return nil, err
	}
	want := min(layout.EntryBundleWidth, size-n*layout.EntryBundleWidth)
	if uint64(len(b.Entries)) < want {
		return nil, fmt.Errorf("bundle %d has %d entries, want %d", n, len(b.Entries), want)
	}
	return b.Entries[:want], nil
}

// identitiesFile keeps the identities of the first entries, in their order,
// so that a large log opens quickly. It is only a memory aid: it is made again
// from the log when it is missing or does not fit.
const identitiesFile = "identities"

// recall learns which entry has which identity.
func (l *Log) recall(ctx context.Context) error {
	size, err := l.reader.IntegratedSize(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the log is new
	}
	if err != nil {
		return err
	}
	l.order = l.remembered(size)
	for n := uint64(len(l.order)); n < size; n = uint64(len(l.order)) {
		bundle, err := l.bundle(ctx, n/layout.EntryBundleWidth, size)
		if err != nil {
			return err
		}
		for _, raw := range bundle[n%layout.EntryBundleWidth:] {
			l.order = append(l.order, rawIdentity(raw))
		}
	}
	for i, id := range l.order {
		if _, twice := l.known[id]; !twice {
			l.known[id] = &entry{done: closed, index: uint64(i)}
		}
	}
	return l.memorise()
}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// rawIdentity is the identity of an entry as it lies in the log.
func rawIdentity(raw []byte) identity {
	id, err := trust.Identity(raw)
	if err != nil {
		id = pipeline.SumBytes(raw)
	}
	key, err := identityOf(id)
	if err != nil {
		panic("tlog: a digest is not a digest: " + err.Error())
	}
	return key
}

func (l *Log) remembered(size uint64) []identity {
	raw, err := os.ReadFile(filepath.Join(l.dir, identitiesFile))
	if err != nil || len(raw)%len(identity{}) != 0 || uint64(len(raw)/len(identity{})) > size {
		return nil
	}
	out := make([]identity, len(raw)/len(identity{}))
	for i := range out {
		copy(out[i][:], raw[i*len(identity{}):])
	}
	return out
}

func (l *Log) memorise() error {
	var b strings.Builder
	for _, id := range l.order {
		b.Write(id[:])
	}
	return durable.Replace(filepath.Join(l.dir, identitiesFile), []byte(b.String()))
}

// Fsck reads the whole log and compares every entry, every tile and the
// published checkpoint with each other.
func (l *Log) Fsck(ctx context.Context) error {
	v, err := note.NewVerifier(l.root.Log.Key)
	if err != nil {
		return fmt.Errorf("tlog: fsck: %w", err)
	}
	if err := fsck.New(l.root.Log.Origin, v, l.reader, bundleHashes, fsck.Opts{N: 1}).Check(ctx); err != nil {
		return fmt.Errorf("tlog: fsck %s: %w", l.dir, err)
	}
	return nil
}

func bundleHashes(raw []byte) ([][]byte, error) {
	var b api.EntryBundle
	if err := b.UnmarshalText(raw); err != nil {
		return nil, err
	}
	out := make([][]byte, len(b.Entries))
	for i, e := range b.Entries {
		out[i] = rfc6962.DefaultHasher.HashLeaf(e)
	}
	return out, nil
}
