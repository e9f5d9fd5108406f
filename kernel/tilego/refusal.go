package tilego

import (
	"cmp"
	"fmt"
	"go/token"
	"slices"
	"strings"
)

// Refusal says why a source is not Tile Go: where, by which rule, and what to
// write instead. Rule ids are stable: repair loops and documents key on them.
type Refusal struct {
	File    string `json:"file"`
	Line    int    `json:"line"` // from 1
	Col     int    `json:"col"`  // from 1, in bytes
	Rule    string `json:"rule"` // such as "tilego.float"
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// Error is the refusal on one line: "file:line:col: rule: message (hint)".
func (r Refusal) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s: %s", r.File, r.Line, r.Col, r.Rule, r.Message)
	if r.Hint != "" {
		s += " (" + r.Hint + ")"
	}
	return s
}

// Refusals is the error of a source that is not Tile Go: at least one refusal,
// in the order of the source.
type Refusals []Refusal

// Error lists the refusals, one on a line.
func (rs Refusals) Error() string {
	lines := make([]string, len(rs))
	for i, r := range rs {
		lines[i] = r.Error()
	}
	return strings.Join(lines, "\n")
}

// Limits of what is gathered, and of what is reported of it: a proposer repairs
// the first ones first.
const (
	maxGathered = 1000
	maxRefusals = 20
)

// reporter gathers the refusals of one compilation.
type reporter struct {
	fset *token.FileSet
	list Refusals
}

func (r *reporter) refuse(pos token.Pos, rule, hint, format string, args ...any) {
	if len(r.list) >= maxGathered {
		return
	}
	if hint == "" {
		hint = hints[rule]
	}
	// PositionFor without adjustment: a line directive must not move a refusal.
	p := r.fset.PositionFor(pos, false)
	r.list = append(r.list, Refusal{
		File: p.Filename, Line: p.Line, Col: p.Column,
		Rule: "tilego." + rule, Message: clip(fmt.Sprintf(format, args...)), Hint: hint,
	})
}

// maxMessage bounds a message, in bytes: messages quote the source.
const maxMessage = 300

func clip(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	return s[:maxMessage] + "..."
}

// err is nil when nothing was refused.
func (r *reporter) err() error {
	if len(r.list) == 0 {
		return nil
	}
	slices.SortFunc(r.list, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message))
	})
	list := slices.Compact(r.list)
	return list[:min(len(list), maxRefusals)]
}
