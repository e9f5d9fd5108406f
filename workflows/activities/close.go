package activities

import (
	"context"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/shadow/benchmark"
	"github.com/genesis-network/genesis/telemetry"
	"github.com/genesis-network/genesis/workflows"
)

// CloseLineage writes what became of a lineage into the campaign's record:
// the figures on the report part, beside the textbook and a random search.
func (w *Works) CloseLineage(ctx context.Context, in workflows.LineageResult) error {
	c, err := w.Store.Campaigns.Get(ctx, in.Goal.Campaign)
	if err != nil {
		return err
	}
	r := *c.Result(in.Goal.Lineage)
	r.Outcome, r.Reason, r.Change = store.LineageOutcome(in.Outcome), in.Error, in.Change
	if r.Outcome != store.OutcomeFailed {
		if err := w.figures(ctx, c, in, &r); err != nil {
			return err
		}
	}
	_, err = w.Store.Campaigns.Update(ctx, c.ID, store.AnyVersion, func(c *store.Campaign) error {
		*c.Result(in.Goal.Lineage) = r
		c.Settle()
		return nil
	})
	if err != nil {
		return err
	}
	return w.withdraw(ctx, in.Goal)
}

// withdraw takes back the finalists whose turn never came.
func (w *Works) withdraw(ctx context.Context, g workflows.SearchGoal) error {
	page, err := w.Store.Changes.List(ctx, store.Filter{State: string(pipeline.Proposed), Lineage: g.Lineage, Parent: g.Campaign, Limit: store.MaxLimit})
	if err != nil {
		return err
	}
	for _, c := range page.Items {
		_, err := w.Store.Changes.Update(ctx, c.ID, store.AnyVersion, func(c *store.Change) error {
			if c.State != pipeline.Proposed {
				return nil
			}
			return c.Apply(pipeline.Withdraw, pipeline.Facts{}, "the campaign ended before its turn")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *Works) figures(ctx context.Context, c store.Campaign, in workflows.LineageResult, r *store.LineageResult) error {
	course, err := w.course(c)
	if err != nil {
		return err
	}
	if r.Baseline, err = textbook(course); err != nil {
		return err
	}
	if r.Random, err = w.rival(ctx, course, in.Random); err != nil {
		return err
	}
	if len(in.Changes) == 0 {
		return nil
	}
	last := in.Changes[len(in.Changes)-1].ID
	d, err := w.dossier(ctx, last)
	if err != nil {
		return err
	}
	if e, err := course.Estimate(d.incumbent.Unit, d.candidate.Unit); err == nil {
		r.Objective, r.Predicted = &e, &e.Change
	}
	if r.Measured, err = w.measuredOnTiles(ctx, d); err != nil {
		return err
	}
	if r.Reason == "" && r.Outcome != store.OutcomeAdopted {
		r.Reason = d.record.Reason
	}
	evidence, err := w.evidenceOf(ctx, in.Changes)
	r.Stations, r.Spent.Attention = stationTimes(evidence), decisions(evidence)
	return err
}

func textbook(course *benchmark.Course) (*store.Rival, error) {
	name, m, err := course.Textbook(telemetry.PartReport)
	if err != nil {
		return nil, err
	}
	return rivalOf(course, "textbook "+name, m.Metrics), nil
}

func rivalOf(course *benchmark.Course, name string, m pipeline.Metrics) *store.Rival {
	return &store.Rival{Name: name, Value: m[course.Objective.Metric()], Feasible: course.Objective.Feasible(m)}
}

// rival is the best that another search found: chosen and measured as the
// campaign's own, but neither proven nor run.
func (w *Works) rival(ctx context.Context, course *benchmark.Course, state workflows.SearchState) (*store.Rival, error) {
	if state.Tried == 0 {
		return nil, nil
	}
	s, err := w.session(ctx, state)
	if err != nil {
		return nil, err
	}
	defer w.sessions.put(s)
	best := s.Incumbent().Unit
	elites, err := ranked(s, course)
	if err != nil {
		return nil, err
	}
	if len(elites) > 0 {
		best = elites[0].Unit
	}
	return measured(course, state.Strategy, best)
}

func measured(course *benchmark.Course, name string, u *ir.Unit) (*store.Rival, error) {
	m, err := course.Measure(telemetry.PartReport, u)
	if err != nil {
		return nil, err
	}
	return rivalOf(course, name, m.Metrics), nil
}

// stationTimes sums how long each station worked for the changes of a lineage.
func stationTimes(evidence []store.Evidence) []store.StationTime {
	total := map[pipeline.Station]pipeline.Decimal{}
	for _, e := range evidence {
		total[e.Statement.Station] += e.Seconds
	}
	var out []store.StationTime
	for _, s := range pipeline.Stations() {
		if v, ok := total[s]; ok && !slices.Contains([]pipeline.Station{pipeline.Approve, pipeline.Wave, pipeline.Halt, pipeline.Rollback}, s) {
			out = append(out, store.StationTime{Station: string(s), Seconds: v})
		}
	}
	return out
}

// decisions are how often a person was asked.
func decisions(evidence []store.Evidence) int64 {
	var n int64
	for _, e := range evidence {
		if e.Statement.Station == pipeline.Approve {
			n++
		}
	}
	return n
}

func (w *Works) evidenceOf(ctx context.Context, changes []workflows.ChangeResult) ([]store.Evidence, error) {
	var out []store.Evidence
	for _, c := range changes {
		r, err := w.Store.Changes.Get(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		list, err := w.Store.EvidenceAbout(ctx, r.Content.Subjects()...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// CloseCampaign writes how a campaign ended.
func (w *Works) CloseCampaign(ctx context.Context, in workflows.CampaignResult) error {
	_, err := w.Store.Campaigns.Update(ctx, in.ID, store.AnyVersion, func(c *store.Campaign) error {
		if c.State != store.CampaignStopped { // a person's word stays on record
			c.State = store.CampaignDone
		}
		for _, l := range in.Lineages {
			if l.Outcome == workflows.Failed {
				c.State, c.Reason = store.CampaignFailed, l.Error
			}
		}
		return nil
	})
	return err
}
