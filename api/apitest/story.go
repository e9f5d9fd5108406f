package apitest

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// CampaignText is the campaign of the story.
const CampaignText = `apiVersion: genesis/v1
kind: Campaign
metadata: {name: cooler-at-the-same-speed, labels: {site: lab}}
spec:
  slot: thermal
  lineages: [alder, birch]
  objective:
    minimize: energy_joules
    subjectTo: ["work_lost_permille <= 5", "seconds_above_target <= 30"]
  telemetry: {trace: examples/telemetry/asg-load.trace.yaml}
  proposers: [{kind: evolve}]
  budget: {evaluations: 20000, steps: 2000000000, proofs: 200, attention: 3}
  shadow: {tiles: 3, minInvocations: 3000, for: 2m}
  rollout: {plan: lab}
`

// Tell fills the store: six tiles, a campaign in two lineages, one change that
// waits for a person and one that was rolled back.
func (w *World) Tell(t testing.TB) *World {
	t.Helper()
	n := narrator{World: w, t: t}
	n.campaign()
	n.waiting()
	n.moving()
	n.refuted()
	n.rolledBack()
	n.tiles()
	return w
}

type narrator struct {
	*World
	t testing.TB
}

func (n narrator) ok(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func digest(name string) pipeline.Digest { return pipeline.SumBytes([]byte(name)) }

func decimal(s string) pipeline.Decimal {
	d, err := pipeline.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

func module(lineage string, generation int) pipeline.ModuleRef {
	name := fmt.Sprint(lineage, generation)
	return pipeline.ModuleRef{
		Code:  pipeline.Code{Slot: "thermal", Contract: digest("contract"), IR: digest(name + " ir"), Compiler: "tilego/1", Schema: digest("schema")},
		Proof: digest(name + " proof"),
	}
}

func base(lineage string) pipeline.Digest {
	return pipeline.Base(lineage, []pipeline.ModuleRef{module(lineage, 0)})
}

func (n narrator) tiles() {
	for i, lineage := range []string{"alder", "alder", "alder", "birch", "birch", "birch"} {
		tile := store.Tile{
			Meta: store.Meta{ID: fmt.Sprintf("tile-%d", i+1)}, Class: "edge", Lineage: lineage, Site: fmt.Sprintf("rack-%d", i%3+1), Group: lineage,
			State: store.TileRunning, Report: 1, Has: digest(lineage + " release"), Serial: 2, Base: base(lineage),
			Modules: map[string]pipeline.Digest{"thermal": module(lineage, 0).Digest()}, Calls: int64(18_204 + 977*i),
		}
		if i == 4 {
			tile.State, tile.Fault, tile.Failures = store.TileFaulty, "fan stuck at level 3 for 12 s", 4
		}
		_, err := n.Store.ReportTile(n.t.Context(), tile)
		n.ok(err)
	}
}

func (n *narrator) campaign() {
	spec, err := pipeline.ParseCampaign([]byte(CampaignText), Catalogue{})
	n.ok(err)
	sum, err := spec.Digest()
	n.ok(err)
	c := store.Campaign{
		Meta:  store.Meta{ID: pipeline.NewID("cmp", Start, [10]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})},
		State: store.CampaignRunning, Spec: spec, Digest: sum, Seed: 1, Author: "operator",
		Ledger: pipeline.NewLedger(spec.Spec.Budget.Amount), Reproducible: true,
	}
	c.Ledger.Spent = pipeline.Amount{Evaluations: 13_312, Steps: 804_112_640, Proofs: 61, Attention: 1}
	c.Ledger.Reserved = pipeline.Amount{Evaluations: 1_024}
	predicted := decimal("-8412.5")
	c.Results = []store.LineageResult{
		{
			Lineage: "alder", Tried: 6_656, Proven: 24, Refuted: 5_902, Inconclusive: 3, Search: digest("search alder"),
			Operators: []store.OperatorCount{{Operator: "knob", Tried: 4_310, Proven: 17}, {Operator: "guard", Tried: 1_422, Proven: 6}, {Operator: "swap", Tried: 924, Proven: 1}},
			Objective: Estimate("119860.4", "111447.9", "-9350.1", "-7475.3"), Predicted: &predicted,
			Baseline: &store.Rival{Name: "step-wise", Value: decimal("121034.7"), Feasible: true},
			Random:   &store.Rival{Name: "random", Value: decimal("117102.2"), Feasible: true},
			Stations: []store.StationTime{{Station: "search", Seconds: decimal("41.2")}, {Station: "coq", Seconds: decimal("22.8")}, {Station: "tla", Seconds: decimal("3.1")}, {Station: "fuzz", Seconds: decimal("30.0")}, {Station: "shadow", Seconds: decimal("12.4")}},
		},
		{
			Lineage: "birch", Outcome: store.OutcomeKept, Reason: "no gain survived the third part of the telemetry", Tried: 6_656, Proven: 11, Refuted: 6_120, Inconclusive: 7,
			Objective: Estimate("114211.0", "113980.6", "-1204.8", "744.1"),
			Baseline:  &store.Rival{Name: "tuned PI", Value: decimal("114388.2"), Feasible: true},
			Random:    &store.Rival{Name: "random", Value: decimal("114002.9"), Feasible: true},
		},
	}
	_, _, err = n.Store.Campaigns.Create(n.t.Context(), c)
	n.ok(err)
	n.Campaign = c.ID
}

// Estimate is one of energy, before and after, with the bounds of the change.
func Estimate(before, after, low, high string) *pipeline.Estimate {
	return &pipeline.Estimate{
		Metric: "energy_joules", Unit: "J/day", Before: decimal(before), After: decimal(after), Change: decimal(after) - decimal(before),
		Low: decimal(low), High: decimal(high), Confidence: 950, Method: "paired circular moving-block bootstrap", Blocks: 30, Length: 6, Resamples: 2000, Seed: 1,
	}
}

func (n narrator) put(content string) pipeline.Digest {
	d, err := n.Store.Artefacts.Put(n.t.Context(), []byte(content))
	n.ok(err)
	return d
}

// change is a change of alder, with sources that differ.
func (n narrator) change(generation int, title string, edit func([]byte) []byte) store.Change {
	g, err := lineages.Load("alder", "thermal")
	n.ok(err)
	content := pipeline.Change{Lineage: "alder", Base: base("alder"), Modules: []pipeline.ModuleRef{module("alder", generation)}}
	c := store.NewChange(content)
	c.Title, c.Author, c.Approvals = title, "operator", 1
	c.Plan, err = pipeline.NamedPlan("lab")
	n.ok(err)
	c.Campaign = n.Campaign
	c.Files = []store.ModuleFiles{{
		Slot: "thermal", Source: n.put(string(edit(g.Source))), BaseSource: n.put(string(g.Source)),
		IR: n.put(title), Proof: n.put("Proof. go_solve. Qed.\n"), BaseProof: n.put("Proof. go_solve. Qed.\n"),
	}}
	c.Origin = store.Origin{Proposer: pipeline.Evolve, Operators: []string{"knob", "guard"}, Ticket: 4_127, Edits: 9, ControlFlow: true, Cost: pipeline.Amount{Evaluations: 6_656, Steps: 402_056_320, Proofs: 24}}
	c.Objective = Estimate("119860.4", "111447.9", "-9350.1", "-7475.3")
	return c
}

func (n *narrator) waiting() {
	c := n.change(1, "thermal: fans rise later, the throttle looks at the fan first", func(src []byte) []byte {
		src = bytes.Replace(src, []byte("Up2 = 640"), []byte("Up2 = 655"), 1)
		src = bytes.Replace(src, []byte("HoldFan = 2"), []byte("HoldFan = 3"), 1)
		return bytes.Replace(src, []byte("if temp >= up && s.Fan < FanTop {"), []byte("if temp >= up && s.Fan < FanTop && s.Throttle < ThrottleTop {"), 1)
	})
	deadline := Start.Add(24 * time.Hour)
	c.State, c.Deadline, c.Reason = pipeline.AwaitingApproval, &deadline, "evidence passes"
	n.evidence(c, Standing...)
	c.Risk = &pipeline.Risk{Score: 18, Band: "low", Reasons: []pipeline.RiskReason{
		{Points: 10, Why: "replaces a driver"}, {Points: 6, Why: "reaches 3 of 6 tiles"}, {Points: 2, Why: "differs from its base in 9 places"},
	}}
	_, _, err := n.Store.Changes.Create(n.t.Context(), c)
	n.ok(err)
	n.Waiting = c.ID
}

func (n *narrator) moving() {
	c := n.change(3, "thermal: one threshold less", func(src []byte) []byte {
		return bytes.Replace(src, []byte("Up9 = 760"), []byte("Up9 = 750"), 1)
	})
	c.State, c.Objective, c.Reason = pipeline.Verifying, nil, ""
	n.evidence(c, Standing[0], pipeline.Statement{
		Station: pipeline.Coq, Outcome: pipeline.Inconclusive, Summary: "no proof found in 30 s: no refutation either",
		Tools:    []pipeline.Tool{{Name: "coq", Version: "8.16.1"}},
		Findings: []pipeline.Finding{{Code: "coq.timeout", Where: "theorem post_step", Message: "go_solve did not close the goal", Hint: "state a stronger Inv, or allow more time"}},
	})
	_, _, err := n.Store.Changes.Create(n.t.Context(), c)
	n.ok(err)
	n.Moving = c.ID
}

func (n *narrator) refuted() {
	c := n.change(4, "thermal: ignore the critical temperature <script>alert(1)</script>", func(src []byte) []byte {
		return bytes.Replace(src, []byte("if in.Fault || in.Temp >= Crit {"), []byte("if in.Fault {"), 1)
	})
	c.State, c.Objective, c.Reason = pipeline.Rejected, nil, "fuzz failed"
	n.evidence(c, Standing[0], pipeline.Statement{
		Station: pipeline.Fuzz, Outcome: pipeline.Fail, Summary: "a promise is broken: at Crit the fan is not full",
		Tools:    []pipeline.Tool{{Name: "go-fuzz", Version: "2022-07-26"}},
		Findings: []pipeline.Finding{{Code: "contract.post", Where: "Post, clause 1", Message: "Temp 850, Fault false: fan 9, want 10", Hint: "keep both full from Crit on", Witness: "in = {Temp: 850, Load: 100, Fault: false}"}},
	})
	_, _, err := n.Store.Changes.Create(n.t.Context(), c)
	n.ok(err)
	n.Refuted = c.ID
}

func (n *narrator) rolledBack() {
	c := n.change(2, "thermal: hold the fan for one tick", func(src []byte) []byte {
		return bytes.Replace(src, []byte("HoldFan = 2"), []byte("HoldFan = 1"), 1)
	})
	c.State, c.Reason = pipeline.RolledBack, "tile-2: fan stuck at level 3 for 12 s"
	n.evidence(c, Standing...)
	plan, err := c.Plan.Digest()
	n.ok(err)
	began, ended := Start.Add(-2*time.Hour), Start.Add(-2*time.Hour+9*time.Second)
	r := store.Rollout{
		Meta: store.Meta{ID: pipeline.RolloutID(c.Digest, plan)}, State: store.RolloutRolledBack, Change: c.ID, Lineage: "alder", Plan: c.Plan, Serial: 4,
		Current: 1, Reason: c.Reason, Release: n.put("release"), Escape: n.put("escape"),
		Rollback: &store.Rollback{Cause: "fan stuck at level 3 for 12 s", Tile: "tile-2", ByTile: true, Seconds: decimal("1.4")},
	}
	for i, tiles := range [][]string{{"tile-1"}, {"tile-2"}, {"tile-3"}} {
		wave := store.Wave{WaveTargets: pipeline.WaveTargets{WaveSpec: c.Plan.Waves[min(i, len(c.Plan.Waves)-1)], Targets: tiles, Reached: i + 1, Untouched: 2 - i}, State: store.WavePending}
		if i == 0 {
			wave.State, wave.StartedAt, wave.EndedAt, wave.Calls = store.WavePassed, &began, &ended, 412
		}
		if i == 1 {
			wave.State, wave.StartedAt, wave.EndedAt, wave.Failures, wave.Reason = store.WaveFailed, &ended, &ended, 1, c.Reason
		}
		r.Waves = append(r.Waves, wave)
	}
	c.Rollout = r.ID
	_, _, err = n.Store.Changes.Create(n.t.Context(), c)
	n.ok(err)
	_, _, err = n.Store.Rollouts.Create(n.t.Context(), r)
	n.ok(err)
	n.Rolled = c.ID
}

// Standing is the evidence of the change that waits: all passes.
var Standing = []pipeline.Statement{
	{Station: pipeline.Agree, Outcome: pipeline.Pass, Summary: "4 engines agree on 16,384 inputs",
		Tools:   []pipeline.Tool{{Name: "go", Version: "1.26.8"}, {Name: "wazero", Version: "1.12.0"}, {Name: "coq", Version: "8.16.1"}},
		Figures: []pipeline.Figure{{Name: "inputs", Value: "16384"}}},
	{Station: pipeline.Coq, Outcome: pipeline.Pass, Summary: "the contract is proven: 3 theorems, no axioms",
		Tools:   []pipeline.Tool{{Name: "coq", Version: "8.16.1"}},
		Figures: []pipeline.Figure{{Name: "theorems", Value: "3"}, {Name: "axioms", Value: "0"}}},
	{Station: pipeline.TLA, Outcome: pipeline.Pass, Summary: "41,220 states, no invariant broken; 2 engines count the same",
		Tools:   []pipeline.Tool{{Name: "explorer", Version: "1"}, {Name: "tla-checker", Version: "0.9.0"}},
		Figures: []pipeline.Figure{{Name: "states", Value: "41220"}}},
	{Station: pipeline.Fuzz, Outcome: pipeline.Pass, Summary: "no promise broken in 712,004 executions",
		Tools:   []pipeline.Tool{{Name: "go-fuzz", Version: "2022-07-26"}},
		Figures: []pipeline.Figure{{Name: "executions", Value: "712004"}, {Name: "corpus", Value: "88"}}},
	{Station: pipeline.Benchmark, Outcome: pipeline.Pass, Summary: "energy_joules falls by 7.0 % on days that no proposer saw",
		Figures: []pipeline.Figure{
			{Name: "energy_joules", Value: "-8412.5", Unit: "J/day", Low: "-9350.1", High: "-7475.3"},
			{Name: "work_lost_permille", Value: "0.8", Unit: "permille"}, {Name: "seconds_above_target", Value: "11.5", Unit: "s/day"},
			{Name: "textbook step-wise", Value: "121034.7", Unit: "J/day"}}},
	{Station: pipeline.Shadow, Outcome: pipeline.Pass, Summary: "9,216 calls on 3 tiles, bit for bit the same between tiles",
		Figures: []pipeline.Figure{{Name: "calls", Value: "9216"}, {Name: "divergences", Value: "0"}, {Name: "call time", Value: "84", Unit: "ns", Low: "79", High: "96"}, {Name: "energy_joules", Value: "-7930", Unit: "J/day", Low: "-9980", High: "-5890"}}},
	{Station: pipeline.Federate, Outcome: pipeline.Pass, Summary: "3 tiles report a gain; summed exactly", Notes: map[string]string{"dp": "none", "mode": "exact-sum"},
		Figures: []pipeline.Figure{{Name: "reports", Value: "3"}, {Name: "energy_joules", Value: "-8105", Unit: "J/day"}}},
}

func (n narrator) evidence(c store.Change, list ...pipeline.Statement) {
	about := map[pipeline.SubjectKind]pipeline.Subject{}
	for _, s := range c.Content.Subjects() {
		about[s.Kind] = s
	}
	for i, s := range list {
		s.Subject = about[s.Station.SubjectOf()]
		s.Inputs = map[string]pipeline.Digest{"contract": digest("contract"), "policy": digest("policy")}
		s.Attachments = map[string]pipeline.Digest{"log": n.put(fmt.Sprintf("log of %s\nall is well\n", s.Station))}
		_, _, err := n.Store.PutEvidence(n.t.Context(), store.Evidence{
			Evidence: pipeline.Evidence{Statement: s, Assurance: pipeline.Development, Signer: string(s.Station), Roles: []string{"station/" + string(s.Station)}},
			Envelope: n.put("envelope of " + string(s.Station) + c.ID), Seconds: decimal(fmt.Sprintf("%d.4", 3*i+1)),
			Log: &store.LogEntry{Index: int64(i)},
		})
		n.ok(err)
	}
}
