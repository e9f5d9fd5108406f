package tla

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
	"github.com/genesis-network/genesis/kernel/tilego/tlagen"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

// ExplorerVersion names the explorer in statements. It changes with the meaning
// of a joint system.
const ExplorerVersion = "joint/2"

// DefaultMaxWork is how much tla-checker is given to do, in bindings evaluated:
// about half a minute on one core.
const DefaultMaxWork = 60_000_000

// Options of the station. The zero value runs the explorer alone.
type Options struct {
	Checker *Checker // nil when it is not installed
	TLC     *TLC     // nil when it is not installed

	MaxWork int // for tla-checker, in bindings evaluated; 0 is DefaultMaxWork

	// Keep stores an attachment. Without it statements name the digests of
	// attachments that only their making again can bring back.
	Keep func(name string, content []byte) error
}

// Inputs are what a statement of this station depends on besides its subject:
// the contract with its limits, the effort allowed, and the engines. They are
// known before the station works, so that evidence that exists can be found; what
// was said of a text that is printed otherwise today is none.
func Inputs(s verifiers.Subject, o Options) map[string]pipeline.Digest {
	engines := map[string]string{"explorer": ExplorerVersion, "printer": tlagen.Version}
	if o.Checker != nil {
		engines["tla-checker"] = CheckerDigest
	}
	if o.TLC != nil {
		engines["tlc"] = string(o.TLC.digest)
	}
	in := map[string]pipeline.Digest{
		"contract": s.Ref.Code.Contract,
		"effort":   sum("effort", map[string]string{"tla.work": strconv.Itoa(o.maxWork())}),
		"engines":  sum("engines", engines),
	}
	if s.Incumbent != nil {
		in["incumbent"] = unitDigest(s.Incumbent)
	}
	return in
}

// unitDigest names a module; one that was compiled can be encoded.
func unitDigest(u *ir.Unit) pipeline.Digest {
	raw, err := ir.Encode(u)
	if err != nil {
		panic("tla: incumbent: " + err.Error())
	}
	return pipeline.SumBytes(raw)
}

// sum names texts, which cannot fail.
func sum(kind string, texts map[string]string) pipeline.Digest {
	d, err := pipeline.Sum(kind, texts)
	if err != nil {
		panic("tla: " + err.Error())
	}
	return d
}

func (o Options) maxWork() int {
	if o.MaxWork > 0 {
		return o.MaxWork
	}
	return DefaultMaxWork
}

// Check model-checks a module with the surroundings of its contract. A context
// that reaches its deadline makes the statement inconclusive; one that is
// cancelled is an error.
func Check(ctx context.Context, s verifiers.Subject, o Options) (pipeline.Statement, error) {
	st := pipeline.Statement{
		Station: pipeline.TLA,
		Subject: pipeline.Subject{Kind: pipeline.SubjectCode, Digest: s.Ref.Code.Digest()},
		Inputs:  Inputs(s, o),
		Notes:   map[string]string{},
	}
	if s.Contract.Env == nil {
		st.Outcome, st.Summary = pipeline.Inconclusive, "the contract has no surroundings to check the module with"
		st.Findings = []pipeline.Finding{{Code: "tla.surroundings", Where: "env.go", Message: st.Summary,
			Hint: "write env.go, or do not demand this station in the policy of the slot"}}
		return st, nil
	}
	sys, err := joint.New(s.Unit, s.Contract.Unit, s.Contract.Env, s.Contract.Model.Consts)
	if err != nil {
		return pipeline.Statement{}, fmt.Errorf("tla: %w", err)
	}
	c := &check{subject: s, sys: sys, options: o, st: st, limits: joint.Limits{MaxStates: s.Contract.Model.MaxStates}}
	if c.before, err = incumbent(ctx, s, c.limits); err != nil {
		return pipeline.Statement{}, err
	}
	if err := c.run(ctx); err != nil {
		return pipeline.Statement{}, err
	}
	return c.st, nil
}

// incumbent explores the predecessor, if it is known. One that was written for
// another contract is none.
func incumbent(ctx context.Context, s verifiers.Subject, l joint.Limits) (*joint.Result, error) {
	if s.Incumbent == nil {
		return nil, nil
	}
	sys, err := joint.New(s.Incumbent, s.Contract.Unit, s.Contract.Env, s.Contract.Model.Consts)
	if err != nil {
		return nil, nil
	}
	r, err := sys.Explore(ctx, l)
	if err != nil && (r == nil || errors.Is(err, context.Canceled)) {
		return nil, fmt.Errorf("tla: incumbent: %w", err)
	}
	return r, nil
}

// check is one run of the station.
type check struct {
	subject verifiers.Subject
	sys     *joint.System
	limits  joint.Limits
	options Options
	spec    *tlagen.Spec // nil when the system cannot be printed
	result  *joint.Result
	before  *joint.Result // with the incumbent; nil when it is not known
	others  []opinion
	st      pipeline.Statement
}

// opinion is the answer of one of the engines of TLA+.
type opinion struct {
	engine string
	Answer
}

func (c *check) run(ctx context.Context) error {
	result, err := c.sys.Explore(ctx, c.limits)
	if err != nil && (result == nil || errors.Is(err, context.Canceled)) {
		return fmt.Errorf("tla: %w", err)
	}
	c.result = result
	c.st.Tools = append(c.st.Tools, pipeline.Tool{Name: "explorer", Version: ExplorerVersion})
	c.figures("explorer", max(result.Distinct, result.States), max(result.Generated, result.Steps), result.Depth)
	if c.sys.Symmetric > 1 {
		c.st.Notes["symmetry"] = fmt.Sprintf("%d things are alike: %d states were visited for %d", c.sys.Symmetric, result.Distinct, result.States)
	}
	if err := c.print(); err != nil {
		return err
	}
	if result.Complete || result.Violation != nil {
		if err := c.ask(ctx); err != nil {
			return err
		}
	}
	c.conclude()
	return nil
}

// print prints the system. One with constants that are too large is left to the
// explorer.
func (c *check) print() error {
	spec, err := tlagen.Generate(c.sys)
	if errors.Is(err, tlagen.ErrRange) {
		c.others = append(c.others, opinion{"tla+", noVerdict(err.Error())})
		return nil
	}
	if err != nil {
		return fmt.Errorf("tla: %w", err)
	}
	c.spec = spec
	c.st.Attachments = map[string]pipeline.Digest{}
	for ext, text := range map[string]string{".tla": spec.Text, ".cfg": spec.Config} {
		name := tlagen.Module + ext
		c.st.Attachments[name] = pipeline.SumBytes([]byte(text))
		if c.options.Keep == nil {
			continue
		}
		if err := c.options.Keep(name, []byte(text)); err != nil {
			return fmt.Errorf("tla: keep %s: %w", name, err)
		}
	}
	return nil
}

// ask has the other engines look at the printed system.
func (c *check) ask(ctx context.Context) error {
	if c.options.Checker == nil {
		c.missing("tla-checker", "run: npm ci --prefix deploy/npm")
	} else if err := c.askOne(ctx, c.options.Checker, true); err != nil {
		return err
	}
	if c.options.TLC == nil {
		c.missing("tlc", "set TLC_JAR to tla2tools.jar, and install Java")
		return nil
	}
	return c.askOne(ctx, c.options.TLC, false)
}

func (c *check) missing(engine, hint string) {
	c.st.Notes["engine."+engine] = "not installed; " + hint
}

// askOne runs an engine. A slow one, which cannot be interrupted either, gets
// only what it can do.
func (c *check) askOne(ctx context.Context, e engine, slow bool) error {
	if c.spec == nil {
		return nil
	}
	work, limit := max(c.result.Generated, c.result.Steps)*c.spec.Weight, c.options.maxWork()
	if slow && work > limit {
		c.others = append(c.others, opinion{e.name(), noVerdict(fmt.Sprintf("not asked: %d transitions of weight %d are more than its limit of %d", max(c.result.Generated, c.result.Steps), c.spec.Weight, limit))})
		return nil
	}
	a, err := e.Check(ctx, printed(c.spec), 2*max(c.result.Distinct, c.result.States)+1000)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		a = noVerdict("it ran out of time")
	case err != nil:
		return fmt.Errorf("tla: %s: %w", e.name(), err)
	}
	c.others = append(c.others, opinion{e.name(), a})
	if a.Version != "" {
		c.st.Tools = append(c.st.Tools, pipeline.Tool{Name: e.name(), Version: a.Version})
	}
	if a.Verdict != Unable {
		c.figures(e.name(), a.Distinct, a.Generated, a.Depth)
	}
	return nil
}

// figures adds what an engine counted; 0 is what it does not tell.
func (c *check) figures(engine string, distinct, generated, depth int) {
	for _, f := range []struct {
		name  string
		value int
	}{{"states", distinct}, {"generated", generated}, {"depth", depth}} {
		if f.value > 0 {
			c.st.Figures = append(c.st.Figures, pipeline.Figure{Name: engine + "." + f.name, Value: strconv.Itoa(f.value)})
		}
	}
}

// perChoice writes how many steps of each choice led where no smaller one did.
func perChoice(useful []int) string {
	parts := make([]string, len(useful))
	for i, n := range useful {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, " ")
}
