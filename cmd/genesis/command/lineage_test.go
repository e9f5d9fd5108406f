package command

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/lineages/diversity"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

var update = flag.Bool("update", false, "write golden files")

func repeated(digit string) pipeline.Digest { return pipeline.Digest(strings.Repeat(digit, 64)) }

// exampleLine is a lineage with three generations: shipped, searched, and
// transferred from another lineage that a language model improved.
func exampleLine() []store.Generation {
	heir := func(ir string, lines ...pipeline.Authored) []pipeline.Heir {
		return []pipeline.Heir{{Module: pipeline.ModuleRef{Code: pipeline.Code{Slot: "thermal", Contract: repeated("1"), IR: repeated(ir), Compiler: "tilego/1", Schema: repeated("3")}, Proof: repeated("4")}, Source: repeated("5"), Lines: lines}}
	}
	of := func(proposer string, n int64) pipeline.Authored {
		return pipeline.Authored{Proposer: proposer, Lines: n}
	}
	list := []store.Generation{
		{Digest: repeated("a"), Ancestor: pipeline.Ancestor{Descent: pipeline.DescentFounded, BredFrom: []pipeline.Digest{repeated("9")}, Why: "bred from another lineage", Modules: heir("0", of("people", 71))}},
		{Digest: repeated("b"), Ancestor: pipeline.Ancestor{
			Descent: pipeline.DescentAdopted, Why: "energy_joules 119860.4 -> 111447.9 J/day in simulation (-7 %); passed agree, coq, tla, fuzz, benchmark, shadow, federate, wave; approved by ada",
			Change: repeated("c"), Proposer: "evolve", Evidence: make([]pipeline.Digest, 12), Modules: heir("1", of("people", 40), of("evolve", 3), of("people", 28)),
		}},
		{Digest: repeated("d"), Ancestor: pipeline.Ancestor{
			Descent: pipeline.DescentAdopted, Why: "energy_joules 111447.9 -> 109218.9 J/day in simulation (-2 %)\x1b[2J; passed agree", Change: repeated("e"), Proposer: "llm", Model: "some/model",
			Evidence: make([]pipeline.Digest, 1), Modules: heir("2", of("people", 30), of("llm", 44), of("evolve", 1)),
		}},
	}
	for i := range list {
		list[i].Lineage, list[i].Generation, list[i].At, list[i].Base = "cedar", int64(i), 1_795_000_000+int64(3600*i), repeated("7")
	}
	return list
}

func examplePairs() []diversity.Pair {
	return []diversity.Pair{{
		Slot: "thermal", Probes: repeated("f"), Calls: 8192, Differ: 3224, Results: []diversity.ResultDiffer{{Name: "fan", Differ: 3193}, {Name: "throttle", Differ: 2265}},
		Lines: 103, Unlike: 81, Decisions: 393_555, Structure: 786_408,
		Faults: []diversity.Survival{{Fault: "fan-stuck", Trials: 24, Both: 10, First: 2, Neither: 12}, {Fault: "sensor-lost", Trials: 24, Both: 24}},
	}}
}

// What people see in a terminal; control characters that a proposer put into a
// text are spaces.
func TestLineageTexts(t *testing.T) {
	t.Parallel()
	line := exampleLine()
	var log, show, diff bytes.Buffer
	lineageLogText(&log, api.AncestryList{Items: line})
	lineageText(&show, api.LineageView{
		Lineage:    api.Lineage{Name: "cedar", Class: "edge", About: "hysteresis steps with hold times"},
		Generation: line[2], Lines: line[2].Lines(), Apart: []api.Apart{{From: "birch", Slots: examplePairs()}},
	})
	lineageDiffText(&diff, api.LineageDiff{
		Before: line[0], After: line[1], Slots: examplePairs(),
		Files: []api.FileDiff{{Slot: "thermal", Kind: "source", Unified: "--- before/thermal/source\n+++ after/thermal/source\n@@ -1 +1 @@\n-\tUp2 = 640\n+\tUp2 = 655\n"}, {Slot: "other"}},
	})
	for name, got := range map[string]*bytes.Buffer{"log": &log, "show": &show, "diff": &diff} {
		path := filepath.Join("testdata/lineage", name+".golden")
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s is another than %s says; look at it, then -update:\n%s", name, path, diff)
		}
	}
}
