package client

import (
	"errors"
	"fmt"
	"slices"
)

// Fault is how the replay of a block failed.
type Fault uint8

// The faults. A block with a fault counts in its own entry and nowhere else:
// neither side's totals take part in the comparison.
const (
	NoFault   Fault = iota
	Mismatch        // two engines or two runs gave different outputs
	Panic           // the candidate panicked
	Violation       // a run-time monitor of the contract objected
)

// Block is the replay of one block of telemetry (a day, say) by candidate and
// incumbent: raw totals in the order of Session.Metrics.
type Block struct {
	Fault     Fault
	Candidate []int64
	Incumbent []int64
}

// The entries that every session has, in their order in the vector.
const (
	EntryReplays   = "replays"
	EntryPass      = "pass"
	EntryMismatch  = "mismatch"
	EntryPanic     = "panic"
	EntryViolation = "violation"
	EntryClipped   = "clipped" // totals of this tile that were cut to their public maximum
)

var fixedEntries = []string{EntryReplays, EntryPass, EntryMismatch, EntryPanic, EntryViolation, EntryClipped}

// ErrBlocks says that a tile's blocks do not fit the session.
var ErrBlocks = errors.New("blocks do not fit the session")

// maxRaw bounds raw totals so that permille of them stay inside int64.
const maxRaw = 1 << 52

// Length is the number of entries of the vector.
func (s *Session) Length() int { return len(fixedEntries) + len(s.Metrics)*s.perMetric() }

// perMetric is the number of entries of one metric: candidate, incumbent and
// the buckets of improvement.
func (s *Session) perMetric() int { return 2 + s.Buckets() }

// Buckets is the number of buckets of improvement.
func (s *Session) Buckets() int { return len(s.Edges) + 1 }

// Entries names the entries of the vector in order: the fixed ones, then for
// each metric "<name>.candidate", "<name>.incumbent" and "<name>.bucket.<i>".
func (s *Session) Entries() []string {
	names := slices.Clone(fixedEntries)
	for _, m := range s.Metrics {
		names = append(names, m.Name+".candidate", m.Name+".incumbent")
		for i := range s.Buckets() {
			names = append(names, fmt.Sprintf("%s.bucket.%d", m.Name, i))
		}
	}
	return names
}

// Vector folds a tile's blocks into the session's vector. Every entry is at
// most its public maximum: totals are counted in steps and cut at the clip
// (and "clipped" says how many were).
func (s *Session) Vector(blocks []Block) ([]uint64, error) {
	if uint64(len(blocks)) > s.Replays {
		return nil, fmt.Errorf("%w: %d blocks, at most %d", ErrBlocks, len(blocks), s.Replays)
	}
	f := folder{s: s, candidate: make([]int64, len(s.Metrics)), incumbent: make([]int64, len(s.Metrics)), out: make([]uint64, s.Length())}
	for i, b := range blocks {
		if err := f.add(b); err != nil {
			return nil, fmt.Errorf("%w: block %d: %w", ErrBlocks, i+1, err)
		}
	}
	return f.finish(), nil
}

type folder struct {
	s                    *Session
	candidate, incumbent []int64
	out                  []uint64
}

func (f *folder) add(b Block) error {
	if b.Fault > Violation {
		return fmt.Errorf("fault %d is unknown", b.Fault)
	}
	f.out[0]++
	f.out[1+int(b.Fault)]++ // the order of fixedEntries follows that of the faults
	if b.Fault != NoFault {
		return nil
	}
	if len(b.Candidate) != len(f.s.Metrics) || len(b.Incumbent) != len(f.s.Metrics) {
		return fmt.Errorf("%d and %d totals for %d metrics", len(b.Candidate), len(b.Incumbent), len(f.s.Metrics))
	}
	for i, m := range f.s.Metrics {
		if err := f.addMetric(i, m, b.Candidate[i], b.Incumbent[i]); err != nil {
			return fmt.Errorf("metric %s: %w", m.Name, err)
		}
	}
	return nil
}

func (f *folder) addMetric(i int, m Metric, candidate, incumbent int64) error {
	if candidate < 0 || incumbent < 0 {
		return fmt.Errorf("totals %d and %d: want no negative ones", candidate, incumbent)
	}
	candidate, incumbent = min(candidate, maxRaw), min(incumbent, maxRaw)
	f.candidate[i] = min(f.candidate[i]+candidate, maxRaw)
	f.incumbent[i] = min(f.incumbent[i]+incumbent, maxRaw)
	bucket, _ := slices.BinarySearch(f.s.Edges, improvement(m, candidate, incumbent)+1)
	f.out[f.base(i)+2+bucket]++
	return nil
}

func (f *folder) base(metric int) int { return len(fixedEntries) + metric*f.s.perMetric() }

func (f *folder) finish() []uint64 {
	for i, m := range f.s.Metrics {
		f.out[f.base(i)] = f.clip(m, f.candidate[i])
		f.out[f.base(i)+1] = f.clip(m, f.incumbent[i])
	}
	return f.out
}

func (f *folder) clip(m Metric, raw int64) uint64 {
	counts := uint64(raw) / m.Step
	if counts <= m.Clip && raw < maxRaw {
		return counts
	}
	f.out[slices.Index(fixedEntries, EntryClipped)]++
	return min(counts, m.Clip)
}

// improvement is how much better the candidate is, in permille of the
// incumbent, rounded down so that the smallest loss is a loss. Against an incumbent of zero any difference
// counts as a thousand.
func improvement(m Metric, candidate, incumbent int64) int64 {
	gain := incumbent - candidate
	if m.Direction == "max" {
		gain = -gain
	}
	switch {
	case incumbent != 0 && gain < 0:
		return -((-gain*1000 + incumbent - 1) / incumbent)
	case incumbent != 0:
		return gain * 1000 / incumbent
	case gain > 0:
		return 1000
	case gain < 0:
		return -1000
	}
	return 0
}
