package pipeline_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
)

func development() pipeline.Policy {
	return pipeline.DevelopmentPolicy(map[string]pipeline.SlotClass{"thermal": pipeline.DeviceSlot})
}

// statement is evidence of a station about the example change.
func statement(station pipeline.Station, outcome pipeline.Outcome) pipeline.Evidence {
	c := exampleChange()
	subject := pipeline.Subject{Kind: station.SubjectOf()}
	switch subject.Kind {
	case pipeline.SubjectCode:
		subject.Digest = c.Modules[0].Code.Digest()
	case pipeline.SubjectModule:
		subject.Digest = c.Modules[0].Digest()
	case pipeline.SubjectChange:
		subject.Digest = c.Digest()
	}
	return pipeline.Evidence{
		Statement: pipeline.Statement{Station: station, Subject: subject, Outcome: outcome, Summary: string(station + " " + pipeline.Station(outcome))},
		Assurance: pipeline.Development,
	}
}

func allPass() []pipeline.Evidence {
	var out []pipeline.Evidence
	for _, s := range development().Rules[0].Demand {
		out = append(out, statement(s, pipeline.Pass))
	}
	return out
}

// approve signs the verdict as it stands.
func approve(p pipeline.Policy, c pipeline.Case, who string, yes bool) pipeline.Evidence {
	v := p.Verdict(c)
	a := pipeline.Approval{Change: c.Change.Digest(), Evidence: v.Root, Plan: c.Plan, Policy: v.Policy, Approver: who, Approve: yes}
	return pipeline.Evidence{Statement: a.Statement(), Assurance: pipeline.Development, Signer: who, Roles: []string{"approver"}}
}

func exampleCase() pipeline.Case {
	return pipeline.Case{Change: exampleChange(), Evidence: allPass(), Plan: fill("7"), Author: "olga"}
}

func TestVerdictOfACompleteCase(t *testing.T) {
	p, c := development(), exampleCase()
	v := p.Verdict(c)
	if v.Outcome != pipeline.Inconclusive || v.Upto(pipeline.Federate) != pipeline.Pass {
		t.Errorf("without approval: %s, evidence %s", v.Outcome, v.Upto(pipeline.Federate))
	}
	c.Evidence = append(c.Evidence, approve(p, c, "ada", true))
	if v := p.Verdict(c); v.Outcome != pipeline.Pass {
		t.Errorf("approved: %+v", v)
	}
	if outcome, ok := v.At(pipeline.Coq); !ok || outcome != pipeline.Pass {
		t.Errorf("coq: %s, %t", outcome, ok)
	}
	if _, ok := v.At(pipeline.Halt); ok {
		t.Error("halt was not asked for")
	}
}

// Each row takes one thing away from an approved case.
func TestVerdictNeverPassesByAccident(t *testing.T) {
	rows := map[string]struct {
		edit func(p *pipeline.Policy, c *pipeline.Case)
		want pipeline.Outcome
		why  string
	}{
		"proof missing":     {func(_ *pipeline.Policy, c *pipeline.Case) { c.Evidence = without(c.Evidence, pipeline.Coq) }, pipeline.Inconclusive, "no evidence"},
		"unsigned":          {func(_ *pipeline.Policy, c *pipeline.Case) { c.Evidence[1].Assurance = pipeline.Unsigned }, pipeline.Inconclusive, "assurance development or better"},
		"production wanted": {func(p *pipeline.Policy, _ *pipeline.Case) { p.Rules[0].Assurance = pipeline.Production }, pipeline.Inconclusive, "assurance production or better"},
		"other subject":     {func(_ *pipeline.Policy, c *pipeline.Case) { c.Evidence[1].Statement.Subject.Digest = fill("f") }, pipeline.Inconclusive, "no evidence"},
		"wrong kind": {func(_ *pipeline.Policy, c *pipeline.Case) {
			c.Evidence[1].Statement.Subject.Kind = pipeline.SubjectCode
		}, pipeline.Inconclusive, "no evidence"},
		"error":            {func(_ *pipeline.Policy, c *pipeline.Case) { c.Evidence[1].Statement.Outcome = pipeline.Error }, pipeline.Inconclusive, "error"},
		"invented outcome": {func(_ *pipeline.Policy, c *pipeline.Case) { c.Evidence[1].Statement.Outcome = "great" }, pipeline.Inconclusive, ""},
		"failed proof": {func(_ *pipeline.Policy, c *pipeline.Case) {
			c.Evidence = append(c.Evidence, statement(pipeline.Coq, pipeline.Fail))
		}, pipeline.Fail, "coq fail"},
		"failed wave": {func(_ *pipeline.Policy, c *pipeline.Case) {
			c.Evidence = append(c.Evidence, statement(pipeline.Wave, pipeline.Fail))
		}, pipeline.Fail, "wave fail"},
		"evidence moved": {func(_ *pipeline.Policy, c *pipeline.Case) {
			more := statement(pipeline.Shadow, pipeline.Pass)
			more.Statement.Summary = "a longer run"
			c.Evidence = append(c.Evidence, more)
		}, pipeline.Inconclusive, "evidence moved"},
		"plan moved":      {func(_ *pipeline.Policy, c *pipeline.Case) { c.Plan = fill("8") }, pipeline.Inconclusive, "plan moved"},
		"policy moved":    {func(p *pipeline.Policy, _ *pipeline.Case) { p.Version++ }, pipeline.Inconclusive, "policy moved"},
		"author approves": {func(_ *pipeline.Policy, c *pipeline.Case) { c.Author = "ada" }, pipeline.Inconclusive, "cannot decide"},
		"role missing":    {func(_ *pipeline.Policy, c *pipeline.Case) { last(c).Roles = []string{"viewer"} }, pipeline.Inconclusive, "none of the roles"},
		"key of another":  {func(_ *pipeline.Policy, c *pipeline.Case) { last(c).Signer = "eve" }, pipeline.Inconclusive, "cannot decide"},
		"two wanted":      {func(_ *pipeline.Policy, c *pipeline.Case) { c.Approvals = 2 }, pipeline.Inconclusive, "1 of 2"},
		"same twice":      {func(_ *pipeline.Policy, c *pipeline.Case) { c.Approvals = 2; c.Evidence = append(c.Evidence, *last(c)) }, pipeline.Inconclusive, "1 of 2"},
		"refused": {func(p *pipeline.Policy, c *pipeline.Case) {
			c.Evidence = append(c.Evidence, approve(*p, *c, "bob", false))
		}, pipeline.Fail, "refused by bob"},
		"observe only": {func(p *pipeline.Policy, c *pipeline.Case) { p.Rules[0].Level = pipeline.Observe }, pipeline.Inconclusive, "observes only"},
		"no rule":      {func(p *pipeline.Policy, _ *pipeline.Case) { p.Rules[0].Lineage = "birch" }, pipeline.Inconclusive, "no rule"},
		"no demand":    {func(p *pipeline.Policy, _ *pipeline.Case) { p.Rules[0].Demand = nil }, pipeline.Inconclusive, "no rule"},
		"no modules":   {func(_ *pipeline.Policy, c *pipeline.Case) { c.Change.Modules = nil }, pipeline.Inconclusive, "without modules"},
		"second module": {func(_ *pipeline.Policy, c *pipeline.Case) {
			m := exampleModule()
			m.Proof = fill("9")
			c.Change.Modules = append(c.Change.Modules, m)
		}, pipeline.Inconclusive, "no evidence"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			p, c := development(), exampleCase()
			c.Evidence = append(c.Evidence, approve(p, c, "ada", true))
			row.edit(&p, &c)
			v := p.Verdict(c)
			if v.Outcome != row.want || !strings.Contains(reasons(v), row.why) {
				t.Errorf("%s, want %s because of %q:\n%s", v.Outcome, row.want, row.why, reasons(v))
			}
		})
	}
}

func last(c *pipeline.Case) *pipeline.Evidence { return &c.Evidence[len(c.Evidence)-1] }

func without(list []pipeline.Evidence, s pipeline.Station) []pipeline.Evidence {
	return slices.DeleteFunc(list, func(e pipeline.Evidence) bool { return e.Statement.Station == s })
}

func reasons(v pipeline.Verdict) string {
	var out []string
	for _, s := range v.Stations {
		out = append(out, string(s.Station)+" "+string(s.Outcome)+": "+strings.Join(s.Reasons, "; "))
	}
	return strings.Join(out, "\n")
}

func TestMoreEffortSettlesWhatWasInconclusive(t *testing.T) {
	p, c := development(), exampleCase()
	c.Evidence = append(c.Evidence, statement(pipeline.Coq, pipeline.Inconclusive))
	if v := p.Verdict(c); v.Upto(pipeline.Federate) != pipeline.Pass {
		t.Error(reasons(v))
	}
}

// anyEvidence draws statements about the example change and about others.
func anyEvidence() *rapid.Generator[pipeline.Evidence] {
	return rapid.Custom(func(t *rapid.T) pipeline.Evidence {
		e := statement(rapid.SampledFrom(pipeline.Stations()).Draw(t, "station"),
			rapid.SampledFrom([]pipeline.Outcome{pipeline.Pass, pipeline.Pass, pipeline.Fail, pipeline.Inconclusive, pipeline.Error}).Draw(t, "outcome"))
		e.Assurance = rapid.SampledFrom([]pipeline.Assurance{pipeline.Unsigned, pipeline.Development, pipeline.Production}).Draw(t, "assurance")
		e.Statement.Summary = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "summary")
		if rapid.IntRange(0, 3).Draw(t, "stranger") == 0 {
			e.Statement.Subject.Digest = fill("e")
		}
		return e
	})
}

func anyPolicy() *rapid.Generator[pipeline.Policy] {
	return rapid.Custom(func(t *rapid.T) pipeline.Policy {
		p := development()
		p.Rules[0].Demand = rapid.SliceOfNDistinct(rapid.SampledFrom(p.Rules[0].Demand), 1, 4, rapid.ID).Draw(t, "demand")
		p.Rules[0].Level = pipeline.Level(rapid.IntRange(0, 4).Draw(t, "level"))
		p.Rules[0].Assurance = rapid.SampledFrom([]pipeline.Assurance{pipeline.Development, pipeline.Production}).Draw(t, "assurance")
		return p
	})
}

func counts(e pipeline.Evidence, p pipeline.Policy) bool {
	return e.Statement.Subject.Digest != fill("e") && e.Assurance.AtLeast(p.Rules[0].Assurance)
}

// The properties that a verdict must have, over arbitrary evidence.
func TestVerdictProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPolicy().Draw(t, "policy")
		c := pipeline.Case{Change: exampleChange(), Plan: fill("7"), Evidence: rapid.SliceOfN(anyEvidence(), 0, 12).Draw(t, "evidence")}
		c.Evidence = without(c.Evidence, pipeline.Approve)
		v := p.Verdict(c)

		passed := map[pipeline.Station]bool{}
		var mine []pipeline.Evidence
		failed := false
		for _, e := range c.Evidence {
			if !counts(e, p) {
				continue
			}
			mine = append(mine, e)
			passed[e.Statement.Station] = passed[e.Statement.Station] || e.Statement.Outcome == pipeline.Pass
			failed = failed || e.Statement.Outcome == pipeline.Fail
		}
		if failed != (v.Outcome == pipeline.Fail) {
			t.Fatalf("failure does not dominate: %s\n%s", v.Outcome, reasons(v))
		}
		for _, s := range p.Rules[0].Demand {
			if !passed[s] && v.Upto(pipeline.Federate) == pipeline.Pass {
				t.Fatalf("passed without %s", s)
			}
		}
		if v.Outcome == pipeline.Pass && p.Rules[0].Level < pipeline.Drivers {
			t.Fatal("passed without approval")
		}
		shuffled, others := c, c
		shuffled.Evidence = rapid.Permutation(append(slices.Clone(c.Evidence), c.Evidence...)).Draw(t, "shuffled")
		others.Evidence = mine
		if diff := cmp.Diff(v, p.Verdict(shuffled)); diff != "" {
			t.Fatalf("order or repetition counts: %s", diff)
		}
		if got := p.Verdict(others); got.Outcome != v.Outcome || got.Root != v.Root {
			t.Fatalf("statements about others count: %s, %s", v.Outcome, got.Outcome)
		}
	})
}

// A further rule never loosens a policy.
func TestFurtherRulesOnlyTighten(t *testing.T) {
	rank := map[pipeline.Outcome]int{pipeline.Fail: 0, pipeline.Inconclusive: 1, pipeline.Pass: 2}
	rapid.Check(t, func(t *rapid.T) {
		p := anyPolicy().Draw(t, "policy")
		c := pipeline.Case{Change: exampleChange(), Evidence: rapid.SliceOfN(anyEvidence(), 0, 12).Draw(t, "evidence")}
		for i := range c.Evidence {
			if c.Evidence[i].Statement.Outcome == pipeline.Fail {
				c.Evidence[i].Statement.Outcome = pipeline.Pass // a stricter assurance may leave a failure out
			}
		}
		more := p
		more.Rules = append(slices.Clone(p.Rules), anyPolicy().Draw(t, "more").Rules...)
		if rank[more.Verdict(c).Outcome] > rank[p.Verdict(c).Outcome] {
			t.Fatalf("%s became %s", p.Verdict(c).Outcome, more.Verdict(c).Outcome)
		}
	})
}

func TestAutonomyFalls(t *testing.T) {
	p, c := development(), exampleCase()
	p.Rules[0].Level = pipeline.Autonomous
	if v := p.Verdict(c); v.Outcome != pipeline.Pass {
		t.Fatalf("level 4: %s", reasons(v))
	}
	c.Falls = []pipeline.Fall{{Slot: "thermal", Lineage: "birch", Policy: 1, Reason: "another lineage"}}
	if v := p.Verdict(c); v.Outcome != pipeline.Pass {
		t.Errorf("a fall of another lineage counted: %s", reasons(v))
	}
	c.Falls = append(c.Falls, pipeline.Fall{Slot: "thermal", Lineage: "alder", Policy: 1, Reason: "rolled back"})
	if v := p.Verdict(c); v.Outcome != pipeline.Inconclusive || v.Terms.Level != pipeline.Ask || !slices.Contains(v.Terms.Falls, "rolled back") {
		t.Errorf("after a rollback: %+v", v)
	}
	p.Version = 2 // people looked at it and signed again
	if v := p.Verdict(c); v.Outcome != pipeline.Pass {
		t.Errorf("a newer policy: %s", reasons(v))
	}
}

func TestKernelSlotsNeedAHigherLevel(t *testing.T) {
	for level, want := range []pipeline.Outcome{pipeline.Inconclusive, pipeline.Inconclusive, pipeline.Inconclusive, pipeline.Pass, pipeline.Pass} {
		p := development()
		p.Classes = nil // a slot that is not listed counts as kernel
		p.Rules[0].Level = pipeline.Level(level)
		if v := p.Verdict(exampleCase()); v.Outcome != want {
			t.Errorf("level %d: %s", level, reasons(v))
		}
	}
}

func TestPolicyCheck(t *testing.T) {
	if err := development().Check(); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(*pipeline.Policy){
		"version":     func(p *pipeline.Policy) { p.Version = 0 },
		"kind":        func(p *pipeline.Policy) { p.Kind = "Police" },
		"no rules":    func(p *pipeline.Policy) { p.Rules = nil },
		"class":       func(p *pipeline.Policy) { p.Classes = map[string]pipeline.SlotClass{"thermal": "toy"} },
		"rule class":  func(p *pipeline.Policy) { p.Rules[0].Class = "toy" },
		"no demand":   func(p *pipeline.Policy) { p.Rules[0].Demand = nil },
		"approve":     func(p *pipeline.Policy) { p.Rules[0].Demand = []pipeline.Station{pipeline.Approve} },
		"level":       func(p *pipeline.Policy) { p.Rules[0].Level = 5 },
		"assurance":   func(p *pipeline.Policy) { p.Rules[0].Assurance = "" },
		"no approval": func(p *pipeline.Policy) { p.Rules[0].Approvals = 0 },
		"no role":     func(p *pipeline.Policy) { p.Rules[0].Roles = nil },
	} {
		p := development()
		edit(&p)
		if err := p.Check(); !errors.Is(err, pipeline.ErrPolicy) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAssess(t *testing.T) {
	v := development().Verdict(exampleCase())
	low := pipeline.Assess(pipeline.Exposure{Class: pipeline.DeviceSlot, Tiles: 3, Fleet: 6, Edits: 2}, v)
	if low.Band != "low" {
		t.Errorf("%+v", low)
	}
	kernel := pipeline.Assess(pipeline.Exposure{Class: pipeline.KernelSlot, Tiles: 6, Fleet: 6, Edits: 80}, v)
	if kernel.Band != "high" || kernel.Score <= low.Score {
		t.Errorf("%+v", kernel)
	}
	c := exampleCase()
	c.Evidence = append(c.Evidence, statement(pipeline.Fuzz, pipeline.Fail))
	if r := pipeline.Assess(pipeline.Exposure{Class: pipeline.DeviceSlot}, development().Verdict(c)); r.Score != 100 {
		t.Errorf("refuted: %+v", r)
	}
	sum := 0
	for _, r := range kernel.Reasons {
		sum += r.Points
	}
	if sum != kernel.Score {
		t.Errorf("reasons give %d, score is %d", sum, kernel.Score)
	}
}

func policyExample(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "```yaml example\n")
	block, _, ok := strings.Cut(after, "```")
	if !ok {
		t.Fatal("docs/policy.md has no example")
	}
	return block
}

func TestParsePolicy(t *testing.T) {
	got, err := pipeline.ParsePolicy([]byte(policyExample(t)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(development(), got); diff != "" {
		t.Error(diff)
	}
	text, _ := pipeline.Canonical(got)
	if again, err := pipeline.ParsePolicy(text); err != nil || !cmp.Equal(got, again) {
		t.Errorf("its JSON: %v\n%s", err, cmp.Diff(got, again))
	}
}

func TestParsePolicyRefuses(t *testing.T) {
	text := policyExample(t)
	for name, row := range map[string]struct{ old, new, message string }{
		"unknown field": {"retries: 1", "retry: 1", "did you mean retries?"},
		"station":       {"[agree, coq,", "[agree, cok,", `station "cok"`},
		"no demand":     {"[agree, coq, tla, fuzz, benchmark, shadow, federate]", "[]", "demands no station"},
		"no level":      {"    level: 1\n", "", "missing"},
		"level":         {"level: 1", "level: 7", "want 0 to 4"},
		"assurance":     {"assurance: development", "assurance: none", "want development or production"},
		"class":         {"thermal: device", "thermal: toy", "kernel or device"},
		"no version":    {"version: 1\n", "", "version"},
		"name":          {"name: development", "name: A B", "not a name"},
		"no rules":      {text[strings.Index(text, "rules:"):], "rules: []\n", "no rules"},
		"not YAML":      {"rules:", "rules: [", "not YAML"},
	} {
		_, err := pipeline.ParsePolicy([]byte(strings.Replace(text, row.old, row.new, 1)))
		var problems pipeline.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), row.message) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkVerdict(b *testing.B) {
	p, c := development(), exampleCase()
	c.Evidence = append(c.Evidence, approve(p, c, "ada", true))
	b.ReportAllocs()
	for b.Loop() {
		if v := p.Verdict(c); v.Outcome != pipeline.Pass {
			b.Fatal(reasons(v))
		}
	}
}

// A change walks its life on the facts of verdicts, each state as soon as the
// evidence for it is there.
func TestVerdictsCarryAChangeToRollout(t *testing.T) {
	p, c := development(), exampleCase()
	all := c.Evidence
	upto := func(last pipeline.Station) pipeline.Verdict {
		n := slices.IndexFunc(all, func(e pipeline.Evidence) bool { return e.Statement.Station == last }) + 1
		c.Evidence = slices.Clone(all[:n])
		return p.Verdict(c)
	}
	state := pipeline.Proposed
	move := func(event pipeline.Event, v pipeline.Verdict) error {
		facts := v.Facts(state)
		facts.BaseHolds = true
		next, err := pipeline.Next(state, event, facts)
		state = next
		return err
	}
	for _, step := range []struct {
		event   pipeline.Event
		without pipeline.Station // not enough yet
		with    pipeline.Station
		to      pipeline.State
	}{
		{pipeline.Passed, pipeline.Fuzz, pipeline.Benchmark, pipeline.Shadowing},
		{pipeline.Passed, pipeline.Benchmark, pipeline.Shadow, pipeline.Federating},
		{pipeline.Passed, pipeline.Shadow, pipeline.Federate, pipeline.AwaitingApproval},
	} {
		if state == pipeline.Proposed {
			if err := move(pipeline.Started, p.Verdict(pipeline.Case{Change: c.Change})); err != nil {
				t.Fatal(err)
			}
		}
		if err := move(step.event, upto(step.without)); err == nil {
			t.Errorf("left for %s with evidence up to %s", state, step.without)
		}
		if err := move(step.event, upto(step.with)); err != nil || state != step.to {
			t.Fatalf("in %s, want %s: %v", state, step.to, err)
		}
	}
	if err := move(pipeline.Approved, p.Verdict(c)); err == nil {
		t.Fatal("rolled out without approval")
	}
	c.Evidence = append(c.Evidence, approve(p, c, "ada", true))
	if err := move(pipeline.Approved, p.Verdict(c)); err != nil || state != pipeline.RollingOut {
		t.Errorf("%s, %v", state, err)
	}
}
