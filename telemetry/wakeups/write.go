package wakeups

import (
	"bytes"
	"fmt"
	"strconv"

	"gopkg.in/yaml.v3"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/telemetry"
)

// Columns of the CSV: microseconds of work, microseconds since the row before,
// place of the thread, priority, whether it is a wake-up, and for how long the
// host let it wait (-1: unknown).
const columns = "run,gap,thread,prio,wake,wait\n"

// GapTop is the longest gap of a row, in microseconds; rows without work fill
// longer ones.
const GapTop = 2_000_000

// Filled is the rows with those without work that fill gaps.
func (r *Recording) Filled() []Row {
	out := make([]Row, 0, len(r.Rows))
	last := int64(0)
	for _, row := range r.Rows {
		for ; row.At-last > GapTop; last += GapTop {
			out = append(out, Row{At: last + GapTop, Wait: -1})
		}
		out = append(out, row)
		last = row.At
	}
	return out
}

// CSV is the rows as a trace's file.
func (r *Recording) CSV() []byte {
	out := []byte(columns)
	last := int64(0)
	for _, row := range r.Filled() {
		wake := int64(0)
		if row.Wakes {
			wake = 1
		}
		out = appendRow(out, row.Run, row.At-last, int64(row.Place), int64(row.Prio), wake, row.Wait)
		last = row.At
	}
	return out
}

func appendRow(out []byte, cells ...int64) []byte {
	for i, c := range cells {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(out, c, 10)
	}
	return append(out, '\n')
}

// Rule says how threads became places, for headers and people.
const Rule = "a thread has one of 64 places; when all are taken, one that wakes gets the place of the thread that has slept longest, so no two are ready in one place"

// Note is what a header says beyond the recording itself.
type Note struct {
	Name    string // of the trace
	File    string // of the CSV
	Work    string // what the host did
	With    string // what recorded it
	Licence string
	More    string // anything else
}

// Header describes the CSV.
func (r *Recording) Header(n Note) ([]byte, error) {
	h := telemetry.Header{APIVersion: telemetry.APIVersion, Kind: telemetry.Kind, Metadata: telemetry.Metadata{Name: n.Name}}
	h.Spec.About = r.about(n)
	source := telemetry.Source{
		File: n.File, SHA256: string(pipeline.SumBytes(r.CSV())), Origin: "recorded with " + n.With, Licence: n.Licence,
		Time: telemetry.TimeSpec{Format: telemetry.FormatRows}, Interval: "1ms",
		Gaps: telemetry.GapSpec{Longest: "1ms", Then: telemetry.GapRefuse},
	}
	for _, input := range []string{"run", "gap", "thread", "prio", "wake"} {
		source.Columns = append(source.Columns, telemetry.Column{Column: input, Input: input, Unit: telemetry.Count, Fill: telemetry.FillHold})
	}
	h.Spec.Sources = []telemetry.Source{source}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(h); err != nil {
		return nil, fmt.Errorf("wakeups: header: %w", err)
	}
	if _, err := telemetry.ParseHeader(n.Name, b.Bytes()); err != nil {
		return nil, fmt.Errorf("wakeups: header: %w", err)
	}
	return b.Bytes(), nil
}

func (r *Recording) about(n Note) string {
	text := fmt.Sprintf("Wake-ups of processor %d of a Linux host in %d s, one a row. %s\n", r.CPU, r.Seconds, n.Work)
	text += fmt.Sprintf("%d threads ran, %d rows, busy for %d ms. Lost events: %d. Places that went to another thread: %d; rows left out because all were ready: %d. Rows that are no wake-up (pieces of work over %d ms, threads from another processor or whose start was not seen): %d.\n",
		r.Threads, len(r.Rows), r.Busy/1000, r.Lost, r.Shared, r.Crowded, Piece/1000, r.Moved)
	text += "Rule: " + Rule + ". Names of programs and numbers of threads were not kept.\n"
	return text + n.More
}
