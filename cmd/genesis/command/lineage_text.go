package command

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/lineages/diversity"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// pen paints words on a terminal, where NO_COLOR is not set.
type pen struct{ colour bool }

func penOn(w io.Writer) pen { return pen{isTerminal(w) && os.Getenv("NO_COLOR") == ""} }

// The ANSI numbers of the ways to paint.
const (
	strong = 1
	dim    = 2
)

func (p pen) as(how int, text string) string {
	text = printable(text)
	if !p.colour {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", how, text)
}

// lineageLogText draws the chain of generations, newest first.
func lineageLogText(w io.Writer, l api.AncestryList) {
	p := penOn(w)
	for i, g := range slices.Backward(l.Items) {
		mark, line := "●", p.as(dim, "│")
		if i == 0 {
			mark, line = "○", " "
		}
		fmt.Fprintf(w, "%s %s  %s  %s  %s\n", mark, p.as(strong, fmt.Sprintf("%s@%d", g.Lineage, g.Generation)), p.as(painting(g.Descent), string(g.Descent)), p.as(dim, stamp(time.Unix(g.At, 0))), p.as(dim, g.Digest.Short()))
		for _, text := range generationLines(g, before(l.Items, i)) {
			fmt.Fprintf(w, "%s   %s\n", line, printable(text))
		}
		if i > 0 {
			fmt.Fprintln(w, line)
		}
	}
}

func painting(d pipeline.Descent) int {
	if d == pipeline.DescentAdopted {
		return colours[string(pipeline.Adopted)]
	}
	return dim
}

func before(list []store.Generation, i int) pipeline.Ancestor {
	if i == 0 {
		return pipeline.Ancestor{}
	}
	return list[i-1].Ancestor
}

// generationLines say why a generation came about and what it changed.
func generationLines(g store.Generation, parent pipeline.Ancestor) []string {
	var out []string
	for part := range strings.SplitSeq(g.Why, "; ") {
		out = append(out, part)
	}
	if len(g.BredFrom) > 0 {
		out = append(out, "from base "+g.BredFrom[len(g.BredFrom)-1].Short())
	}
	if g.Change != "" {
		by := "proposed by " + g.Proposer
		if g.Model != "" {
			by += " (" + g.Model + ")"
		}
		out = append(out, fmt.Sprintf("%s, %s, statements: %d", pipeline.ChangeID(g.Change), by, len(g.Evidence)))
	}
	for _, slot := range g.Replaced(parent) {
		h, _ := g.Heir(slot)
		out = append(out, fmt.Sprintf("%s runs code %s: %s", slot, h.Module.Code.Digest().Short(), shares(pipeline.Ancestor{Modules: []pipeline.Heir{h}}.Lines())))
	}
	return out
}

// share is a part of the lines.
type share struct {
	proposer string
	lines    int64
	permille int64
}

// sharesOf sorts proposers by how many lines are theirs.
func sharesOf(lines map[string]int64) []share {
	total := int64(0)
	for _, n := range lines {
		total += n
	}
	var out []share
	for _, proposer := range slices.Sorted(maps.Keys(lines)) {
		out = append(out, share{proposer, lines[proposer], (1000*lines[proposer] + total/2) / max(total, 1)})
	}
	slices.SortStableFunc(out, func(a, b share) int { return cmp.Compare(b.lines, a.lines) })
	return out
}

func (s share) percent() string { return fmt.Sprintf("%d.%d %%", s.permille/10, s.permille%10) }

func shares(lines map[string]int64) string {
	parts := []string{}
	for _, s := range sharesOf(lines) {
		parts = append(parts, fmt.Sprintf("%s %s of lines (%d)", s.proposer, s.percent(), s.lines))
	}
	return strings.Join(parts, ", ")
}

// barWidth is the length of a full bar, in cells.
const barWidth = 30

// bar draws a share, at least one cell when there is any.
func (s share) bar() string {
	n := int(s.permille) * barWidth / 1000
	if n == 0 && s.lines > 0 {
		n = 1
	}
	return strings.Repeat("█", n) + strings.Repeat("░", barWidth-n)
}

func lineageText(w io.Writer, v api.LineageView) {
	p := penOn(w)
	g := v.Generation
	fmt.Fprintf(w, "%s  %s\n", p.as(strong, fmt.Sprintf("%s@%d", g.Lineage, g.Generation)), printable(v.About))
	fmt.Fprintf(w, "%s\n\n", p.as(dim, fmt.Sprintf("class %s, base %s, generation %s", v.Class, g.Base.Short(), g.Digest.Short())))
	t := newTable(w, "SLOT", "MODULE", "CODE", "CONTRACT", "LINES")
	for _, h := range g.Modules {
		n := int64(0)
		for _, run := range h.Lines {
			n += run.Lines
		}
		t.add(h.Slot(), h.Module.Digest().Short(), h.Module.Code.Digest().Short(), h.Module.Code.Contract.Short(), fmt.Sprint(n))
	}
	t.flush()
	fmt.Fprintln(w)
	t = newTable(w, "LINES BY", "SHARE", "", "LINES")
	for _, s := range sharesOf(v.Lines) {
		t.add(s.proposer, s.percent(), s.bar(), fmt.Sprint(s.lines))
	}
	t.flush()
	for _, apart := range v.Apart {
		fmt.Fprintf(w, "\ndifferent from %s\n", p.as(strong, apart.From))
		apartText(w, g.Lineage, apart.From, apart.Slots)
	}
}

// apartText is how different two lineages, or generations, are.
func apartText(w io.Writer, first, second string, pairs []diversity.Pair) {
	t := newTable(w, "SLOT", "MEASURE", "DIFFERENT", "OF")
	for _, p := range pairs {
		t.add(p.Slot, "decisions", ofWhole(p.Decisions), fmt.Sprintf("%d of %d probes (%s); %s", p.Differ, p.Calls, p.Probes.Short(), resultsText(p.Results)))
		t.add("", "structure", ofWhole(p.Structure), fmt.Sprintf("%d of %d lines have no like", p.Unlike, p.Lines))
		for _, f := range p.Faults {
			t.add("", f.Fault, fmt.Sprintf("%d", f.First+f.Second), fmt.Sprintf("%d faults: both survive %d, only %s %d, only %s %d, neither %d", f.Trials, f.Both, first, f.First, second, f.Second, f.Neither))
		}
	}
	t.flush()
}

func resultsText(list []diversity.ResultDiffer) string {
	parts := make([]string, len(list))
	for i, r := range list {
		parts[i] = fmt.Sprintf("%s %d", r.Name, r.Differ)
	}
	return strings.Join(parts, ", ")
}

// ofWhole is a share in per cent, with one decimal.
func ofWhole(d pipeline.Decimal) string {
	permille := (int64(d)*1000 + int64(pipeline.One)/2) / int64(pipeline.One)
	return fmt.Sprintf("%d.%d %%", permille/10, permille%10)
}

func lineageDiffText(w io.Writer, d api.LineageDiff) {
	name := func(g store.Generation) string { return fmt.Sprintf("%s@%d", g.Lineage, g.Generation) }
	p := penOn(w)
	fmt.Fprintf(w, "%s -> %s\n\n", p.as(strong, name(d.Before)), p.as(strong, name(d.After)))
	apartText(w, name(d.Before), name(d.After), d.Slots)
	for _, f := range d.Files {
		if f.Unified == "" {
			continue
		}
		fmt.Fprintln(w)
		for line := range strings.Lines(f.Unified) {
			fmt.Fprintln(w, p.diffLine(unpainted(line)))
		}
	}
}

// diffLine paints a line of a unified difference.
func (p pen) diffLine(line string) string {
	how := map[byte]int{'+': 32, '-': 31, '@': 36}[(line + " ")[0]]
	if !p.colour || how == 0 {
		return line
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", how, line)
}
