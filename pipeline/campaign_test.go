package pipeline_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/pipeline"
)

// catalogue knows one slot and two lineages.
type catalogue struct{}

func (catalogue) Slots() []string    { return []string{"thermal"} }
func (catalogue) Lineages() []string { return []string{"alder", "birch"} }
func (catalogue) Slot(name string) (pipeline.SlotInfo, bool) {
	return pipeline.SlotInfo{Class: pipeline.DeviceSlot, Metrics: []pipeline.MetricInfo{
		{Name: "energy_joules", Direction: pipeline.Minimize},
		{Name: "work_lost_permille", Direction: pipeline.Minimize},
		{Name: "seconds_above_target", Direction: pipeline.Minimize},
		{Name: "throughput", Direction: pipeline.Maximize},
	}}, name == "thermal"
}

func example(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("../docs/campaign.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "```yaml example\n")
	block, _, ok := strings.Cut(after, "```")
	if !ok {
		t.Fatal("docs/campaign.md has no example")
	}
	return block
}

func TestParseCampaignExample(t *testing.T) {
	got, err := pipeline.ParseCampaign([]byte(example(t)), catalogue{})
	if err != nil {
		t.Fatal(err)
	}
	warm := 7 * pipeline.One / 10
	required := pipeline.Check{Need: pipeline.Required}
	want := pipeline.Campaign{
		APIVersion: "genesis/v1", Kind: "Campaign",
		Metadata: pipeline.Metadata{Name: "cooler-at-the-same-speed", Labels: map[string]string{"site": "lab"}},
		Spec: pipeline.CampaignSpec{
			Slot: "thermal", Lineages: []string{"alder", "birch"},
			Objective: pipeline.Objective{Minimize: "energy_joules", SubjectTo: []pipeline.Constraint{
				{Metric: "work_lost_permille", Relation: pipeline.AtMost, Limit: 5 * pipeline.One},
				{Metric: "seconds_above_target", Relation: pipeline.AtMost, Limit: 30 * pipeline.One},
			}},
			Telemetry: pipeline.Telemetry{Trace: "examples/telemetry/asg-load.trace.yaml"},
			Proposers: []pipeline.Proposer{{Kind: pipeline.Evolve}, {Kind: pipeline.LLM, Model: "ollama/qwen2.5-coder:7b", Temperature: &warm}},
			Budget: pipeline.Budget{Amount: pipeline.Amount{
				Evaluations: 20000, Steps: 2000000000, Tokens: 200000, Money: 2 * pipeline.One, Proofs: 200, Attention: 3,
			}},
			Verify:   pipeline.Verify{Agree: required, Coq: required, TLA: required, Fuzz: pipeline.Check{Need: pipeline.Required, For: pipeline.Duration(30 * time.Second)}},
			Shadow:   pipeline.ShadowSpec{Tiles: 3, MinInvocations: 3000, For: pipeline.Duration(2 * time.Minute)},
			Federate: pipeline.FederateSpec{MinTiles: 20, Epsilon: pipeline.One},
			Approve:  pipeline.ApproveSpec{Count: 1, Roles: []string{"approver"}},
			Rollout:  pipeline.RolloutRequest{Plan: "accelerated"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

const minimal = `apiVersion: genesis/v1
kind: Campaign
metadata: {name: small}
spec:
  slot: thermal
  lineages: [alder]
  objective: {maximize: throughput, subjectTo: ["energy_joules >= 0.5"]}
  telemetry: {record: host}
  budget: {evaluations: 10, steps: 2560, proofs: 1, attention: 1}
`

func TestParseCampaignDefaults(t *testing.T) {
	c, err := pipeline.ParseCampaign([]byte(minimal), catalogue{})
	if err != nil {
		t.Fatal(err)
	}
	s := c.Spec
	if s.Rollout.Plan != pipeline.DefaultPlan || s.Shadow.For != pipeline.DefaultShadowTime || s.Approve.Count != 1 ||
		s.Verify.Coq.Need != pipeline.Required || len(s.Proposers) != 1 || s.Federate.Epsilon != pipeline.One {
		t.Errorf("%+v", s)
	}
}

// A campaign is written as JSON in the form in which it is read: what the API
// returns can be submitted again.
func TestCampaignJSON(t *testing.T) {
	for _, document := range []string{example(t), minimal} {
		c, err := pipeline.ParseCampaign([]byte(document), catalogue{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := pipeline.Canonical(c)
		if err != nil {
			t.Fatal(err)
		}
		var back pipeline.Campaign
		if err := pipeline.Decode(text, &back); err != nil {
			t.Fatal(err)
		}
		again, err := pipeline.ParseCampaign(text, catalogue{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, back) + cmp.Diff(c, again); diff != "" {
			t.Error(diff)
		}
	}
}

// Each row changes one line of the example and is refused at that line, with
// these words in the message and hint.
func TestParseCampaignRefuses(t *testing.T) {
	rows := []struct{ name, old, new, message, hint string }{
		{"version", "genesis/v1", "genesis/v2", "apiVersion", "write apiVersion: genesis/v1"},
		{"kind", "kind: Campaign", "kind: Campain", `is "Campain"`, "kind: Campaign"},
		{"unknown field", "  slot: thermal", "  slott: thermal", "spec.slott: unknown field", "did you mean slot?"},
		{"unknown inner field", "tokens: 200000", "token: 200000", "spec.budget.token: unknown field", "did you mean tokens?"},
		{"far field", "tokens: 200000", "zzzzzzzzzzz: 1", "unknown field", "known: evaluations, steps"},
		{"repeated field", "money: \"2.00\"", "steps: 1", "twice", "keep one"},
		{"slot", "slot: thermal", "slot: termal", `no slot "termal"`, "did you mean thermal?"},
		{"lineage", "[alder, birch]", "[alder, brich]", `no lineage "brich"`, "did you mean birch?"},
		{"lineage twice", "[alder, birch]", "[alder, alder]", "given twice", "keep one"},
		{"no lineage", "[alder, birch]", "[]", "at least one lineage", "known: alder, birch"},
		{"metric", "minimize: energy_joules", "minimize: energy_jules", "no metric", "did you mean energy_joules?"},
		{"wrong way", "minimize: energy_joules", "minimize: throughput", "the other way", "maximize: throughput"},
		{"both ways", "minimize: energy_joules", "minimize: energy_joules\n    maximize: throughput", "exactly one metric", "maximize: METRIC"},
		{"constraint", "work_lost_permille <= 5", "work_lost_permille < 5", "want \"metric <= number\"", ""},
		{"constraint metric", "work_lost_permille <= 5", "work_lost <= 5", "no metric", "work_lost_permille"},
		{"constraint number", "work_lost_permille <= 5", "work_lost_permille <= 5e3", "decimal number", ""},
		{"trace path", "examples/telemetry/asg-load.trace.yaml", "../secrets.trace.yaml", "not the path", "without .."},
		{"absolute trace", "examples/telemetry/asg-load.trace.yaml", "/etc/x.trace.yaml", "not the path", "relative"},
		{"trace suffix", "asg-load.trace.yaml", "asg-load.csv", "not the path", ".trace.yaml"},
		{"two sources", "asg-load.trace.yaml}", "asg-load.trace.yaml, record: host}", "exactly one", "trace"},
		{"query without window", "{trace: examples/telemetry/asg-load.trace.yaml}", "{query: up}", "window", "24h"},
		{"record what", "{trace: examples/telemetry/asg-load.trace.yaml}", "{record: moon}", "nothing records", "record: host"},
		{"proposer", "kind: evolve", "kind: evolv", "no proposer", "did you mean evolve?"},
		{"model missing", `model: "ollama/qwen2.5-coder:7b", `, "", "without a model", "model: provider/model"},
		{"model unasked", "kind: evolve", "kind: evolve, model: a/b", "with a model", "ask none"},
		{"temperature", `temperature: "0.7"`, `temperature: "2.1"`, "not a temperature", "0 to 2"},
		{"fraction of a count", "evaluations: 20000", "evaluations: 2.5", "whole number", ""},
		{"negative", "evaluations: 20000", "evaluations: -1", "whole number", ""},
		{"negative money", `money: "2.00"`, `money: "-2.00"`, "0 or more", ""},
		{"evaluations", "evaluations: 20000", "evaluations: 1", "not enough", "at least 2"},
		{"steps", "steps: 2000000000", "steps: 511", "not enough", "256 calls"},
		{"proofs", "proofs: 200", "proofs: 1", "not enough", "one for each lineage"},
		{"tokens", "tokens: 200000", "tokens: 0", "not enough", "asks a model"},
		{"attention", "attention: 3", "attention: 1", "not enough", "at least 2"},
		{"need", "coq: required", "coq: skip", "skip", "required or optional"},
		{"no unit", "{for: 30s}", "{for: 30}", "span of time", ""},
		{"negative time", "{for: 30s}", "{for: -30s}", "span of time", ""},
		{"no tiles", "tiles: 3", "tiles: 0", "at least 1", ""},
		{"no time", "for: 2m", "for: 0s", "no time", "30s"},
		{"epsilon", `epsilon: "1.0"`, `epsilon: "0"`, "above 0", "epsilon"},
		{"role", "roles: [approver]", "roles: [Approver!]", "not a role", "approver"},
		{"no role", "roles: [approver]", "roles: []", "at least one role", "approver"},
		{"plan", "plan: accelerated", "plan: acelerated", "not one of lab", "did you mean accelerated?"},
		{"plan and waves", "plan: accelerated", "plan: lab, waves: []", "one of them", "waves"},
		{"waves", "plan: accelerated", "waves: [{name: a, upTo: 2, bake: 1s, minCalls: 1}]", "first wave", ""},
		{"wave without gate", "plan: accelerated", "waves: [{name: a, upTo: 1}]", "gate", ""},
		{"wave reach", "plan: accelerated", "waves: [{name: a, upTo: half, bake: 1s, minCalls: 1}]", "number of tiles", ""},
		{"name", "cooler-at-the-same-speed", "Cooler!", "not a name", "lower-case"},
		{"label", "{site: lab}", "{site: \"a\\nb\"}", "not a label", "letters"},
		{"alias", "slot: thermal", "slot: &a thermal\n  rollout: *a", "aliases", "write the value"},
		{"mapping", "budget: {evaluations: 20000, steps: 2000000000, tokens: 200000, money: \"2.00\", proofs: 200, attention: 3}", "budget: much", "want a mapping", "evaluations"},
		{"list", "lineages: [alder, birch]", "lineages: alder", "want a list", "[a, b]"},
		{"value", "slot: thermal", "slot: [thermal]", "want a value", ""},
	}
	text := example(t)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if strings.Count(text, row.old) != 1 {
				t.Fatalf("%q stands %d times in the example", row.old, strings.Count(text, row.old))
			}
			line := 1 + strings.Count(text[:strings.Index(text, row.old)], "\n")
			_, err := pipeline.ParseCampaign([]byte(strings.Replace(text, row.old, row.new, 1)), catalogue{})
			checkProblem(t, err, line, row.message, row.hint)
		})
	}
}

func checkProblem(t *testing.T, err error, line int, message, hint string) {
	t.Helper()
	var problems pipeline.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("accepted, or no problems: %v", err)
	}
	found := slices.ContainsFunc(problems, func(p pipeline.Problem) bool {
		return p.Line >= line && p.Line <= line+1 && strings.Contains(p.String(), message) && strings.Contains(p.Hint, hint)
	})
	if !found {
		t.Errorf("want line %d, %q, %q in:\n%v", line, message, hint, err)
	}
}

func TestParseCampaignRefusesWholeDocuments(t *testing.T) {
	for name, text := range map[string]string{
		"empty":         "",
		"not YAML":      "a: [",
		"a list":        "- a\n- b",
		"two documents": minimal + "---\n" + minimal,
		"too long":      strings.Repeat("# a comment\n", 6000) + minimal,
		"no spec":       "apiVersion: genesis/v1\nkind: Campaign\nmetadata: {name: a}\n",
		"bomb":          "a: &a [x, x]\nb: &b [*a, *a]\nspec: *b\n",
		"tag":           strings.Replace(minimal, "slot: thermal", "slot: !!binary dGhlcm1hbA==x", 1) + "extra: 1\n",
	} {
		if _, err := pipeline.ParseCampaign([]byte(text), catalogue{}); err == nil {
			t.Errorf("%s accepted", name)
		} else if !errors.As(err, new(pipeline.Problems)) {
			t.Errorf("%s: %v is no list of problems", name, err)
		}
	}
}

func TestProblemsAreInOrderOfLines(t *testing.T) {
	text := strings.NewReplacer("slot: thermal", "slot: x", "kind: Campaign", "kind: x", "record: host", "record: x").Replace(minimal)
	_, err := pipeline.ParseCampaign([]byte(text), catalogue{})
	var problems pipeline.Problems
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Fatalf("want 3 problems: %v", err)
	}
	if !slices.IsSortedFunc(problems, func(a, b pipeline.Problem) int { return a.Line - b.Line }) {
		t.Error(err)
	}
}

// FuzzParseCampaign: total, and what is accepted has a digest and resolves to a
// plan.
func FuzzParseCampaign(f *testing.F) {
	f.Add(minimal)
	f.Add(example(f))
	f.Fuzz(func(t *testing.T, text string) {
		c, err := pipeline.ParseCampaign([]byte(text), catalogue{})
		if err != nil {
			return
		}
		if _, err := c.Digest(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Spec.Rollout.Resolve(); err != nil {
			t.Fatal(err)
		}
	})
}

// ExampleParseCampaign shows what a person sees who misspelt a field.
func ExampleParseCampaign() {
	text := strings.Replace(minimal, "proofs: 1", "prooves: 1", 1)
	_, err := pipeline.ParseCampaign([]byte(text), catalogue{})
	fmt.Println(err)
	// Output:
	// line 9: spec.budget.prooves: unknown field (did you mean proofs?)
	// line 9: spec.budget.proofs: 0 is not enough (at least 1: one for each lineage)
}
