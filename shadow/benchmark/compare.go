package benchmark

import (
	"context"
	"fmt"
	"slices"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/interval"
	"github.com/genesis-network/genesis/telemetry"
)

// Pairing is what the station compares.
type Pairing struct {
	Change    pipeline.Change
	Incumbent *ir.Unit
	Candidate *ir.Unit
	Inputs    map[string]pipeline.Digest // of the evidence: contract, policy
	// Judged is how often the report part has decided already: evidence names
	// it, because a window that decides often stops being unseen.
	Judged int
}

// Compare is the benchmark station: candidate and incumbent, paired on the
// report part. It passes when the whole interval of the objective lies on the
// better side and every constraint is kept; it fails when the candidate breaks
// a constraint that the incumbent keeps, or is worse for sure.
func (c *Course) Compare(ctx context.Context, p Pairing) (pipeline.Statement, error) {
	before, err := c.Measure(telemetry.PartReport, p.Incumbent)
	if err != nil {
		return pipeline.Statement{}, fmt.Errorf("incumbent: %w", err)
	}
	s, err := c.statement(p)
	if err != nil {
		return s, err
	}
	after, err := c.Measure(telemetry.PartReport, p.Candidate)
	if err != nil {
		s.Outcome, s.Summary = pipeline.Fail, "the candidate failed in the simulator"
		s.Findings = []pipeline.Finding{{Code: "benchmark.module", Message: err.Error(), Hint: "run the module over the report part of the trace, and mend what panics or leaves the contract there"}}
		return s, ctx.Err()
	}
	name, textbook, err := c.Textbook(telemetry.PartReport)
	if err != nil {
		return s, err
	}
	estimates, err := c.estimates(before, after)
	if err != nil {
		return s, err
	}
	c.figures(&s, estimates, name, textbook)
	c.judge(&s, estimates, before, after)
	return s, ctx.Err()
}

func (c *Course) statement(p Pairing) (pipeline.Statement, error) {
	window, err := c.Parts.Report.Digest()
	if err != nil {
		return pipeline.Statement{}, err
	}
	inputs := map[string]pipeline.Digest{"window": window, "trace": c.Parts.Report.Trace()}
	for k, v := range p.Inputs {
		inputs[k] = v
	}
	return pipeline.Statement{
		Station: pipeline.Benchmark,
		Subject: pipeline.Subject{Kind: pipeline.SubjectChange, Digest: p.Change.Digest()},
		Inputs:  inputs,
		Notes: map[string]string{
			"measured": "in simulation", "part": string(telemetry.PartReport),
			"judged-before": fmt.Sprint(p.Judged), "interval": interval.Method,
		},
	}, nil
}

// estimates compares every metric of the contract, in its order.
func (c *Course) estimates(before, after Measurement) ([]pipeline.Estimate, error) {
	var out []pipeline.Estimate
	for _, m := range c.Slot.Contract.Metrics {
		o := interval.Options{Metric: m.Name, Unit: m.Unit, Seed: 1}
		e, err := interval.Compare(c.series(m, before), c.series(m, after), o)
		if err != nil {
			return nil, fmt.Errorf("benchmark: %w", err)
		}
		out = append(out, e)
	}
	return out, nil
}

// Estimate compares two modules by the objective's metric on the report part.
func (c *Course) Estimate(incumbent, candidate *ir.Unit) (pipeline.Estimate, error) {
	return c.EstimateOn(telemetry.PartReport, incumbent, candidate)
}

// EstimateOn is Estimate on any part. On parts that a search or a choice has
// seen the gain looks larger than it is.
func (c *Course) EstimateOn(part telemetry.Part, incumbent, candidate *ir.Unit) (pipeline.Estimate, error) {
	before, err := c.Measure(part, incumbent)
	if err != nil {
		return pipeline.Estimate{}, err
	}
	after, err := c.Measure(part, candidate)
	if err != nil {
		return pipeline.Estimate{}, err
	}
	for _, m := range c.Slot.Contract.Metrics {
		if m.Name == c.Objective.Metric() {
			return interval.Compare(c.series(m, before), c.series(m, after), interval.Options{Metric: m.Name, Unit: m.Unit, Seed: 1})
		}
	}
	return pipeline.Estimate{}, fmt.Errorf("benchmark: no metric %q", c.Objective.Metric())
}

func (c *Course) series(m contract.Metric, run Measurement) interval.Series {
	s := interval.Series{Counts: c.counter(m.Counter, run.Blocks), Scale: m.Scale}
	if m.Per != "" {
		s.Per = c.counter(m.Per, run.Blocks)
	}
	return s
}

func (c *Course) counter(name string, blocks []hal.Block) []int64 {
	at := slices.Index(c.Slot.Simulator.Counters(), name)
	out := make([]int64, len(blocks))
	for i, b := range blocks {
		out[i] = b[at]
	}
	return out
}

func (c *Course) figures(s *pipeline.Statement, estimates []pipeline.Estimate, name string, textbook Measurement) {
	for _, e := range estimates {
		s.Figures = append(s.Figures,
			pipeline.Figure{Name: e.Metric + ".before", Value: e.Before.String(), Unit: e.Unit},
			pipeline.Figure{Name: e.Metric + ".after", Value: e.After.String(), Unit: e.Unit},
			e.Figure(e.Metric+".change"),
			pipeline.Figure{Name: e.Metric + ".textbook", Value: textbook.Metrics[e.Metric].String(), Unit: e.Unit})
	}
	s.Notes["textbook"] = name
}

func (c *Course) judge(s *pipeline.Statement, estimates []pipeline.Estimate, before, after Measurement) {
	for _, k := range c.Objective.SubjectTo {
		if k.Violation(after.Metrics) > k.Violation(before.Metrics) {
			s.Findings = append(s.Findings, pipeline.Finding{
				Code: "benchmark.constraint", Where: k.Metric, Message: fmt.Sprintf("%s: %s, the incumbent has %s", k, after.Metrics[k.Metric], before.Metrics[k.Metric]),
				Hint: "the gain was bought where the objective forbids it: keep the metric within its limit",
			})
		}
	}
	i := slices.IndexFunc(estimates, func(e pipeline.Estimate) bool { return e.Metric == c.Objective.Metric() })
	e, direction := estimates[i], c.Objective.Direction()
	switch {
	case len(s.Findings) > 0:
		s.Outcome, s.Summary = pipeline.Fail, "breaks a constraint on telemetry that no proposer saw"
	case e.Improves(direction):
		s.Outcome, s.Summary = pipeline.Pass, "better in simulation: "+tell(e)
	case e.Improves(opposite(direction)):
		s.Outcome, s.Summary = pipeline.Fail, "worse in simulation: "+tell(e)
	default:
		s.Outcome, s.Summary = pipeline.Inconclusive, "no gain that survives unseen telemetry: "+tell(e)
	}
}

func opposite(d pipeline.Direction) pipeline.Direction {
	if d == pipeline.Minimize {
		return pipeline.Maximize
	}
	return pipeline.Minimize
}

// tell is an estimate on one line.
func tell(e pipeline.Estimate) string {
	text := fmt.Sprintf("%s %s -> %s %s (change %s, 95 %% interval %s to %s)", e.Metric, e.Before, e.After, e.Unit, e.Change, e.Low, e.High)
	if p, ok := e.Percent(e.Change); ok {
		text += fmt.Sprintf(", %s %%", shorten(p))
	}
	return text
}

// shorten keeps one decimal.
func shorten(d pipeline.Decimal) pipeline.Decimal {
	return d / (pipeline.One / 10) * (pipeline.One / 10)
}
