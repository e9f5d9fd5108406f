package telemetry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// APIVersion and Kind open every trace header.
const (
	APIVersion = "genesis/v1"
	Kind       = "Trace"
)

// Header is what a NAME.trace.yaml says.
type Header struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   Metadata `yaml:"metadata"`
	Spec       Spec     `yaml:"spec"`
}

// Metadata names a trace.
type Metadata struct {
	Name   string            `yaml:"name"`
	Labels map[string]string `yaml:"labels,omitempty"`
}

// Spec describes the recording.
type Spec struct {
	About    string   `yaml:"about"`
	Together *bool    `yaml:"recordedTogether,omitempty"` // demanded when there are several sources
	Sources  []Source `yaml:"sources"`
}

// Source is one CSV file.
type Source struct {
	File     string   `yaml:"file"` // beside the header
	SHA256   string   `yaml:"sha256"`
	Origin   string   `yaml:"origin"`
	Licence  string   `yaml:"licence"`
	Time     TimeSpec `yaml:"time"`
	Interval string   `yaml:"interval"`
	Gaps     GapSpec  `yaml:"gaps"`
	Columns  []Column `yaml:"columns"`
}

// TimeSpec says how a source tells time.
type TimeSpec struct {
	Column string `yaml:"column,omitempty"`
	Format string `yaml:"format"`         // datetime, rfc3339, seconds or rows
	From   string `yaml:"from,omitempty"` // the time that becomes the start of the trace; the first row unless given
	Repeat string `yaml:"repeat,omitempty"`
}

// GapSpec is the rule for missing samples: up to Longest between two samples
// the column's fill applies; beyond it, Then.
type GapSpec struct {
	Longest string `yaml:"longest"`
	Then    string `yaml:"then"` // refuse, or drop-block: leave out each day that touches the gap
}

// Column maps a column to an input of a simulator.
type Column struct {
	Column string `yaml:"column"`
	Input  string `yaml:"input"`
	Unit   Unit   `yaml:"unit"`
	Fill   string `yaml:"fill"` // hold or linear
}

// The values that a header may choose from.
const (
	FormatDatetime = "datetime" // 2006-01-02 15:04:05, no zone
	FormatRFC3339  = "rfc3339"
	FormatSeconds  = "seconds" // decimal, from any origin
	FormatRows     = "rows"    // no column: a row is an event, and stands for one interval

	RepeatRefuse = "refuse" // a time that does not grow is an error: the default
	RepeatFirst  = "first"  // of rows for the same or an earlier time only the first counts

	GapRefuse = "refuse"
	GapDrop   = "drop-block"

	FillHold   = "hold"   // a sample stands until the next: averages over an interval
	FillLinear = "linear" // straight line between samples: what changes smoothly
)

// Limits of a header.
const (
	MaxHeader  = 64 << 10 // bytes
	MaxSources = 8
	MaxColumns = 32 // per source
)

var (
	namePattern  = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	inputPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	filePattern  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	hexPattern   = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// ParseHeader reads a header and checks that it is complete. File is its name,
// for errors, which are of type *Error.
func ParseHeader(file string, src []byte) (*Header, error) {
	if len(src) > MaxHeader {
		return nil, &Error{File: file, What: fmt.Sprintf("header has %d bytes", len(src)), Hint: fmt.Sprintf("at most %d", MaxHeader), Kind: ErrHeader}
	}
	var h Header
	dec := yaml.NewDecoder(bytes.NewReader(src))
	dec.KnownFields(true)
	if err := dec.Decode(&h); err != nil {
		return nil, yamlError(file, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &Error{File: file, What: "more than one document", Hint: "one trace for each file", Kind: ErrHeader}
	}
	c := checker{file: file}
	if err := yaml.Unmarshal(src, &c.root); err != nil {
		return nil, yamlError(file, err)
	}
	c.header(&h)
	if c.first != nil {
		return nil, c.first
	}
	return &h, nil
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

// yamlError keeps the line that the YAML reader names.
func yamlError(file string, err error) error {
	e := &Error{File: file, What: err.Error(), Hint: "see docs/telemetry.md", Kind: ErrHeader}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		e.What = m[2]
	}
	return e
}

// checker keeps the first thing that is wrong with a header, and finds its line.
type checker struct {
	file  string
	root  yaml.Node
	first *Error
}

// need reports at path unless ok.
func (c *checker) need(ok bool, what, hint string, path ...any) {
	if ok || c.first != nil {
		return
	}
	c.first = &Error{File: c.file, Line: lineOf(&c.root, path), What: what, Hint: hint, Kind: ErrHeader}
}

// oneOf reports at path unless got is one of the choices.
func (c *checker) oneOf(got string, choices []string, path ...any) {
	c.need(slices.Contains(choices, got), fmt.Sprintf("%v is %.40q", path[len(path)-1], got), "one of: "+strings.Join(choices, ", "), path...)
}

// lineOf is the line of the node that a path of keys and indices leads to, or
// of the last node on the way there.
func lineOf(n *yaml.Node, path []any) int {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	line := n.Line
	for _, step := range path {
		if n = child(n, step); n == nil {
			return line
		}
		line = n.Line
	}
	return line
}

func child(n *yaml.Node, step any) *yaml.Node {
	switch step := step.(type) {
	case int:
		if n.Kind == yaml.SequenceNode && step < len(n.Content) {
			return n.Content[step]
		}
	case string:
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

func (c *checker) header(h *Header) {
	c.oneOf(h.APIVersion, []string{APIVersion}, "apiVersion")
	c.oneOf(h.Kind, []string{Kind}, "kind")
	c.need(namePattern.MatchString(h.Metadata.Name), "metadata.name is missing or not a name", "lower-case letters, digits and dashes", "metadata", "name")
	c.need(h.Spec.About != "", "spec.about is missing", "say what was recorded, where and how", "spec")
	n := len(h.Spec.Sources)
	c.need(n > 0 && n <= MaxSources, fmt.Sprintf("%d sources", n), fmt.Sprintf("1 to %d", MaxSources), "spec", "sources")
	c.need(n < 2 || h.Spec.Together != nil, "recordedTogether is missing", "with several sources, say whether they were recorded together: true or false", "spec")
	inputs := map[string]bool{}
	for i := range h.Spec.Sources {
		c.source(&h.Spec.Sources[i], inputs, "spec", "sources", i)
	}
}

func (c *checker) source(s *Source, inputs map[string]bool, path ...any) {
	at := func(keys ...any) []any { return append(slices.Clone(path), keys...) }
	c.need(filePattern.MatchString(s.File), "file is missing or not a plain name", "a CSV file beside the header", at("file")...)
	c.need(hexPattern.MatchString(s.SHA256), "sha256 is missing or malformed", "64 lower-case hexadecimal digits, as sha256sum prints them", at("sha256")...)
	c.need(s.Origin != "", "origin is missing", "say where the data came from", at()...)
	c.need(s.Licence != "", "licence is missing", "name the licence of the data", at()...)
	c.timeSpec(&s.Time, at("time")...)
	c.duration(s.Interval, at("interval")...)
	c.duration(s.Gaps.Longest, at("gaps", "longest")...)
	c.oneOf(s.Gaps.Then, []string{GapRefuse, GapDrop}, at("gaps", "then")...)
	n := len(s.Columns)
	c.need(n > 0 && n <= MaxColumns, fmt.Sprintf("%d columns", n), fmt.Sprintf("1 to %d", MaxColumns), at("columns")...)
	for i, col := range s.Columns {
		c.column(col, inputs, at("columns", i)...)
	}
}

func (c *checker) timeSpec(t *TimeSpec, path ...any) {
	at := func(key string) []any { return append(slices.Clone(path), key) }
	c.oneOf(t.Format, []string{FormatDatetime, FormatRFC3339, FormatSeconds, FormatRows}, at("format")...)
	if t.Format == FormatRows {
		c.need(t.Column == "" && t.From == "" && t.Repeat == "", "time.format is rows, and a column, from or repeat is given", "rows are counted: remove it", path...)
		return
	}
	c.need(t.Column != "", "time.column is missing", "name the column that holds the time", path...)
	if t.Repeat != "" {
		c.oneOf(t.Repeat, []string{RepeatRefuse, RepeatFirst}, at("repeat")...)
	}
	if t.From != "" {
		_, err := parseTime(t.Format, t.From)
		c.need(err == nil, "time.from is not a time", "write it in the format of the time column", at("from")...)
	}
}

// maxInterval is the longest duration that a header may name.
const maxInterval = 7 * 24 * time.Hour

func (c *checker) duration(text string, path ...any) {
	d, err := time.ParseDuration(text)
	c.need(err == nil && d >= time.Millisecond && d <= maxInterval, fmt.Sprintf("%v is %.40q", path[len(path)-1], text), "a duration such as 5m, from 1ms to 168h", path...)
}

func (c *checker) column(col Column, inputs map[string]bool, path ...any) {
	at := func(key string) []any { return append(slices.Clone(path), key) }
	c.need(col.Column != "", "column is missing", "name a column of the file", path...)
	c.need(inputPattern.MatchString(col.Input), "input is missing or not a name", "the simulator's name for it: lower-case letters, digits, underscores", at("input")...)
	c.need(!inputs[col.Input], fmt.Sprintf("input %.40q is given twice", col.Input), "one column for each input", at("input")...)
	inputs[col.Input] = true
	_, known := conversions[col.Unit]
	c.need(known, fmt.Sprintf("unit is %.40q", col.Unit), "one of: "+unitList(), at("unit")...)
	c.oneOf(col.Fill, []string{FillHold, FillLinear}, at("fill")...)
}

func unitList() string {
	var names []string
	for _, u := range Units() {
		names = append(names, string(u))
	}
	return strings.Join(names, ", ")
}
