package activities

import (
	"strings"
	"testing"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// goal is what a schedule asks of the bench's slot.
func (b *bench) goal(names ...string) pipeline.CampaignSpec {
	return pipeline.CampaignSpec{
		Slot: b.slot.Name, Lineages: names,
		Objective: pipeline.Objective{Minimize: "energy_joules"},
		Telemetry: pipeline.Telemetry{Trace: "load.trace.yaml"},
		Budget:    pipeline.Budget{Amount: pipeline.Amount{Evaluations: 100, Proofs: 10}},
	}
}

// campaign records one for a goal, with what it came to.
func (b *bench) campaign(id string, state store.CampaignState, results ...store.LineageResult) {
	b.t.Helper()
	var names []string
	for _, r := range results {
		names = append(names, r.Lineage)
	}
	c, err := store.NewCampaign(pipeline.Campaign{APIVersion: pipeline.APIVersion, Kind: "Campaign", Spec: b.goal(names...)}, 1, "ada")
	b.ok(err)
	c.ID, c.State, c.Results = id, state, results
	c.Settle()
	_, _, err = b.Store.Campaigns.Create(b.t.Context(), c)
	b.ok(err)
}

func result(lineage string, outcome store.LineageOutcome, before, after pipeline.Decimal) store.LineageResult {
	return store.LineageResult{
		Lineage: lineage, Outcome: outcome, Spent: pipeline.Amount{Evaluations: 30},
		Objective: &pipeline.Estimate{Metric: "energy_joules", Unit: "J", Before: before, After: after},
	}
}

func (b *bench) standing(lineage string) pipeline.Standing {
	b.t.Helper()
	list, err := b.standings(b.t.Context(), pipeline.RoundSpec{Goals: []pipeline.CampaignSpec{b.goal("alder", "birch")}})
	b.ok(err)
	for _, x := range list {
		if x.Lineage == lineage {
			return x
		}
	}
	b.t.Fatalf("nothing is said of %s", lineage)
	return pipeline.Standing{}
}

func TestStandingsSayWhatTheRecordsSay(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	if x := b.standing("alder"); x.Known != "" || x.Busy != "" || !x.Searched.IsZero() || x.Level <= pipeline.Observe {
		t.Errorf("before any campaign: %+v", x)
	}

	worse := result("alder", store.OutcomeAdopted, 120, 100)
	grew := pipeline.Decimal(5)
	worse.Measured = &grew
	b.campaign("cmp_1", store.CampaignDone, worse, result("birch", store.OutcomeKept, 80, 70))
	alder, birch := b.standing("alder"), b.standing("birch")
	if alder.Known != "birch" || alder.Room != 200 || !strings.Contains(alder.Regressed, "tiles measured energy_joules changed by") {
		t.Errorf("alder at 100, birch at 80, and tiles measured 5 more: %+v", alder)
	}
	if birch.Known != "birch" || birch.Room != 0 || birch.Regressed != "" || birch.Searched.IsZero() {
		t.Errorf("the best that is known: %+v", birch)
	}

	b.campaign("cmp_2", store.CampaignRunning, store.LineageResult{Lineage: "birch"})
	if x := b.standing("birch"); x.Busy != "campaign cmp_2 is running" {
		t.Errorf("a campaign is at work: %+v", x)
	}
	b.propose("alder", b.variant("Up2 = 640", "Up2 = 655"), pipeline.AwaitingApproval, store.Origin{Proposer: pipeline.Evolve})
	if x := b.standing("alder"); !strings.Contains(x.Busy, string(pipeline.AwaitingApproval)) {
		t.Errorf("a change waits: %+v", x)
	}
}

func TestALineageThatMayOnlyObserveIsLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(p *pipeline.Policy) {
		for i := range p.Rules {
			p.Rules[i].Level = pipeline.Observe
		}
	})
	choices, err := b.choose(t.Context(), pipeline.RoundSpec{Most: 2, Goals: []pipeline.CampaignSpec{b.goal("alder", "birch")}}, "rnd_x")
	if err != nil || len(choices) != 2 {
		t.Fatalf("%d choices (%v)", len(choices), err)
	}
	for _, c := range choices {
		if c.Taken || c.Why != "policy lets it observe only" {
			t.Errorf("%+v", c)
		}
	}
}

func TestADayCountsWhatEndedAsSpentAndTheRestAsReserved(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.campaign("cmp_1", store.CampaignDone, result("alder", store.OutcomeKept, 9, 9))
	b.campaign("cmp_2", store.CampaignRunning, store.LineageResult{Lineage: "birch"})
	b.campaign("cmp_3", store.CampaignDone, result("birch", store.OutcomeKept, 9, 9)) // of nobody's round
	_, _, err := b.Store.Rounds.Create(t.Context(), store.Round{Meta: store.Meta{ID: "rnd_1"}, Schedule: "rnd_x", Campaigns: []string{"cmp_1", "cmp_2"}})
	b.ok(err)
	spent, err := b.spentToday(t.Context(), "rnd_x")
	if err != nil || spent.Evaluations != 130 {
		t.Errorf("30 spent and 100 set aside, not %+v (%v)", spent, err)
	}
	if spent, err := b.spentToday(t.Context(), "rnd_y"); err != nil || spent != (pipeline.Amount{}) {
		t.Errorf("another schedule spent %+v (%v)", spent, err)
	}
}
