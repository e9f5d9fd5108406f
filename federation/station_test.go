package federation

import (
	"errors"
	"testing"

	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/google/go-cmp/cmp"
)

func TestFederateJudges(t *testing.T) {
	t.Parallel()
	one := func(b client.Block) func(int) []client.Block {
		return func(n int) []client.Block { return append(blocks(n), b) }
	}
	cases := []struct {
		name   string
		fleet  fleet
		want   pipeline.Outcome
		codes  string
		figure [2]string
	}{
		{"honest and better", fleet{}, pipeline.Pass, "", [2]string{"tiles", "6"}},
		{"one tile down", fleet{silent: map[int]bool{2: true}}, pipeline.Pass, "federate.silent", [2]string{"tiles", "5"}},
		{"one tile's report damaged", fleet{damaged: map[int]func(*client.Report){1: func(r *client.Report) { r.LeaderShare[90]++ }}},
			pipeline.Pass, "federate.refused.sealed", [2]string{"tiles", "5"}},
		{"too few", fleet{silent: map[int]bool{0: true, 1: true, 2: true, 3: true}}, pipeline.Inconclusive,
			"federate.silent federate.silent federate.silent federate.silent federate.too-few", [2]string{"tiles", "none"}},
		{"panic", fleet{blocks: one(client.Block{Fault: client.Panic})}, pipeline.Fail, "federate.panic", [2]string{"panic", "6"}},
		{"violation", fleet{blocks: one(client.Block{Fault: client.Violation})}, pipeline.Fail, "federate.violation", [2]string{"violation", "6"}},
		{"outputs differ", fleet{blocks: one(client.Block{Fault: client.Mismatch})}, pipeline.Inconclusive, "federate.mismatch", [2]string{"mismatch", "6"}},
		{"more energy", fleet{blocks: one(client.Block{Candidate: []int64{2000, 0}, Incumbent: []int64{1000, 0}})}, pipeline.Fail, "federate.regression",
			[2]string{"energy.blocks[,-20)", "6"}},
		{"less work, tolerated", fleet{blocks: one(client.Block{Candidate: []int64{0, 996}, Incumbent: []int64{0, 1000}})}, pipeline.Pass, "",
			[2]string{"work.blocks[-20,0)", "6"}},
		{"less work", fleet{blocks: one(client.Block{Candidate: []int64{0, 900}, Incumbent: []int64{0, 1000}})}, pipeline.Fail, "federate.regression",
			[2]string{"work.improvement", "-32.4"}},
		{"clipped", fleet{blocks: one(client.Block{Candidate: []int64{1 << 40, 0}, Incumbent: []int64{1 << 40, 0}})}, pipeline.Inconclusive, "federate.clipped",
			[2]string{"clipped", "12"}},
		{"no telemetry", fleet{blocks: func(int) []client.Block { return nil }}, pipeline.Inconclusive, "federate.no-telemetry", [2]string{"pass", "0"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 6, 3)
			c.fleet.ledgers = t.TempDir()
			st, err := Federate(t.Context(), w.session.Change, w.options(c.fleet))
			if err != nil {
				t.Fatal(err)
			}
			if st.Outcome != c.want || codes(st) != c.codes {
				t.Errorf("%s (%s): %s; want %s (%s)", st.Outcome, codes(st), st.Summary, c.want, c.codes)
			}
			if got := figure(st, c.figure[0]); got != c.figure[1] {
				t.Errorf("%s = %s, want %s", c.figure[0], got, c.figure[1])
			}
			if st.Notes["dp"] != "none" || st.Notes["mode"] != "exact-sum" || st.Inputs["contract"] != w.session.Contract {
				t.Errorf("notes %v, inputs %v", st.Notes, st.Inputs)
			}
		})
	}
}

// TestFederateAgainGivesTheSameStatement: also after all parties restarted.
func TestFederateAgainGivesTheSameStatement(t *testing.T) {
	t.Parallel()
	for name, silent := range map[string]map[int]bool{"pass": nil, "inconclusive": {0: true, 1: true, 2: true, 3: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, f := newWorld(t, 6, 3), fleet{silent: silent, ledgers: t.TempDir()}
			first, err := Federate(t.Context(), w.session.Change, w.options(f))
			if err != nil {
				t.Fatal(err)
			}
			w.restart(t)
			again, err := Federate(t.Context(), w.session.Change, w.options(f))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(first, again); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFederateSumsNameTheirUncertainty(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, 2)
	st, err := Federate(t.Context(), w.session.Change, w.options(fleet{ledgers: t.TempDir()}))
	if err != nil {
		t.Fatal(err)
	}
	// Tile 0: days of 1000, 1007, 1014 J; tile 1: 1100, 1107, 1114, 1121 J; in steps of 10 J.
	want := pipeline.Figure{Name: "energy.incumbent", Value: "7460", Unit: "J", Low: "7460", High: "7478"}
	for _, f := range st.Figures {
		if f.Name == want.Name {
			if diff := cmp.Diff(want, f); diff != "" {
				t.Error(diff)
			}
		}
	}
}

func TestALyingTileIsNoticedInTheSum(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 2)
	w.submit(t, 0, 1)
	v := w.vector(t, 2)
	v[1] += 5 // more passes than replays; each number is in range
	liar, err := client.Shard(w.session, v, w.tiles[2])
	if err != nil {
		t.Fatal(err)
	}
	if err := w.leader.Submit(t.Context(), liar); err != nil {
		t.Fatal(err)
	}
	st, err := Federate(t.Context(), w.session.Change, w.options(fleet{ledgers: t.TempDir(), silent: map[int]bool{0: true, 1: true, 2: true}}))
	if err != nil {
		t.Fatal(err)
	}
	if st.Outcome != pipeline.Inconclusive || figure(st, "tiles") != "3" {
		t.Errorf("%s over %s tiles: %s", st.Outcome, figure(st, "tiles"), st.Summary)
	}
}

func TestFederateErrsWhenItCannotWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 2)
	o := w.options(fleet{ledgers: t.TempDir()})
	if _, err := Federate(t.Context(), pipeline.SumBytes([]byte("other")), o); !errors.Is(err, ErrSession) {
		t.Errorf("other change: got %v, want %v", err, ErrSession)
	}
	w.leader.helper = Dial("helper", "http://127.0.0.1:1")
	if _, err := Federate(t.Context(), w.session.Change, o); !errors.Is(err, ErrPeer) {
		t.Errorf("helper is down: got %v, want %v", err, ErrPeer)
	}
	w.leader.helper = w.helper
	if st, err := Federate(t.Context(), w.session.Change, o); err != nil || st.Outcome != pipeline.Pass {
		t.Errorf("helper is up again: %v, %v", st.Outcome, err)
	}
}

// BenchmarkFederate is the station with six tiles, leader and helper in one
// process and their journals synced: cold before anything was reported, warm
// when the reports are there and the sum is asked for again.
func BenchmarkFederate(b *testing.B) {
	federate := func(b *testing.B, w *world, f fleet) {
		st, err := Federate(b.Context(), w.session.Change, w.options(f))
		if err != nil || st.Outcome != pipeline.Pass {
			b.Fatal(st.Summary, err)
		}
	}
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			w, f := newWorld(b, 6, 3), fleet{ledgers: b.TempDir()}
			b.StartTimer()
			federate(b, w, f)
		}
	})
	b.Run("warm", func(b *testing.B) {
		w, f := newWorld(b, 6, 3), fleet{ledgers: b.TempDir()}
		federate(b, w, f)
		for b.Loop() {
			federate(b, w, f)
		}
	})
}
