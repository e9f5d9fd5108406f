package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/shadow/benchmark"
	"github.com/genesis-network/genesis/telemetry"
	"github.com/genesis-network/genesis/verifiers/score"
	"github.com/genesis-network/genesis/workflows/activities"
)

// meter measures survivors on the part of the campaign's trace that searches see.
func (s *scorer) meter() error {
	if s.campaign == "" {
		return nil
	}
	text, err := os.ReadFile(s.campaign)
	if err != nil {
		return withCode(ExitUsage, err)
	}
	c, err := pipeline.ParseCampaign(text, activities.Catalogue{})
	if err != nil {
		return withCode(ExitUsage, fmt.Errorf("%s:\n%w", s.campaign, err))
	}
	if c.Spec.Slot != s.slot.Name {
		return withCode(ExitUsage, fmt.Errorf("%s is a campaign of slot %s, not of %s", s.campaign, c.Spec.Slot, s.c.Slot))
	}
	course, err := benchmark.Open(traceFolder(s.slot, c, s.root), s.slot, c.Spec)
	if err != nil {
		return withCode(ExitUsage, err)
	}
	before := map[string]pipeline.Metrics{}
	for name, u := range s.units {
		m, err := course.Measure(telemetry.PartSelection, u)
		if err != nil {
			return fmt.Errorf("module %s: %w", name, err)
		}
		before[name] = m.Metrics
	}
	s.options.Meter = func(ctx context.Context, of string, u *ir.Unit) ([]score.Effect, error) {
		m, err := course.Measure(telemetry.PartSelection, u)
		if err != nil {
			return nil, errors.Join(err, ctx.Err())
		}
		return effects(s.c.Metrics, c.Spec.Objective, before[of], m.Metrics), ctx.Err()
	}
	return nil
}

// effects compares a survivor with its module, metric by metric.
func effects(metrics []contract.Metric, o pipeline.Objective, before, after pipeline.Metrics) (out []score.Effect) {
	for _, m := range metrics {
		e := score.Effect{Metric: m.Name, Unit: m.Unit, Before: before[m.Name], After: after[m.Name]}
		e.Worse = e.After != e.Before && (e.After > e.Before) == (m.Direction == contract.Min)
		e.Broken = slices.ContainsFunc(o.SubjectTo, func(k pipeline.Constraint) bool {
			return k.Metric == m.Name && k.Violation(before) == 0 && k.Violation(after) > 0
		})
		out = append(out, e)
	}
	return out
}
