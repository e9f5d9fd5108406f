package agree

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
)

func fits(types []ir.Type, values []uint64) bool {
	ok := len(types) == len(values)
	for i := 0; ok && i < len(types); i++ {
		ok = types[i].IsCanonical(values[i])
	}
	return ok
}

// answer is what an engine makes of a batch, and what the reference makes of it.
type answer struct {
	batch     Batch
	want, got uint32
	err       error
}

// batch runs a batch on all engines, side by side, and compares each with the
// reference, in their order. Done means that the statement is made.
func (c *check) batch(ctx context.Context, b Batch) (done bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make([]answer, len(c.engines))
	var running sync.WaitGroup
	for i, e := range c.engines {
		a := &answers[i]
		if a.batch = b; e.Name() == InCoq {
			a.batch = b.prefix(min(len(b.Trials), c.options.CoqTrials))
		}
		if a.want, err = c.reference.Digest(ctx, a.batch); err != nil {
			break
		}
		running.Go(func() { a.got, a.err = e.Digest(ctx, a.batch) })
	}
	running.Wait()
	for i, e := range c.engines {
		if err == nil && !done {
			done, err = c.compare(ctx, e, &answers[i])
		}
	}
	return done, err
}

// compare judges what an engine made of a batch.
func (c *check) compare(ctx context.Context, e Engine, a *answer) (done bool, err error) {
	switch {
	case errors.Is(a.err, errModel):
		c.missing(e.Name(), firstLine(a.err))
		return false, nil
	case a.err != nil:
		return c.refusal(a.err)
	case a.want == a.got:
		c.agreed(e.Name(), a.batch, a.got)
		return false, nil
	}
	f := &finder{subject: c.subject, reference: c.reference, other: e, predicate: c.predicate, rounds: 400}
	if e.Name() == InCoq {
		f.rounds = 5 // each costs a run of coqc
	}
	d, err := f.find(ctx, a.batch)
	if err != nil {
		return false, err
	}
	c.fail(d)
	return true, nil
}

func (c *check) agreed(name string, b Batch, digest uint32) {
	if !slices.Contains(c.ran, name) {
		c.ran = append(c.ran, name)
	}
	if b.plan != nil {
		c.st.Figures = append(c.st.Figures, pipeline.Figure{Name: name + ".trials", Value: strconv.Itoa(len(b.Trials))})
		c.st.Notes["digest."+name] = fmt.Sprintf("%08x", digest)
	}
}

func (c *check) fail(d *divergence) {
	name := d.engine.Name()
	c.st.Outcome = pipeline.Fail
	c.st.Summary = fmt.Sprintf("%s and %s differ at trial %d", VM, name, d.at)
	c.st.Findings = []pipeline.Finding{{
		Code: "agree.diverge", Where: name, Message: c.st.Summary,
		Hint:    "an engine or a printer is wrong, or the model was altered: do not run this module anywhere; report the witness",
		Witness: d.witness(c.subject, VM),
	}}
}

// conclude weighs which engines ran.
func (c *check) conclude() {
	ran := append([]string{VM}, c.ran...)
	var missing []string
	for _, name := range c.options.Demand {
		if !slices.Contains(ran, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		c.st.Outcome = pipeline.Pass
		c.st.Summary = fmt.Sprintf("%d engines agree: %s", len(ran), strings.Join(ran, ", "))
		return
	}
	c.st.Outcome = pipeline.Inconclusive
	c.st.Summary = "engines that are demanded did not run: " + strings.Join(missing, ", ")
	for _, name := range missing {
		c.st.Findings = append(c.st.Findings, pipeline.Finding{Code: "agree.engine", Where: name, Message: "this engine did not run",
			Hint: strings.TrimPrefix(c.st.Notes["engine."+name], "missing: ")})
	}
}
