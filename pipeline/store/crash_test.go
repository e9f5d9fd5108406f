package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// Variables that make the test binary a process that dies.
const (
	crashDir  = "GENESIS_TEST_CRASH_DIR"
	crashStep = "GENESIS_TEST_CRASH_STEP"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		dieAt(dir, os.Getenv(crashStep))
		return
	}
	os.Exit(m.Run())
}

// dieAt lives a life in the store and kills its own process at the given step.
// It exits with 0 when the life has fewer steps.
func dieAt(dir, at string) {
	left, err := strconv.Atoi(at)
	if err != nil {
		panic(err)
	}
	s, err := store.Open(context.Background(), dir, store.WithClock(atNoon), store.WithFault(func(string) {
		if left--; left == 0 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}))
	if err == nil {
		err = errors.Join(life(context.Background(), s), s.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// life does each kind of durable work once, as a workflow would: done again, it
// changes nothing.
func life(ctx context.Context, s *store.Store) error {
	spec := pipeline.Campaign{APIVersion: pipeline.APIVersion, Kind: "Campaign", Spec: pipeline.CampaignSpec{Slot: "thermal"}}
	digest, err := spec.Digest()
	if err != nil {
		return err
	}
	_, _, err = s.Campaigns.Create(ctx, store.Campaign{Meta: store.Meta{ID: "cmp_1"}, State: store.CampaignRunning, Spec: spec, Digest: digest})
	if err != nil {
		return err
	}
	source, err := s.Artefacts.Put(ctx, []byte("package alder"))
	if err != nil {
		return err
	}
	change := store.NewChange(exampleChange("a"))
	change.Campaign, change.Files = "cmp_1", []store.ModuleFiles{{Slot: "thermal", Source: source}}
	if change, _, err = s.Changes.Create(ctx, change); err != nil {
		return err
	}
	return errors.Join(prove(ctx, s), advance(ctx, s, change.ID))
}

func prove(ctx context.Context, s *store.Store) error {
	envelope, err := s.Artefacts.Put(ctx, []byte("signed"))
	if err != nil {
		return err
	}
	e := wrap(proofStatement("proven"))
	e.Envelope = envelope
	if e, _, err = s.PutEvidence(ctx, e); err != nil {
		return err
	}
	_, err = s.MarkLogged(ctx, e.Statement.Key(), store.LogEntry{Index: 1})
	return err
}

func advance(ctx context.Context, s *store.Store, id string) error {
	_, err := s.Changes.Update(ctx, id, store.AnyVersion, func(c *store.Change) error {
		if c.State != pipeline.Proposed {
			return nil // done before the crash
		}
		return c.Apply(pipeline.Started, pipeline.Facts{BaseHolds: true}, "")
	})
	if err != nil {
		return err
	}
	_, err = s.ReportTile(ctx, store.Tile{Meta: store.Meta{ID: "tile-1"}, Lineage: "alder", Report: 1})
	return err
}

// memory is all that a store holds.
type memory struct {
	Campaigns []store.Campaign
	Changes   []store.Change
	Tiles     []store.Tile
	Evidence  []store.Evidence
	Events    []store.Event
}

func remember(t *testing.T, s *store.Store) memory {
	t.Helper()
	ctx := t.Context()
	return memory{
		Campaigns: must(s.Campaigns.List(ctx, store.Filter{}))(t).Items,
		Changes:   must(s.Changes.List(ctx, store.Filter{}))(t).Items,
		Tiles:     must(s.TilesOf(ctx, ""))(t),
		Evidence:  must(s.EvidenceAbout(ctx, exampleChange("a").Subjects()...))(t),
		Events:    must(s.Events(ctx, 0))(t),
	}
}

// Killed at each durable step in turn and started again, the store is sound and
// ends up as if nothing had happened: nothing lost, nothing twice, not even an
// event.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if err := life(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	want := remember(t, s)
	steps := 1
	for ; killed(t, steps, want); steps++ {
		if steps > 200 {
			t.Fatal("the life does not end")
		}
	}
	if steps < 30 {
		t.Fatalf("only %d steps were killed", steps-1)
	}
	t.Logf("killed at %d steps", steps-1)
}

// killed runs a life up to the step and then a whole one, and reports whether
// the first died.
func killed(t *testing.T, step int, want memory) bool {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir, crashStep+"="+strconv.Itoa(step))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || !exit.Sys().(syscall.WaitStatus).Signaled()) {
		t.Fatalf("step %d: %v\n%s", step, err, out)
	}
	s, openErr := store.Open(t.Context(), dir, store.WithClock(atNoon))
	if openErr != nil {
		t.Fatalf("after dying at step %d: %v", step, openErr)
	}
	defer s.Close()
	sound(t, s)
	if lifeErr := life(t.Context(), s); lifeErr != nil {
		t.Fatalf("after dying at step %d: %v", step, lifeErr)
	}
	sound(t, s)
	if diff := cmp.Diff(want, remember(t, s), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("after dying at step %d: %s", step, diff)
	}
	return err != nil
}
