package workflows_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/workflows"
	"github.com/genesis-network/genesis/workflows/engine"
)

// live is a real engine with a worker over a world in memory.
func live(t *testing.T, w *world) *workflows.Client {
	t.Helper()
	built, err := filepath.Abs("../bin/temporal")
	if err != nil {
		t.Fatal(err)
	}
	program, err := engine.Find(t.Context(), built)
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	e, err := engine.Start(t.Context(), engine.Config{Dir: t.TempDir(), Program: program})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := e.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	conn, err := workflows.Dial(t.Context(), e.Address(), "default", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	w.mu = new(sync.Mutex)
	for _, worker := range workflows.Workers(conn, w, workflows.Capacity{Search: 1, Verify: 4, Fleet: 2}) {
		if err := worker.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(worker.Stop)
	}
	return workflows.NewClient(conn)
}

// eventually tries until it succeeds, as long as the test lives.
func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, err)
		}
	}
}

func TestClientOnARealEngine(t *testing.T) {
	t.Parallel()
	w := &world{changes: 1}
	c := live(t, w)
	in := workflows.CampaignInput{ID: "cmp_1", Lineages: []string{"alder"}}
	for range 2 { // starting again finds it
		if err := c.StartCampaign(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	const change = "aldera"
	stale := consent
	stale.Plan = "p0"
	eventually(t, "change waits for a person", func() error {
		_, err := c.Decide(t.Context(), change, stale)
		var refused *workflows.Refusal
		if errors.As(err, &refused) && refused.Why == "the plan moved since it was shown: look at the change again" {
			return nil
		}
		return err
	})
	unsigned := consent
	unsigned.Envelope = nil
	var refused *workflows.Refusal
	if _, err := c.Decide(t.Context(), change, unsigned); !errors.As(err, &refused) {
		t.Errorf("unsigned approval: %v, want a refusal", err)
	}
	got, err := c.Decide(t.Context(), change, consent)
	if err != nil || got.State != pipeline.RollingOut {
		t.Fatalf("got %+v, %v", got, err)
	}
	eventually(t, "rollout listens", func() error { return c.AbortRollout(t.Context(), change, "smoke") })
	eventually(t, "campaign ends", func() error {
		if err := c.StopCampaign(t.Context(), in.ID); errors.Is(err, workflows.ErrNotRunning) {
			return nil
		}
		return errors.New("still running")
	})
	if err := c.StartCampaign(t.Context(), in); err != nil {
		t.Errorf("starting what has ended: %v", err)
	}
	if err := c.PauseCampaign(t.Context(), in); !errors.Is(err, workflows.ErrNotRunning) {
		t.Errorf("pause of what has ended: %v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if last := w.events[len(w.events)-1]; last != "rolled-back" {
		t.Errorf("events %q, want rolled-back at the end", w.events)
	}
}

func TestRoundsOnARealEngine(t *testing.T) {
	t.Parallel()
	c := live(t, &world{})
	s := workflows.RoundSchedule{ID: "rnd_nightly", Name: "nightly", Every: time.Hour, Paused: true}
	if err := c.CreateRound(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := c.CreateRound(t.Context(), s); !errors.Is(err, workflows.ErrScheduleExists) {
		t.Errorf("the same again: %v", err)
	}
	if err := c.RunRoundNow(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	if err := c.RunRoundNow(t.Context(), "rnd_none"); !errors.Is(err, workflows.ErrNotRunning) {
		t.Errorf("a round that is not there: %v", err)
	}
	eventually(t, "schedule fired and is listed", func() error {
		list, err := c.ListRounds(t.Context())
		if err != nil {
			return err
		}
		if len(list) != 1 || list[0].RoundSchedule != s || len(list[0].Runs) != 1 || list[0].Runs[0].Workflow == "" {
			return errors.New("not yet listed")
		}
		return nil
	})
}
