package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

func fill(digit string) pipeline.Digest { return pipeline.Digest(strings.Repeat(digit, 64)) }

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

func open(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dir, store.WithClock(atNoon))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// sound fails the test when fsck finds anything.
func sound(t testing.TB, s *store.Store) {
	t.Helper()
	problems, err := s.Fsck(t.Context())
	if err != nil || len(problems) > 0 {
		t.Fatalf("fsck: %+v, %v", problems, err)
	}
}

func exampleChange(proof string) pipeline.Change {
	return pipeline.Change{Lineage: "alder", Base: fill("5"), Modules: []pipeline.ModuleRef{{
		Code:  pipeline.Code{Slot: "thermal", Contract: fill("1"), IR: fill("2"), Compiler: "tilego/1", Schema: fill("3")},
		Proof: pipeline.SumBytes([]byte(proof)),
	}}}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func create(t testing.TB, s *store.Store, proof string) store.Change {
	t.Helper()
	c, created, err := s.Changes.Create(t.Context(), store.NewChange(exampleChange(proof)))
	if err != nil || !created {
		t.Fatalf("created %t, %v", created, err)
	}
	return c
}

func TestChangeLivesInTheStore(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	c := create(t, s, "a")
	if c.Version != 1 || c.State != pipeline.Proposed || c.Slot != "thermal" || !c.CreatedAt.Equal(noon) {
		t.Errorf("%+v", c)
	}
	moved := must(s.Changes.Update(t.Context(), c.ID, c.Version, func(c *store.Change) error {
		return c.Apply(pipeline.Started, pipeline.Facts{BaseHolds: true}, "a worker took it")
	}))(t)
	if moved.Version != 2 || moved.State != pipeline.Verifying {
		t.Errorf("%+v", moved)
	}
	if got := must(s.Changes.Get(t.Context(), c.ID))(t); !cmp.Equal(got, moved) {
		t.Error(cmp.Diff(moved, got))
	}
	_, err := s.Changes.Update(t.Context(), c.ID, 1, func(c *store.Change) error { c.Title = "late"; return nil })
	if !errors.Is(err, store.ErrMoved) {
		t.Errorf("a stale writer: %v", err)
	}
	_, err = s.Changes.Update(t.Context(), c.ID, store.AnyVersion, func(c *store.Change) error {
		return c.Apply(pipeline.Approved, pipeline.Facts{}, "")
	})
	if !errors.Is(err, pipeline.ErrTransition) {
		t.Errorf("a step that the table lacks: %v", err)
	}
	sound(t, s)
}

func TestCreateIsIdempotent(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	first := create(t, s, "a")
	again, created, err := s.Changes.Create(t.Context(), store.NewChange(exampleChange("a")))
	if err != nil || created || !cmp.Equal(first, again) {
		t.Errorf("created %t, %v\n%s", created, err, cmp.Diff(first, again))
	}
	other := store.NewChange(exampleChange("b"))
	other.ID = first.ID
	if _, _, err := s.Changes.Create(t.Context(), other); !errors.Is(err, store.ErrConflict) {
		t.Errorf("another change under the same id: %v", err)
	}
	if _, _, err := s.Changes.Create(t.Context(), store.Change{}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("no id: %v", err)
	}
	if events := must(s.Events(t.Context(), 0))(t); len(events) != 1 {
		t.Errorf("%d events for one change", len(events))
	}
}

func TestEditsThatChangeNothingLeaveNoTrace(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	c := create(t, s, "a")
	same := must(s.Changes.Update(t.Context(), c.ID, c.Version, func(c *store.Change) error {
		c.ID, c.Version = "chg_other", 99 // an edit cannot rename a record
		return nil
	}))(t)
	if !cmp.Equal(c, same) {
		t.Error(cmp.Diff(c, same))
	}
	_, err := s.Changes.Update(t.Context(), c.ID, c.Version, func(c *store.Change) error { c.Digest = fill("9"); return nil })
	if !errors.Is(err, store.ErrConflict) {
		t.Errorf("an edit made another change of it: %v", err)
	}
	refusal := errors.New("no")
	if _, err := s.Changes.Update(t.Context(), c.ID, c.Version, func(c *store.Change) error { c.Title = "x"; return refusal }); !errors.Is(err, refusal) {
		t.Error(err)
	}
	if got := must(s.Changes.Get(t.Context(), c.ID))(t); !cmp.Equal(c, got) {
		t.Error(cmp.Diff(c, got))
	}
	if last := must(s.LastEvent(t.Context()))(t); last != 1 {
		t.Errorf("%d events", last)
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	_, err := s.Changes.Get(t.Context(), "chg_x")
	_, updateErr := s.Changes.Update(t.Context(), "chg_x", 0, func(*store.Change) error { return nil })
	_, artefactErr := s.Artefacts.Get(t.Context(), fill("a"))
	_, evidenceErr := s.FindEvidence(t.Context(), pipeline.EvidenceKey{})
	_, logErr := s.MarkLogged(t.Context(), pipeline.EvidenceKey{}, store.LogEntry{})
	for i, err := range []error{err, updateErr, artefactErr, evidenceErr, logErr} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestListsPageAndFilter(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	var ids []string
	for i := range 7 {
		c := create(t, s, fmt.Sprint(i))
		ids = append(ids, c.ID)
		if i%2 == 1 {
			must(s.Changes.Update(t.Context(), c.ID, 0, func(c *store.Change) error {
				return c.Apply(pipeline.Withdraw, pipeline.Facts{}, "odd")
			}))(t)
		}
	}
	for name, row := range map[string]struct {
		filter store.Filter
		want   []string
	}{
		"oldest first": {store.Filter{Oldest: true}, ids},
		"newest first": {store.Filter{}, reversed(ids)},
		"by state":     {store.Filter{State: "withdrawn", Oldest: true}, []string{ids[1], ids[3], ids[5]}},
		"by lineage":   {store.Filter{Lineage: "birch"}, nil},
		"by campaign":  {store.Filter{Parent: "cmp_x"}, nil},
		"by both":      {store.Filter{State: "proposed", Lineage: "alder"}, []string{ids[6], ids[4], ids[2], ids[0]}},
	} {
		for _, limit := range []int{0, 1, 2, 3, 7} {
			row.filter.Limit = limit
			if diff := cmp.Diff(row.want, walk(t, s, row.filter)); diff != "" {
				t.Errorf("%s, pages of %d: %s", name, limit, diff)
			}
		}
	}
	if _, err := s.Changes.List(t.Context(), store.Filter{Cursor: "x"}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("a foreign cursor: %v", err)
	}
}

func reversed(list []string) []string {
	var out []string
	for i := range list {
		out = append(out, list[len(list)-1-i])
	}
	return out
}

// walk follows the cursors to the end.
func walk(t *testing.T, s *store.Store, f store.Filter) []string {
	t.Helper()
	var out []string
	for {
		page := must(s.Changes.List(t.Context(), f))(t)
		for _, c := range page.Items {
			out = append(out, c.ID)
		}
		if f.Cursor = page.NextCursor; f.Cursor == "" {
			return out
		}
	}
}

func proofStatement(summary string) pipeline.Statement {
	return pipeline.Statement{
		Station: pipeline.Coq, Subject: pipeline.Subject{Kind: pipeline.SubjectModule, Digest: exampleChange("a").Modules[0].Digest()},
		Outcome: pipeline.Pass, Summary: summary, Inputs: map[string]pipeline.Digest{"contract": fill("1")},
	}
}

func wrap(s pipeline.Statement) store.Evidence {
	return store.Evidence{Evidence: pipeline.Evidence{Statement: s, Assurance: pipeline.Development, Signer: "coq"}}
}

func TestEvidenceIsUnique(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	first, created, err := s.PutEvidence(t.Context(), wrap(proofStatement("proven")))
	if err != nil || !created {
		t.Fatalf("created %t, %v", created, err)
	}
	second, created, err := s.PutEvidence(t.Context(), wrap(proofStatement("proven again, otherwise")))
	if err != nil || created || !cmp.Equal(first, second) {
		t.Errorf("created %t, %v\n%s", created, err, cmp.Diff(first, second))
	}
	more := proofStatement("with more effort")
	more.Inputs["effort"] = fill("7")
	if _, created, err := s.PutEvidence(t.Context(), wrap(more)); err != nil || !created {
		t.Errorf("other inputs: created %t, %v", created, err)
	}
	about := must(s.EvidenceAbout(t.Context(), append(exampleChange("a").Subjects(), exampleChange("a").Subjects()...)...))(t)
	if len(about) != 2 || about[0].ID != first.ID {
		t.Errorf("%+v", about)
	}
	if found := must(s.FindEvidence(t.Context(), proofStatement("").Key()))(t); !cmp.Equal(found, first) {
		t.Error(cmp.Diff(first, found))
	}
	weighed := store.Weighed(about)
	if len(weighed) != 2 || weighed[0].Assurance != pipeline.Development {
		t.Errorf("%+v", weighed)
	}
	sound(t, s)
}

// Many workers that do the same work at once leave one piece of evidence.
func TestEvidenceIsUniqueUnderARace(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	var wg sync.WaitGroup
	ids := make([]string, 16)
	for i := range ids {
		wg.Go(func() {
			e, _, err := s.PutEvidence(t.Context(), wrap(proofStatement(fmt.Sprint("by worker ", i))))
			if err != nil {
				t.Error(err)
			}
			ids[i] = e.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("two statements: %v", ids)
		}
	}
	if last := must(s.LastEvent(t.Context()))(t); last != 1 {
		t.Errorf("%d events for one statement", last)
	}
}

func TestEvidenceRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	for name, edit := range map[string]func(*store.Evidence){
		"error":            func(e *store.Evidence) { e.Statement.Outcome = pipeline.Error },
		"no outcome":       func(e *store.Evidence) { e.Statement.Outcome = "" },
		"unknown station":  func(e *store.Evidence) { e.Statement.Station = "oracle" },
		"wrong kind":       func(e *store.Evidence) { e.Statement.Subject.Kind = pipeline.SubjectCode },
		"no subject":       func(e *store.Evidence) { e.Statement.Subject.Digest = "" },
		"not UTF-8":        func(e *store.Evidence) { e.Statement.Summary = "\xff" },
		"too long":         func(e *store.Evidence) { e.Statement.Summary = strings.Repeat("x", store.MaxStatement) },
		"lost envelope":    func(e *store.Evidence) { e.Envelope = fill("a") },
		"lost attachment":  func(e *store.Evidence) { e.Statement.Attachments = map[string]pipeline.Digest{"log": fill("a")} },
		"broken reference": func(e *store.Evidence) { e.Envelope = "../../etc/passwd" },
	} {
		e := wrap(proofStatement("x"))
		edit(&e)
		if _, _, err := s.PutEvidence(t.Context(), e); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEvidenceIsLoggedOnce(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	must(s.Artefacts.Put(t.Context(), []byte("proof of inclusion")))(t)
	e, _, err := s.PutEvidence(t.Context(), wrap(proofStatement("proven")))
	if err != nil {
		t.Fatal(err)
	}
	entry := store.LogEntry{Index: 7, Proof: pipeline.SumBytes([]byte("proof of inclusion"))}
	for range 2 {
		e = must(s.MarkLogged(t.Context(), e.Statement.Key(), entry))(t)
	}
	if *e.Log != entry {
		t.Errorf("%+v", e.Log)
	}
	if _, err := s.MarkLogged(t.Context(), e.Statement.Key(), store.LogEntry{Index: 8}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("logged twice: %v", err)
	}
	if last := must(s.LastEvent(t.Context()))(t); last != 2 {
		t.Errorf("%d events", last)
	}
	sound(t, s)
}

// A reader that resumes after any event sees every later one once and in order,
// while writers go on.
func TestEventsResume(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	const writers, each = 4, 10
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := s.Note(t.Context(), store.Event{Type: "search.progress", Subject: fmt.Sprint(w), Note: fmt.Sprint(i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var seen int64
	for seen < writers*each {
		events, err := s.Wait(ctx, seen)
		if err != nil {
			t.Fatalf("after %d events: %v", seen, err)
		}
		for _, e := range events {
			if e.Seq != seen+1 {
				t.Fatalf("event %d after %d", e.Seq, seen)
			}
			seen = e.Seq
		}
	}
	wg.Wait()
	cancel()
	if _, err := s.Wait(ctx, seen); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting ended with %v", err)
	}
	if err := s.Note(t.Context(), store.Event{}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("an event without type: %v", err)
	}
}

func TestTileReportsNeverGoBack(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	report := func(n, calls int64, state store.TileState) store.Tile {
		return must(s.ReportTile(t.Context(), store.Tile{
			Meta: store.Meta{ID: "tile-1"}, Lineage: "alder", Site: "lab", State: state, Report: n, Calls: calls,
		}))(t)
	}
	report(1, 10, store.TileRunning)
	report(3, 30, store.TileRunning)
	if late := report(2, 20, store.TileFaulty); late.Calls != 30 || late.State != store.TileRunning {
		t.Errorf("an old report won: %+v", late)
	}
	if last := must(s.LastEvent(t.Context()))(t); last != 1 {
		t.Errorf("%d events: counters alone raise none", last)
	}
	report(4, 40, store.TileEscaped)
	events := must(s.Events(t.Context(), 1))(t)
	if len(events) != 1 || events[0].State != "escaped" || events[0].Subject != "tile-1" {
		t.Errorf("%+v", events)
	}
	tiles := must(s.TilesOf(t.Context(), "alder"))(t)
	want := pipeline.Tile{ID: "tile-1", Lineage: "alder", Site: "lab"}
	if len(tiles) != 1 || tiles[0].Target() != want {
		t.Errorf("%+v", tiles)
	}
}

func TestCampaignResults(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	c, _, err := s.Campaigns.Create(t.Context(), store.Campaign{Meta: store.Meta{ID: "cmp_1"}, State: store.CampaignRunning, Seed: 1 << 60, Round: "rnd_1"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c = must(s.Campaigns.Update(t.Context(), c.ID, 0, func(c *store.Campaign) error {
			c.Result("alder").Tried = 10
			c.Result("birch").Outcome = store.OutcomeKept
			return nil
		}))(t)
	}
	if len(c.Results) != 2 || c.Version != 2 || c.Seed != 1<<60 {
		t.Errorf("%+v", c)
	}
	if page := must(s.Campaigns.List(t.Context(), store.Filter{Parent: "rnd_1", State: "running"}))(t); len(page.Items) != 1 {
		t.Errorf("%+v", page)
	}
}

func TestRequestsAreAnsweredOnce(t *testing.T) {
	t.Parallel()
	now := noon
	s, err := store.Open(t.Context(), t.TempDir(), store.WithClock(func() time.Time { return now }))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	claim := func(key, body string) (string, bool, error) { return s.Claim(t.Context(), key, []byte(body)) }
	if _, done, err := claim("k", "a"); done || err != nil {
		t.Fatalf("%t, %v", done, err)
	}
	if _, _, err := claim("k", "a"); !errors.Is(err, store.ErrInFlight) {
		t.Errorf("in flight: %v", err)
	}
	if _, _, err := claim("k", "b"); !errors.Is(err, store.ErrOtherBody) {
		t.Errorf("other body: %v", err)
	}
	if err := s.Answer(t.Context(), "k", "cmp_1"); err != nil {
		t.Fatal(err)
	}
	if response, done, err := claim("k", "a"); !done || response != "cmp_1" || err != nil {
		t.Errorf("%q, %t, %v", response, done, err)
	}
	now = now.Add(store.RequestMemory)
	if _, done, err := claim("k", "b"); done || err != nil {
		t.Errorf("a day later: %t, %v", done, err)
	}
	if err := s.Answer(t.Context(), "k", ""); err != nil {
		t.Fatal(err)
	}
	if _, done, err := claim("k", "c"); done || err != nil {
		t.Errorf("given up: %t, %v", done, err)
	}
	now = now.Add(store.RequestPatience)
	if _, done, err := claim("k", "d"); done || err != nil {
		t.Errorf("its handler died: %t, %v", done, err)
	}
}
