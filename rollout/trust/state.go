package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/pipeline"
)

// State is what a tile remembers: floors that never go down, what runs, and
// what is on trial. Losing it means losing the protection against rollback,
// so a tile keeps it on disk and writes it before it acts.
type State struct {
	Serial    uint64 `json:"serial"`    // of the last release or escape taken
	Epoch     uint64 `json:"epoch"`     // security epoch of what was last committed
	Time      int64  `json:"time"`      // Unix seconds; the latest that witnesses vouched for
	Policy    int64  `json:"policy"`    // version seen
	Contracts uint64 `json:"contracts"` // version seen

	Size uint64          `json:"size"` // of the largest log seen
	Head pipeline.Digest `json:"head"` // its root; empty before the first

	Release   pipeline.Digest            `json:"release"`   // StatementDigest of what was last committed; empty before
	Installed map[string]pipeline.Digest `json:"installed"` // what was committed: module by slot
	Trial     *Trial                     `json:"trial"`     // what is being tried, or nil
	Flaps     []int64                    `json:"flaps"`     // Unix seconds of the last ways back
	Halted    []pipeline.Digest          `json:"halted"`    // releases never to be taken
}

// Trial is a release that was taken and not yet committed, with its way back,
// verified together with it.
type Trial struct {
	Release pipeline.Digest            `json:"release"` // StatementDigest
	Serial  uint64                     `json:"serial"`
	Epoch   uint64                     `json:"epoch"`
	Slots   map[string]pipeline.Digest `json:"slots"` // module by slot
	Escape  *Way                       `json:"escape"`
	Expires int64                      `json:"expires"` // Unix seconds; without a commit it ends then
	Paused  bool                       `json:"paused"`  // the tile was stopped in order, not by a fault: the trial begins again
}

// Way is a way back.
type Way struct {
	Release pipeline.Digest            `json:"release"` // StatementDigest of the escape
	Serial  uint64                     `json:"serial"`
	Epoch   uint64                     `json:"epoch"`
	Slots   map[string]pipeline.Digest `json:"slots"` // module by slot
}

// maxState bounds the file; a state is a few kilobytes.
const maxState = 1 << 20

// ReadState reads a tile's state; a file that is not there is the zero state
// of a tile that never took a release.
func ReadState(path string) (State, error) {
	var s State
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("trust: state: %w", err)
	}
	if len(raw) > maxState {
		return s, fmt.Errorf("trust: state: %s has %d bytes, limit %d", path, len(raw), maxState)
	}
	if err := pipeline.Decode(raw, &s); err != nil {
		return State{}, fmt.Errorf("trust: state: %s is damaged (%w); without it old releases cannot be told from new ones", path, err)
	}
	return s, nil
}

// WriteState replaces a tile's state so that a crash at any point leaves the
// old or the new one, and returns when it is on the disk.
func WriteState(path string, s State) error {
	raw, err := pipeline.Canonical(s)
	if err != nil {
		return fmt.Errorf("trust: state: %w", err)
	}
	if err := durable.Replace(path, raw); err != nil {
		return fmt.Errorf("trust: state: %w", err)
	}
	return nil
}
