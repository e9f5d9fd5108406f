package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// family is a store in which alder adopted two changes after its founder.
type family struct {
	*store.Store
	t    testing.TB
	list []pipeline.Ancestor
}

func newFamily(t testing.TB) *family {
	t.Helper()
	f := &family{Store: open(t, t.TempDir()), t: t}
	ref := f.module("0")
	f.add(pipeline.Ancestor{
		Lineage: "alder", Descent: pipeline.DescentFounded, At: noon.Unix(), Why: "shipped", Base: pipeline.Base("alder", []pipeline.ModuleRef{ref}),
		Modules: []pipeline.Heir{{Module: ref, Source: f.put("source 0"), Lines: []pipeline.Authored{{Proposer: pipeline.People, Lines: 9}}}},
	})
	f.adopt("1")
	f.adopt("2")
	return f
}

func (f *family) put(text string) pipeline.Digest {
	return must(f.Artefacts.Put(f.t.Context(), []byte(text)))(f.t)
}

func (f *family) module(name string) pipeline.ModuleRef {
	return pipeline.ModuleRef{
		Code:  pipeline.Code{Slot: "thermal", Contract: fill("1"), IR: f.put("ir " + name), Compiler: "tilego/1", Schema: fill("3")},
		Proof: f.put("proof " + name),
	}
}

func (f *family) add(a pipeline.Ancestor) {
	f.t.Helper()
	if err := f.AddGeneration(f.t.Context(), a); err != nil {
		f.t.Fatal(err)
	}
	f.list = append(f.list, a)
}

// next is the generation that a change to the named module makes.
func (f *family) next(name string) (pipeline.Change, pipeline.Ancestor) {
	parent := f.list[len(f.list)-1]
	ref := f.module(name)
	change := pipeline.Change{Lineage: "alder", Base: parent.Base, Modules: []pipeline.ModuleRef{ref}}
	return change, pipeline.Ancestor{
		Lineage: "alder", Generation: parent.Generation + 1, Parent: must(parent.Digest())(f.t), Descent: pipeline.DescentAdopted, At: noon.Unix(),
		Base: pipeline.Base("alder", []pipeline.ModuleRef{ref}), Why: "better", Change: change.Digest(), Proposer: "evolve", Policy: fill("c"),
		Modules:  []pipeline.Heir{{Module: ref, Source: f.put("source " + name), Lines: []pipeline.Authored{{Proposer: pipeline.People, Lines: 8}, {Proposer: "evolve", Lines: 1}}}},
		Evidence: []pipeline.Digest{f.evidence(change)},
	}
}

func (f *family) evidence(c pipeline.Change) pipeline.Digest {
	s := pipeline.Statement{Station: pipeline.Wave, Subject: pipeline.Subject{Kind: pipeline.SubjectChange, Digest: c.Digest()}, Outcome: pipeline.Pass, Summary: "rest: all calls made"}
	e, _, err := f.PutEvidence(f.t.Context(), store.Evidence{Evidence: pipeline.Evidence{Statement: s, Assurance: pipeline.Development}, Envelope: f.put("signed")})
	if err != nil {
		f.t.Fatal(err)
	}
	return e.Digest
}

func (f *family) adopt(name string) {
	f.t.Helper()
	change, a := f.next(name)
	c := store.NewChange(change)
	c.State = pipeline.Adopted
	if _, _, err := f.Changes.Create(f.t.Context(), c); err != nil {
		f.t.Fatal(err)
	}
	f.add(a)
}

func TestAncestryIsOnlyAddedTo(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	got := must(f.Ancestry(t.Context(), "alder"))(t)
	if len(got) != 3 || got[2].Parent != got[1].Digest || got[1].Parent != got[0].Digest {
		t.Fatalf("%+v", got)
	}
	if names := must(f.Ancestries(t.Context()))(t); len(names) != 1 || names[0] != "alder" {
		t.Error(names)
	}
	for _, a := range f.list { // again: they are there
		if err := f.AddGeneration(t.Context(), a); err != nil {
			t.Error(err)
		}
	}
	last := must(f.LastEvent(t.Context()))(t)
	other := f.list[1]
	other.Why = "another history"
	gap := f.list[2]
	gap.Generation = 5
	_, stray := f.next("3")
	stray.Parent = f.list[2].Parent
	_, unknown := f.next("4")
	unknown.Modules[0].Source = fill("e")
	for name, row := range map[string]struct {
		a    pipeline.Ancestor
		want error
	}{
		"another one in its place": {other, store.ErrMoved},
		"a gap":                    {gap, store.ErrMoved},
		"another parent":           {stray, store.ErrInvalid},
		"an artefact that is lost": {unknown, store.ErrInvalid},
	} {
		if err := f.AddGeneration(t.Context(), row.a); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", name, err, row.want)
		}
	}
	if n := must(f.Ancestry(t.Context(), "alder"))(t); len(n) != 3 {
		t.Errorf("%d generations", len(n))
	}
	if now := must(f.LastEvent(t.Context()))(t); now-last > 2 { // the evidence of two changes
		t.Errorf("what was refused left %d events", now-last)
	}
	f.whole()
}

// whole fails the test when anything is wrong with the store or the ancestry.
func (f *family) whole() {
	f.t.Helper()
	sound(f.t, f.Store)
	if problems := must(f.FsckAncestry(f.t.Context()))(f.t); len(problems) > 0 {
		f.t.Fatalf("%+v", problems)
	}
}

func TestFsckFindsEveryFlippedByteOfTheAncestry(t *testing.T) {
	t.Parallel()
	f := newFamily(t)
	f.whole()
	rapid.Check(t, func(r *rapid.T) {
		a := f.list[rapid.IntRange(0, len(f.list)-1).Draw(r, "generation")]
		kept := must(a.Keep())(t)
		column := rapid.SampledFrom([]string{"doc", "digest", "lineage"}).Draw(r, "column")
		before := map[string][]byte{"doc": kept.Text, "digest": []byte(kept.Digest), "lineage": []byte(a.Lineage)}[column]
		after := append([]byte{}, before...)
		after[rapid.IntRange(0, len(after)-1).Draw(r, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(r, "bit")
		write := func(from, to []byte) {
			err := f.ExecArgs(t.Context(), fmt.Sprintf(`UPDATE ancestry SET %s = ? WHERE %s = ? AND generation = ?`, column, column), string(to), string(from), a.Generation)
			if err != nil {
				r.Fatal(err)
			}
		}
		write(before, after)
		found := must(f.FsckAncestry(t.Context()))(t)
		write(after, before)
		if len(found) == 0 {
			r.Fatalf("a flipped byte of %s of generation %d: nobody noticed", column, a.Generation)
		}
	})
	f.whole()
}

func TestFsckFindsWhatIsMissingOfTheAncestry(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ damage, want string }{
		"cut off at the end": {`DELETE FROM ancestry WHERE generation = 2`, "is adopted, but no generation brought it"},
		"all of it":          {`DELETE FROM ancestry`, "is adopted, but no generation brought it"},
		"founder":            {`DELETE FROM ancestry WHERE generation = 0`, "broken ancestry"},
		"one between":        {`DELETE FROM ancestry WHERE generation = 1`, "broken ancestry"},
		"numbered anew":      {`UPDATE ancestry SET generation = 7 WHERE generation = 2`, "broken ancestry"},
		"evidence":           {`DELETE FROM evidence`, "is not among the evidence"},
		"change":             {`UPDATE records SET doc = replace(doc, '"adopted"', '"rolled-back"') WHERE kind = 'change'`, "is not among the adopted changes"},
	} {
		f := newFamily(t)
		if err := f.Exec(t.Context(), row.damage); err != nil {
			t.Fatal(err)
		}
		text := must(json.Marshal(must(f.FsckAncestry(t.Context()))(t)))(t)
		if !strings.Contains(string(text), row.want) {
			t.Errorf("%s: want %q in %s", name, row.want, text)
		}
	}
}
