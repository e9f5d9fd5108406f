package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/api/dashboard"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// How much the first page shows.
const (
	campaignsShown = 10
	endedShown     = 8
)

func (t *site) overview(ctx context.Context, _ *http.Request) (string, dashboard.Overview, error) {
	var v dashboard.Overview
	changes, err := t.Store.Changes.List(ctx, store.Filter{Limit: store.MaxLimit})
	if err != nil {
		return "", v, err
	}
	for _, c := range changes.Items {
		t.sort(&v, c)
	}
	campaigns, err := t.Store.Campaigns.List(ctx, store.Filter{Limit: campaignsShown})
	if err != nil {
		return "", v, err
	}
	for _, c := range campaigns.Items {
		v.Campaigns = append(v.Campaigns, t.campaignCard(c))
	}
	tiles, err := t.Store.TilesOf(ctx, "")
	v.Tiles = t.tileGroups(tiles)
	return "Overview", v, err
}

// sort puts a change where a person looks for it.
func (t *site) sort(v *dashboard.Overview, c store.Change) {
	card := t.changeCard(c)
	switch {
	case c.State == pipeline.AwaitingApproval:
		v.Waiting = append(v.Waiting, card)
	case !c.State.Final() && c.State != pipeline.Adopted:
		v.Moving = append(v.Moving, card)
	case len(v.Recent) < endedShown:
		v.Recent = append(v.Recent, card)
	}
}

func (t *site) changeCard(c store.Change) dashboard.ChangeCard {
	card := dashboard.ChangeCard{
		ID: c.ID, Title: cmp.Or(c.Title, c.ID), Lineage: c.Lineage, Slot: c.Slot, State: dashboard.StateMark(c.State),
		Risk: c.Risk, Reason: c.Reason, Since: dashboard.At(c.CreatedAt, t.Now()),
	}
	if c.Objective != nil {
		card.Gain = t.gain(c.Slot, *c.Objective, nil, nil)
	}
	if c.Deadline != nil && c.State == pipeline.AwaitingApproval {
		card.Deadline = dashboard.At(*c.Deadline, t.Now())
	}
	return card
}

// gain shows a measured difference beside the textbook policy and random
// search; either may not be known.
func (t *site) gain(slot string, e pipeline.Estimate, textbook, random *store.Rival) *dashboard.Gain {
	g := &dashboard.Gain{
		Metric: e.Metric, Unit: e.Unit, Before: dashboard.Amount(e.Before), After: dashboard.Amount(e.After),
		Change: dashboard.Signed(e.Change), Percent: cmp.Or(dashboard.Percent(e.Change, e.Before), dashboard.Signed(e.Change)),
		Low: dashboard.Signed(e.Low), High: dashboard.Signed(e.High), Confidence: e.Confidence.String(), Method: e.Method,
		Mark: t.gainMark(slot, e),
	}
	var ticks []dashboard.Tick
	for _, r := range []struct {
		name  string
		rival *store.Rival
	}{{"textbook", textbook}, {"random", random}} {
		row := dashboard.RivalRow{Name: r.name, Value: "–", Percent: "–"}
		if r.rival != nil {
			difference := r.rival.Value - e.Before
			row = dashboard.RivalRow{Name: r.name + " " + strings.TrimPrefix(r.rival.Name, r.name), Value: dashboard.Amount(r.rival.Value), Percent: dashboard.Percent(difference, e.Before)}
			if !r.rival.Feasible {
				row.Note = "breaks a constraint"
			}
			ticks = append(ticks, dashboard.Tick{Name: r.name, Value: difference})
		}
		g.Rivals = append(g.Rivals, row)
	}
	g.Chart = dashboard.Interval(e, ticks...)
	return g
}

// gainMark says whether the whole interval is on the better side.
func (t *site) gainMark(slot string, e pipeline.Estimate) dashboard.Mark {
	direction := pipeline.Minimize
	info, _ := t.Catalogue.Slot(slot)
	for _, m := range info.Metrics {
		if m.Name == e.Metric {
			direction = m.Direction
		}
	}
	worse := map[pipeline.Direction]pipeline.Direction{pipeline.Minimize: pipeline.Maximize, pipeline.Maximize: pipeline.Minimize}[direction]
	switch {
	case e.Improves(direction):
		return dashboard.Mark{Shape: dashboard.Good, Text: "a gain"}
	case e.Improves(worse):
		return dashboard.Mark{Shape: dashboard.Bad, Text: "worse"}
	}
	return dashboard.Mark{Shape: dashboard.Half, Text: "no sure gain"}
}

func (t *site) campaignCard(c store.Campaign) dashboard.CampaignCard {
	card := dashboard.CampaignCard{ID: c.ID, Name: c.Spec.Metadata.Name, Goal: goal(c.Spec.Spec), State: campaignMark(c.State), Since: dashboard.At(c.CreatedAt, t.Now()), Reason: c.Reason}
	for _, r := range c.Results {
		card.Lineages = append(card.Lineages, t.lineageCard(c.Spec.Spec.Slot, r))
	}
	return card
}

func goal(s pipeline.CampaignSpec) string {
	verb := map[pipeline.Direction]string{pipeline.Minimize: "Less", pipeline.Maximize: "More"}[s.Objective.Direction()]
	text := fmt.Sprintf("%s %s in slot %s", verb, s.Objective.Metric(), s.Slot)
	var limits []string
	for _, c := range s.Objective.SubjectTo {
		limits = append(limits, strings.NewReplacer("<=", "≤", ">=", "≥").Replace(c.String()))
	}
	if len(limits) > 0 {
		text += ", with " + strings.Join(limits, " and ")
	}
	return text
}

func campaignMark(s store.CampaignState) dashboard.Mark {
	shape := map[store.CampaignState]dashboard.Shape{
		store.CampaignPending: dashboard.Hollow, store.CampaignRunning: dashboard.Busy, store.CampaignPaused: dashboard.Half,
		store.CampaignStopped: dashboard.Neutral, store.CampaignDone: dashboard.Good, store.CampaignFailed: dashboard.Bad,
	}[s]
	return dashboard.Mark{Shape: cmp.Or(shape, dashboard.Neutral), Text: string(s)}
}

func (t *site) lineageCard(slot string, r store.LineageResult) dashboard.LineageCard {
	card := dashboard.LineageCard{
		Lineage: r.Lineage, Outcome: lineageMark(r.Outcome), Reason: r.Reason, Change: r.Change,
		Tried: dashboard.Count(r.Tried), Proven: dashboard.Count(r.Proven), Refuted: dashboard.Count(r.Refuted), Inconclusive: dashboard.Count(r.Inconclusive),
	}
	if r.Objective != nil {
		card.Gain = t.gain(slot, *r.Objective, r.Baseline, r.Random)
	}
	for _, o := range r.Operators {
		card.Operators = append(card.Operators, dashboard.OperatorRow{Name: o.Operator, Tried: dashboard.Count(o.Tried), Proven: dashboard.Count(o.Proven)})
	}
	for _, s := range r.Stations {
		card.Stations = append(card.Stations, dashboard.StationRow{Name: s.Station, Seconds: dashboard.Seconds(s.Seconds)})
	}
	if r.Predicted != nil {
		card.Predicted = dashboard.Signed(*r.Predicted)
	}
	if r.Measured != nil {
		card.Measured = dashboard.Signed(*r.Measured)
	}
	return card
}

func lineageMark(o store.LineageOutcome) dashboard.Mark {
	switch o {
	case store.OutcomeAdopted:
		return dashboard.Mark{Shape: dashboard.Good, Text: "adopted"}
	case store.OutcomeKept:
		return dashboard.Mark{Shape: dashboard.Neutral, Text: "incumbent kept"}
	case store.OutcomeFailed:
		return dashboard.Mark{Shape: dashboard.Bad, Text: "failed"}
	}
	return dashboard.Mark{Shape: dashboard.Busy, Text: "at work"}
}

func (t *site) campaign(ctx context.Context, r *http.Request) (string, dashboard.Campaign, error) {
	var v dashboard.Campaign
	c, err := t.Store.Campaigns.Get(ctx, r.PathValue("id"))
	if err != nil {
		return "", v, err
	}
	changes, err := t.Store.Changes.List(ctx, store.Filter{Parent: c.ID, Limit: store.MaxLimit})
	if err != nil {
		return "", v, err
	}
	document, err := json.MarshalIndent(c.Spec, "", "  ")
	v = dashboard.Campaign{
		CampaignCard: t.campaignCard(c), Author: c.Author, Seed: fmt.Sprint(c.Seed), Digest: c.Digest.Short(), Reproducible: c.Reproducible,
		Budget: budget(c.Ledger), Document: string(document),
	}
	for _, verb := range []string{"pause", "resume", "stop"} {
		if slices.Contains(steering[verb].from, c.State) {
			v.Verbs = append(v.Verbs, verb)
		}
	}
	for _, x := range changes.Items {
		v.Changes = append(v.Changes, t.changeCard(x))
	}
	return c.Spec.Metadata.Name, v, err
}

func budget(l pipeline.Ledger) []dashboard.BudgetRow {
	var out []dashboard.BudgetRow
	for _, p := range []struct {
		name                   string
		spent, reserved, limit int64
	}{
		{"evaluations", l.Spent.Evaluations, l.Reserved.Evaluations, l.Limit.Evaluations},
		{"simulator steps", l.Spent.Steps, l.Reserved.Steps, l.Limit.Steps},
		{"tokens", l.Spent.Tokens, l.Reserved.Tokens, l.Limit.Tokens},
		{"proofs", l.Spent.Proofs, l.Reserved.Proofs, l.Limit.Proofs},
		{"attention of people", l.Spent.Attention, l.Reserved.Attention, l.Limit.Attention},
	} {
		if p.limit > 0 {
			out = append(out, dashboard.BudgetRow{Name: p.name, Spent: dashboard.Count(p.spent), Limit: dashboard.Count(p.limit), Meter: dashboard.Meter(p.spent, p.reserved, p.limit)})
		}
	}
	if l.Limit.Money > 0 {
		out = append(out, dashboard.BudgetRow{Name: "money", Spent: dashboard.Amount(l.Spent.Money), Limit: dashboard.Amount(l.Limit.Money), Meter: dashboard.Meter(int64(l.Spent.Money), int64(l.Reserved.Money), int64(l.Limit.Money))})
	}
	return out
}
