package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"sync"

	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/pipeline"
)

// Ledger is a [Keeper] in one small file: the last answered session of each
// slot and lineage. The file is replaced as a whole, so a crash leaves the old
// or the new one.
type Ledger struct {
	path string
	mu   sync.Mutex
	last map[string]entry // by "lineage/slot"
}

type entry struct {
	Epoch   uint64          `json:"epoch"`
	Session pipeline.Digest `json:"session"`
	Report  Report          `json:"report"`
}

var _ Keeper = (*Ledger)(nil)

// OpenLedger reads the ledger at path; a missing file is an empty ledger. A
// damaged one is an error: a tile that forgot what it answered could answer
// twice.
func OpenLedger(path string) (*Ledger, error) {
	l := &Ledger{path: path, last: map[string]entry{}}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, fmt.Errorf("federation ledger: %w", err)
	}
	if err := json.Unmarshal(raw, &l.last); err != nil {
		return nil, fmt.Errorf("federation ledger %s is damaged (remove it only if this tile may answer old sessions again): %w", path, err)
	}
	return l, nil
}

// Last implements [Keeper].
func (l *Ledger) Last(slot, lineage string) (uint64, pipeline.Digest, Report) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.last[lineage+"/"+slot]
	return e.Epoch, e.Session, e.Report
}

// Keep implements [Keeper].
func (l *Ledger) Keep(s *Session, report Report) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := maps.Clone(l.last)
	next[s.Lineage+"/"+s.Slot] = entry{Epoch: s.Epoch, Session: report.Header.Session, Report: report}
	raw, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := durable.Replace(l.path, raw); err != nil {
		return err
	}
	l.last = next
	return nil
}
