package nearest

import (
	"fmt"
	"regexp"
	"strings"
)

// numbered is what the printer numbers: variables, and by function and variable
// continuations and joins.
var numbered = regexp.MustCompile(`\bv[0-9]+\b|\bmk[0-9]+_[0-9]+\b|\bjoin [0-9]+ [0-9]+\b`)

// kinds is a model's lines without numbers of variables.
func kinds(model string) []string {
	lines := strings.Split(strings.TrimSpace(model), "\n")
	for i, l := range lines {
		lines[i] = numbered.ReplaceAllStringFunc(l, func(m string) string { return m[:1] })
	}
	return lines
}

// maxLines bounds what is compared line by line; longer models are compared by
// their beginnings.
const maxLines = 1500

// Distance is the number of lines that one model has and the other has not.
func Distance(a, b string) int {
	x, y := kinds(a), kinds(b)
	return len(x) + len(y) - 2*len(aligned(x, y))
}

// aligned are the pairs of equal lines of a longest common subsequence.
func aligned(x, y []string) [][2]int {
	x, y = x[:min(len(x), maxLines)], y[:min(len(y), maxLines)]
	longest := make([][]int16, len(x)+1) // of the rests from i and j on
	for i := range longest {
		longest[i] = make([]int16, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	var out [][2]int
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i] == y[j]:
			out = append(out, [2]int{i, j})
			i, j = i+1, j+1
		case longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	return out
}

var (
	label        = regexp.MustCompile(`\(([0-9]+), ([0-9]+)\)`)
	continuation = regexp.MustCompile(`\bmk([0-9]+_[0-9]+)\b`)
	placed       = regexp.MustCompile(`\bmk([0-9]+)_([0-9]+)\b|\bjoin ([0-9]+) ([0-9]+)\b`)
)

// rename moves labels and continuations of a proof to where their lines went.
func rename(proof, from, to string) string {
	moved := moves(from, to)
	proof = label.ReplaceAllStringFunc(proof, func(m string) string {
		n := label.FindStringSubmatch(m)
		if at, ok := moved[n[1]+"_"+n[2]]; ok {
			return fmt.Sprintf("(%s)", strings.Replace(at, "_", ", ", 1))
		}
		return m
	})
	return continuation.ReplaceAllStringFunc(proof, func(m string) string {
		if at, ok := moved[m[len("mk"):]]; ok {
			return "mk" + at
		}
		return m
	})
}

// moves are the places FUNCTION_VARIABLE of one model in another one. The first
// line that names a place decides.
func moves(from, to string) map[string]string {
	before, after := strings.Split(strings.TrimSpace(from), "\n"), strings.Split(strings.TrimSpace(to), "\n")
	out := map[string]string{}
	for _, pair := range aligned(kinds(from), kinds(to)) {
		old, now := placed.FindAllStringSubmatch(before[pair[0]], -1), placed.FindAllStringSubmatch(after[pair[1]], -1)
		for i := range min(len(old), len(now)) {
			key := place(old[i])
			if _, known := out[key]; !known {
				out[key] = place(now[i])
			}
		}
	}
	return out
}

func place(m []string) string {
	if m[1] != "" {
		return m[1] + "_" + m[2]
	}
	return m[3] + "_" + m[4]
}

// table is a table of invariants as package hint writes it.
var table = regexp.MustCompile(`(?s)Ltac (?:inv|rel) f v ::= lazymatch .*?\n  end\.\n\n?`)

// derive puts the tables of the library's proof in the place of a proof's own.
// It is empty when there is nothing to put anywhere.
func derive(proof, library string) string {
	tables := strings.Join(table.FindAllString(library, -1), "")
	at := table.FindStringIndex(proof)
	if tables == "" || at == nil {
		return ""
	}
	return proof[:at[0]] + tables + table.ReplaceAllString(proof[at[0]:], "")
}
