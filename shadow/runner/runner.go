// Package runner is the tile's side of shadow execution: incumbent and
// candidate see the same inputs, only the incumbent acts, and what both
// answered is folded into digests that redundant tiles can compare bit for bit.
//
// It keeps true: the candidate never reaches the device; a chunk's digest
// depends on every input, result and panic in it and on nothing else, so two
// sound tiles give equal digests. It does not judge (see package shadow), and
// it sends nothing.
package runner

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/genesis-network/genesis/hal/sim"
	"github.com/genesis-network/genesis/pipeline"
)

// ChunkCalls is the number of calls that share a digest: small enough that a
// difference is found close to its input.
const ChunkCalls = 64

// Limits of a run, so that no message from elsewhere occupies a tile for long.
const (
	MaxCalls = 1 << 20
	MaxFor   = time.Hour
)

// Monitor checks the contract around a call. It returns what is broken, or "".
type Monitor interface {
	Check(in, out []uint64) string
}

// Device is what the incumbent drives: a simulated one, or a tap on a real one.
type Device interface {
	Sense(in []uint64) bool
	Act(out []uint64) error
}

var _ Device = sim.Device(nil)

// Task is one shadow run.
type Task struct {
	Change    pipeline.Digest
	Window    pipeline.Digest // of the telemetry that drives the device
	Calls     int64
	Device    Device
	Incumbent sim.Stepper
	Candidate sim.Stepper
	Watch     Monitor // of the candidate; nil for none
	Inputs    int     // scalars of the slot's Input
	Results   int
	// Fault flips a bit of what this tile computed: a broken tile, for drills.
	Fault bool
}

// Run is what a tile saw.
type Run struct {
	Tile      string            `json:"tile"`
	Change    pipeline.Digest   `json:"change"`
	Window    pipeline.Digest   `json:"window"`
	Calls     int64             `json:"calls"`
	Incumbent []pipeline.Digest `json:"incumbent"` // by chunk, each over all before it
	Candidate []pipeline.Digest `json:"candidate"`
	Differs   int64             `json:"differs"` // calls in which the two decided differently
	Broken    []Breach          `json:"broken"`  // of the candidate, at most MaxBreaches
	Breaches  int64             `json:"breaches"`
	// Times of a call, for people; no verdict rests on them.
	IncumbentNanos int64 `json:"incumbentNanos"`
	CandidateNanos int64 `json:"candidateNanos"`
}

// Breach is a call in which the candidate panicked or broke its contract.
type Breach struct {
	Call  int64    `json:"call"`
	Input []uint64 `json:"input"`
	What  string   `json:"what"`
}

// MaxBreaches is how many breaches a run describes; all are counted.
const MaxBreaches = 8

// ErrTask says that a task cannot be run.
var ErrTask = errors.New("shadow: bad task")

// Do runs a task to its end, or until the window is over or the context is.
func Do(ctx context.Context, tile string, t Task) (Run, error) {
	if t.Calls < 1 || t.Calls > MaxCalls || t.Device == nil || t.Incumbent == nil || t.Candidate == nil {
		return Run{}, fmt.Errorf("%w: %d calls (1 to %d), device, incumbent and candidate are needed", ErrTask, t.Calls, MaxCalls)
	}
	r := running{Task: t, run: Run{Tile: tile, Change: t.Change, Window: t.Window}, inc: newFold(), cand: newFold(),
		in: make([]uint64, t.Inputs), out: make([]uint64, t.Results), other: make([]uint64, t.Results)}
	for r.run.Calls < t.Calls && t.Device.Sense(r.in) {
		if err := ctx.Err(); err != nil {
			return r.run, fmt.Errorf("shadow: after %d calls: %w", r.run.Calls, err)
		}
		if err := r.call(); err != nil {
			return r.run, fmt.Errorf("shadow: call %d: %w", r.run.Calls, err)
		}
	}
	r.chunk()
	return r.run, nil
}

type running struct {
	Task
	run            Run
	inc, cand      *fold
	in, out, other []uint64
}

func (r *running) call() error {
	start := time.Now()
	if err := r.Incumbent.Step(r.in, r.out); err != nil {
		return fmt.Errorf("the incumbent failed: %w", err)
	}
	between := time.Now()
	err := r.Candidate.Step(r.in, r.other)
	r.run.CandidateNanos += time.Since(between).Nanoseconds()
	r.run.IncumbentNanos += between.Sub(start).Nanoseconds()
	r.judge(err)
	if r.Fault {
		r.out[0] ^= 1
	}
	r.inc.add(r.in, r.out, nil)
	r.cand.add(r.in, r.other, err)
	if r.Fault {
		r.out[0] ^= 1
	}
	r.run.Calls++
	if r.run.Calls%ChunkCalls == 0 {
		r.chunk()
	}
	return r.Device.Act(r.out)
}

func (r *running) judge(err error) {
	what := ""
	if err != nil {
		what = err.Error()
	} else if r.Watch != nil {
		what = r.Watch.Check(r.in, r.other)
	}
	if err != nil || !equal(r.out, r.other) {
		r.run.Differs++
	}
	if what == "" {
		return
	}
	r.run.Breaches++
	if len(r.run.Broken) < MaxBreaches {
		r.run.Broken = append(r.run.Broken, Breach{Call: r.run.Calls, Input: append([]uint64(nil), r.in...), What: what})
	}
}

func equal(a, b []uint64) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// chunk closes a chunk, unless nothing was added since the last one.
func (r *running) chunk() {
	if want := int((r.run.Calls + ChunkCalls - 1) / ChunkCalls); len(r.run.Incumbent) < want {
		r.run.Incumbent = append(r.run.Incumbent, r.inc.digest())
		r.run.Candidate = append(r.run.Candidate, r.cand.digest())
	}
}

// fold digests calls, in order.
type fold struct {
	h   hash.Hash
	buf []byte
}

func newFold() *fold { return &fold{h: sha256.New()} }

func (f *fold) add(in, out []uint64, err error) {
	f.buf = f.buf[:0]
	for _, list := range [][]uint64{in, out} {
		for _, v := range list {
			f.buf = binary.LittleEndian.AppendUint64(f.buf, v)
		}
	}
	if err != nil {
		f.buf = append(f.buf, err.Error()...)
	}
	f.h.Write(f.buf)
}

func (f *fold) digest() pipeline.Digest { return pipeline.Digest(hex.EncodeToString(f.h.Sum(nil))) }
