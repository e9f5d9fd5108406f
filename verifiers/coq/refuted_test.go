package coq

import (
	"os"
	"testing"
	"time"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/proposers/evolve"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/decide"
)

// attemptSeconds is how long an attempt in a batch may take by the clock. A proof
// that is found takes a fifth of it on a quiet machine.
const attemptSeconds = 15

// batchSize is how many candidates a run of Coq is asked about.
const batchSize = 50

// No candidate that package decide refutes, by a witness that the reference
// engine confirms, is ever proven: Coq is asked for each as if nobody knew, for the
// part of the theorem that the witness breaks. Coq also computes each witness's
// run. A batch could prove what it is asked: the module that the search started
// from stands in each of them, with one candidate of which decide says that the
// theorem holds.
func TestNoRefutedCandidateIsProven(t *testing.T) {
	t.Parallel()
	each := map[string]int{"limiter": 3}
	if os.Getenv("GENESIS_NIGHTLY") != "" {
		each = map[string]int{"alder": 400, "birch": 400, "limiter": 200}
	}
	for name, n := range each {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			o.Timeout = patient
			p, err := newProver(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			inBatches(t, p, started(t, name), n)
		})
	}
}

// inBatches asks about n refuted candidates, and says how it went.
func inBatches(t *testing.T, p *prover, incumbent lineages.Module, n int) {
	var tally struct{ asked, late, confirmed, trueOnes, trueProven int }
	next := candidates(t, incumbent, 7)
	for tally.asked < n {
		refuted, holding := batchOf(t, next, incumbent, min(batchSize, n-tally.asked))
		began := time.Now()
		replies := p.askAll(t.Context(), t, append(refuted, asked(incumbent), holding), attemptSeconds)
		for i, r := range replies[:len(refuted)] {
			if r.proven {
				t.Errorf("refuted and proven, %s:\n%s", refuted[i].witness, refuted[i].subject.Source)
			}
			if !r.confirmed {
				t.Errorf("Coq does not confirm %s:\n%s", refuted[i].witness, refuted[i].subject.Source)
			}
			tally.asked++
			tally.late += count(r.late)
			tally.confirmed += count(r.confirmed)
		}
		if !replies[len(refuted)].proven {
			t.Errorf("the module that the search started from was not proven in a batch, out of time: %t", replies[len(refuted)].late)
		}
		tally.trueOnes++
		tally.trueProven += count(replies[len(refuted)+1].proven)
		t.Logf("%d refuted candidates asked about, none proven, %d of them out of time; confirmed by Coq %d; of candidates for which all holds %d of %d proven; the last batch took %.0f s",
			tally.asked, tally.late, tally.confirmed, tally.trueProven, tally.trueOnes, time.Since(began).Seconds())
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// started is the module that a search of a slot starts from.
func started(t *testing.T, name string) lineages.Module {
	t.Helper()
	var g lineages.Genome
	slot, _ := hal.Lookup("thermal")
	var err error
	if name == "limiter" {
		if slot, err = hal.Open(os.DirFS("../../examples/limiter")); err != nil {
			t.Fatal(err)
		}
		genomes, err := lineages.In(slot.Folder, slot.Name)
		if err != nil || len(genomes) == 0 {
			t.Fatalf("%d genomes: %v", len(genomes), err)
		}
		g = genomes[0]
	} else if g, err = lineages.Load(name, slot.Name); err != nil {
		t.Fatal(err)
	}
	m, err := g.Compile(slot.Contract)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func asked(m lineages.Module) question {
	return question{subject: verifiers.Subject{Contract: m.Contract, Source: m.Source, IR: m.IR, Unit: m.Unit, Ref: m.Ref}}
}

// candidates gives one candidate after the other of a random search from a
// module, none twice.
func candidates(t *testing.T, m lineages.Module, seed uint64) func() evolve.Candidate {
	t.Helper()
	search, err := evolve.New(evolve.Config{Seed: seed, Strategy: evolve.Random, Incumbent: m.Unit, Evaluations: 1 << 20, Edit: evolve.Editable(m.Unit)}, evolve.Score{})
	if err != nil {
		t.Fatal(err)
	}
	var now []evolve.Candidate
	return func() evolve.Candidate {
		for len(now) == 0 {
			now = search.Next()
			results := make([]evolve.Result, len(now))
			for i, c := range now {
				results[i] = evolve.Result{Ticket: c.Ticket, Fate: evolve.Raced}
			}
			if err := search.Apply(now, results); err != nil {
				t.Fatal(err)
			}
		}
		c := now[0]
		now = now[1:]
		return c
	}
}

// batchOf takes candidates until n are refuted and one is not.
func batchOf(t *testing.T, next func() evolve.Candidate, m lineages.Module, n int) (refuted []question, holding question) {
	t.Helper()
	for found := false; len(refuted) < n || !found; {
		c := next()
		r, err := decide.Module(t.Context(), m.Contract, c.Unit, decide.Options{Depth: -1})
		if err != nil {
			t.Fatal(err)
		}
		switch w := r.Witness(); {
		case w != nil && len(refuted) < n:
			refuted = append(refuted, question{candidate(t, m, c.Unit).subject, w})
		case w == nil && !found && r.Verdict() == decide.Holds:
			holding, found = candidate(t, m, c.Unit), true
		}
	}
	return refuted, holding
}

func candidate(t *testing.T, m lineages.Module, u *ir.Unit) question {
	t.Helper()
	printed, err := lineages.Print(m.Contract, u, nil)
	if err != nil {
		t.Fatal(err)
	}
	return asked(printed)
}

// Of two questions about one module, the one of the part of the theorem that a
// witness breaks is about that part.
func TestAWitnessNamesItsPartOfTheTheorem(t *testing.T) {
	t.Parallel()
	for clause, want := range map[refute.Clause]string{
		refute.Init: "init_keeps", refute.RelPost: "two_runs", refute.Post: "step_keeps",
		refute.Inv: "step_keeps", refute.Panic: "step_keeps", refute.Frame: "step_keeps",
	} {
		if got := partOf(&refute.Witness{Clause: clause}); got != want {
			t.Errorf("%s: %s, want %s", clause, got, want)
		}
	}
}
