package dashboard_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/api/dashboard"
	"github.com/genesis-network/genesis/pipeline"
)

var update = flag.Bool("update", false, "write golden files")

// evil is what a proposer may write into anything that is shown.
const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`

func estimate(before, after, low, high int64) pipeline.Estimate {
	one := int64(pipeline.One)
	return pipeline.Estimate{
		Metric: evil, Unit: "J", Before: pipeline.Decimal(before * one), After: pipeline.Decimal(after * one),
		Change: pipeline.Decimal((after - before) * one), Low: pipeline.Decimal(low * one), High: pipeline.Decimal(high * one), Confidence: 950,
	}
}

var (
	now    = dashboard.At(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), time.Date(2026, 11, 20, 9, 5, 0, 0, time.UTC))
	gain   = &dashboard.Gain{Metric: evil, Percent: "−7 %", Mark: dashboard.OutcomeMark(pipeline.Inconclusive), Chart: dashboard.Interval(estimate(100, 93, -9, -5), dashboard.Tick{Name: evil}), Rivals: []dashboard.RivalRow{{Name: evil, Value: "1", Percent: "2", Note: evil}, {Name: "random"}}}
	card   = dashboard.ChangeCard{ID: evil, Title: evil, Lineage: evil, State: dashboard.StateMark(pipeline.AwaitingApproval), Gain: gain, Risk: &pipeline.Risk{Band: "high", Score: 70}, Since: now, Deadline: now, Reason: evil}
	tile   = dashboard.TileRow{ID: "tile-1", State: dashboard.Mark{Shape: dashboard.Bad, Text: "faulty"}, Fault: evil, Offered: "ab", Seen: now, Silent: true}
	fields = []dashboard.NamedDigest{{Name: evil, Digest: evil, Short: evil}}
	line   = dashboard.LineageCard{Lineage: evil, Outcome: dashboard.Mark{Shape: dashboard.Good, Text: "adopted"}, Change: evil, Gain: gain, Operators: []dashboard.OperatorRow{{Name: evil}}, Stations: []dashboard.StationRow{{Name: "coq"}}, Predicted: "1"}
)

// fixtures fill every field of every view; empty is every page of a control
// plane that knows nothing yet.
func fixtures(frame dashboard.Frame) map[string]any {
	frame.Problem = &dashboard.ProblemView{Title: evil, Detail: evil, Hint: evil, Request: "req_1", Items: []string{evil}}
	frame.Notice, frame.Title = evil, evil
	return map[string]any{
		dashboard.PageOverview: dashboard.Page[dashboard.Overview]{Frame: frame, View: dashboard.Overview{
			Waiting: []dashboard.ChangeCard{card}, Moving: []dashboard.ChangeCard{card}, Recent: []dashboard.ChangeCard{card, {}},
			Campaigns: []dashboard.CampaignCard{{ID: evil, Name: evil, Goal: evil, Since: now, Reason: evil, Lineages: []dashboard.LineageCard{line, {Lineage: "birch"}}}},
			Tiles:     []dashboard.TileGroup{{Lineage: evil, Tiles: []dashboard.TileRow{tile}}},
		}},
		dashboard.PageCampaign: dashboard.Page[dashboard.Campaign]{Frame: frame, View: dashboard.Campaign{
			CampaignCard: dashboard.CampaignCard{Name: evil, Lineages: []dashboard.LineageCard{line, {}}}, Verbs: []string{"stop"}, Document: evil,
			Budget: []dashboard.BudgetRow{{Name: "proofs", Meter: dashboard.Meter(1, 1, 3)}}, Changes: []dashboard.ChangeCard{card},
		}},
		dashboard.PageChange: dashboard.Page[dashboard.Change]{Frame: frame, View: dashboard.Change{
			ChangeCard: card, Digest: evil, Base: evil, Campaign: evil, RiskRows: []pipeline.RiskReason{{Points: 1, Why: evil}},
			Answers: []dashboard.Answer{{Question: "Does it hold", Text: evil, Mark: dashboard.OutcomeMark("")}},
			Diffs:   []dashboard.DiffFile{dashboard.Diff(evil, "--- a\n+++ b\n@@ -1,2 +1,2 @@\n-"+evil+"\n+x\n y\n"), {Name: "proof"}},
			Evidence: []dashboard.EvidenceRow{{Station: "coq", Mark: dashboard.OutcomeMark(pipeline.Fail), Summary: evil, Tools: []string{evil}, Inputs: fields, Files: fields, Notes: []string{evil}, Signer: evil, Logged: "1",
				Figures: []dashboard.FigureRow{{Name: evil, Value: evil, Low: "1", High: "2"}}, Findings: []dashboard.FindingRow{{Code: evil, Where: evil, Message: evil, Hint: evil, Witness: evil}}}, {Station: "tla", Mark: dashboard.OutcomeMark("")}},
			Shadow: []dashboard.FigureRow{{Name: evil}}, Benchmark: []dashboard.FigureRow{{Name: evil}}, Verify: evil,
			Blast:   dashboard.Blast{Waves: []dashboard.WaveRow{{Name: evil, Tiles: []string{evil}, Reason: evil, Approval: true}, {}}},
			Decide:  dashboard.Decide{Open: true, ETag: evil, Key: "k", Binding: fields, Kept: evil, Deadline: now},
			Rollout: &dashboard.RolloutView{ID: evil, Reason: evil, Back: evil, CanAbort: true}, Trail: []dashboard.TrailRow{{At: now, What: evil, Actor: evil, Note: evil}},
		}},
		dashboard.PageTiles:   dashboard.Page[dashboard.Tiles]{Frame: frame, View: dashboard.Tiles{Faults: []string{evil}, Groups: []dashboard.TileGroup{{Lineage: evil, Tiles: []dashboard.TileRow{tile}}}}},
		dashboard.PageRounds:  dashboard.Page[dashboard.Rounds]{Frame: frame, View: dashboard.Rounds{Unknown: evil, Schedules: []dashboard.RoundRow{{ID: evil, Name: evil, Next: now, Fired: []dashboard.Moment{now}, Plans: []dashboard.RoundPlan{{At: now, Why: evil, Campaigns: []string{evil}}}}}}},
		dashboard.PageLogin:   dashboard.Page[dashboard.Login]{Frame: frame, View: dashboard.Login{Used: true}},
		dashboard.PageProblem: dashboard.Page[struct{}]{Frame: frame},
		dashboard.PageAPI:     dashboard.Page[dashboard.Reference]{Frame: frame, View: dashboard.Reference{Groups: []dashboard.ReferenceGroup{{Name: "x", Operations: []dashboard.ReferenceOperation{{Method: "GET", Path: evil, Summary: evil, Parameters: []dashboard.ReferenceParameter{{Name: evil}}, Body: evil, Answer: evil}}}}}},
	}
}

func empty(frame dashboard.Frame) map[string]any {
	return map[string]any{
		dashboard.PageOverview: dashboard.Page[dashboard.Overview]{Frame: frame},
		dashboard.PageCampaign: dashboard.Page[dashboard.Campaign]{Frame: frame},
		dashboard.PageChange:   dashboard.Page[dashboard.Change]{Frame: frame},
		dashboard.PageTiles:    dashboard.Page[dashboard.Tiles]{Frame: frame},
		dashboard.PageRounds:   dashboard.Page[dashboard.Rounds]{Frame: frame},
		dashboard.PageLogin:    dashboard.Page[dashboard.Login]{Frame: frame},
		dashboard.PageProblem:  dashboard.Page[struct{}]{Frame: frame},
		dashboard.PageAPI:      dashboard.Page[dashboard.Reference]{Frame: frame},
	}
}

func TestEveryPageRenders(t *testing.T) {
	t.Parallel()
	r, err := dashboard.New()
	if err != nil {
		t.Fatal(err)
	}
	for name, frame := range map[string]dashboard.Frame{
		"signed in": {Nonce: "n0nce", Live: true, SignedIn: true, Operator: evil, Assurance: evil, Waiting: 2, Cursor: 7},
		"anybody":   {Nonce: "n0nce"},
	} {
		for kind, views := range map[string]map[string]any{"full": fixtures(frame), "empty": empty(frame)} {
			for _, page := range dashboard.Pages() {
				t.Run(name+" "+kind+" "+page, func(t *testing.T) {
					t.Parallel()
					var b bytes.Buffer
					if err := r.Render(&b, page, views[page]); err != nil {
						t.Fatal(err)
					}
					inspect(t, b.Bytes())
				})
			}
		}
	}
}

// inspect checks what holds on every page: nothing that a proposer wrote became
// markup, scripts carry the nonce, forms post, inputs have a label, ids are
// unique, and there is exactly one first heading or a page that says why not.
func inspect(t *testing.T, page []byte) {
	t.Helper()
	z := html.NewTokenizer(bytes.NewReader(page))
	ids, labelled, inputs := map[string]bool{}, map[string]bool{}, []string{}
	inLabel := false
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Fatal(z.Err())
			}
			for _, id := range inputs {
				if !labelled[id] {
					t.Errorf("input %q has no label", id)
				}
			}
			if bytes.Contains(page, []byte("ZgotmplZ")) || bytes.Contains(page, []byte("<no value>")) {
				t.Error("a value did not fit its place")
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			at := map[string]string{}
			for _, a := range token.Attr {
				at[a.Key] = a.Val
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
					t.Errorf("<%s> with %s: the content policy forbids it", token.Data, a.Key)
				}
			}
			if id := at["id"]; id != "" {
				if ids[id] {
					t.Errorf("id %q twice", id)
				}
				ids[id] = true
			}
			switch token.Data {
			case "script":
				if at["nonce"] != "n0nce" || at["src"] == "" {
					t.Errorf("script %v", token)
				}
			case "img", "iframe", "object", "style":
				t.Errorf("<%s> on a page", token.Data)
			case "form":
				if at["method"] != "post" && at["method"] != "dialog" {
					t.Errorf("form %v does not post", token)
				}
			case "label":
				labelled[at["for"]], inLabel = true, true
			case "input", "textarea", "select":
				if at["type"] != "hidden" && !inLabel {
					inputs = append(inputs, at["id"])
				}
			}
		case html.EndTagToken:
			if z.Token().Data == "label" {
				inLabel = false
			}
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"0": "0", "0.004": "0", "0.005": "0.01", "0.8": "0.8", "-0.25": "−0.25", "9.999": "10", "11.54": "11.5", "999.96": "1 000",
		"1234.5": "1 235", "-119860.4": "−119 860", "2000000000": "2 000 000 000",
	} {
		d, err := pipeline.ParseDecimal(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(dashboard.Amount(d), "\u202f", " "); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	if got := dashboard.Percent(-8412_500000, 119860_400000); strings.ReplaceAll(got, "\u202f", " ") != "−7.02 %" {
		t.Errorf("percent %q", got)
	}
	if got := dashboard.Percent(1, 0); got != "" {
		t.Errorf("per cent of nothing: %q", got)
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{time.Second: "just now", time.Minute: "60 s ago", time.Hour: "60 min ago", 36 * time.Hour: "36 h ago", 72 * time.Hour: "3 days ago", -time.Hour: "in 60 min"} {
		if got := dashboard.Age(at, at.Add(d)); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// What is not a pass must never look like one.
func TestOnlyAPassIsGood(t *testing.T) {
	t.Parallel()
	for _, o := range []pipeline.Outcome{pipeline.Fail, pipeline.Inconclusive, pipeline.Error, "", "passed", "PASS"} {
		if m := dashboard.OutcomeMark(o); m.Shape == dashboard.Good || m.Text == "pass" {
			t.Errorf("%q is marked %+v", o, m)
		}
	}
	for _, s := range pipeline.States() {
		if m := dashboard.StateMark(s); (m.Shape == dashboard.Good) != (s == pipeline.Adopted) || m.Text == "" {
			t.Errorf("%s is marked %+v", s, m)
		}
	}
}

func TestIntervalPlotIsTheGoldenFile(t *testing.T) {
	t.Parallel()
	got := []byte(dashboard.Interval(estimate(119860, 111448, -9350, -7475), dashboard.Tick{Name: "textbook", Value: 1174 * pipeline.One}, dashboard.Tick{Name: "random", Value: -2758 * pipeline.One}))
	golden := filepath.Join("testdata", "interval.svg")
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o750), os.WriteFile(golden, got, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Whatever the numbers are, everything is drawn inside the plot.
func TestIntervalPlotStaysInside(t *testing.T) {
	t.Parallel()
	x := regexp.MustCompile(`(?:d="M|H|cx="|x=")(-?\d+)`)
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.Int64Range(-1<<40, 1<<40)
		e := estimate(0, 0, 0, 0)
		e.Before, e.Change, e.Low, e.High = pipeline.Decimal(d.Draw(t, "before")), pipeline.Decimal(d.Draw(t, "change")), pipeline.Decimal(d.Draw(t, "low")), pipeline.Decimal(d.Draw(t, "high"))
		svg := string(dashboard.Interval(e, dashboard.Tick{Name: "t", Value: pipeline.Decimal(d.Draw(t, "tick"))}))
		for _, m := range x.FindAllStringSubmatch(svg, -1) {
			if n, err := strconv.Atoi(m[1]); err != nil || n < 0 || n > 340 {
				t.Fatalf("x = %s in %s", m[1], svg)
			}
		}
	})
}

func TestDiffNumbersLines(t *testing.T) {
	t.Parallel()
	f := dashboard.Diff("m", "--- a\n+++ b\n@@ -3,3 +3,4 @@\n same\n-old\n+new\n+more\n\n")
	var got []string
	for _, r := range f.Rows {
		got = append(got, fmt.Sprint(r.Kind, " ", r.Old, " ", r.New, " ", r.Text))
	}
	want := []string{"hunk   @@ -3,3 +3,4 @@", "same 3 3 same", "del 4  old", "add  4 new", "add  5 more", "same 5 6 "}
	if fmt.Sprint(got) != fmt.Sprint(want) || f.Added != 2 || f.Removed != 1 {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Text has a contrast of at least 4.5 to 1 on every ground that it stands on, in
// both themes (WCAG 2.2, 1.4.3).
func TestContrast(t *testing.T) {
	t.Parallel()
	css, err := fs.ReadFile(dashboard.Static(), "app.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`(?s)\{([^{}]*--paper[^{}]*)\}`).FindAllSubmatch(css, -1)
	if len(blocks) < 3 {
		t.Fatalf("%d themes in the style", len(blocks))
	}
	for i, block := range blocks[:3] {
		colour := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z]+): (#[0-9a-f]{6})`).FindAllSubmatch(block[1], -1) {
			colour[string(m[1])] = string(m[2])
		}
		for _, pair := range [][2]string{
			{"ink", "paper"}, {"ink", "card"}, {"ink", "add"}, {"ink", "del"}, {"ink", "hover"}, {"ink", "note"}, {"soft", "paper"}, {"soft", "card"}, {"soft", "add"}, {"soft", "del"}, {"soft", "hover"},
			{"accent", "paper"}, {"accent", "card"}, {"good", "paper"}, {"good", "card"}, {"bad", "paper"}, {"bad", "card"}, {"warn", "paper"}, {"warn", "card"}, {"card", "accent"},
		} {
			if c := contrast(t, colour[pair[0]], colour[pair[1]]); c < 4.5 {
				t.Errorf("theme %d: %s on %s has %.2f to 1", i, pair[0], pair[1], c)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", hex, err)
	}
	sum := 0.0
	for i, weight := range []float64{0.0722, 0.7152, 0.2126} {
		c := float64(n>>(8*i)&255) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
