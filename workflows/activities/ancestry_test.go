package activities

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/workflows"
)

// bench is a control plane without fleet, log and stations.
type bench struct {
	*Works
	t    testing.TB
	slot hal.Slot
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func newBench(t testing.TB, edit func(*pipeline.Policy)) *bench {
	t.Helper()
	s, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	slot := hal.Slots()[0]
	policy := pipeline.DevelopmentPolicy(map[string]pipeline.SlotClass{slot.Name: pipeline.DeviceSlot})
	if edit != nil {
		edit(&policy)
	}
	w, err := New(Config{Store: s, Policy: trust.Policy{Policy: policy}, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	return &bench{w, t, slot}
}

func (b *bench) ok(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// variant is alder's module with an edit.
func (b *bench) variant(from, to string) lineages.Module {
	b.t.Helper()
	g, err := lineages.Load("alder", b.slot.Name)
	b.ok(err)
	source := bytes.Replace(g.Source, []byte(from), []byte(to), 1)
	if bytes.Equal(source, g.Source) {
		b.t.Fatalf("no %q in the module", from)
	}
	m, err := lineages.Compile(b.slot.Contract, source, g.Proof)
	b.ok(err)
	return m
}

// propose records a change of a lineage to a module, in a state, with evidence.
func (b *bench) propose(lineage string, m lineages.Module, state pipeline.State, origin store.Origin) store.Change {
	b.t.Helper()
	h, err := b.head(b.t.Context(), lineage)
	b.ok(err)
	c := store.NewChange(pipeline.Change{Lineage: lineage, Base: h.base(b.slot.Name), Modules: []pipeline.ModuleRef{m.Ref}})
	f := finalists{Works: b.Works, head: h}
	files, err := f.files(b.t.Context(), m)
	b.ok(err)
	c.State, c.Origin, c.Files = state, origin, []store.ModuleFiles{files}
	c.Plan, err = pipeline.NamedPlan("lab")
	b.ok(err)
	c, _, err = b.Store.Changes.Create(b.t.Context(), c)
	b.ok(err)
	for _, station := range []pipeline.Station{pipeline.Agree, pipeline.Coq, pipeline.TLA, pipeline.Fuzz, pipeline.Benchmark, pipeline.Shadow, pipeline.Federate, pipeline.Wave} {
		b.evidence(c, station)
	}
	return c
}

func (b *bench) evidence(c store.Change, station pipeline.Station) {
	b.t.Helper()
	s := pipeline.Statement{Station: station, Outcome: pipeline.Pass, Summary: "passed"}
	for _, subject := range c.Content.Subjects() {
		if subject.Kind == station.SubjectOf() {
			s.Subject = subject
		}
	}
	_, _, err := b.Store.PutEvidence(b.t.Context(), store.Evidence{Evidence: pipeline.Evidence{Statement: s, Assurance: pipeline.Development}, Log: &store.LogEntry{}})
	b.ok(err)
}

// adopt has a change's last wave pass.
func (b *bench) adopt(c store.Change) {
	b.t.Helper()
	out, err := b.Advance(b.t.Context(), workflows.Advance{Change: c.ID, From: pipeline.RollingOut, Event: pipeline.Completed})
	b.ok(err)
	if out.State != pipeline.Adopted {
		b.t.Fatalf("%s is %s", c.ID, out.State)
	}
}

func (b *bench) generations(lineage string) []store.Generation {
	b.t.Helper()
	list, err := b.Store.Ancestry(b.t.Context(), lineage)
	b.ok(err)
	return list
}

func (b *bench) sound() {
	b.t.Helper()
	problems, err := b.Store.FsckAncestry(b.t.Context())
	if err != nil || len(problems) > 0 {
		b.t.Fatalf("%+v, %v", problems, err)
	}
}

func TestAdoptionIsAGeneration(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.ok(b.Found(t.Context()))
	first := b.propose("alder", b.variant("Up2 = 640", "Up2 = 655"), pipeline.RollingOut, store.Origin{Proposer: pipeline.Evolve})
	b.adopt(first)
	second := b.propose("alder", b.variant("Up1 = 530", "Up1 = 520"), pipeline.RollingOut, store.Origin{Proposer: pipeline.LLM, Model: "some/model"})
	b.adopt(second)
	b.adopt(second) // a worker that died before it could say so

	list := b.generations("alder")
	if len(list) != 3 {
		t.Fatalf("%d generations, want 3", len(list))
	}
	if list[0].Descent != pipeline.DescentFounded || list[1].Change != first.Digest || list[2].Change != second.Digest {
		t.Errorf("%+v", list)
	}
	last := list[2]
	if last.Proposer != "llm" || last.Model != "some/model" || len(last.Evidence) != 8 || last.Policy == "" || last.At != noon.Unix() {
		t.Errorf("%+v", last)
	}
	if want := "passed agree, coq, tla, fuzz, benchmark, shadow, federate, wave"; last.Why != want {
		t.Errorf("why: %q, want %q", last.Why, want)
	}
	// The second change takes the first one's line back: it was an edit of the founder.
	total := list[0].Lines()[pipeline.People]
	want := []map[string]int64{{"people": total}, {"people": total - 1, "evolve": 1}, {"people": total - 2, "llm": 2}}
	for i, g := range list {
		if diff := cmp.Diff(want[i], g.Lines()); diff != "" {
			t.Errorf("generation %d: %s", i, diff)
		}
	}
	h, err := b.head(t.Context(), "alder")
	b.ok(err)
	if last.Base != pipeline.Base("alder", h.refs()) {
		t.Error("the last generation is not what the lineage runs")
	}
	if n := len(b.generations("birch")); n != 1 {
		t.Errorf("birch has %d generations", n)
	}
	b.sound()
}

// A process that dies between a change's last step and its generation adds the
// generation when it starts again; so does the first start of a program that
// keeps an ancestry.
func TestMissingGenerationsAreAdded(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, edit := range [][2]string{{"Up2 = 640", "Up2 = 655"}, {"Up3 = 690", "Up3 = 680"}} {
		c := b.propose("alder", b.variant(edit[0], edit[1]), pipeline.RollingOut, store.Origin{Proposer: pipeline.Evolve})
		_, err := b.Store.Changes.Update(t.Context(), c.ID, store.AnyVersion, func(r *store.Change) error {
			r.State = pipeline.Adopted
			return nil
		})
		b.ok(err)
	}
	for range 2 {
		b.ok(b.Found(context.WithoutCancel(t.Context())))
		if n := len(b.generations("alder")); n != 3 {
			t.Fatalf("%d generations, want 3", n)
		}
	}
	b.sound()
}
