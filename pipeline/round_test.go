package pipeline_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
)

func roundExample(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("../docs/rounds.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "```yaml example\n")
	block, _, ok := strings.Cut(after, "```")
	if !ok {
		t.Fatal("docs/rounds.md has no example")
	}
	return block
}

func parseRound(t testing.TB, text string, goals ...pipeline.CampaignSpec) pipeline.Round {
	t.Helper()
	r, err := pipeline.ParseRound([]byte(text), catalogue{}, goals...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A round is written as JSON in the form in which it is read.
func TestRoundJSON(t *testing.T) {
	want := parseRound(t, roundExample(t))
	if len(want.Spec.Quiet) == 0 || want.Spec.PerDay == nil || len(want.Spec.Goals) != 1 {
		t.Fatalf("the example shows too little: %+v", want.Spec)
	}
	text, err := pipeline.Canonical(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, parseRound(t, string(text))); diff != "" {
		t.Error(diff)
	}
}

const shortRound = `apiVersion: genesis/v1
kind: Round
metadata: {name: nightly}
`

func TestRoundTakesTheGivenGoals(t *testing.T) {
	c, err := pipeline.ParseCampaign([]byte(minimal), catalogue{})
	if err != nil {
		t.Fatal(err)
	}
	s := parseRound(t, shortRound, c.Spec).Spec
	if s.Every != pipeline.DefaultEvery || s.Rest != pipeline.DefaultRest || s.Most != 1 || len(s.Goals) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestRoundRefusals(t *testing.T) {
	goal := "  goals: [{slot: thermal, lineages: [alder], objective: {minimize: energy_joules}, telemetry: {record: host}, budget: {evaluations: 1, steps: 256, proofs: 1, attention: 1}}]\n"
	for name, c := range map[string]struct{ spec, want string }{
		"no goals":      {"spec: {every: 1h}\n", "spec.goals: a round needs something to choose from"},
		"too often":     {"spec:\n  every: 10s\n" + goal, "spec.every: 10s is too short between two rounds (such as 24h, at least 1m0s)"},
		"no time":       {"spec:\n  quiet: [\"8-18\"]\n" + goal, `spec.quiet[0]: "8-18": want times of day such as 08:00-18:00`},
		"empty span":    {"spec:\n  quiet: [\"08:00-08:00\"]\n" + goal, "want times of day"},
		"no such slot":  {strings.Replace("spec:\n"+goal, "slot: thermal", "slot: termal", 1), "spec.goals[0].slot: no slot \"termal\" is registered (did you mean thermal?)"},
		"twice":         {"spec:\n" + strings.Replace(goal, "}]\n", "}, {slot: thermal, lineages: [birch], objective: {minimize: energy_joules}, telemetry: {record: host}, budget: {evaluations: 1, steps: 256, proofs: 1, attention: 1}}]\n", 1), "slot \"thermal\" has a goal already"},
		"unknown field": {"spec:\n  evry: 1h\n" + goal, "spec.evry: unknown field (did you mean every?)"},
		"negative":      {"spec:\n  perDay: {evaluations: -1}\n" + goal, "spec.perDay.evaluations"},
		"none at once":  {"spec:\n  most: 0\n" + goal, "spec.most: want at least 1"},
	} {
		_, err := pipeline.ParseRound([]byte(shortRound+c.spec), catalogue{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestSpanHolds(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, "2026-05-01T"+s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		span, at string
		want     bool
	}{
		{"08:00-18:00", "08:00:00Z", true}, {"08:00-18:00", "17:59:59Z", true}, {"08:00-18:00", "18:00:00Z", false},
		{"22:00-06:00", "23:00:00Z", true}, {"22:00-06:00", "05:59:00Z", true}, {"22:00-06:00", "12:00:00Z", false},
		{"08:00-18:00", "09:00:00+02:00", false}, // 07:00 in UTC
	} {
		s, err := pipeline.ParseSpan(c.span)
		if err != nil || s.String() != c.span || s.Holds(at(c.at)) != c.want {
			t.Errorf("%s at %s: got %t, %v", c.span, c.at, !c.want, err)
		}
	}
}

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func choose(spec pipeline.RoundSpec, standings ...pipeline.Standing) []string {
	var out []string
	for _, c := range spec.Choose(standings, pipeline.Amount{}, noon) {
		out = append(out, c.String())
	}
	return out
}

func TestRoundChoosesAndExplains(t *testing.T) {
	spec := parseRound(t, roundExample(t)).Spec
	spec.Quiet, spec.Budget, spec.PerDay = nil, nil, nil
	at := func(lineage string, edit func(*pipeline.Standing)) pipeline.Standing {
		s := pipeline.Standing{Slot: "thermal", Lineage: lineage, Level: pipeline.Ask, Searched: noon.Add(-72 * time.Hour), Known: "birch", Room: 20}
		edit(&s)
		return s
	}
	same := func(*pipeline.Standing) {}
	for name, c := range map[string]struct {
		spec      func(*pipeline.RoundSpec)
		standings []pipeline.Standing
		want      []string
	}{
		"what got worse comes first": {
			standings: []pipeline.Standing{at("alder", func(s *pipeline.Standing) { s.Room = 900 }), at("birch", func(s *pipeline.Standing) { s.Room, s.Regressed = 0, "tiles measured +3 since change c1" })},
			want:      []string{"birch/thermal taken: tiles measured +3 since change c1, nothing better is known, last searched 3 days ago", "alder/thermal left: this round takes up 1, and others come first"},
		},
		"then what was never searched": {
			standings: []pipeline.Standing{at("alder", same), at("birch", func(s *pipeline.Standing) { s.Known, s.Searched = "", time.Time{} })},
			want:      []string{"birch/thermal taken: nothing was measured there yet, never searched", "alder/thermal left: this round takes up 1, and others come first"},
		},
		"then what is furthest behind": {
			standings: []pipeline.Standing{at("alder", same), at("birch", func(s *pipeline.Standing) { s.Room = 21 })},
			want:      []string{"birch/thermal taken: 2.1% behind birch, last searched 3 days ago", "alder/thermal left: this round takes up 1, and others come first"},
		},
		"then what waited longest": {
			standings: []pipeline.Standing{at("alder", same), at("birch", func(s *pipeline.Standing) { s.Searched = noon.Add(-90 * time.Minute) })},
			want:      []string{"alder/thermal taken: 2% behind birch, last searched 3 days ago", "birch/thermal left: this round takes up 1, and others come first"},
		},
		"as many as it may": {
			spec:      func(s *pipeline.RoundSpec) { s.Most = 2 },
			standings: []pipeline.Standing{at("alder", same), at("birch", func(s *pipeline.Standing) { s.Searched = noon.Add(-90 * time.Minute) })},
			want:      []string{"alder/thermal taken: 2% behind birch, last searched 3 days ago", "birch/thermal taken: 2% behind birch, last searched 1h30m ago"},
		},
		"what rests, is busy or may only observe does not count": {
			standings: []pipeline.Standing{
				at("alder", func(s *pipeline.Standing) { s.Adopted = noon.Add(-time.Hour) }),
				at("birch", func(s *pipeline.Standing) { s.Busy = "change c2 is shadowing" }),
				at("cedar", func(s *pipeline.Standing) { s.Level = pipeline.Observe }),
			},
			want: []string{"alder/thermal left: a change was adopted 1h0m ago: it rests for 24h0m", "birch/thermal left: change c2 is shadowing", "cedar/thermal left: policy lets it observe only"},
		},
		"what got worse does not rest": {
			standings: []pipeline.Standing{at("alder", func(s *pipeline.Standing) { s.Adopted, s.Regressed = noon.Add(-time.Hour), "worse" })},
			want:      []string{"alder/thermal taken: worse, 2% behind birch, last searched 3 days ago"},
		},
		"quiet hours": {
			spec:      func(s *pipeline.RoundSpec) { s.Quiet = []pipeline.Span{{From: 8 * 60, To: 18 * 60}} },
			standings: []pipeline.Standing{at("alder", same)},
			want:      []string{"alder/thermal left: quiet hours, 08:00-18:00 UTC"},
		},
		"a round's budget": {
			spec:      func(s *pipeline.RoundSpec) { s.Budget = &pipeline.Amount{Evaluations: 1} },
			standings: []pipeline.Standing{at("alder", same)},
			want:      []string{"alder/thermal left: not within the round: over budget: evaluations: want 10000, 1 left"},
		},
		"a day's budget": {
			spec:      func(s *pipeline.RoundSpec) { s.PerDay = &pipeline.Amount{Evaluations: 2} },
			standings: []pipeline.Standing{at("alder", same)},
			want:      []string{"alder/thermal left: not within the day: over budget: evaluations: want 10000, 2 left"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := spec
			if c.spec != nil {
				c.spec(&s)
			}
			if diff := cmp.Diff(c.want, choose(s, c.standings...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever the records say, a round answers each lineage once, takes up no more
// than it may, and pays no more than the round and the day allow.
func TestRoundKeepsItsBudgets(t *testing.T) {
	base := parseRound(t, roundExample(t)).Spec
	share := base.Goals[0].Share()
	rapid.Check(t, func(t *rapid.T) {
		s := base
		s.Quiet = nil
		s.Most = rapid.Int64Range(1, 4).Draw(t, "most")
		round, day, spent := times(share, rapid.Int64Range(0, 5).Draw(t, "round")), times(share, rapid.Int64Range(0, 5).Draw(t, "day")), times(share, rapid.Int64Range(0, 3).Draw(t, "spent"))
		s.Budget, s.PerDay = &round, &day
		n := rapid.IntRange(0, 8).Draw(t, "standings")
		list := make([]pipeline.Standing, n)
		for i := range list {
			list[i] = pipeline.Standing{
				Slot: "thermal", Lineage: string(rune('a' + i)), Level: pipeline.Level(rapid.IntRange(0, 4).Draw(t, "level")),
				Room: pipeline.Share(rapid.IntRange(0, 100).Draw(t, "room")), Known: rapid.SampledFrom([]string{"", "x"}).Draw(t, "known"),
				Regressed: rapid.SampledFrom([]string{"", "", "worse"}).Draw(t, "regressed"), Busy: rapid.SampledFrom([]string{"", "", "busy"}).Draw(t, "busy"),
			}
		}
		answered, paid, taken := map[string]bool{}, pipeline.Amount{}, int64(0)
		for _, c := range s.Choose(list, spent, noon) {
			if answered[c.Lineage] || c.Why == "" {
				t.Fatalf("%s: answered twice, or not explained", c)
			}
			answered[c.Lineage] = true
			if c.Taken {
				paid, taken = paid.Plus(c.Cost), taken+1
			}
		}
		if len(answered) != n || taken > s.Most || !within(paid, round) || !within(paid, day.Minus(spent)) {
			t.Fatalf("%d of %d answered, %d taken, paid %+v of %+v and %+v", len(answered), n, taken, paid, round, day.Minus(spent))
		}
	})
}

func times(a pipeline.Amount, n int64) (out pipeline.Amount) {
	for range n {
		out = out.Plus(a)
	}
	return out
}
