package coq

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/coq/hint"
	"github.com/genesis-network/genesis/verifiers/coq/nearest"
)

// The rungs, from the first to be tried.
const (
	RungOwn       = "own"       // the proof that came with the module
	RungIncumbent = "incumbent" // the proof of the module that it replaces
	RungNearest   = "nearest"   // the accepted proof of the nearest model of the contract, as it is or patched
	RungHint      = "hint"      // the tactic library with invariants for joins and loops
	RungDefault   = "default"   // the tactic library by itself
	RungWriter    = "writer"    // what [Options].Writer wrote
)

// rung is a proof to try.
type rung struct {
	name string
	text []byte
}

// rungs are the proofs to try that are known beforehand, each text once. A
// module that no invariants can be found for has a rung less.
func rungs(s verifiers.Subject, o Options) []rung {
	hinted, err := hint.Proof(s.Unit, s.Contract.Unit)
	if err != nil {
		hinted = nil
	}
	list := []rung{{RungOwn, s.Proof}, {RungIncumbent, s.IncumbentProof}}
	for _, text := range similar(s, o, hinted) {
		list = append(list, rung{RungNearest, text})
	}
	list = append(list, rung{RungHint, hinted}, rung{RungDefault, coqgen.DefaultProof()})
	var out []rung
	for _, r := range list {
		tried := func(o rung) bool { return bytes.Equal(o.text, r.text) }
		if len(r.text) > 0 && !slices.ContainsFunc(out, tried) {
			out = append(out, r)
		}
	}
	return out
}

// similar are proofs made of the accepted one whose model is nearest.
func similar(s verifiers.Subject, o Options, hinted []byte) [][]byte {
	store, ok := o.accepted()
	if !ok {
		return nil
	}
	model, err := coqgen.Model(s.Unit, s.Contract.Unit)
	if err != nil {
		return nil
	}
	e, ok := store.Find(s.Ref.Code.Contract, s.Ref.Code.IR, string(model))
	if !ok {
		return nil
	}
	return e.Patches(string(model), hinted)
}

// accepted is where proofs are kept that were accepted.
func (o Options) accepted() (nearest.Store, bool) {
	dir, err := o.cache()
	return nearest.Store(filepath.Join(dir, "accepted")), err == nil
}

// remember keeps a proof that the tactic library would not find again by itself.
func (j *job) remember(r rung) {
	store, ok := j.o.accepted()
	if !ok || r.name == RungHint || r.name == RungDefault || j.s.Ref.Code.IR == "" {
		return
	}
	// Without it the next module is proven by other rungs, or not.
	_ = store.Put(j.s.Ref.Code.Contract, nearest.Entry{Code: j.s.Ref.Code.IR, Model: string(j.texts.model), Proof: string(r.text)})
}

// Writer writes proofs: a language model with a prompt, a person at a terminal.
// What it writes is hostile and goes through all layers.
type Writer interface {
	// WriteProof answers a question with the text of a proof. An error ends the
	// asking and decides nothing.
	WriteProof(ctx context.Context, q Question) ([]byte, error)
}

// Question is what a writer is asked: to prove the proposition contract of Spec,
// knowing what was tried before and where Coq stopped.
type Question struct {
	Contract, Model, Spec []byte    // the printed files, imported as K.Contract, K.Model, K.Spec
	Attempts              []Attempt // the latest last
}

// Attempt is a proof that was not accepted, and why: for a goal that stayed open
// Finding.Witness is the goal.
type Attempt struct {
	Rung    string
	Proof   []byte
	Finding pipeline.Finding
}

// ask has the writer try, a few times, and told each time what came of it.
func (j *job) ask(ctx context.Context, p *prover, shop *workshop) (accepted bool, err error) {
	if j.o.Writer == nil {
		return false, nil
	}
	for range j.o.tries() {
		text, err := j.o.Writer.WriteProof(ctx, Question{j.texts.contract, j.texts.model, j.texts.spec, slices.Clone(j.attempts)})
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil {
			j.st.Notes["rung."+RungWriter] = "the writer gave up"
			return false, nil
		}
		if accepted, err := j.try(ctx, p, shop, rung{RungWriter, text}); accepted || err != nil {
			return accepted, err
		}
	}
	return false, nil
}
