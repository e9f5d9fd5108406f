package fuzz

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/agree"
	"github.com/genesis-network/genesis/verifiers/coq/sandbox"
	"github.com/genesis-network/genesis/verifiers/native"
)

// DefaultFor is how long the station fuzzes unless it is told otherwise; the
// time to build the target comes on top.
const DefaultFor = 10 * time.Second

// LeastFor is how long go-fuzz runs at least: what it did it says every three
// seconds, so that less would never say anything.
const LeastFor = 4 * time.Second

// RefuteVersion names the engine that stands in where go-fuzz is missing, and
// stepsPerSecond is what it is given to do for each second asked for: a number
// of steps, so that the same question has the same answer.
const (
	RefuteVersion  = "refute/1"
	stepsPerSecond = 200_000
)

// WitnessFile is the name of the attachment that holds a regression case.
const WitnessFile = "witness.case.json"

// Options of the station. The zero value fuzzes without coverage.
type Options struct {
	Go      *native.Toolchain // which Engines need
	Engines []Engine          // none: the reference engine looks, blind to coverage
	Missing map[string]string // engines that were wanted, and why they are not there
	For     time.Duration     // of each engine; 0 is DefaultFor; with go-fuzz LeastFor at least
	Corpus  []verifiers.Case  // regression cases, tried first
	Seeds   []verifiers.Case  // inputs that reached something in earlier modules
	Seed    uint32            // of the first inputs; 0 is 1

	// Keep stores an attachment, and Learn the cases that shall be the seeds
	// of later modules instead of Seeds. Both may be nil.
	Keep  func(name string, content []byte) error
	Learn func([]verifiers.Case) error

	tamper   func(dir string) error // by tests
	patience time.Duration          // of tests; 0 is bootstrap
}

func (o Options) orDefault() Options {
	if o.For <= 0 {
		o.For = DefaultFor
	}
	if slices.ContainsFunc(o.Engines, func(e Engine) bool { return e.Tool().Name == GoFuzzName }) {
		o.For = max(o.For, LeastFor)
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	return o
}

func (o Options) tools() []pipeline.Tool {
	if len(o.Engines) == 0 {
		return []pipeline.Tool{{Name: "refute", Version: RefuteVersion}}
	}
	var out []pipeline.Tool
	for _, e := range o.Engines {
		out = append(out, e.Tool())
	}
	return out
}

// names are the tools in a sentence.
func names(tools []pipeline.Tool) string {
	var out []string
	for _, t := range tools {
		out = append(out, t.Name)
	}
	return strings.Join(out, ", ")
}

// Inputs are what a statement of this station depends on besides its subject.
// They are known before the station works.
func Inputs(s verifiers.Subject, o Options) map[string]pipeline.Digest {
	o = o.orDefault()
	tools := map[string]string{}
	for _, t := range o.tools() {
		tools[t.Name] = t.Version
	}
	in := map[string]pipeline.Digest{
		"contract": s.Ref.Code.Contract,
		"source":   pipeline.SumBytes(s.Source),
		"corpus":   sum("corpus", digests(o.Corpus)),
		"engines":  sum("engines", tools),
		"effort":   sum("effort", map[string]string{"for": o.For.String(), "seed": strconv.FormatUint(uint64(o.Seed), 10)}),
	}
	if len(o.Seeds) > 0 {
		in["seeds"] = sum("corpus", digests(o.Seeds))
	}
	if s.Incumbent != nil {
		if encoded, err := ir.Encode(s.Incumbent); err == nil {
			in["incumbent"] = pipeline.SumBytes(encoded)
		}
	}
	return in
}

func digests(cases []verifiers.Case) []string {
	out := make([]string, len(cases))
	for i, c := range cases {
		out[i] = string(pipeline.SumBytes(c.Encode()))
	}
	return out
}

// sum names texts, which cannot fail.
func sum(kind string, v any) pipeline.Digest {
	d, err := pipeline.Sum(kind, v)
	if err != nil {
		panic("fuzz: " + err.Error())
	}
	return d
}

// Check tries to break a module's contract. A context that reaches its deadline
// makes the statement inconclusive; one that is cancelled is an error.
func Check(ctx context.Context, s verifiers.Subject, o Options) (pipeline.Statement, error) {
	o = o.orDefault()
	judge, err := newOracle(s)
	if err != nil {
		return pipeline.Statement{}, err
	}
	c := &check{subject: s, options: o, oracle: judge, st: pipeline.Statement{
		Station: pipeline.Fuzz,
		Subject: pipeline.Subject{Kind: pipeline.SubjectCode, Digest: s.Ref.Code.Digest()},
		Inputs:  Inputs(s, o),
		Tools:   o.tools(),
		Notes:   map[string]string{"engine": names(o.tools())},
	}}
	err = c.run(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		c.inconclusive("fuzz.time", "time was up before the fuzzer had its share", "allow more time (--timeout), or fuzz for less (--fuzz)")
		err = nil
	}
	return c.st, err
}

// check is one run of the station.
type check struct {
	subject verifiers.Subject
	options Options
	oracle  *oracle
	st      pipeline.Statement
	covered string // for people
}

func (c *check) run(ctx context.Context) error {
	for name, why := range c.options.Missing {
		c.st.Notes["engine."+name] = "missing: " + why
	}
	if v, from := c.replay(); v != nil {
		return c.refuted(v, from)
	}
	generated, err := agree.Cases(c.subject, c.options.Seed, 32, 8)
	if err != nil {
		return err
	}
	if len(c.options.Engines) == 0 {
		if err := c.search(ctx); err != nil || c.st.Outcome != pipeline.Pass {
			return err
		}
		return c.against(slices.Concat(c.options.Corpus, c.options.Seeds, generated))
	}
	return c.guided(ctx, generated)
}

// replay tries the initial state, the regression corpus and the seeds: by the
// reference engine, which takes microseconds for a call.
func (c *check) replay() (_ *violation, from string) {
	if v := c.oracle.judge(verifiers.Case{}); v != nil {
		return v, "the initial state"
	}
	for i, known := range c.options.Corpus {
		if v := c.oracle.judge(known); v != nil {
			return v, fmt.Sprintf("case %d of the regression corpus", i+1)
		}
	}
	for _, seed := range c.options.Seeds {
		if v := c.oracle.judge(fit(c.subject.Unit, seed)); v != nil {
			return v, "an input that reached something in an earlier module"
		}
	}
	return nil, ""
}

// guided has the engines fuzz, in a folder that is gone afterwards.
func (c *check) guided(ctx context.Context, generated []verifiers.Case) error {
	for i, gap := range sandbox.Gaps() {
		c.st.Notes["sandbox."+strconv.Itoa(i)] = gap
	}
	dir, err := os.MkdirTemp("", "genesis-fuzz-")
	if err != nil {
		return fmt.Errorf("fuzz: %w", err)
	}
	defer os.RemoveAll(dir)
	t := &Target{Subject: c.subject, Go: c.options.Go, Dir: dir, tamper: c.options.tamper, patience: cmp.Or(c.options.patience, bootstrap)}
	known := slices.Concat(c.options.Corpus, c.options.Seeds)
	for _, s := range slices.Concat(known, generated) {
		t.Seeds = append(t.Seeds, encode(c.subject.Unit, fit(c.subject.Unit, s)))
	}
	if err := t.build(ctx); err != nil {
		return c.unbuildable(err)
	}
	return c.conclude(ctx, t, t.fuzz(ctx, c.options.Engines, c.options.For))
}

// fit gives a case of another module a state of this one: the initial one,
// where it has none of the same shape.
func fit(u *ir.Unit, c verifiers.Case) verifiers.Case {
	if c.State != nil && !canonical(u.State, c.State) {
		c.State = nil
	}
	return c
}

// unbuildable tells a module that Go refuses, and one that takes too much to
// build, from trouble with the tools.
func (c *check) unbuildable(err error) error {
	f := pipeline.Finding{Message: oneLine(err.Error())}
	outcome := pipeline.Fail
	switch {
	case errors.Is(err, native.ErrSource):
		f.Code, f.Message, f.Hint = "fuzz.source", "the source is not what the IR was made from", "propose the source that the IR was compiled from"
	case errors.Is(err, native.ErrCostly):
		outcome, f.Code = pipeline.Inconclusive, "fuzz.build"
		f.Hint = "make constant tables, constant expressions and functions smaller, so that Go compiles the module at once; on a machine that is short of memory try again later"
	case errors.Is(err, native.ErrBuild):
		f.Code, f.Hint = "fuzz.native", "this is a fault of the front end, which accepted what Go refuses: report it"
	default:
		return err
	}
	c.st.Outcome, c.st.Summary, c.st.Findings = outcome, f.Message, []pipeline.Finding{f}
	return nil
}

// search looks for a witness with the reference engine, blind to coverage.
func (c *check) search(ctx context.Context) error {
	r, err := refute.New(c.subject.Contract)
	if err != nil {
		return fmt.Errorf("fuzz: %w", err)
	}
	steps := int(c.options.For.Seconds() * stepsPerSecond)
	const share = stepsPerSecond / 10
	for done := 0; done < steps; done += share {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("fuzz: %w", err)
		}
		w, err := r.Search(c.subject.Unit, uint64(c.options.Seed)<<32+uint64(done), share)
		if err != nil {
			return fmt.Errorf("fuzz: %w", err)
		}
		if w != nil {
			return c.found(w)
		}
	}
	c.figure("refute.executions", steps, "executions")
	c.st.Outcome = pipeline.Pass
	c.st.Summary = fmt.Sprintf("no witness in %d random steps of the reference engine; no fuzzer was there", steps)
	return nil
}

// found judges a witness of package refute like any other case.
func (c *check) found(w *refute.Witness) error {
	known := verifiers.Case{State: w.State, Inputs: [][]uint64{w.Input}}
	if w.Input2 != nil {
		known.Inputs = append(known.Inputs, w.Input2)
	}
	if v := c.oracle.judge(known); v != nil {
		return c.refuted(v, "refute")
	}
	return fmt.Errorf("fuzz: %s: %w", w, errWitness)
}

var errWitness = errors.New("two oracles disagree about a witness")

// refuted writes a violation, made small, and keeps its case.
func (c *check) refuted(v *violation, by string) error {
	v = c.oracle.shrink(v)
	hint := verifiers.Advice(string(v.clause))
	if v.shown.State != nil {
		hint += "; the state is inside Inv but need not be reachable: if it is not, let Inv say so"
	}
	c.st.Outcome = pipeline.Fail
	c.st.Summary = fmt.Sprintf("%s is broken; found by %s", v.clause, by)
	c.st.Findings = []pipeline.Finding{{Code: "fuzz.witness", Where: c.subject.Place(string(v.clause)), Message: c.st.Summary, Hint: hint, Witness: v.text(c.subject)}}
	content := v.shown.Encode()
	c.st.Attachments = map[string]pipeline.Digest{WitnessFile: pipeline.SumBytes(content)}
	if c.options.Keep == nil {
		return nil
	}
	if err := c.options.Keep(WitnessFile, content); err != nil {
		return fmt.Errorf("fuzz: keep %s: %w", WitnessFile, err)
	}
	return nil
}

func (c *check) inconclusive(code, message, hint string) {
	c.st.Outcome, c.st.Summary = pipeline.Inconclusive, message
	c.st.Findings = []pipeline.Finding{{Code: code, Message: message, Hint: hint}}
}
