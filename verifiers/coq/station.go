package coq

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/coq/sandbox"
)

// Result is a statement with the proof that it is about.
type Result struct {
	Statement pipeline.Statement `json:"statement"`

	// Proof is the accepted text; nil unless the outcome is pass. The module that
	// the statement speaks of is the code with this proof: its digest is what
	// ModuleRef.Proof must be.
	Proof []byte `json:"proof,omitempty"`
	Rung  string `json:"rung,omitempty"` // that gave it: one of the Rung constants
}

// Prove proves a module, or says why not. A context that ends is an error, and
// so is what is no fault of the module: a trusted file that was changed, a model
// that does not compile.
func Prove(ctx context.Context, s verifiers.Subject, o Options) (Result, error) {
	texts, err := print(s)
	if errors.Is(err, errExample) {
		return unexemplified(s, o, err), nil
	}
	if err != nil {
		return Result{}, err
	}
	st := begin(s, o)
	if o.Model != nil && string(o.Model) != string(texts.model) {
		end(&st, pipeline.Fail, "the model is not that of the module")
		add(&st, pipeline.Finding{Code: "coq.model", Where: "Model.v", Message: st.Summary, Hint: "leave the model to the station, which prints it"})
		return Result{Statement: st}, nil
	}
	shelf := shelfOf(s, o, texts)
	if r, ok := shelf.find(); ok {
		return r.result, r.keep(o.Keep)
	}
	j := &job{s: s, o: o, texts: texts, st: st, files: map[string][]byte{}}
	if err := j.run(ctx); err != nil {
		return Result{}, err
	}
	out := entry{result: j.result(), files: j.files}
	if o.Writer == nil || out.result.Statement.Outcome != pipeline.Inconclusive { // it may write something better
		shelf.put(out)
	}
	return out.result, out.keep(o.Keep)
}

func begin(s verifiers.Subject, o Options) pipeline.Statement {
	return pipeline.Statement{
		Station: pipeline.Coq,
		Subject: pipeline.Subject{Kind: pipeline.SubjectModule, Digest: s.Ref.Digest()},
		Inputs:  Inputs(s, o),
		Notes:   map[string]string{},
	}
}

func end(st *pipeline.Statement, o pipeline.Outcome, summary string) {
	st.Outcome, st.Summary = o, summary
}

func add(st *pipeline.Statement, f pipeline.Finding) { st.Findings = append(st.Findings, f) }

func unexemplified(s verifiers.Subject, o Options, err error) Result {
	st := begin(s, o)
	end(&st, pipeline.Inconclusive, "the contract could not be shown to be about any input")
	add(&st, pipeline.Finding{Code: "coq.example", Where: "Wf", Message: err.Error(), Hint: "widen Wf, or name the constants that its inputs need"})
	return Result{Statement: st}
}

// job is one run of the station.
type job struct {
	s     verifiers.Subject
	o     Options
	texts *printed
	st    pipeline.Statement
	files map[string][]byte // attachments
	proof []byte
	rung  string

	witness   *refute.Witness // nil if none was found
	attempts  []Attempt       // that were not accepted
	explained bool            // where a proof stopped was shown once
}

func (j *job) run(ctx context.Context) error {
	for _, f := range j.texts.files() {
		j.attach(f.name+".v", f.text)
	}
	var err error
	var decided string
	if j.witness, decided, err = search(ctx, j.s, j.o); err != nil {
		return err
	}
	if decided != "" {
		j.st.Notes["decided"] = decided
	}
	if j.witness == nil || !j.witness.Reachable {
		if c := whitelist(j.s.Proof); c != nil && len(j.s.Proof) > 0 && !j.o.layers.noWhitelist {
			j.refuse(cheatFinding(c)) // before anything of it is compiled
			return nil
		}
	}
	p, err := newProver(ctx, j.o)
	if errors.Is(err, ErrMissing) {
		j.missing()
		return nil
	}
	if err != nil {
		return err
	}
	j.st.Tools = []pipeline.Tool{p.tools.coqc.statement(), p.tools.coqchk.statement()}
	shop, err := newWorkshop()
	if err != nil {
		return err
	}
	defer shop.close()
	return j.work(ctx, p, shop)
}

// work is the part for which Coq is needed.
func (j *job) work(ctx context.Context, p *prover, shop *workshop) error {
	for i, gap := range sandbox.Gaps() {
		j.st.Notes["sandbox."+strconv.Itoa(i)] = gap
	}
	err := shop.settle(ctx, p, j.texts)
	if short, ok := errors.AsType[*shortage](err); ok {
		end(&j.st, pipeline.Inconclusive, "the model could not be compiled in time")
		add(&j.st, shortageFinding(short.code, short.where))
		return nil
	}
	if err != nil {
		return err
	}
	if j.witness != nil {
		if done, err := j.refuted(ctx, p, shop); done || err != nil {
			return err
		}
	}
	return j.climb(ctx, p, shop)
}

// refuted has Coq confirm the witness. That ends the matter: a reachable one
// refutes the module, any one refutes the theorem, so that no proof is left to be
// found. If Coq could not say, a reachable one still stands, and of another one
// the rungs decide.
func (j *job) refuted(ctx context.Context, p *prover, shop *workshop) (done bool, err error) {
	answer, err := confirm(ctx, p, shop, j.s, j.witness)
	if err != nil {
		return true, err
	}
	j.st.Notes["witness"] = answer + " by Coq"
	f := witnessFinding(j.s, j.witness)
	if answer == "contradicted" {
		end(&j.st, pipeline.Error, "reference engine and Coq disagree about a run of the module")
		f.Code, f.Hint = "coq.disagree", "report this: an engine or the printer is wrong, the module was not judged"
		add(&j.st, f)
		return true, nil
	}
	switch {
	case j.witness.Reachable:
		j.refutes(f)
	case answer == confirmed:
		j.unprovable()
	default:
		return false, nil
	}
	return true, nil
}

// unprovable ends a run whose module may be right while its invariant is not.
func (j *job) unprovable() {
	end(&j.st, pipeline.Inconclusive, "no proof was found: the invariant does not hold by itself")
	add(&j.st, witnessFinding(j.s, j.witness))
}

func (j *job) refuse(f pipeline.Finding) {
	end(&j.st, pipeline.Fail, "the proof is refused: "+clip(f.Message, 200))
	add(&j.st, f)
}

func (j *job) refutes(f pipeline.Finding) {
	end(&j.st, pipeline.Fail, "refuted: "+f.Message)
	add(&j.st, f)
}

// climb tries the rungs until one is accepted.
func (j *job) climb(ctx context.Context, p *prover, shop *workshop) error {
	for _, r := range rungs(j.s, j.o) {
		if done, err := j.try(ctx, p, shop, r); done || err != nil {
			return err
		}
	}
	if done, err := j.ask(ctx, p, shop); done || err != nil {
		return err
	}
	if j.witness != nil {
		j.unprovable()
		return nil
	}
	end(&j.st, pipeline.Inconclusive, "no proof was found; decided by bits: "+cmp.Or(j.st.Notes["decided"], "not asked"))
	return nil
}

// try takes one rung. It ends the matter when the proof is accepted, and when
// the one that came with the module attacks the station.
func (j *job) try(ctx context.Context, p *prover, shop *workshop, r rung) (done bool, err error) {
	t, err := p.attempt(ctx, shop, r, j.o)
	switch {
	case err != nil:
		return false, err
	case t.accepted:
		j.accept(r)
		return true, nil
	case t.hostile && r.name == RungOwn:
		j.refuse(t.finding)
		return true, nil
	}
	if t.failed != nil && (!j.explained || j.o.Writer != nil) {
		j.explained = true // once, unless somebody learns of it: it costs as much as the rung
		if t.finding, err = p.diagnose(ctx, shop, t); err != nil {
			return false, err
		}
	}
	j.attempts = append(j.attempts, Attempt{r.name, r.text, t.finding})
	if r.name == RungHint {
		j.attach("Hint.v", r.text) // for whoever goes on by hand
	}
	j.st.Notes["rung."+r.name] = t.finding.Code
	add(&j.st, t.finding)
	return false, nil
}

func (j *job) accept(r rung) {
	j.proof, j.rung = r.text, r.name
	j.remember(r)
	delete(j.files, "Hint.v")
	delete(j.st.Attachments, "Hint.v")
	j.attach("Proof.v", r.text)
	ref := j.s.Ref
	ref.Proof = pipeline.SumBytes(r.text)
	j.st.Subject.Digest = ref.Digest()
	j.st.Notes["rung"] = r.name
	j.st.Notes["coqchk"] = "the proof and the gate; the libraries admitted"
	if j.o.Full {
		j.st.Notes["coqchk"] = "the proof and all that it stands on: the libraries once for this Coq, the rest now"
	}
	j.st.Findings = nil // of rungs below
	j.st.Figures = []pipeline.Figure{
		{Name: "proof", Value: strconv.Itoa(len(r.text)), Unit: "bytes"},
		{Name: "model", Value: strconv.Itoa(len(j.texts.model)), Unit: "bytes"},
	}
	end(&j.st, pipeline.Pass, "proven by rung "+r.name)
}

// missing ends a run without Coq. A reachable witness stands by itself.
func (j *job) missing() {
	if j.witness != nil && j.witness.Reachable {
		j.st.Notes["witness"] = "run by the reference engine; Coq is not installed to confirm it"
		j.refutes(witnessFinding(j.s, j.witness))
		return
	}
	end(&j.st, pipeline.Inconclusive, "Coq is not installed")
	add(&j.st, pipeline.Finding{Code: "coq.missing", Message: ErrMissing.Error(), Hint: j.o.elsewhere()})
	if j.witness != nil {
		add(&j.st, witnessFinding(j.s, j.witness))
	}
}

func (j *job) attach(name string, text []byte) {
	j.files[name] = text
	if j.st.Attachments == nil {
		j.st.Attachments = map[string]pipeline.Digest{}
	}
	j.st.Attachments[name] = pipeline.SumBytes(text)
}

func (j *job) result() Result { return Result{Statement: j.st, Proof: j.proof, Rung: j.rung} }

// entry is a result with its attachments.
type entry struct {
	result Result
	files  map[string][]byte
}

func (e entry) keep(keep func(string, []byte) error) error {
	if keep == nil {
		return nil
	}
	for name, content := range e.files {
		if err := keep(name, content); err != nil {
			return fmt.Errorf("coq: keep %s: %w", name, err)
		}
	}
	return nil
}
