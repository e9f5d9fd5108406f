package dashboard

import (
	"fmt"
	"strconv"
	"strings"
)

// DiffFile is one file's difference, line by line.
type DiffFile struct {
	Name           string
	Added, Removed int
	Rows           []DiffRow
	Folded         bool // shown closed
}

// DiffRow is a line of a difference. Old and New are line numbers, "" where the
// side has none.
type DiffRow struct {
	Kind     string // add, del, same, hunk
	Sign     string
	Old, New string
	Text     string
}

// Diff reads a unified difference.
func Diff(name, unified string) DiffFile {
	f := DiffFile{Name: name}
	var before, after int
	for line := range strings.Lines(unified) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
		case strings.HasPrefix(line, "@@"):
			before, after = hunk(line)
			f.Rows = append(f.Rows, DiffRow{Kind: "hunk", Text: line})
		default:
			f.add(line, &before, &after)
		}
	}
	return f
}

func (f *DiffFile) add(line string, before, after *int) {
	row := DiffRow{Kind: "same", Sign: " "}
	if line != "" {
		row.Text = line[1:]
	}
	old, next := strconv.Itoa(*before), strconv.Itoa(*after)
	switch {
	case strings.HasPrefix(line, "+"):
		row.Kind, row.Sign, row.New = "add", "+", next
		f.Added++
		*after++
	case strings.HasPrefix(line, "-"):
		row.Kind, row.Sign, row.Old = "del", minus, old
		f.Removed++
		*before++
	default:
		row.Old, row.New = old, next
		*before++
		*after++
	}
	f.Rows = append(f.Rows, row)
}

// hunk reads "@@ -12,7 +12,8 @@"; what it cannot read counts from 0.
func hunk(line string) (before, after int) {
	var n, m int
	if _, err := fmt.Sscanf(line, "@@ -%d,%d +%d,%d @@", &before, &n, &after, &m); err != nil {
		return 0, 0
	}
	return before, after
}
