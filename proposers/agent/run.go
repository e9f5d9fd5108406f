package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/pipeline"
)

// Defaults of a Task.
const (
	DefaultTries     = 12    // answers in a run
	DefaultRepairs   = 4     // answers about one idea, before a new one is asked for
	DefaultMaxTokens = 4096  // of an answer: a module of 64 lines is about 900
	DefaultSteps     = 20000 // of the search for a counter-example; some tens of milliseconds
	MaxFailures      = 10    // of the provider, in a row
)

// Task is what a run depends on. Equal tasks and answers give equal results.
type Task struct {
	Contract  *contract.Contract
	Source    []byte   // of the incumbent, which compiles
	Proof     []byte   // of the incumbent; may be nil
	Objective string   // for the model to read
	Telemetry string   // a digest of what was measured; may be ""
	Ideas     []string // refuted before, newest first
	Prover    Prover   // nil: candidates are not proven here

	Ledger      pipeline.Ledger // tokens, and proofs with a prover
	Tries       int
	Repairs     int
	Temperature pipeline.Decimal
	MaxTokens   int
	Seed        uint64 // of the search for counter-examples
	Steps       int
	Journal     func(Attempt) error // told of each attempt; nil for none
}

// Attempt is one answer and what became of it. Its digests name the request,
// and the text and code that came back.
type Attempt struct {
	Number   int                `json:"number"` // from 1
	State    State              `json:"state"`
	Request  pipeline.Digest    `json:"request"`
	Chars    int                `json:"chars"` // of the request
	Model    string             `json:"model"`
	Tokens   int64              `json:"tokens"` // in, out and wasted
	Reply    pipeline.Digest    `json:"reply"`
	Idea     string             `json:"idea,omitempty"`
	Effect   string             `json:"effect,omitempty"`
	Source   pipeline.Digest    `json:"source,omitempty"`
	Code     pipeline.Digest    `json:"code,omitempty"` // of the IR, when it compiled
	Outcome  pipeline.Outcome   `json:"outcome"`
	Findings []pipeline.Finding `json:"findings,omitempty"`
}

// Stop says why a run ended.
type Stop string

// The ends of a run. An error has none.
const (
	Found      Stop = "found"       // there is a candidate
	OutOfTries Stop = "tries"       // all answers were used
	OutOfMeans Stop = "over-budget" // the ledger does not cover another step
)

// Result is what a run gives, also beside an error.
type Result struct {
	Candidate *Candidate // nil if none was found
	Attempts  []Attempt
	Ledger    pipeline.Ledger
	Failures  int // calls that the provider failed
	Stop      Stop
}

// ErrStalled is the root of a Stalled.
var ErrStalled = errors.New("agent: the provider does not answer")

// ErrStation says that a check could not work. It is no word about the
// candidate; running again with the same recordings goes on from here.
var ErrStation = errors.New("agent: a check could not work")

// Stalled says that a provider failed too often, or for good. Running the same
// task again with the same [Cassette] goes on where it stopped.
type Stalled struct {
	Failures int // in a row
	Err      error
}

// Error says what to do.
func (s *Stalled) Error() string {
	return fmt.Sprintf("%v (%d failures in a row): %v; what was paid is recorded, run again to go on", ErrStalled, s.Failures, s.Err)
}

// Unwrap makes it an ErrStalled, and the provider's error.
func (s *Stalled) Unwrap() []error { return []error{ErrStalled, s.Err} }

// run is a run under way.
type run struct {
	t   Task
	m   Model
	c   checks
	res Result

	state    State
	module   []byte // that the next question shows
	proof    []byte
	findings []pipeline.Finding // of the last answer
	open     []pipeline.Finding // about the module that the next question shows
	repairs  int                // answers about the idea at hand
	idea     string
	seen     map[pipeline.Digest]bool // code that was judged
}

// Run asks the model until a candidate is found or the means end.
func Run(ctx context.Context, m Model, t Task) (Result, error) {
	r, err := start(m, t)
	if err != nil {
		return Result{Ledger: t.Ledger}, err
	}
	for r.res.Stop == "" && err == nil {
		if len(r.res.Attempts) >= r.t.Tries {
			r.res.Stop = OutOfTries
			break
		}
		err = r.try(ctx)
	}
	return r.res, err
}

func start(m Model, t Task) (*run, error) {
	t.Tries, t.Repairs = or(t.Tries, DefaultTries), or(t.Repairs, DefaultRepairs)
	t.MaxTokens, t.Steps = or(t.MaxTokens, DefaultMaxTokens), or(t.Steps, DefaultSteps)
	t.Ideas = slices.Clone(t.Ideas)
	refuter, err := refute.New(t.Contract)
	if err != nil {
		return nil, fmt.Errorf("agent: contract: %w", err)
	}
	r := &run{t: t, m: m, seen: map[pipeline.Digest]bool{}, res: Result{Ledger: t.Ledger}}
	r.c = checks{contract: t.Contract, surface: t.Contract.Surface(), refuter: refuter, seed: t.Seed, steps: t.Steps}
	_, code, found := r.c.compile(t.Source)
	if len(found) > 0 {
		return nil, fmt.Errorf("agent: incumbent: %s %s: %s", found[0].Code, found[0].Where, found[0].Message)
	}
	if !fits(r.contract(), t.Source) {
		return nil, ErrTooLong
	}
	r.seen[pipeline.SumBytes(code)] = true
	r.restart()
	return r, nil
}

func or(v, otherwise int) int {
	if v == 0 {
		return otherwise
	}
	return v
}

func (r *run) contract() []byte { return r.t.Contract.Files["contract.go"] }

// restart goes back to the incumbent.
func (r *run) restart() {
	r.state, r.module, r.proof, r.repairs, r.open = Improve, r.t.Source, r.t.Proof, 0, nil
}

// try is one question, its answer, and what follows from it.
func (r *run) try(ctx context.Context) error {
	req := r.request()
	reserved := pipeline.Amount{Tokens: req.Most()}
	if r.res.Ledger.Reserve(reserved) != nil {
		r.res.Stop = OutOfMeans
		return nil
	}
	reply, err := r.ask(ctx, req)
	if err != nil {
		r.res.Ledger.Settle(reserved, pipeline.Amount{})
		return err
	}
	r.res.Ledger.Settle(reserved, pipeline.Amount{Tokens: reply.cost(reserved.Tokens)})
	a := Attempt{Number: len(r.res.Attempts) + 1, State: r.state, Request: req.Digest(), Chars: req.chars(),
		Model: line(reply.Model), Tokens: reply.cost(reserved.Tokens), Reply: pipeline.SumBytes([]byte(reply.Text))}
	cand, next, err := r.judge(ctx, reply, &a)
	if err != nil {
		return err
	}
	r.res.Attempts = append(r.res.Attempts, a)
	if r.t.Journal != nil {
		if err := r.t.Journal(a); err != nil {
			return fmt.Errorf("agent: journal: %w", err)
		}
	}
	r.advance(a, cand, next)
	return nil
}

func (r *run) request() Request {
	b := brief{state: r.state, contract: r.contract(), module: r.module, proof: r.proof,
		objective: r.t.Objective, telemetry: r.t.Telemetry, ideas: r.t.Ideas, findings: r.findings}
	return Request{Messages: b.messages(), Schema: Schema, Temperature: r.t.Temperature, MaxTokens: r.t.MaxTokens}
}

// ask repeats a question until it is answered, or the provider failed too often.
func (r *run) ask(ctx context.Context, req Request) (Reply, error) {
	for n := 1; ; n++ {
		reply, err := r.m.Complete(ctx, req)
		if err == nil {
			return reply, nil
		}
		r.res.Ledger.Settle(pipeline.Amount{}, pipeline.Amount{Tokens: waste(err, req)})
		if ctx.Err() != nil {
			return Reply{}, fmt.Errorf("agent: stopped: %w", context.Cause(ctx))
		}
		if own, ok := find[final](err); ok {
			return Reply{}, own.error // of the recording, not of the provider
		}
		r.res.Failures++
		if n >= MaxFailures || permanent(err) {
			return Reply{}, &Stalled{Failures: n, Err: err}
		}
	}
}

// judge takes an answer through the checks, and says what to ask next.
func (r *run) judge(ctx context.Context, reply Reply, a *Attempt) (*Candidate, State, error) {
	a.Outcome = pipeline.Fail
	ans, bad := read(reply)
	a.Idea, a.Effect = ans.Idea, ans.Effect
	if bad != nil {
		a.Findings = []pipeline.Finding{*bad}
		return nil, r.state, nil
	}
	src := []byte(ans.Source)
	if r.state == ProofRepair && len(src) == 0 {
		src = r.module
	}
	if len(src) == 0 {
		a.Findings = []pipeline.Finding{{Code: "reply.empty", Message: "there is no source in the reply", Hint: `write the whole file in "source"`}}
		return nil, r.state, nil
	}
	a.Source = pipeline.SumBytes(src)
	cand := &Candidate{Source: src, Proof: []byte(ans.Proof), Idea: ans.Idea, Effect: ans.Effect}
	if cand.Unit, cand.IR, a.Findings = r.c.compile(src); len(a.Findings) > 0 {
		return cand, Fix, nil
	}
	a.Code = pipeline.SumBytes(cand.IR)
	if a.Findings = r.order(cand, a.Code); len(a.Findings) > 0 {
		return nil, r.state, nil
	}
	return r.verify(ctx, cand, a)
}

// order finds what the state of the run does not allow.
func (r *run) order(c *Candidate, code pipeline.Digest) []pipeline.Finding {
	switch {
	case r.state == ProofRepair && !sameCode(c.Source, r.module):
		return []pipeline.Finding{{Code: "agent.frozen", Message: "the code was changed while only func Inv and the proof may be",
			Hint: `leave "source" empty, or repeat the module with another Inv`}}
	case r.state == ProofRepair && bytes.Equal(c.Source, r.module) && bytes.Equal(c.Proof, r.proof):
		return []pipeline.Finding{{Code: "agent.same", Message: "neither Inv nor the proof was changed", Hint: "change one of them for the open goal"}}
	case r.state != ProofRepair && r.seen[code]:
		return []pipeline.Finding{{Code: "agent.same", Message: "this code is the incumbent's, or was judged before", Hint: "change what it decides"}}
	}
	r.seen[code] = true
	return nil
}

// verify refutes, then proves.
func (r *run) verify(ctx context.Context, cand *Candidate, a *Attempt) (*Candidate, State, error) {
	var err error
	if a.Findings, err = r.c.refute(cand.Unit); err != nil {
		return nil, "", fmt.Errorf("%w: refute: %w", ErrStation, err)
	}
	if len(a.Findings) > 0 {
		return cand, Counterexample, nil
	}
	if r.t.Prover == nil {
		a.Outcome = pipeline.Pass
		return cand, "", nil
	}
	return r.prove(ctx, cand, a)
}

var oneProof = pipeline.Amount{Proofs: 1}

func (r *run) prove(ctx context.Context, cand *Candidate, a *Attempt) (*Candidate, State, error) {
	if r.res.Ledger.Reserve(oneProof) != nil {
		a.Outcome, r.res.Stop = pipeline.Inconclusive, OutOfMeans
		a.Findings = []pipeline.Finding{{Code: "budget.proofs", Message: "no attempt of the prover is left", Hint: "raise spec.budget.proofs"}}
		return nil, ProofRepair, nil
	}
	outcome, found, err := r.t.Prover.Prove(ctx, *cand)
	if err != nil || outcome == pipeline.Error {
		r.res.Ledger.Settle(oneProof, pipeline.Amount{})
		return nil, "", fmt.Errorf("%w: prove: %w", ErrStation, orElse(err, found))
	}
	r.res.Ledger.Settle(oneProof, oneProof)
	a.Outcome, a.Findings = outcome, readable(found)
	switch outcome {
	case pipeline.Pass:
		cand.Proven = true
		return cand, "", nil
	case pipeline.Fail:
		return cand, Counterexample, nil
	default:
		a.Outcome = pipeline.Inconclusive
		return cand, ProofRepair, nil
	}
}

// readable makes findings that can be recorded, whatever bytes a tool wrote.
func readable(fs []pipeline.Finding) []pipeline.Finding {
	out := slices.Clone(fs)
	for i := range out {
		for _, s := range []*string{&out[i].Code, &out[i].Where, &out[i].Message, &out[i].Hint, &out[i].Witness} {
			*s = strings.ToValidUTF8(*s, "?")
		}
	}
	return out
}

func orElse(err error, found []pipeline.Finding) error {
	switch {
	case err != nil:
		return err
	case len(found) > 0:
		return errors.New(found[0].Message)
	}
	return errors.New("the prover gave no reason")
}

// advance moves to the next question.
func (r *run) advance(a Attempt, cand *Candidate, next State) {
	if a.Outcome == pipeline.Pass {
		r.res.Candidate, r.res.Stop, r.findings = cand, Found, nil
		return
	}
	r.findings, r.repairs = a.Findings, r.repairs+1
	if cand == nil {
		r.findings = append(slices.Clone(a.Findings), r.open...) // what was wrong is still to be done
	} else {
		r.open = a.Findings
	}
	if len(r.findings) == 0 {
		r.findings = []pipeline.Finding{{Code: "agent.open", Message: "the check gave no reason", Hint: "try another change"}}
	}
	if a.Idea != "" && r.state == Improve {
		r.idea = a.Idea
	}
	if r.repairs > r.t.Repairs {
		r.giveUp()
		return
	}
	if cand == nil {
		return
	}
	if !fits(r.contract(), cand.Source) {
		r.findings = append([]pipeline.Finding{{Code: "reply.long", Message: "the module is too long to be shown again", Hint: "write a shorter module"}}, r.findings...)
		r.restart()
		return
	}
	r.state, r.module, r.proof = next, cand.Source, cand.Proof
}

// giveUp leaves an idea: it is told as refuted, with the finding that ended it.
func (r *run) giveUp() {
	if r.idea != "" {
		r.t.Ideas = slices.Insert(r.t.Ideas, 0, r.idea+" ("+r.findings[0].Code+")")
		r.idea = ""
	}
	r.restart()
}
