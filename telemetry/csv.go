package telemetry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// Limits of a CSV file.
const (
	MaxFile = 64 << 20 // bytes
	MaxRows = 2_000_000
	MaxLine = 4096 // bytes
)

// sample is one row of one column.
type sample struct {
	at    int64 // milliseconds since the start of the trace; negative before it
	value int32 // thousandths
	line  int
}

// readFile reads a file of limited size.
func readFile(fsys fs.FS, name string, limit int64, kind error) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, &Error{File: name, What: err.Error(), Hint: "the file must stand where the header or the campaign says", Kind: kind}
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("telemetry: read %s: %w", name, err)
	}
	if int64(len(src)) > limit {
		return nil, &Error{File: name, What: "file too large", Hint: fmt.Sprintf("at most %d bytes", limit), Kind: kind}
	}
	return src, nil
}

// readSource checks the digest of a source's file and reads its columns.
func readSource(file string, src []byte, s *Source) ([][]sample, error) {
	if got := pipeline.SumBytes(src); string(got) != s.SHA256 {
		return nil, &Error{File: file, What: fmt.Sprintf("sha256 is %s, the header says %s", got.Short(), pipeline.Digest(s.SHA256).Short()),
			Hint: "restore the file, or describe the new one in a new header", Kind: ErrDigest}
	}
	r := reader{file: file, source: s, columns: make([][]sample, len(s.Columns)), last: minTime}
	for line := range bytes.Lines(src) {
		if err := r.row(strings.TrimRight(string(line), "\r\n")); err != nil {
			return nil, err
		}
	}
	if r.line < 2 {
		return nil, r.fail("no rows", "a line of column names, then one line for each sample")
	}
	return r.columns, nil
}

const minTime = -1 << 62

// reader reads the rows of one file.
type reader struct {
	file    string
	source  *Source
	columns [][]sample

	line   int
	fields []int // of the file, for the time column if there is one, and each column of the source
	origin int64 // milliseconds
	last   int64 // time of the last row that counted
}

func (r *reader) fail(what, hint string) error {
	return &Error{File: r.file, Line: r.line, What: what, Hint: hint, Kind: ErrData}
}

func (r *reader) row(text string) error {
	r.line++
	if len(text) > MaxLine || r.line > MaxRows+1 {
		return r.fail("too much data", fmt.Sprintf("at most %d rows of %d bytes", MaxRows, MaxLine))
	}
	if strings.ContainsRune(text, '"') {
		return r.fail("quoted field", "plain numbers and times, separated by commas")
	}
	cells := strings.Split(text, ",")
	if r.line == 1 {
		return r.names(cells)
	}
	return r.sample(cells)
}

// names finds the columns.
func (r *reader) names(cells []string) error {
	var want []string
	if r.source.Time.Format != FormatRows {
		want = append(want, r.source.Time.Column)
	}
	for _, c := range r.source.Columns {
		want = append(want, c.Column)
	}
	for _, name := range want {
		i := slices.Index(cells, name)
		if i < 0 {
			return r.fail(fmt.Sprintf("no column %.40q", name), fmt.Sprintf("the file has: %.200s", strings.Join(cells, ", ")))
		}
		r.fields = append(r.fields, i)
	}
	return nil
}

func (r *reader) sample(cells []string) error {
	if len(cells) <= slices.Max(r.fields) {
		return r.fail(fmt.Sprintf("row has %d fields", len(cells)), "as many fields as the first line")
	}
	at, counts, err := r.when(cells)
	if err != nil || !counts {
		return err
	}
	for i, field := range r.fields[len(r.fields)-len(r.columns):] {
		if cells[field] == "" && r.source.Time.Format == FormatRows {
			return r.fail(fmt.Sprintf("no value for %q", r.source.Columns[i].Column), "a row is an event, of which nothing may be missing")
		}
		if cells[field] == "" {
			continue // a missing sample: the gap rule decides
		}
		v, err := r.value(cells[field], r.source.Columns[i].Unit)
		if err != nil {
			return err
		}
		r.columns[i] = append(r.columns[i], sample{at: at, value: v, line: r.line})
	}
	return nil
}

// when is the time of a row: what its time column says, or its place among the
// rows.
func (r *reader) when(cells []string) (at int64, counts bool, err error) {
	if r.source.Time.Format == FormatRows {
		return int64(r.line-2) * millis(r.source.Interval), true, nil
	}
	return r.time(cells[r.fields[0]])
}

// time is the row's time since the start of the trace; counts is false when the
// row repeats a time and the header says that the first one stands.
func (r *reader) time(cell string) (at int64, counts bool, err error) {
	t, err := parseTime(r.source.Time.Format, cell)
	if err != nil {
		return 0, false, r.fail(fmt.Sprintf("%.40q is not a time", cell), "the header says: "+r.source.Time.Format)
	}
	if r.last == minTime {
		r.origin = t
		if from := r.source.Time.From; from != "" {
			r.origin, _ = parseTime(r.source.Time.Format, from) // checked with the header
		}
	}
	if t <= r.last {
		if r.source.Time.Repeat == RepeatFirst {
			return 0, false, nil
		}
		return 0, false, r.fail("time does not grow", "sort the rows, or say repeat: first when the clock was set back")
	}
	r.last = t
	return t - r.origin, true, nil
}

func (r *reader) value(cell string, unit Unit) (int32, error) {
	n, err := parseNano(cell)
	if err != nil {
		return 0, r.fail(fmt.Sprintf("%.40q: %v", cell, err), "a decimal number, or nothing where a sample is missing")
	}
	v, err := conversions[unit].thousandths(n)
	if err != nil {
		return 0, r.fail(fmt.Sprintf("%.40q %s: %v", cell, unit, err), "check the unit in the header")
	}
	return v, nil
}

var errTime = errors.New("not a time")

// parseTime is a time in milliseconds.
func parseTime(format, text string) (int64, error) {
	switch format {
	case FormatDatetime:
		t, err := time.Parse(time.DateTime, text)
		return t.UnixMilli(), err
	case FormatRFC3339:
		t, err := time.Parse(time.RFC3339, text)
		return t.UnixMilli(), err
	case FormatSeconds:
		n, err := parseNano(text)
		return divRound(n, 1e6), err
	}
	return 0, errTime
}
