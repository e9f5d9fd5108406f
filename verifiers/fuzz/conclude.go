package fuzz

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

// conclude writes what engines brought back.
func (c *check) conclude(ctx context.Context, t *Target, done []outcome) error {
	if err := c.harvest(ctx, done); err != nil || c.st.Outcome != "" {
		return err
	}
	var inputs [][]byte
	for _, o := range done {
		inputs = append(inputs, o.haul.Inputs...)
	}
	for _, in := range inputs { // the engines fuzz what Go compiled
		if v := c.oracle.judge(decode(c.subject.Unit, in)); v != nil {
			return c.refuted(v, "the reference engine, which differs from Go on it")
		}
	}
	if err := c.cover(ctx, t, inputs); err != nil {
		return err
	}
	executions := c.total(done)
	if executions == 0 {
		c.inconclusive("fuzz.idle", "the fuzzers executed nothing in their time", "fuzz for longer (--fuzz 30s)")
		return nil
	}
	c.st.Outcome = pipeline.Pass
	c.st.Summary = fmt.Sprintf("%s found no witness in %v: at least %d executions, %s", names(c.st.Tools), c.options.For, executions, c.covered)
	return nil
}

// harvest writes the figures of each engine and looks for what crashed. What an
// engine could not do is a note, unless none could do anything.
func (c *check) harvest(ctx context.Context, done []outcome) error {
	var failed []error
	for _, o := range done {
		name := o.engine.Tool().Name
		if o.err != nil {
			failed = append(failed, o.err)
			c.st.Notes["engine."+name] = "failed: " + oneLine(o.err.Error())
			continue
		}
		c.figure(name+".executions", o.haul.Executions, "executions")
		c.figure(name+".corpus", len(o.haul.Inputs), "inputs")
		if o.haul.Edges > 0 {
			c.figure(name+".cover", o.haul.Edges, "edges")
		}
	}
	for _, o := range done {
		if o.haul.Crash != nil {
			return c.crashed(o.haul.Crash, o.haul.Said, o.engine.Tool().Name)
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("fuzz: %w", err)
	}
	if len(failed) == len(done) {
		return c.unbuildable(errors.Join(failed...))
	}
	return nil
}

func (c *check) total(done []outcome) int {
	n := 0
	for _, o := range done {
		n += o.haul.Executions
	}
	return n
}

// maxSeeds bounds what is kept for later modules, and maxMeasured the inputs
// whose coverage is measured.
const (
	maxSeeds    = 256
	maxMeasured = 4096
)

// cover measures which statements of the module were reached, by the seeds and
// by what the engines found, and keeps those inputs that reach something.
func (c *check) cover(ctx context.Context, t *Target, found [][]byte) error {
	slices.SortStableFunc(found, func(a, b []byte) int { return len(a) - len(b) })
	all := slices.Concat(t.Seeds, found)
	all = all[:min(len(all), maxMeasured)]
	m, err := t.measure(ctx, all)
	if err != nil {
		return err
	}
	for i, broken := range m.broken {
		if broken { // judged by the reference engine before
			return c.crashed(all[i], "an input of the corpus", "the measure of coverage")
		}
	}
	reached, statements := m.totals()
	c.covered = fmt.Sprintf("%d of %d statements", reached, statements)
	c.figure("statements", statements, "statements")
	c.figure("statements.reached", reached, "statements")
	for function, share := range m.perFunction() {
		c.st.Notes["coverage."+function] = share
	}
	return c.learn(m, all)
}

// learn compares with the incumbent on what was reached, and keeps the inputs
// that reach something as seeds.
func (c *check) learn(m *measured, all [][]byte) error {
	cases := make([]verifiers.Case, len(all))
	for i, in := range all {
		cases[i] = decode(c.subject.Unit, in)
	}
	if err := c.against(cases); err != nil {
		return err
	}
	first := len(c.options.Corpus) // those are kept elsewhere
	m.features, m.broken = m.features[first:], m.broken[first:]
	var kept []verifiers.Case
	for _, i := range m.choose(len(c.options.Seeds), maxSeeds) {
		if i < len(c.options.Seeds) {
			kept = append(kept, c.options.Seeds[i]) // as it was, also where its state is another module's
		} else {
			kept = append(kept, cases[first+i])
		}
	}
	c.figure("corpus", len(kept), "cases")
	if c.options.Learn == nil {
		return nil
	}
	if err := c.options.Learn(kept); err != nil {
		return fmt.Errorf("fuzz: keep seeds: %w", err)
	}
	return nil
}

func (c *check) figure(name string, value int, unit string) {
	c.st.Figures = append(c.st.Figures, pipeline.Figure{Name: name, Value: strconv.Itoa(value), Unit: unit})
}

// crashed has the reference engine judge what crashed.
func (c *check) crashed(crash []byte, said, by string) error {
	if v := c.oracle.judge(decode(c.subject.Unit, crash)); v != nil {
		return c.refuted(v, by)
	}
	c.st.Outcome, c.st.Summary = pipeline.Fail, "the module as Go compiles it breaks where the reference engine does not"
	c.st.Findings = []pipeline.Finding{{Code: "fuzz.engine", Message: said, Witness: fmt.Sprintf("bytes %x", crash[:min(len(crash), 256)]),
		Hint: "an engine is wrong, or the program was stopped at a limit: run the station agree, and report this"}}
	return nil
}
