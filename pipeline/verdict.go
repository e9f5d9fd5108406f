package pipeline

import (
	"fmt"
	"slices"
)

// Case is what a verdict is about.
type Case struct {
	Change   Change
	Evidence []Evidence
	// Plan is the digest of the rollout plan that approvals agree to.
	Plan Digest
	// Approvals is how many the campaign asks for; policy may ask for more.
	Approvals int64
	// Author submitted the campaign and cannot approve its changes.
	Author string
	Falls  []Fall
}

// StationVerdict is what evidence says of one subject at one station.
type StationVerdict struct {
	Station Station  `json:"station"`
	Subject Subject  `json:"subject"`
	Outcome Outcome  `json:"outcome"`
	Reasons []string `json:"reasons"`
}

// Verdict is what policy says of a change.
type Verdict struct {
	Outcome  Outcome          `json:"outcome"` // pass, fail or inconclusive; approval included where it is needed
	Stations []StationVerdict `json:"stations"`
	Terms    Terms            `json:"terms"`
	Policy   Digest           `json:"policy"`
	Root     Digest           `json:"root"` // of the evidence that was weighed; approvals are bound to it
}

// Upto is the outcome of the stations up to and including the given one. A
// failure anywhere counts.
func (v Verdict) Upto(last Station) Outcome {
	order := Stations()
	var outcomes []Outcome
	for _, s := range v.Stations {
		if s.Outcome == Fail || slices.Index(order, s.Station) <= slices.Index(order, last) {
			outcomes = append(outcomes, s.Outcome)
		}
	}
	return conjoin(outcomes)
}

// At is the verdict on a station over all its subjects; ok is false when the
// policy does not ask for it and nothing failed there.
func (v Verdict) At(station Station) (outcome Outcome, ok bool) {
	var outcomes []Outcome
	for _, s := range v.Stations {
		if s.Station == station {
			outcomes = append(outcomes, s.Outcome)
		}
	}
	return conjoin(outcomes), len(outcomes) > 0
}

// conjoin is fail if any fails, pass if all pass, else inconclusive.
func conjoin(outcomes []Outcome) Outcome {
	all := Pass
	for _, o := range outcomes {
		if o == Fail {
			return Fail
		}
		if o != Pass {
			all = Inconclusive
		}
	}
	return all
}

// Verdict weighs the evidence of a case. It is a pure function: the order and
// repetition of evidence change nothing, statements about other subjects and
// with weaker signatures are left out, and what is missing is inconclusive,
// never passed. A refutation counts also at a station that policy does not
// demand. When the policy itself cannot be applied the outcome is inconclusive.
func (p Policy) Verdict(c Case) Verdict {
	v := Verdict{}
	digest, err := p.Digest()
	if err == nil {
		v.Policy = digest
		v.Terms, err = p.Terms(c.Change, c.Falls)
	}
	w := weighing{c: c, terms: v.Terms, subjects: distinct(c.Change.Subjects())}
	if err != nil {
		v.Stations = []StationVerdict{{Station: Propose, Subject: w.subjects[0], Outcome: Inconclusive, Reasons: []string{err.Error()}}}
	} else {
		w.sort()
		v.Stations, v.Root = w.stations(), w.root()
		v.Stations = append(v.Stations, w.approval(v.Policy, v.Root)...)
	}
	v.Outcome = v.Upto(Halt)
	return v
}

// Subjects lists everything that evidence about the change can be about: the
// change itself, and the module and the code of each of its modules.
func (c Change) Subjects() []Subject {
	out := []Subject{{SubjectChange, c.Digest()}}
	for _, m := range c.Modules {
		out = append(out, Subject{SubjectModule, m.Digest()}, Subject{SubjectCode, m.Code.Digest()})
	}
	return out
}

// weighing is the evidence of a case, sorted by what it is about.
type weighing struct {
	c        Case
	terms    Terms
	subjects []Subject // of the change, each once
	heard    map[StationSubject][]Evidence
	weak     map[StationSubject]int // statements whose signature does not reach the policy's assurance
	digest   map[Digest]bool        // of the statements that count, approvals aside
}

// StationSubject is one question that evidence answers.
type StationSubject struct {
	Station Station
	Subject Subject
}

func (w *weighing) sort() {
	w.heard, w.weak, w.digest = map[StationSubject][]Evidence{}, map[StationSubject]int{}, map[Digest]bool{}
	for _, e := range w.c.Evidence {
		s := e.Statement
		if !slices.Contains(w.subjects, s.Subject) || s.Subject.Kind != s.Station.SubjectOf() {
			continue
		}
		about := StationSubject{s.Station, s.Subject}
		if !e.Assurance.AtLeast(w.terms.Assurance) {
			w.weak[about]++
			continue
		}
		digest, err := s.Digest()
		if err != nil {
			continue // not a statement: it cannot be encoded
		}
		w.heard[about] = append(w.heard[about], e)
		if slices.Contains(demandable(), s.Station) {
			w.digest[digest] = true
		}
	}
}

// root names the set of statements that were weighed.
func (w *weighing) root() Digest {
	list := make([]Digest, 0, len(w.digest))
	for d := range w.digest {
		list = append(list, d)
	}
	slices.Sort(list)
	return mustSum("evidence", list)
}

// stations weighs each station that is demanded, and each where something
// failed; approvals are weighed on their own.
func (w *weighing) stations() []StationVerdict {
	var out []StationVerdict
	for _, station := range Stations() {
		if station == Approve {
			continue
		}
		demanded := slices.Contains(w.terms.Demand, station)
		for _, subject := range w.subjects {
			if subject.Kind != station.SubjectOf() {
				continue
			}
			if v := w.station(StationSubject{station, subject}); demanded || v.Outcome == Fail {
				out = append(out, v)
			}
		}
	}
	return out
}

func distinct(subjects []Subject) []Subject {
	var out []Subject
	for _, s := range subjects {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// station is fail if any statement fails, else pass if any passes: a later
// attempt with more effort settles what was inconclusive.
func (w *weighing) station(about StationSubject) StationVerdict {
	v := StationVerdict{Station: about.Station, Subject: about.Subject, Outcome: Inconclusive}
	reasons := map[Outcome][]string{}
	for _, e := range w.heard[about] {
		o := e.Statement.Outcome
		reasons[o] = append(reasons[o], reason(e.Statement))
	}
	for _, o := range []Outcome{Fail, Pass, Inconclusive, Error} {
		if len(reasons[o]) > 0 {
			slices.Sort(reasons[o])
			v.Reasons = slices.Compact(reasons[o])
			if o == Fail || o == Pass {
				v.Outcome = o
			}
			return v
		}
	}
	v.Reasons = []string{"no evidence"}
	if w.weak[about] > 0 {
		v.Reasons = []string{fmt.Sprintf("no evidence with assurance %s or better", w.terms.Assurance)}
	}
	return v
}

func reason(s Statement) string {
	if s.Outcome != Fail && s.Outcome != Pass {
		return string(s.Outcome) + ": " + s.Summary
	}
	return s.Summary
}

// Facts are what a verdict tells the table of a change's life: the outcome of
// the stations up to the given state, whether policy asks for approval, and
// whether there is enough of it. BaseHolds and what only a workflow knows
// (effort, deadline, waves) are for the caller to set.
func (v Verdict) Facts(s State) Facts {
	last := Federate
	switch s {
	case Proposed:
		last = Propose
	case Verifying:
		last = Benchmark
	case Shadowing:
		last = Shadow
	}
	approved, asked := v.At(Approve)
	return Facts{Verdict: v.Upto(last), NeedsApproval: asked, Quorum: asked && approved == Pass}
}
