package telemetry

import (
	"fmt"
	"slices"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// Part says what a window may be used for.
type Part string

// The parts of a trace. What chose a candidate must not also judge it.
const (
	PartAll       Part = "all"
	PartSelection Part = "selection" // searches see this one
	PartChoice    Part = "choice"    // the winner among survivors is chosen on this one
	PartReport    Part = "report"    // figures come from this one, which no proposer saw
)

// MinReport is the least number of blocks of the report part: a moving-block
// bootstrap over fewer says little.
const MinReport = 20

// Window is a stretch of a trace at the tick of a simulator, in blocks. It is
// immutable; columns are shared between windows and must not be written to.
type Window struct {
	source     string
	trace      pipeline.Digest
	tick       time.Duration
	blockTicks int
	part       Part
	inputs     []string
	units      []Unit
	columns    [][]int32
	days       []int // place of each block in the trace, from 0
	from       int   // ticks since the start of the first of those blocks
}

// keep drops the blocks that are bad.
func (w *Window) keep(bad []bool) {
	for i := range bad {
		if !bad[i] {
			w.days = append(w.days, i)
		}
	}
	if len(w.days) == len(bad) {
		return
	}
	for c, values := range w.columns {
		kept := make([]int32, 0, len(w.days)*w.blockTicks)
		for _, d := range w.days {
			kept = append(kept, values[d*w.blockTicks:(d+1)*w.blockTicks]...)
		}
		w.columns[c] = kept
	}
}

// Tick is the time between two values.
func (w *Window) Tick() time.Duration { return w.tick }

// Len is the number of ticks.
func (w *Window) Len() int { return len(w.columns[0]) }

// BlockTicks is the number of ticks in a block.
func (w *Window) BlockTicks() int { return w.blockTicks }

// Blocks is the number of blocks; the last may be partial after [Window.Slice].
func (w *Window) Blocks() int { return (w.Len() + w.blockTicks - 1) / w.blockTicks }

// Days are the places of the window's blocks in the trace, from 0. Blocks that
// touched a gap are missing.
func (w *Window) Days() []int { return slices.Clone(w.days) }

// Part says what the window may be used for.
func (w *Window) Part() Part { return w.part }

// Trace is the digest of the trace's header.
func (w *Window) Trace() pipeline.Digest { return w.trace }

// Column is the values of an input, in thousandths of the unit, one a tick. It
// refuses an input that was not recorded, or in another quantity.
func (w *Window) Column(input, unit string) ([]int32, error) {
	i := slices.Index(w.inputs, input)
	if i < 0 {
		return nil, fmt.Errorf("telemetry: trace %s has no input %q: map a column to it in the header", w.source, input)
	}
	if w.units[i] != Unit(unit) {
		return nil, fmt.Errorf("telemetry: trace %s records %s in %s: it is needed in %s", w.source, input, w.units[i], unit)
	}
	return w.columns[i], nil
}

// Slice is the n ticks from the given one on. Blocks of the slice start at from.
func (w *Window) Slice(from, n int) (*Window, error) {
	if from < 0 || n < 1 || from+n > w.Len() {
		return nil, fmt.Errorf("telemetry: slice of %d ticks from %d: the window has %d", n, from, w.Len())
	}
	s := *w
	s.from = w.from%w.blockTicks + from
	first := s.from / w.blockTicks
	last := (s.from + n - 1) / w.blockTicks
	s.days = w.days[first : last+1]
	s.from %= w.blockTicks
	s.columns = make([][]int32, len(w.columns))
	for i, c := range w.columns {
		s.columns[i] = c[from : from+n : from+n]
	}
	return &s, nil
}

// Digest names the window: the trace, the part, and which ticks of it.
func (w *Window) Digest() (pipeline.Digest, error) {
	return pipeline.Sum("window", map[string]any{
		"trace": w.trace, "part": w.part, "tickMillis": w.tick.Milliseconds(), "blockTicks": w.blockTicks,
		"days": w.days, "from": w.from, "ticks": w.Len(),
	})
}

// Parts is a trace cut in three, in the order of time, so that none can leak
// into another.
type Parts struct {
	Selection, Choice, Report *Window
}

// Of is the window of a part.
func (p Parts) Of(part Part) (*Window, bool) {
	w, ok := map[Part]*Window{PartSelection: p.Selection, PartChoice: p.Choice, PartReport: p.Report}[part]
	return w, ok
}

// Split cuts a window of complete blocks in three: a third each, but at least
// [MinReport] blocks for the report. An error that is [ErrShort] says that
// there are too few.
func (w *Window) Split() (Parts, error) {
	n := w.Blocks()
	report := max(MinReport, n-2*(n/3))
	if w.part != PartAll || w.Len()%w.blockTicks != 0 {
		return Parts{}, fmt.Errorf("telemetry: split %s: only the whole of a trace can be split", w.source)
	}
	if n-report < 2 {
		return Parts{}, &Error{File: w.source, What: fmt.Sprintf("%d complete blocks", n), Hint: fmt.Sprintf("three parts need at least %d", MinReport+2), Kind: ErrShort}
	}
	choice := (n - report) / 2
	selection := n - report - choice
	return Parts{
		Selection: w.blocks(PartSelection, 0, selection),
		Choice:    w.blocks(PartChoice, selection, choice),
		Report:    w.blocks(PartReport, selection+choice, report),
	}, nil
}

func (w *Window) blocks(part Part, first, n int) *Window {
	s, err := w.Slice(first*w.blockTicks, n*w.blockTicks)
	if err != nil {
		panic("telemetry: " + err.Error()) // Split computed the bounds
	}
	s.part = part
	return s
}
