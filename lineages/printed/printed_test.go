package printed_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/lineages/printed"
	"github.com/genesis-network/genesis/pipeline"
)

// lines are those of alder's module of the first slot, after an edit.
func lines(t *testing.T, edits ...string) []string {
	t.Helper()
	slot := hal.Slots()[0]
	g, err := lineages.Load("alder", slot.Name)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(edits); i += 2 {
		if g.Source = bytes.Replace(g.Source, []byte(edits[i]), []byte(edits[i+1]), 1); !bytes.Contains(g.Source, []byte(edits[i+1])) {
			t.Fatalf("no %q in the module", edits[i])
		}
	}
	m, err := g.Compile(slot.Contract)
	if err != nil {
		t.Fatal(err)
	}
	out, err := printed.Lines(slot.Contract, m.IR)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLinesFollowFromTheMeaning(t *testing.T) {
	t.Parallel()
	was := lines(t)
	if len(was) < 20 {
		t.Fatalf("%d lines", len(was))
	}
	same := lines(t, "up := rise[s.Fan]", "limit := rise[s.Fan] // a better name", "temp >= up &&", "temp >= limit &&")
	if diff := cmp.Diff(was, same); diff != "" {
		t.Errorf("a comment and a name count:\n%s", diff)
	}
	for name, row := range map[string]struct {
		edits  []string
		differ int
	}{
		"nothing":              {nil, 0},
		"a constant":           {[]string{"Up2 = 640", "Up2 = 655"}, 2},
		"an assignment less":   {[]string{"s.FanRest = HoldFan\n\t}\n", "s.Fan = s.Fan\n\t}\n"}, 1},
		"a variable before it": {[]string{"if temp >= up && s.Fan < FanTop {", "extra := temp + Up1\n\tif temp >= up && extra > 0 && s.Fan < FanTop {"}, 2},
	} {
		if differ, all := printed.Distance(was, lines(t, row.edits...)); differ != row.differ || all < 2*len(was)-2 {
			t.Errorf("%s: %d of %d lines differ, want %d", name, differ, all, row.differ)
		}
	}
}

func TestLinesStayWithWhoWroteThem(t *testing.T) {
	t.Parallel()
	founder := []string{"a", "b", "c", "d"}
	runs := printed.All(founder, pipeline.People)
	second := []string{"a", "x", "c", "d", "y"}
	runs = printed.Inherit(founder, runs, second, "evolve")
	want := []pipeline.Authored{{Proposer: "people", Lines: 1}, {Proposer: "evolve", Lines: 1}, {Proposer: "people", Lines: 2}, {Proposer: "evolve", Lines: 1}}
	if diff := cmp.Diff(want, runs); diff != "" {
		t.Error(diff)
	}
	runs = printed.Inherit(second, runs, []string{"a", "x", "z", "y"}, "llm")
	want = []pipeline.Authored{{Proposer: "people", Lines: 1}, {Proposer: "evolve", Lines: 1}, {Proposer: "llm", Lines: 1}, {Proposer: "evolve", Lines: 1}}
	if diff := cmp.Diff(want, runs); diff != "" {
		t.Error(diff)
	}
	if got := printed.Inherit(founder, nil, founder, "evolve"); !cmp.Equal(got, printed.All(founder, pipeline.People)) {
		t.Errorf("lines of before the record: %v", got)
	}
}

func TestCommonIsASubsequence(t *testing.T) {
	t.Parallel()
	texts := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "}"}), 0, 12)
	rapid.Check(t, func(t *rapid.T) {
		a, b := texts.Draw(t, "a"), texts.Draw(t, "b")
		last := -1
		for j, i := range printed.Common(a, b) {
			if i < 0 {
				continue
			}
			if i <= last || a[i] != b[j] {
				t.Fatalf("line %d is matched with %d after %d", j, i, last)
			}
			last = i
		}
		differ, all := printed.Distance(a, b)
		back, _ := printed.Distance(b, a)
		if differ != back || differ > all || all != len(a)+len(b) {
			t.Fatalf("%d there, %d back, of %d", differ, back, all)
		}
		if differ == 0 != cmp.Equal(a, b) && len(a)+len(b) > 0 {
			t.Fatalf("%d lines differ", differ)
		}
		n := int64(0)
		for _, run := range printed.Inherit(a, printed.All(a, pipeline.People), b, "evolve") {
			n += run.Lines
		}
		if n != int64(len(b)) {
			t.Fatalf("%d lines have a proposer, of %d", n, len(b))
		}
	})
}
