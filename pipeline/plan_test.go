package pipeline_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
)

func TestNamedPlans(t *testing.T) {
	for _, name := range pipeline.PlanNames() {
		p, err := pipeline.NamedPlan(name)
		if err != nil || p.Check() != nil {
			t.Errorf("%s: %v, %v", name, err, p.Check())
		}
	}
	if _, err := pipeline.NamedPlan("fast"); !errors.Is(err, pipeline.ErrPlan) {
		t.Error(err)
	}
}

// The table of plans in docs/lifecycle.md says what the code does.
func TestPlansAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/lifecycle.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range pipeline.PlanNames() {
		p, _ := pipeline.NamedPlan(name)
		var waves []string
		for _, w := range p.Waves {
			waves = append(waves, describe(w))
		}
		if row := "| " + name + " | " + strings.Join(waves, "; ") + " |"; !strings.Contains(string(text), row) {
			t.Errorf("docs/lifecycle.md lacks\n%s", row)
		}
	}
}

func describe(w pipeline.WaveSpec) string {
	reach := w.UpTo.String()
	switch {
	case w.UpTo.Tiles == 1:
		reach = "1 tile"
	case w.UpTo.Tiles > 1:
		reach += " tiles"
	}
	bake := strings.TrimSuffix(strings.TrimSuffix(w.Bake.String(), "0s"), "0m")
	if w.Bake < pipeline.Duration(time.Minute) {
		bake = w.Bake.String()
	}
	out := fmt.Sprintf("%s %s %d", reach, bake, w.MinCalls)
	if w.Approval {
		out += " (approval)"
	}
	return out
}

func TestPlanJSON(t *testing.T) {
	p, _ := pipeline.NamedPlan("normal")
	p.Waves[1].UpTo = pipeline.Reach{Share: 25}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back pipeline.Plan
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, back); diff != "" || !strings.Contains(string(text), `"upTo":"2.5%"`) {
		t.Errorf("%s\n%s", text, diff)
	}
}

func TestReachText(t *testing.T) {
	for _, text := range []string{"1", "250", "0.1%", "5%", "99.9%", "rest"} {
		if r, err := pipeline.ParseReach(text); err != nil || r.String() != text {
			t.Errorf("%q became %q, %v", text, r, err)
		}
	}
	for _, bad := range []string{"", "0", "-1", "101%", "0.05%", "%", "5 %", "half", "-5%"} {
		if r, err := pipeline.ParseReach(bad); err == nil {
			t.Errorf("%q read as %s", bad, r)
		}
	}
}

func lab(n int) []pipeline.Tile {
	tiles := make([]pipeline.Tile, n)
	for i := range tiles {
		tiles[i] = pipeline.Tile{ID: fmt.Sprintf("tile-%d", i+1), Lineage: "alder", Site: fmt.Sprintf("site-%d", i%3), Group: fmt.Sprintf("group-%d", i/3)}
	}
	return tiles
}

func TestLabTargets(t *testing.T) {
	p, _ := pipeline.NamedPlan("lab")
	for n, want := range map[int][]int{1: {1}, 2: {1, 1}, 3: {1, 1, 1}, 6: {1, 1, 4}} {
		waves, err := pipeline.Targets(p, fill("a"), lab(n))
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, w := range waves {
			got = append(got, len(w.Targets))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d tiles: %s", n, diff)
		}
	}
}

// Waves that a small fleet leaves empty keep their gate.
func TestTargetsFoldEmptyWaves(t *testing.T) {
	p, _ := pipeline.NamedPlan("normal")
	waves, err := pipeline.Targets(p, fill("a"), lab(3))
	if err != nil || len(waves) != 2 {
		t.Fatalf("%+v, %v", waves, err)
	}
	first := waves[0]
	if first.Bake != pipeline.Duration(48*time.Hour) || first.MinCalls != 30000 || !first.Approval || first.MaxFailures != 0 {
		t.Errorf("%+v", first)
	}
	if first.Untouched != 2 || waves[1].Untouched != 0 {
		t.Errorf("redundancy left: %d, then %d", first.Untouched, waves[1].Untouched)
	}
}

// Whatever the fleet: every tile is reached exactly once, the first wave is one
// tile, order of the list does not matter, and while sites differ the second
// tile is of another site.
func TestTargetsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _ := pipeline.NamedPlan(rapid.SampledFrom(pipeline.PlanNames()).Draw(t, "plan"))
		tiles := lab(rapid.IntRange(1, 60).Draw(t, "tiles"))
		change := pipeline.SumBytes([]byte(rapid.String().Draw(t, "change")))
		waves, err := pipeline.Targets(p, change, tiles)
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, w := range waves {
			order = append(order, w.Targets...)
			if w.Reached != len(order) || len(w.Targets) == 0 {
				t.Fatalf("wave %+v after %d tiles", w, len(order))
			}
		}
		if len(waves[0].Targets) != 1 || len(order) != len(tiles) || len(slices.Compact(slices.Sorted(slices.Values(order)))) != len(tiles) {
			t.Fatalf("%d tiles in %v", len(tiles), order)
		}
		if len(order) > 1 && site(tiles, order[0]) == site(tiles, order[1]) {
			t.Fatalf("first two tiles share a site: %v", order[:2])
		}
		again, _ := pipeline.Targets(p, change, rapid.Permutation(tiles).Draw(t, "shuffled"))
		if diff := cmp.Diff(waves, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

func site(tiles []pipeline.Tile, id string) string {
	return tiles[slices.IndexFunc(tiles, func(t pipeline.Tile) bool { return t.ID == id })].Site
}

func TestTargetsBeginElsewhereForEachChange(t *testing.T) {
	p, _ := pipeline.NamedPlan("lab")
	first := map[string]bool{}
	for i := range 40 {
		waves, err := pipeline.Targets(p, pipeline.SumBytes([]byte{byte(i)}), lab(6))
		if err != nil {
			t.Fatal(err)
		}
		first[waves[0].Targets[0]] = true
	}
	if len(first) < 5 {
		t.Errorf("40 changes began on %d of 6 tiles", len(first))
	}
}

func TestTargetsRefuse(t *testing.T) {
	p, _ := pipeline.NamedPlan("lab")
	for name, tiles := range map[string][]pipeline.Tile{"none": nil, "twice": {{ID: "a"}, {ID: "a"}}, "not UTF-8": {{ID: "\xff"}}} {
		if _, err := pipeline.Targets(p, fill("a"), tiles); !errors.Is(err, pipeline.ErrPlan) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.Waves = p.Waves[1:]
	if _, err := pipeline.Targets(p, fill("a"), lab(3)); !errors.Is(err, pipeline.ErrPlan) {
		t.Error("a plan without a careful start was accepted")
	}
}

func TestPlanCheckRefuses(t *testing.T) {
	for name, edit := range map[string]func(*pipeline.Plan){
		"no waves":    func(p *pipeline.Plan) { p.Waves = nil },
		"too many":    func(p *pipeline.Plan) { p.Waves = slices.Repeat(p.Waves, 6) },
		"no end":      func(p *pipeline.Plan) { p.Waves = p.Waves[:2] },
		"same name":   func(p *pipeline.Plan) { p.Waves[1].Name = "w0" },
		"shrinks":     func(p *pipeline.Plan) { p.Waves[1].UpTo = pipeline.Reach{Tiles: 1} },
		"no bake":     func(p *pipeline.Plan) { p.Waves[1].Bake = 0 },
		"no calls":    func(p *pipeline.Plan) { p.Waves[1].MinCalls = 0 },
		"half, third": func(p *pipeline.Plan) { p.Waves[1].UpTo = pipeline.Rest },
	} {
		p, _ := pipeline.NamedPlan("lab")
		edit(&p)
		if err := p.Check(); !errors.Is(err, pipeline.ErrPlan) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
