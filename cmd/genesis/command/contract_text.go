package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/genesis-network/genesis/verifiers/score"
)

func (s scored) text(w io.Writer) {
	fmt.Fprintf(w, "contract %s, version %d, %s\n", s.Contract, s.Version, s.Digest)
	fmt.Fprintf(w, "accepted modules: %s\n\n", strings.Join(s.Modules, ", "))
	fmt.Fprintf(w, "%d mutants: %d equivalent, %d refuted by a witness, %d accepted, %d undecided; %d.%d %% of the others decided\n",
		s.Total, s.Equivalent, s.Refuted, s.Accepted, s.Undecided, s.Permille/10, s.Permille%10)
	if len(s.Refused) > 0 {
		fmt.Fprintf(w, "refused by the language: %s\n", strings.Join(s.Refused, ", "))
	}
	s.coqText(w)
	s.clauseText(w)
	s.mutantText(w)
	s.survivorText(w)
	for _, p := range s.Problems {
		fmt.Fprintf(w, "problem: %s\n", p)
	}
	fmt.Fprintf(w, "%s: %s\n", s.Contract, s.Outcome)
}

func (s scored) coqText(w io.Writer) {
	switch {
	case s.Missing != "":
		fmt.Fprintf(w, "missing: %s\n", s.Missing)
	case s.Asked:
		fmt.Fprintf(w, "Coq, asked blindly: of %d that break the theorem it proves %d, of %d that keep it %d\n",
			s.CoqRefuted, s.CoqUnsound, s.CoqAccepted, s.CoqProven)
	}
}

func (s scored) clauseText(w io.Writer) {
	fmt.Fprintln(w)
	t := columns(w)
	fmt.Fprintln(t, "CLAUSE\tKILLS\tALONE\tOWN KILLER")
	for _, c := range s.Clauses {
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\n", c.Name, c.Kills, c.Alone, orNone(c.Killer))
	}
	_ = t.Flush() // to w, whose errors the commands do not see either
	fmt.Fprintln(w)
}

func (s scored) mutantText(w io.Writer) {
	for _, m := range s.Mutants {
		switch {
		case m.Unsound:
			fmt.Fprintf(w, "unsound: %s: %s\n", title(m), m.Witness)
		case m.Verdict == score.Undecided:
			fmt.Fprintf(w, "undecided: %s: %s\n", title(m), m.Reason)
		}
	}
}

func title(m score.Mutant) string {
	if m.Seeded {
		return m.Name
	}
	return fmt.Sprintf("%s, %s in %s: %s", m.Name, m.Kind, m.Where, m.What)
}

func (s scored) survivorText(w io.Writer) {
	all := s.Survivors()
	fmt.Fprintf(w, "%d survivors, of which %d break a limit of the objective\n", len(all), s.LimitsBroken)
	shown := all
	if s.survivors >= 0 && s.survivors < len(all) {
		shown = all[:s.survivors]
	}
	for _, m := range shown {
		fmt.Fprintf(w, "\n  %s\n", title(m))
		for _, line := range m.Diff {
			fmt.Fprintf(w, "    %s\n", line)
		}
		for _, e := range m.Effects {
			if e.Before != e.After {
				fmt.Fprintf(w, "    %s %s -> %s %s%s\n", e.Metric, e.Before, e.After, e.Unit, mark(e))
			}
		}
	}
	if len(shown) < len(all) {
		fmt.Fprintf(w, "\n  %d more: --survivors -1\n", len(all)-len(shown))
	}
	fmt.Fprintln(w)
}

func mark(e score.Effect) string {
	switch {
	case e.Broken:
		return ", breaks a limit"
	case e.Worse:
		return ", worse"
	}
	return ""
}
