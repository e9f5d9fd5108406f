package telemetry

import (
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// Trace is recorded telemetry, read and checked.
type Trace struct {
	Header Header
	Digest pipeline.Digest // SumBytes of the header, which names each file by digest
	file   string
	inputs []series
}

// series is the samples of one input.
type series struct {
	column   Column
	unit     Unit
	file     string
	interval int64 // milliseconds, as the others
	longest  int64
	drop     bool
	samples  []sample
}

// Load reads the header at name in fsys and the files beside it, and checks
// every digest. Errors of the trace are of type *Error.
func Load(fsys fs.FS, name string) (*Trace, error) {
	src, err := readFile(fsys, name, MaxHeader, ErrHeader)
	if err != nil {
		return nil, err
	}
	h, err := ParseHeader(name, src)
	if err != nil {
		return nil, err
	}
	t := &Trace{Header: *h, Digest: pipeline.SumBytes(src), file: name}
	for i := range h.Spec.Sources {
		if err := t.load(fsys, &h.Spec.Sources[i]); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *Trace) load(fsys fs.FS, s *Source) error {
	file := path.Join(path.Dir(t.file), s.File)
	src, err := readFile(fsys, file, MaxFile, ErrData)
	if err != nil {
		return err
	}
	columns, err := readSource(file, src, s)
	if err != nil {
		return err
	}
	for i, c := range s.Columns {
		t.inputs = append(t.inputs, series{
			column: c, unit: conversions[c.Unit].to, file: file, samples: columns[i],
			interval: millis(s.Interval), longest: millis(s.Gaps.Longest), drop: s.Gaps.Then == GapDrop,
		})
	}
	return nil
}

// millis reads a duration that ParseHeader has checked.
func millis(text string) int64 {
	d, _ := time.ParseDuration(text)
	return d.Milliseconds()
}

// Name is the trace's name.
func (t *Trace) Name() string { return t.Header.Metadata.Name }

// Inputs are the names of what was recorded, in the order of the header.
func (t *Trace) Inputs() []string {
	names := make([]string, len(t.inputs))
	for i, s := range t.inputs {
		names[i] = s.column.Input
	}
	return names
}

// Samples is the number of samples of an input, 0 for one that was not
// recorded.
func (t *Trace) Samples(input string) int {
	for _, s := range t.inputs {
		if s.column.Input == input {
			return len(s.samples)
		}
	}
	return 0
}

// Resample cuts the trace into blocks (usually of a day) of ticks, and gives
// every input a value at each tick by the fill that its column declares.
// Blocks start where the trace starts, and the last one is complete. Where a
// gap is longer than the header allows, Resample answers as the header says:
// an error at the row after the gap, or a window without each block that
// touches it.
func (t *Trace) Resample(tick, block time.Duration) (*Window, error) {
	if tick < time.Millisecond || tick%time.Millisecond != 0 || block%tick != 0 || block/tick < 1 {
		return nil, fmt.Errorf("telemetry: resample %s: tick %s does not divide block %s", t.Name(), tick, block)
	}
	w := &Window{source: t.Name(), trace: t.Digest, tick: tick, blockTicks: int(block / tick), part: PartAll}
	blocks := int(t.end() / block.Milliseconds())
	if blocks > maxTicks/w.blockTicks {
		return nil, t.short(fmt.Sprintf("more than %d ticks", maxTicks), "choose a longer tick or record less")
	}
	bad := make([]bool, blocks)
	for i := range t.inputs {
		values, err := t.inputs[i].resample(tick.Milliseconds(), w.blockTicks, bad)
		if err != nil {
			return nil, err
		}
		w.inputs = append(w.inputs, t.inputs[i].column.Input)
		w.units = append(w.units, t.inputs[i].unit)
		w.columns = append(w.columns, values)
	}
	w.keep(bad)
	if w.Blocks() == 0 {
		return nil, t.short("no complete block of "+block.String(), "record longer, or allow longer gaps")
	}
	return w, nil
}

// maxTicks limits the memory of a window.
const maxTicks = 1 << 25

func (t *Trace) short(what, hint string) error {
	return &Error{File: t.file, What: what, Hint: hint, Kind: ErrShort}
}

// end is the time up to which every input has a value.
func (t *Trace) end() int64 {
	end := int64(1) << 62
	for i := range t.inputs {
		end = min(end, t.inputs[i].end())
	}
	return max(end, 0)
}

func (s *series) end() int64 {
	if len(s.samples) == 0 {
		return 0
	}
	last := s.samples[len(s.samples)-1].at
	if s.column.Fill == FillHold {
		return last + s.interval
	}
	return last
}

// resample gives a value to each tick of the blocks, and marks the blocks that
// touch a gap that is too long.
func (s *series) resample(tick int64, blockTicks int, bad []bool) ([]int32, error) {
	out := make([]int32, len(bad)*blockTicks)
	next := 0 // first sample later than the tick
	for i := range out {
		at := int64(i) * tick
		for next < len(s.samples) && s.samples[next].at <= at {
			next++
		}
		v, ok := s.value(at, next)
		if !ok && !s.drop {
			return nil, s.gap(next)
		}
		if !ok {
			bad[i/blockTicks] = true
		}
		out[i] = v
	}
	return out, nil
}

// value is the value at a time, given the first sample after it; ok is false
// inside a gap that is too long.
func (s *series) value(at int64, next int) (v int32, ok bool) {
	if next == 0 {
		return 0, false
	}
	a := s.samples[next-1]
	if next == len(s.samples) {
		return a.value, at < a.at+s.interval
	}
	b := s.samples[next]
	if b.at-a.at > s.longest {
		return a.value, at == a.at || s.column.Fill == FillHold && at < a.at+s.interval
	}
	if s.column.Fill == FillHold {
		return a.value, true
	}
	rise := int64(b.value) - int64(a.value)
	return a.value + int32(divRound(rise*(at-a.at), b.at-a.at)), true
}

func (s *series) gap(next int) error {
	e := &Error{File: s.file, What: fmt.Sprintf("gap in %s longer than %d s", s.column.Input, s.longest/1000),
		Hint: "record again, allow longer gaps, or say then: drop-block", Kind: ErrData}
	if next < len(s.samples) {
		e.Line = s.samples[next].line
	}
	return e
}
