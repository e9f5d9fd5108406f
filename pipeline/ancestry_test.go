package pipeline_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
)

// exampleAncestor is the generation of the vector in docs/formats.md.
func exampleAncestor() pipeline.Ancestor {
	after := exampleModule()
	after.Proof = fill("6")
	return pipeline.Ancestor{
		Lineage: "alder", Generation: 1, Parent: fill("a"), Descent: pipeline.DescentAdopted, At: 1_795_000_000,
		Base:    pipeline.Base("alder", []pipeline.ModuleRef{after}),
		Modules: []pipeline.Heir{{Module: after, Source: fill("7"), Lines: []pipeline.Authored{{Proposer: pipeline.People, Lines: 40}, {Proposer: "evolve", Lines: 2}}}},
		Why:     "energy_joules -7 %", Change: fill("8"), Proposer: "evolve", Evidence: []pipeline.Digest{fill("9")}, Release: fill("b"), Policy: fill("c"),
	}
}

func drawRef(t *rapid.T, slot string) pipeline.ModuleRef {
	d := rapid.Map(rapid.Uint64(), func(n uint64) pipeline.Digest { return pipeline.SumBytes(fmt.Append(nil, n)) })
	return pipeline.ModuleRef{Code: pipeline.Code{Slot: slot, Contract: fill("1"), IR: d.Draw(t, "ir"), Compiler: "tilego/1", Schema: fill("3")}, Proof: d.Draw(t, "proof")}
}

// drawAncestry is a lineage with a few generations.
func drawAncestry(t *rapid.T) []pipeline.Ancestor {
	slots := []string{"cap", "sched", "thermal"}[:rapid.IntRange(1, 3).Draw(t, "slots")]
	founder := pipeline.Ancestor{Lineage: "alder", Descent: pipeline.DescentFounded, At: 1_795_000_000, Why: "shipped"}
	for _, slot := range slots {
		founder.Modules = append(founder.Modules, pipeline.Heir{Module: drawRef(t, slot), Source: fill("2"), Lines: []pipeline.Authored{{Proposer: pipeline.People, Lines: 9}}})
	}
	founder.Base = pipeline.Base("alder", founder.Refs())
	list := []pipeline.Ancestor{founder}
	for range rapid.IntRange(1, 4).Draw(t, "generations") {
		list = append(list, next(t, list[len(list)-1], rapid.SampledFrom(slots).Draw(t, "slot")))
	}
	return list
}

// next adopts a change of one slot.
func next(t *rapid.T, parent pipeline.Ancestor, slot string) pipeline.Ancestor {
	digest, err := parent.Digest()
	if err != nil {
		t.Fatal(err)
	}
	a := pipeline.Ancestor{
		Lineage: parent.Lineage, Generation: parent.Generation + 1, Parent: digest, Descent: pipeline.DescentAdopted, At: parent.At + 60,
		Why: "better ☕", Proposer: "evolve", Evidence: []pipeline.Digest{fill("8"), fill("9")}, Policy: fill("c"), Modules: slices.Clone(parent.Modules),
	}
	for i, h := range a.Modules {
		if h.Slot() == slot {
			a.Modules[i].Module = rapid.Custom(func(t *rapid.T) pipeline.ModuleRef { return drawRef(t, slot) }).
				Filter(func(m pipeline.ModuleRef) bool { return m != h.Module }).Draw(t, "another module") // else it is no change
			a.Change = pipeline.Change{Lineage: "alder", Base: pipeline.Base("alder", []pipeline.ModuleRef{h.Module}), Modules: []pipeline.ModuleRef{a.Modules[i].Module}}.Digest()
			a.Modules[i].Lines = []pipeline.Authored{{Proposer: pipeline.People, Lines: 7}, {Proposer: "evolve", Lines: 3}}
		}
	}
	a.Base = pipeline.Base("alder", a.Refs())
	return a
}

func keep(t *rapid.T, list []pipeline.Ancestor) []pipeline.Kept {
	out := make([]pipeline.Kept, len(list))
	for i, a := range list {
		k, err := a.Keep()
		if err != nil {
			t.Fatal(err)
		}
		out[i] = k
	}
	return out
}

func TestEveryFlippedByteOfAnAncestryIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := drawAncestry(t)
		kept := keep(t, list)
		if got, problems := pipeline.ReadAncestry("alder", kept); len(problems) > 0 || len(got) != len(list) {
			t.Fatalf("sound, but %v", problems)
		}
		k := &kept[rapid.IntRange(0, len(kept)-1).Draw(t, "generation")]
		bytes := [][]byte{k.Text, []byte(k.Digest)}[rapid.IntRange(0, 1).Draw(t, "text or digest")]
		at := rapid.IntRange(0, len(bytes)-1).Draw(t, "byte")
		bytes[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if len(bytes) == 64 {
			k.Digest = pipeline.Digest(bytes)
		}
		if _, problems := pipeline.ReadAncestry("alder", kept); len(problems) == 0 {
			t.Fatalf("byte %d of generation text or digest was flipped and nobody noticed", at)
		}
	})
}

// Whoever can write a digest anew still cannot change what is not the end: a
// generation that was changed, left out, put elsewhere or in twice.
func TestForgedAncestriesAreFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := drawAncestry(t)
		at := rapid.IntRange(0, len(list)-2).Draw(t, "generation")
		switch rapid.IntRange(0, 3).Draw(t, "forgery") {
		case 0:
			list[at].Why = "another reason"
		case 1:
			list = slices.Delete(list, at, at+1)
		case 2:
			list = slices.Insert(list, at, list[at])
		case 3:
			list[at], list[at+1] = list[at+1], list[at]
		}
		if _, problems := pipeline.ReadAncestry("alder", keep(t, list)); len(problems) == 0 {
			t.Fatal("nobody noticed")
		}
	})
}

func TestAncestorCheck(t *testing.T) {
	t.Parallel()
	founder := func(a *pipeline.Ancestor) {
		*a = pipeline.Ancestor{Lineage: a.Lineage, Descent: pipeline.DescentFounded, Base: a.Base, Modules: a.Modules}
	}
	for name, edit := range map[string]func(a *pipeline.Ancestor){
		"name":                    func(a *pipeline.Ancestor) { a.Lineage = "Alder" },
		"founder with a parent":   func(a *pipeline.Ancestor) { a.Generation = 0 },
		"no parent":               func(a *pipeline.Ancestor) { a.Parent = "" },
		"not the founder":         func(a *pipeline.Ancestor) { a.Descent = pipeline.DescentFounded },
		"bred later":              func(a *pipeline.Ancestor) { a.BredFrom = []pipeline.Digest{fill("1")} },
		"unknown descent":         func(a *pipeline.Ancestor) { founder(a); a.Generation, a.Parent, a.Descent = 1, fill("1"), "grown" },
		"base":                    func(a *pipeline.Ancestor) { a.Base = fill("0") },
		"no modules":              func(a *pipeline.Ancestor) { a.Modules, a.Base = nil, pipeline.Base("alder", nil) },
		"no change":               func(a *pipeline.Ancestor) { a.Change = "" },
		"no evidence":             func(a *pipeline.Ancestor) { a.Evidence = nil },
		"no policy":               func(a *pipeline.Ancestor) { a.Policy = "" },
		"founder with a proposer": func(a *pipeline.Ancestor) { founder(a); a.Proposer = "evolve" },
		"evidence out of order":   func(a *pipeline.Ancestor) { a.Evidence = []pipeline.Digest{fill("9"), fill("8")} },
		"no lines in a run":       func(a *pipeline.Ancestor) { a.Modules[0].Lines[1].Lines = 0 },
		"runs not joined":         func(a *pipeline.Ancestor) { a.Modules[0].Lines[1].Proposer = pipeline.People },
		"slot twice": func(a *pipeline.Ancestor) {
			a.Modules = append(a.Modules, a.Modules[0])
			a.Base = pipeline.Base("alder", a.Refs())
		},
	} {
		a := exampleAncestor()
		if err := a.Check(); err != nil {
			t.Fatal(err)
		}
		if edit(&a); !errors.Is(a.Check(), pipeline.ErrAncestry) {
			t.Errorf("%s: %v", name, a.Check())
		}
	}
}
