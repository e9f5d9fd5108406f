package agree

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/wasm"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/native"
)

// How many trials the station makes unless it is told otherwise.
const (
	DefaultTrials    = 20_000
	DefaultCoqTrials = 20_000
	DefaultSeed      = 1
)

// The engines. VM is the reference.
const (
	VM          = "vm"
	Wasm        = "wasm" // wazero's compiler
	Interpreter = "wasm-interpreter"
	Native      = "native"
	InCoq       = "coq"
)

// DefaultDemand are the engines without which nothing was shown.
var DefaultDemand = []string{VM, Wasm, Native}

// Options of the station. The zero value runs the engines that need nothing
// installed, which is not enough to pass.
type Options struct {
	Go  *native.Toolchain // nil when it is not installed
	Coq *Coq              // nil when it is not installed

	Trials    int    // for the fast engines; 0 is DefaultTrials
	CoqTrials int    // for Coq; 0 is DefaultCoqTrials
	Seed      uint32 // 0 is DefaultSeed
	Demand    []string
	Corpus    []verifiers.Case // made before all others
	More      []Engine         // further engines, made for this subject

	editModel func([]byte) []byte // what Coq is given, for tests
}

func (o Options) orDefault() Options {
	set := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	set(&o.Trials, DefaultTrials)
	set(&o.CoqTrials, DefaultCoqTrials)
	if o.Seed == 0 {
		o.Seed = DefaultSeed
	}
	if o.Demand == nil {
		o.Demand = DefaultDemand
	}
	return o
}

// Inputs are what a statement of this station depends on besides its subject.
// They are known before the station works.
func Inputs(s verifiers.Subject, o Options) map[string]pipeline.Digest {
	o = o.orDefault()
	engines := map[string]string{VM: VMVersion}
	if o.Go != nil {
		engines[Native] = o.Go.Version
	}
	if o.Coq != nil {
		engines[InCoq] = o.Coq.Version
	}
	for _, e := range o.More {
		engines["more."+e.Name()] = e.Version()
	}
	corpus := make([]string, len(o.Corpus))
	for i, c := range o.Corpus {
		corpus[i] = string(pipeline.SumBytes(c.Encode()))
	}
	return map[string]pipeline.Digest{
		"contract": s.Ref.Code.Contract,
		"source":   pipeline.SumBytes(s.Source),
		"engines":  sum("engines", engines),
		"corpus":   sum("corpus", corpus),
		"effort": sum("effort", map[string]string{"trials": strconv.Itoa(o.Trials), "coq.trials": strconv.Itoa(o.CoqTrials),
			"seed": strconv.FormatUint(uint64(o.Seed), 10), "demand": strings.Join(o.Demand, " ")}),
	}
}

// sum names texts, which cannot fail.
func sum(kind string, v any) pipeline.Digest {
	d, err := pipeline.Sum(kind, v)
	if err != nil {
		panic("agree: " + err.Error())
	}
	return d
}

// Check runs a module on all engines and compares them. A context that reaches
// its deadline makes the statement inconclusive; one that is cancelled is an
// error.
func Check(ctx context.Context, s verifiers.Subject, o Options) (pipeline.Statement, error) {
	o = o.orDefault()
	dir, err := os.MkdirTemp("", "genesis-agree-")
	if err != nil {
		return pipeline.Statement{}, fmt.Errorf("agree: %w", err)
	}
	defer os.RemoveAll(dir)
	c := &check{subject: s, options: o, dir: dir, st: pipeline.Statement{
		Station: pipeline.Agree,
		Subject: pipeline.Subject{Kind: pipeline.SubjectCode, Digest: s.Ref.Code.Digest()},
		Inputs:  Inputs(s, o),
		Notes:   map[string]string{},
	}}
	defer c.close()
	err = c.run(ctx)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		c.st.Outcome, c.st.Summary = pipeline.Inconclusive, "time was up before the engines were compared"
		c.st.Findings = []pipeline.Finding{{Code: "agree.time", Message: c.st.Summary, Hint: "allow more time (--timeout), or fewer trials"}}
	case err != nil:
		return pipeline.Statement{}, fmt.Errorf("agree: %w", err)
	}
	return c.st, nil
}

// check is one run of the station.
type check struct {
	subject   verifiers.Subject
	options   Options
	dir       string
	reference Engine
	predicate *reference
	engines   []Engine // besides the reference
	closers   []func()
	ran       []string
	st        pipeline.Statement
}

func (c *check) close() {
	for _, f := range c.closers {
		f()
	}
}

func (c *check) run(ctx context.Context) error {
	if refused, err := c.assemble(ctx); err != nil || refused {
		return err
	}
	for _, b := range c.batches() {
		if done, err := c.batch(ctx, b); err != nil || done {
			return err
		}
	}
	c.conclude()
	return nil
}

// assemble makes the engines. Refused means that one refused the module.
func (c *check) assemble(ctx context.Context) (refused bool, err error) {
	s := c.subject
	if c.reference, err = Reference(s.Contract, s.Unit, VM); err != nil {
		return false, err
	}
	if c.predicate, err = newReference(s.Contract, s.Unit); err != nil {
		return false, err
	}
	c.st.Tools = append(c.st.Tools, pipeline.Tool{Name: VM, Version: VMVersion})
	for _, make := range []func(context.Context) error{c.addWasm, c.addNative, c.addCoq} {
		if err := make(ctx); err != nil {
			return c.refusal(err)
		}
	}
	for _, e := range c.options.More {
		c.add(e)
	}
	return false, nil
}

func (c *check) add(e Engine) {
	c.engines = append(c.engines, e)
	c.st.Tools = append(c.st.Tools, pipeline.Tool{Name: e.Name(), Version: e.Version()})
}

func (c *check) missing(engine, hint string) { c.st.Notes["engine."+engine] = "missing: " + hint }

// refusal tells what an engine has against the module from trouble.
func (c *check) refusal(err error) (refused bool, _ error) {
	f := pipeline.Finding{Message: firstLine(err)}
	switch {
	case errors.Is(err, host.ErrBudget):
		f.Code, f.Hint = "agree.budget", "shorten loops: the worst case of a call must stay below the contract's budget"
	case errors.Is(err, host.ErrRefused):
		f.Code, f.Hint = "agree.host", "a tile would not load it: compare the module with its contract"
	case errors.Is(err, native.ErrSource):
		f.Code, f.Hint = "agree.source", "propose the source that the IR was compiled from"
	case errors.Is(err, native.ErrBuild):
		f.Code, f.Hint = "agree.native", "this is a fault of the front end, which accepted what Go refuses: report it"
	case errors.Is(err, coqgen.ErrShape):
		f.Code, f.Hint = "agree.coq", "compare the module with its contract"
	default:
		return false, err
	}
	c.st.Outcome, c.st.Summary = pipeline.Fail, "an engine refuses the module: "+f.Code
	c.st.Findings = []pipeline.Finding{f}
	return true, nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line[:min(len(line), 500)]
}

func (c *check) addWasm(ctx context.Context) error {
	for _, w := range []struct {
		name string
		kind wasm.Engine
	}{{Wasm, wasm.Compiler}, {Interpreter, wasm.Interpreter}} {
		runtime, err := wasm.NewRuntime(ctx, w.kind)
		if err != nil {
			c.missing(w.name, firstLine(err))
			continue
		}
		c.closers = append(c.closers, func() { _ = runtime.Close(context.WithoutCancel(ctx)) })
		e, err := newWasm(ctx, c.subject, w.name, runtime)
		if err != nil {
			return err
		}
		c.add(e)
	}
	return nil
}

func (c *check) addNative(ctx context.Context) error {
	if c.options.Go == nil {
		c.missing(Native, "install Go 1.26 or later")
		return nil
	}
	e, err := newNative(ctx, c.subject, c.options.Go, filepath.Join(c.dir, "go"))
	if err != nil {
		return err
	}
	c.closers = append(c.closers, func() { _ = e.built() }) // its folder is removed
	c.add(e)
	return nil
}

func (c *check) addCoq(context.Context) error {
	if c.options.Coq == nil {
		c.missing(InCoq, "install Coq, for example: apt-get install coq")
		return nil
	}
	dir := filepath.Join(c.dir, "coq")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	e, err := newCoq(c.subject, c.options.Coq, dir, c.options.editModel)
	if err != nil {
		return err
	}
	c.add(e)
	return nil
}

// batches are the corpus, then what the plan generates. A module whose Init
// panics makes one trial, which shows it.
func (c *check) batches() []Batch {
	s := c.subject
	p := newPlan(c.predicate, s.Contract, s.Unit, c.options.Seed)
	if kind, _ := c.predicate.start(); kind != 0 {
		first := p.trials(c.predicate, 1).Trials[0]
		return []Batch{{Trials: []Trial{{From: Initial, Input: first.Input}}}}
	}
	var out []Batch
	if b := corpus(s, c.options.Corpus); len(b.Trials) > 0 {
		out = append(out, b)
	}
	b := p.trials(c.predicate, c.options.Trials)
	c.st.Figures = append(c.st.Figures, pipeline.Figure{Name: "wellformed", Value: strconv.Itoa(b.wf), Unit: "trials"})
	return append(out, b)
}

// corpus makes independent trials of recorded cases: their first inputs. Cases
// of another shape are left out.
func corpus(s verifiers.Subject, cases []verifiers.Case) Batch {
	var b Batch
	for _, c := range cases {
		t := Trial{From: Initial, State: c.State}
		if c.State != nil {
			t.From = Given
		}
		if len(c.Inputs) == 0 || !fits(types(s.Unit.Input), c.Inputs[0]) || c.State != nil && !fits(types(s.Unit.State), c.State) {
			continue
		}
		t.Input = c.Inputs[0]
		b.Trials = append(b.Trials, t)
	}
	return b
}
