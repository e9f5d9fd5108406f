package score

import (
	"fmt"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/mutate"
	"github.com/genesis-network/genesis/pipeline"
)

// Verdict is what became of a mutant.
type Verdict string

// The verdicts; see the documentation of the package.
const (
	Equivalent Verdict = "equivalent"
	Refuted    Verdict = "refuted"
	Accepted   Verdict = "accepted"
	Undecided  Verdict = "undecided"
)

// Mutant is a mutant with its verdict.
type Mutant struct {
	Name    string      `json:"name"` // MODULE#NUMBER, or that of the seed
	Module  string      `json:"module,omitempty"`
	Seeded  bool        `json:"seeded,omitempty"`
	Kind    mutate.Kind `json:"kind,omitempty"`
	Where   string      `json:"where,omitempty"`
	What    string      `json:"what,omitempty"`
	Verdict Verdict     `json:"verdict"`

	Broken  []string         `json:"broken,omitempty"` // clauses, all of them
	Witness string           `json:"witness,omitempty"`
	Reason  string           `json:"reason,omitempty"` // of undecided
	Coq     pipeline.Outcome `json:"coq,omitempty"`    // of the blind proof; "" if it was not asked for
	Unsound bool             `json:"unsound,omitempty"`
	Diff    []string         `json:"diff,omitempty"`    // of survivors
	Effects []Effect         `json:"effects,omitempty"` // of survivors

	refutesTheorem  bool // and not only what is said of module and surroundings
	onlyTheoremOpen bool // so that a proof would decide it
	partly          bool // some clause was left open
}

// Clause is how well one clause is tested.
type Clause struct {
	Name   string `json:"name"`
	Every  bool   `json:"every,omitempty"`  // demanded of every module of every slot: no contract states it
	Kills  int    `json:"kills"`            // mutants that break it
	Alone  int    `json:"alone"`            // mutants that break nothing else
	Killer string `json:"killer,omitempty"` // the first of these
}

// Report is the score of a contract.
type Report struct {
	Contract string          `json:"contract"`
	Version  int             `json:"version"`
	Digest   pipeline.Digest `json:"digest"`
	Modules  []string        `json:"modules"`

	Total      int `json:"total"` // mutants, seeds among them
	Equivalent int `json:"equivalent"`
	Refuted    int `json:"refuted"`
	Accepted   int `json:"accepted"`
	Undecided  int `json:"undecided"`
	Permille   int `json:"decidedPermille"` // of those that are not equivalent, rounded down

	Asked        bool `json:"asked"`        // Coq was there to be asked
	CoqRefuted   int  `json:"coqRefuted"`   // mutants that break the theorem, of which Coq was asked
	CoqUnsound   int  `json:"coqUnsound"`   // of these, proven
	CoqAccepted  int  `json:"coqAccepted"`  // mutants that keep the theorem, of which Coq was asked
	CoqProven    int  `json:"coqProven"`    // of these, proven
	LimitsBroken int  `json:"limitsBroken"` // survivors that break a limit of the objective

	Clauses  []Clause `json:"clauses"`
	Problems []string `json:"problems,omitempty"` // why the score does not suffice
	Mutants  []Mutant `json:"mutants"`
}

// Bar is the share of mutants that must be decided, in permille.
const Bar = 900

// Survivors are the accepted mutants of modules: those that break a limit first,
// then those that make a metric worse.
func (r Report) Survivors() []Mutant {
	var out []Mutant
	for _, m := range r.Mutants {
		if m.Verdict == Accepted && !m.Seeded {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b Mutant) int { return b.harm() - a.harm() })
	return out
}

// harm orders survivors.
func (m Mutant) harm() int {
	worst := 0
	for _, e := range m.Effects {
		switch {
		case e.Broken:
			return 2
		case e.Worse:
			worst = 1
		}
	}
	return worst
}

// every are the clauses that no contract states.
var every = []refute.Clause{refute.Init, refute.Panic, refute.Inv}

// tally counts, and says what does not suffice.
func (r *Report) tally(clauses []string) {
	for _, name := range clauses {
		r.Clauses = append(r.Clauses, Clause{Name: name, Every: slices.Contains(every, refute.Clause(name))})
	}
	for _, m := range r.Mutants {
		r.count(m)
	}
	r.Total = len(r.Mutants)
	if rest := r.Total - r.Equivalent; rest > 0 {
		r.Permille = 1000 * (rest - r.Undecided) / rest
	}
	r.Problems = r.problems()
}

func (r *Report) count(m Mutant) {
	switch m.Verdict {
	case Equivalent:
		r.Equivalent++
	case Refuted:
		r.Refuted++
	case Accepted:
		r.Accepted++
	case Undecided:
		r.Undecided++
	}
	if m.harm() == 2 {
		r.LimitsBroken++
	}
	for i := range r.Clauses {
		r.Clauses[i].count(m)
	}
	r.proof(m)
}

// count notes a mutant that breaks the clause. A seed is named as its killer
// first: people wrote it for that.
func (c *Clause) count(m Mutant) {
	if !slices.Contains(m.Broken, c.Name) {
		return
	}
	c.Kills++
	if len(m.Broken) > 1 || m.partly {
		return
	}
	c.Alone++
	if c.Killer == "" {
		c.Killer = m.Name
	}
}

func (r *Report) proof(m Mutant) {
	switch {
	case m.Coq == "":
	case m.refutesTheorem:
		r.CoqRefuted++
		if m.Unsound {
			r.CoqUnsound++
		}
	case m.Verdict != Undecided:
		r.CoqAccepted++
		if m.Coq == pipeline.Pass {
			r.CoqProven++
		}
	}
}

func (r *Report) problems() (out []string) {
	for _, m := range r.Mutants {
		if m.Unsound {
			out = append(out, fmt.Sprintf("%s breaks %s, and Coq proves it: the proof station is unsound; adopt nothing that it proved, and report this with the witness",
				m.Name, strings.Join(m.Broken, ", ")))
		}
	}
	for _, c := range r.Clauses {
		if c.Alone == 0 && !c.Every {
			out = append(out, fmt.Sprintf("no mutant breaks %s alone: seed a module that does (mutants/NAME/module.go), or drop the clause if the others imply it", c.Name))
		}
	}
	if r.Permille < Bar {
		out = append(out, fmt.Sprintf("%d.%d %% of the mutants are decided, want %d %%: see what left the others open; give the solver more time, raise model.maxStates, or have Coq prove all",
			r.Permille/10, r.Permille%10, Bar/10))
	}
	return out
}

// sample chooses n mutants for Coq, the same ones every time: half of them break
// the theorem, half keep it, as far as there are enough.
func sample(trials []*trial, n int) []*trial {
	var wrong, right []*trial
	for _, t := range trials {
		switch {
		case t.Verdict == Equivalent:
		case t.refutesTheorem:
			wrong = append(wrong, t)
		default:
			right = append(right, t)
		}
	}
	if n == AllWrong {
		return wrong
	}
	if n < 0 || n >= len(wrong)+len(right) {
		return slices.Concat(wrong, right)
	}
	k := max(min((n+1)/2, len(wrong)), n-len(right))
	return slices.Concat(shuffled(wrong)[:k], shuffled(right)[:n-k])
}

// shuffled orders by digest: at random, but always the same.
func shuffled(trials []*trial) []*trial {
	out := slices.Clone(trials)
	key := func(t *trial) string {
		raw, err := ir.Encode(t.unit)
		if err != nil {
			return t.Name
		}
		return string(pipeline.SumBytes(raw))
	}
	slices.SortStableFunc(out, func(a, b *trial) int { return strings.Compare(key(a), key(b)) })
	return out
}
