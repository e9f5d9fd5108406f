package client

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/genesis-network/genesis/pipeline"
)

// The reasons why a tile refuses a session.
var (
	ErrUnsigned = errors.New("session is not signed by the control plane")
	ErrCohort   = errors.New("tile is not in the session's cohort")
	ErrRepeated = errors.New("session of an epoch that was already answered")
)

// Open checks the signature of a signed session and returns the document
// inside. An error means that the session is not signed by whom it must be.
type Open func(signed []byte) (document []byte, err error)

// Replay runs candidate and incumbent on the tile's own telemetry.
type Replay func(ctx context.Context, s *Session) ([]Block, error)

// Keeper remembers across restarts what a tile answered; see [Ledger].
type Keeper interface {
	// Last is the latest session of the slot in the lineage that was answered,
	// and its report. Epoch 0 means none.
	Last(slot, lineage string) (epoch uint64, session pipeline.Digest, report Report)
	// Keep is durable when it returns nil.
	Keep(s *Session, report Report) error
}

// Tile answers sessions.
type Tile struct {
	signer Signer
	open   Open
	keeper Keeper
	mu     sync.Mutex // one session at a time: an epoch is never answered twice
}

// NewTile makes the client of the tile whose key the signer holds.
func NewTile(signer Signer, open Open, keeper Keeper) *Tile {
	return &Tile{signer: signer, open: open, keeper: keeper}
}

// Answer checks the signed session, replays the candidate and returns the
// tile's report, after it was kept. The same session again gets the same
// report again, without a second measurement. Errors: [ErrUnsigned],
// [ErrSession], [ErrCohort], [ErrRepeated], [ErrBlocks], those of replay.
func (t *Tile) Answer(ctx context.Context, signed []byte, replay Replay) (Report, error) {
	s, id, err := t.check(signed)
	if err != nil {
		return Report{}, fmt.Errorf("federation: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	epoch, last, report := t.keeper.Last(s.Slot, s.Lineage)
	if last == id {
		return report, nil
	}
	if s.Epoch <= epoch {
		return Report{}, fmt.Errorf("federation: epoch %d of %s/%s: %w (the last one was %d)", s.Epoch, s.Lineage, s.Slot, ErrRepeated, epoch)
	}
	return t.measure(ctx, s, replay)
}

func (t *Tile) check(signed []byte) (*Session, pipeline.Digest, error) {
	if len(signed) > 2*MaxDocument { // a signed envelope carries the document in base64
		return nil, "", fmt.Errorf("%w: %d bytes", ErrSession, len(signed))
	}
	document, err := t.open(signed)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	s, err := ParseSession(document)
	if err != nil {
		return nil, "", err
	}
	if !s.Has(t.signer.Public()) {
		return nil, "", ErrCohort
	}
	id, err := s.Digest()
	return s, id, err
}

func (t *Tile) measure(ctx context.Context, s *Session, replay Replay) (Report, error) {
	blocks, err := replay(ctx, s)
	if err != nil {
		return Report{}, fmt.Errorf("federation: replay: %w", err)
	}
	vector, err := s.Vector(blocks)
	if err != nil {
		return Report{}, fmt.Errorf("federation: %w", err)
	}
	report, err := Shard(s, vector, t.signer)
	if err != nil {
		return Report{}, fmt.Errorf("federation: %w", err)
	}
	if err := t.keeper.Keep(s, report); err != nil {
		return Report{}, fmt.Errorf("federation: keep the report before it leaves: %w", err)
	}
	return report, nil
}
