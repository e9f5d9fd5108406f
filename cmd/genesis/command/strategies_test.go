package command

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/proposers/evolve"
)

// What the table is over. The margin was fixed before anything was measured.
const (
	tableSeeds  = 9
	tableMargin = 0.01 // of the metric: how much worse than random still counts as not worse
)

var tableSlots = []struct{ name, campaign, lineage string }{
	{"thermal", "examples/campaigns/cooler.yaml", "alder"},
	{"thermal", "examples/campaigns/cooler.yaml", "birch"},
	{"sched", "examples/campaigns/wake-service.yaml", "alder"},
	{"limiter", "examples/limiter/campaign.yaml", "home"},
}

// ran is one search of the table.
type ran struct {
	first   evolve.Score // of the incumbent, on the selection part
	curve   []evolve.Score
	at      []int // evaluations at each point of the curve
	steps   int64
	unseen  float64 // metric on the report part, of what was chosen on the choice part
	before  float64 // of the incumbent there
	changed bool
}

func (r ran) last() evolve.Score { return r.curve[len(r.curve)-1] }

// reaches is after how many evaluations a search was as good as a score; the
// budget and one more if it never was.
func (r ran) reaches(s evolve.Score) int {
	for i, got := range r.curve {
		if !s.Less(got) {
			return r.at[i]
		}
	}
	return r.at[len(r.at)-1] + 1
}

// TestStrategies prints the table of docs/performance.md: make bench-search.
// Equal budgets of evaluations, equal grammar, equal seeds.
func TestStrategies(t *testing.T) {
	budget, err := strconv.Atoi(os.Getenv("GENESIS_SEARCH_TABLE"))
	if err != nil || budget < evolve.DefaultEpoch {
		t.Skip("a table of many searches: make bench-search")
	}
	t.Logf("%d evaluations each, %d seeds; median (2nd to 8th of 9, which holds the median at 96 %%)", budget, tableSeeds)
	for _, slot := range tableSlots {
		s := tableSearcher(t, filepath.Join(repository, slot.campaign), slot.lineage, budget)
		all := map[evolve.Strategy][]ran{}
		for _, strategy := range []evolve.Strategy{evolve.Random, evolve.Evolve, evolve.Hill, evolve.BestOfN} {
			for seed := range uint64(tableSeeds) {
				all[strategy] = append(all[strategy], tableRun(t, s, slot.lineage, strategy, seed+1))
			}
			row(t, slot.name+"/"+slot.lineage, strategy, all[strategy], all[evolve.Random])
		}
	}
}

func tableSearcher(t *testing.T, campaign, lineage string, budget int) *searcher {
	t.Helper()
	a := &app{out: io.Discard, errOut: io.Discard}
	root := repository
	if filepath.Base(filepath.Dir(campaign)) == "limiter" {
		root = ""
	}
	s, err := a.openSearcher(campaign, searchOptions{root: root, lineage: lineage, workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	s.share.Evaluations, s.share.Steps = int64(budget), 0
	return s
}

func tableRun(t *testing.T, s *searcher, lineage string, strategy evolve.Strategy, seed uint64) ran {
	t.Helper()
	ctx := t.Context()
	g, err := lineages.Load(lineage, s.slot.Name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := g.Compile(s.slot.Contract)
	if err != nil {
		t.Fatal(err)
	}
	search, err := evolve.Start(ctx, evolve.Config{
		Seed: seed, Strategy: strategy, Incumbent: m.Unit, Evaluations: int(s.share.Evaluations), Edit: evolve.Editable(m.Unit),
	}, s.course)
	if err != nil {
		t.Fatal(err)
	}
	r := ran{first: search.Incumbent().Score}
	for !search.Done() {
		if err := search.Step(ctx, s.course, s.workers, io.Discard); err != nil {
			t.Fatal(err)
		}
		r.curve, r.at = append(r.curve, search.Elites(1)[0].Score), append(r.at, search.Evaluations())
	}
	found, err := s.figures(search)
	if err != nil {
		t.Fatal(err)
	}
	unseen := found.Parts[len(found.Parts)-1].Estimate
	r.steps, r.unseen, r.before, r.changed = search.Steps(), number(unseen.After), number(unseen.Before), found.Improved
	return r
}

func number(d pipeline.Decimal) float64 { return float64(d) / float64(pipeline.One) }

// row prints what a strategy came to. Metrics are such that less is better in
// every slot of the table.
func row(t *testing.T, slot string, strategy evolve.Strategy, runs, random []ran) {
	t.Helper()
	var gain, reach, steps, unseen, besides []float64
	worse := 0
	for i, r := range runs {
		gain = append(gain, 100*float64(r.last().Objective-r.first.Objective)/float64(max(r.first.Objective, -r.first.Objective, 1)))
		reach = append(reach, float64(r.reaches(random[i].last())))
		steps = append(steps, float64(r.steps)/1e6)
		unseen = append(unseen, 100*(r.unseen-r.before)/r.before)
		besides = append(besides, 100*(r.unseen-random[i].unseen)/random[i].unseen)
		if r.unseen > r.before {
			worse++
		}
	}
	t.Logf("| %s | %s | %s %% | %s | %s M | %s %% | %s %% | %d of %d |", slot, strategy,
		spread(gain, "%.2f"), spread(reach, "%.0f"), spread(steps, "%.1f"), spread(unseen, "%.2f"), spread(besides, "%.2f"), worse, len(runs))
	if strategy == evolve.Evolve && median(besides) > 100*tableMargin {
		t.Errorf("%s: evolve is %.2f %% worse than random on unseen telemetry, margin %.0f %%", slot, median(besides), 100*tableMargin)
	}
}

func median(v []float64) float64 {
	s := slices.SortedFunc(slices.Values(v), cmp.Compare)
	return s[len(s)/2]
}

func spread(v []float64, form string) string {
	s := slices.SortedFunc(slices.Values(v), cmp.Compare)
	return fmt.Sprintf(form+" ("+form+" to "+form+")", s[len(s)/2], s[1], s[len(s)-2])
}
