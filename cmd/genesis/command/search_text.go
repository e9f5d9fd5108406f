package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

func printSearch(w io.Writer, r searchReport) {
	fmt.Fprintf(w, "campaign %s, seed %d\n", r.Name, r.Seed)
	for _, l := range r.Lineages {
		fmt.Fprintf(w, "\n%s\n", l.Lineage)
		printStates(w, l)
		printParts(w, l)
		printOperators(w, l.Search.Operators)
		if l.Proofs != nil {
			printProofs(w, l.Proofs)
		}
	}
}

func printStates(w io.Writer, l lineageSearch) {
	t := columns(w)
	fmt.Fprintln(t, "  \tstate\tevaluations\tsteps\tduplicates\tbest\tedits")
	for _, s := range []struct {
		name string
		searched
	}{{"search", l.Search}, {"random", l.Random}} {
		fmt.Fprintf(t, "  %s\t%s\t%d\t%d\t%d\t%s\t%s\n", s.name, s.Digest, s.Evaluations, s.Steps, s.Duplicates, s.Best.Short(), path(s.searched))
	}
	t.Flush()
	if n := l.Search.Refuted; n > 0 {
		fmt.Fprintf(w, "  %d that measured better were refuted by a longer attack\n", n)
	}
}

// path says in which order which edits made a module.
func path(s searched) string {
	if !s.Improved {
		return "none: nothing is better than the incumbent"
	}
	words := make([]string, len(s.Path))
	for i, op := range s.Path {
		words[i] = string(op)
	}
	return strings.Join(words, " ")
}

func printParts(w io.Writer, l lineageSearch) {
	t := columns(w)
	fmt.Fprintln(t, "  part\tmetric\tbefore\tafter\tchange\t95 % interval\t\trandom\ttextbook")
	for i, p := range l.Search.Parts {
		e, random, book := p.Estimate, l.Random.Parts[i], l.Textbook[i]
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s%s\t%s\t%s to %s\t%s\t%s%s\t%s%s (%s)\n", p.Part, e.Metric, short(e.Before), short(e.After), broken(p.Feasible),
			short(e.Change), short(e.Low), short(e.High), strings.TrimPrefix(percent(&e), ", "), short(random.Estimate.After), broken(random.Feasible),
			short(book.Value), broken(book.Feasible), book.Name)
	}
	t.Flush()
	if slices.ContainsFunc(l.Search.Parts, func(p partEstimate) bool { return !p.Feasible }) ||
		slices.ContainsFunc(l.Random.Parts, func(p partEstimate) bool { return !p.Feasible }) ||
		slices.ContainsFunc(l.Textbook, func(r rivalOn) bool { return !r.Feasible }) {
		fmt.Fprintln(w, "  * breaks a constraint")
	}
}

func broken(feasible bool) string {
	if feasible {
		return ""
	}
	return "*"
}

func printOperators(w io.Writer, list []operatorTally) {
	t := columns(w)
	fmt.Fprintln(t, "  operator\ttried\trefuted\tscored\timproved")
	for _, o := range list {
		fmt.Fprintf(t, "  %s\t%d\t%d\t%d\t%d\n", o.Operator, o.Tried, o.Refuted, o.Scored, o.Improved)
	}
	t.Flush()
}

func printProofs(w io.Writer, p *proofSummary) {
	fmt.Fprintf(w, "  proofs: %d asked, %d pass, %d true and missed, %d inconclusive, %d fail: %d %% of the true ones proven; of %d that a run refuted %d pass\n",
		p.Asked, p.Pass, p.Missed, p.Unproven, p.Fail, p.percent(), p.Refuted, len(p.Contradictions))
	t := columns(w)
	fmt.Fprintln(t, "  operator\tpass\tmissed\tinconclusive\tfail\tproven")
	for _, o := range p.Operators {
		fmt.Fprintf(t, "  %s\t%d\t%d\t%d\t%d\t%d %%\n", o.Operator, o.Pass, o.Missed, o.Unproven, o.Fail, o.percent())
	}
	t.Flush()
}

func columns(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 0, 4, 2, ' ', 0) }
