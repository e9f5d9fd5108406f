// Package printed sees a module as the lines of its printed IR, and says which
// lines two modules have in common and who proposed each.
//
// What it keeps true: the lines follow from the canonical IR alone, so comments,
// layout and names of variables in a proposer's source change nothing; equal IR
// gives equal lines; every line has exactly one proposer.
//
// What it does not do: it does not judge whether two lines mean the same. A line
// that moved is kept by who wrote it only as far as the lines around it did.
package printed

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
)

// variable is what the printer calls a variable of decoded IR. Numbers follow
// the order of definition: one line more would change all later ones.
var variable = regexp.MustCompile(`\bx[0-9]+\b`)

// Lines are the lines of a module's canonical IR that say something, without
// the package clause and with variables not told apart.
func Lines(c *contract.Contract, raw []byte) ([]string, error) {
	u, err := ir.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("printed: module of slot %s: %w", c.Slot, err)
	}
	source, err := tilego.Format(u, c.Import, c.Slot)
	if err != nil {
		return nil, fmt.Errorf("printed: module of slot %s: %w", c.Slot, err)
	}
	var out []string
	for line := range strings.Lines(string(source)) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "package ") && !strings.HasPrefix(line, "import ") {
			out = append(out, variable.ReplaceAllString(line, "x"))
		}
	}
	return out, nil
}

// maxCells bounds the work of a comparison. Modules are a few hundred lines; of
// two that are longer and differ nearly everywhere only the ends are compared.
const maxCells = 16 << 20

// Common matches the lines of two modules: a longest common subsequence. The
// result has for each line of b the index of its line in a, or -1.
func Common(a, b []string) []int {
	match := make([]int, len(b))
	for i := range match {
		match[i] = -1
	}
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		match[head] = head
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		match[len(b)-1-tail] = len(a) - 1 - tail
		tail++
	}
	x, y := a[head:len(a)-tail], b[head:len(b)-tail]
	if len(x)*len(y) <= maxCells {
		longest(x, y, func(i, j int) { match[head+j] = head + i })
	}
	return match
}

// longest reports the pairs of a longest common subsequence, by dynamic
// programming from the ends.
func longest(a, b []string, pair func(i, j int)) {
	width := len(b) + 1
	best := make([]int32, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				best[i*width+j] = best[(i+1)*width+j+1] + 1
			} else {
				best[i*width+j] = max(best[(i+1)*width+j], best[i*width+j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			pair(i, j)
			i, j = i+1, j+1
		case best[(i+1)*width+j] >= best[i*width+j+1]:
			i++
		default:
			j++
		}
	}
}

// Distance is how many lines of both modules together have no like in the
// other, and how many lines there are: 0 of n for equal IR, n of n for nothing
// in common.
func Distance(a, b []string) (differ, lines int) {
	common := 0
	for _, m := range Common(a, b) {
		if m >= 0 {
			common++
		}
	}
	return len(a) + len(b) - 2*common, len(a) + len(b)
}

// All credits every line to one proposer.
func All(lines []string, proposer string) []pipeline.Authored {
	return join(nil, proposer, int64(len(lines)))
}

// Inherit credits the lines of a module that takes the place of another: lines
// that stay keep their proposer, new ones are the given proposer's. Lines that
// the record does not cover are of people.
func Inherit(before []string, runs []pipeline.Authored, after []string, proposer string) []pipeline.Authored {
	owners := owners(runs, len(before))
	var out []pipeline.Authored
	for _, m := range Common(before, after) {
		owner := proposer
		if m >= 0 {
			owner = owners[m]
		}
		out = join(out, owner, 1)
	}
	return out
}

func owners(runs []pipeline.Authored, lines int) []string {
	out := make([]string, 0, lines)
	for _, run := range runs {
		for n := run.Lines; n > 0 && len(out) < lines; n-- {
			out = append(out, run.Proposer)
		}
	}
	for len(out) < lines {
		out = append(out, pipeline.People)
	}
	return out
}

// join adds lines to the last run, or as a new one.
func join(runs []pipeline.Authored, proposer string, lines int64) []pipeline.Authored {
	if n := len(runs); n > 0 && runs[n-1].Proposer == proposer {
		runs[n-1].Lines += lines
		return runs
	}
	if lines == 0 {
		return runs
	}
	return append(runs, pipeline.Authored{Proposer: proposer, Lines: lines})
}
