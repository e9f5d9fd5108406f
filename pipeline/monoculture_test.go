package pipeline_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
)

func stands(rows ...pipeline.Stand) []pipeline.Stand { return rows }

func stand(lineage string, tiles int, kind string) pipeline.Stand {
	return pipeline.Stand{Lineage: lineage, Tiles: tiles, Kind: fill(kind)}
}

// The table of what policy refuses, and what it says then.
func TestMonocultureIsRefused(t *testing.T) {
	t.Parallel()
	three := stands(stand("alder", 3, "a"), stand("birch", 3, "b"), stand("cedar", 3, "c"))
	for _, row := range []struct {
		name          string
		terms         pipeline.Terms
		before, after []pipeline.Stand
		want          string // part of the refusal; "" is accepted
	}{
		{"no limits", pipeline.Terms{}, three, stands(stand("alder", 9, "a")), ""},
		{"each its own", pipeline.Terms{MaxShare: 500, MinAlive: 3}, three, stands(stand("alder", 3, "d"), stand("birch", 3, "b"), stand("cedar", 3, "c")), ""},
		{"a transfer to one of three", pipeline.Terms{MaxShare: 700, MinAlive: 2}, three, stands(stand("alder", 3, "b"), stand("birch", 3, "b"), stand("cedar", 3, "c")), ""},
		{"at the limit", pipeline.Terms{MaxShare: 500}, three, stands(stand("alder", 1, "b"), stand("birch", 1, "b"), stand("cedar", 2, "c")), ""},
		{"above it", pipeline.Terms{MaxShare: 500}, three, stands(stand("alder", 3, "b"), stand("birch", 3, "b"), stand("cedar", 3, "c")),
			"policy refuses a monoculture: 6 of 9 tiles (66.6%) would run one kind of module in slot thermal, those of alder and birch; at most 50% may"},
		{"all the same", pipeline.Terms{MaxShare: 900}, three, stands(stand("alder", 3, "b"), stand("birch", 3, "b"), stand("cedar", 3, "b")), "9 of 9 tiles (100%)"},
		{"too few kinds", pipeline.Terms{MinAlive: 3}, three, stands(stand("alder", 3, "b"), stand("birch", 3, "b"), stand("cedar", 3, "c")),
			"2 kinds of module would be alive in slot thermal, at least 3 must: alder runs bbbbbbbbbbbb on 3 tiles"},
		{"a lineage without tiles is not alive", pipeline.Terms{MinAlive: 3}, stands(stand("alder", 3, "a"), stand("birch", 3, "b"), stand("cedar", 0, "c")), stands(stand("alder", 3, "d"), stand("birch", 3, "b"), stand("cedar", 0, "c")), "2 kinds of module"},
		{"nobody reports", pipeline.Terms{MaxShare: 500, MinAlive: 1}, nil, nil, "0 kinds of module"},
		{"broken before, and nearer now", pipeline.Terms{MaxShare: 300, MinAlive: 3}, stands(stand("alder", 3, "a"), stand("birch", 3, "a"), stand("cedar", 3, "a")), stands(stand("alder", 3, "d"), stand("birch", 3, "a"), stand("cedar", 3, "a")), ""},
		{"broken before, and no nearer", pipeline.Terms{MinAlive: 2}, stands(stand("alder", 3, "a")), stands(stand("alder", 3, "d")), "1 kinds of module"},
	} {
		err := row.terms.Diverse("thermal", row.before, row.after)
		switch {
		case row.want == "" && err != nil:
			t.Errorf("%s: %v", row.name, err)
		case row.want != "" && (!errors.Is(err, pipeline.ErrMonoculture) || !strings.Contains(err.Error(), row.want)):
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		}
	}
}

// A stricter limit never accepts what a looser one refuses.
func TestStricterLimitsRefuseMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) []pipeline.Stand {
			var out []pipeline.Stand
			for _, lineage := range []string{"alder", "birch", "cedar"} {
				out = append(out, stand(lineage, rapid.IntRange(0, 4).Draw(t, name+lineage), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, name)))
			}
			return out
		}
		before, after := draw("before"), draw("after")
		loose := pipeline.Terms{MaxShare: pipeline.Share(rapid.IntRange(1, 1000).Draw(t, "share")), MinAlive: rapid.Int64Range(0, 3).Draw(t, "alive")}
		strict := pipeline.Terms{MaxShare: max(loose.MaxShare-pipeline.Share(rapid.IntRange(0, 900).Draw(t, "less")), 1), MinAlive: loose.MinAlive + 1}
		if loose.Diverse("thermal", before, after) != nil && strict.Diverse("thermal", before, after) == nil {
			t.Fatal("the stricter policy lets it pass")
		}
	})
}

func TestMonocultureInPolicies(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: genesis/v1\nkind: Policy\nname: lab\nversion: 1\nrules:\n  - {demand: [coq], level: 1, assurance: development, roles: [approver]"
	p, err := pipeline.ParsePolicy([]byte(head + `, maxShare: 75%, minAlive: 2, minDiffer: 1%}` + "\n  - {slot: sched, demand: [coq], level: 1, assurance: development, roles: [approver], maxShare: 50%, minAlive: 1}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for slot, want := range map[string]pipeline.Terms{"thermal": {MaxShare: 750, MinAlive: 2, MinDiffer: 10}, "sched": {MaxShare: 500, MinAlive: 2, MinDiffer: 10}} {
		c := exampleChange()
		c.Modules[0].Code.Slot = slot
		got, err := p.Terms(c, nil)
		if err != nil || got.MaxShare != want.MaxShare || got.MinAlive != want.MinAlive || got.MinDiffer != want.MinDiffer {
			t.Errorf("%s: %+v, %v", slot, got, err)
		}
	}
	for _, wrong := range []string{"maxShare: 120%", "maxShare: 5", "minAlive: -1", "minDiffer: 1%", "maxShare: most"} {
		if _, err := pipeline.ParsePolicy([]byte(head + ", " + wrong + "}\n")); err == nil {
			t.Errorf("%s is accepted", wrong)
		}
	}
}
