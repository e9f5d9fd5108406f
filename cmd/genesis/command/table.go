package command

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// table aligns columns; states are coloured on a terminal, where NO_COLOR is not
// set.
type table struct {
	out    io.Writer
	colour bool
	rows   [][]string
}

func newTable(w io.Writer, header ...string) *table {
	t := &table{out: w, colour: isTerminal(w) && os.Getenv("NO_COLOR") == ""}
	t.add(header...)
	return t
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// add appends a row. What others wrote cannot move the cursor: control
// characters are shown as spaces.
func (t *table) add(cells ...string) {
	for i, c := range cells {
		cells[i] = printable(c)
	}
	t.rows = append(t.rows, cells)
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}

// flush prints the rows; a table without rows says so.
func (t *table) flush() {
	if len(t.rows) == 1 {
		fmt.Fprintln(t.out, "none")
		return
	}
	width := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for n, row := range t.rows {
		var b strings.Builder
		for i, c := range row {
			b.WriteString(t.paint(c, n == 0))
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+2))
			}
		}
		fmt.Fprintln(t.out, strings.TrimRight(b.String(), " "))
	}
}

// colours of words, by their ANSI numbers; the words say the same.
var colours = map[string]int{
	string(pipeline.Pass): 32, string(pipeline.Adopted): 32, string(store.TileRunning): 32, string(store.CampaignDone): 32, string(store.WavePassed): 32,
	string(pipeline.Fail): 31, string(pipeline.Rejected): 31, string(pipeline.RolledBack): 31, string(store.CampaignFailed): 31, string(store.TileFaulty): 31, string(pipeline.Aborting): 31,
	string(pipeline.Inconclusive): 33, string(pipeline.AwaitingApproval): 33, "missing": 33, string(store.TileEscaped): 33, string(store.CampaignPaused): 33,
}

func (t *table) paint(cell string, header bool) string {
	n := colours[cell]
	if header {
		n = 2
	}
	if !t.colour || n == 0 {
		return cell
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", n, cell)
}

// change of a metric in per cent, or a dash.
func gainText(e *pipeline.Estimate) string {
	if e == nil {
		return "-"
	}
	p, ok := e.Percent(e.Change)
	if !ok {
		return short(e.Change)
	}
	return short(p) + " %"
}
