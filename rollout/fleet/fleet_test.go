package fleet_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/rollout/fleet/hub"
	"github.com/google/go-cmp/cmp"
)

type key struct{ ed25519.PrivateKey }

func newKey(n byte) key {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	return key{ed25519.NewKeyFromSeed(seed)}
}

func (k key) Public() string                      { return hex.EncodeToString(k.PrivateKey.Public().(ed25519.PublicKey)) }
func (k key) Sign(message []byte) ([]byte, error) { return ed25519.Sign(k.PrivateKey, message), nil }

var controlKey, oneKey, twoKey = newKey(9), newKey(1), newKey(2)

var members = []hub.Member{{Tile: "one", Key: oneKey.Public()}, {Tile: "two", Key: twoKey.Public()}}

func startHub(t testing.TB, dir string) *hub.Hub {
	t.Helper()
	began := time.Now()
	h, err := hub.Start(t.Context(), hub.Config{Dir: dir, Control: controlKey.Public(), Tiles: members})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("hub is up after %v", time.Since(began).Round(time.Millisecond))
	return h
}

// at is where clients look for the hub of a directory.
func at(dir string) string { return "@" + filepath.Join(dir, hub.AddressFile) }

func dialControl(t testing.TB, dir string) *fleet.Control {
	t.Helper()
	c, err := fleet.Dial(at(dir), controlKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func dialTile(t testing.TB, dir, name string, k key) *fleet.Tile {
	t.Helper()
	tile, err := fleet.DialTile(at(dir), name, k, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tile.Close)
	return tile
}

// fleetOf is a hub with a control plane that admitted tiles one and two.
func fleetOf(t testing.TB) (dir string, c *fleet.Control) {
	t.Helper()
	dir = t.TempDir()
	h := startHub(t, dir)
	t.Cleanup(func() { _ = h.Stop() })
	c = dialControl(t, dir)
	if err := c.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if err := c.Admit(t.Context(), m.Tile); err != nil {
			t.Fatal(err)
		}
	}
	return dir, c
}

// serve runs the tile until the test ends or the returned function is called.
func serve(t testing.TB, tile *fleet.Tile, h fleet.Handler) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := tile.Serve(ctx, h); err != nil {
			t.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

func halt(t testing.TB, k string) fleet.Command {
	t.Helper()
	c, err := fleet.NewCommand(k, fleet.Halt{Release: pipeline.SumBytes([]byte("release")), Envelope: []byte("envelope")})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func federate(t testing.TB, k string, session []byte) fleet.Command {
	t.Helper()
	c, err := fleet.NewCommand(k, fleet.Federate{Change: pipeline.SumBytes([]byte("change")), IR: fleet.Artefact{Digest: pipeline.SumBytes(nil)}, Session: session})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type echoed struct {
	Reason string `json:"reason"`
}

func echo(_ context.Context, c fleet.Command) (any, error) {
	body, err := fleet.Read[fleet.Halt](c)
	return echoed{string(body.Envelope)}, err
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestCommandIsAnswered(t *testing.T) {
	t.Parallel()
	dir, c := fleetOf(t)
	serve(t, dialTile(t, dir, "one", oneKey), echo)
	a, err := c.Command(within(t, 20*time.Second), "one", halt(t, "k"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := fleet.Result[echoed](a)
	if err != nil || body.Reason != "envelope" {
		t.Errorf("got %v, %v", body, err)
	}
}

// TestCommandIsDoneOnce: asked again, by the same control plane or the next,
// the kept answer is found; another key is another command.
func TestCommandIsDoneOnce(t *testing.T) {
	t.Parallel()
	dir, c := fleetOf(t)
	var done atomic.Int32
	count := func(ctx context.Context, cmd fleet.Command) (any, error) { return done.Add(1), nil }
	serve(t, dialTile(t, dir, "one", oneKey), count)
	ctx := within(t, 20*time.Second)
	for _, who := range []*fleet.Control{c, c, dialControl(t, dir)} {
		if _, err := who.Command(ctx, "one", halt(t, "k")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Command(ctx, "one", halt(t, "other")); err != nil {
		t.Fatal(err)
	}
	if got := done.Load(); got != 2 {
		t.Errorf("done %d times, want 2", got)
	}
}

type codedError struct{}

func (codedError) Error() string { return "serial 3 was seen" }
func (codedError) Code() string  { return "rollback.serial" }

func TestRefusalReachesTheControlPlane(t *testing.T) {
	t.Parallel()
	dir, c := fleetOf(t)
	serve(t, dialTile(t, dir, "one", oneKey), func(_ context.Context, cmd fleet.Command) (any, error) {
		switch cmd.Key {
		case "coded":
			return nil, fmt.Errorf("stage: %w", codedError{})
		case "large":
			return strings.Repeat("x", fleet.MaxAnswer), nil
		}
		return nil, errors.New("no such slot")
	})
	for k, want := range map[string]string{"coded": "rollback.serial", "plain": fleet.CodeRefused, "large": fleet.CodeAnswer} {
		_, err := c.Command(within(t, 20*time.Second), "one", halt(t, k))
		var refused *fleet.Refused
		if !errors.As(err, &refused) || refused.Code != want || refused.Tile != "one" {
			t.Errorf("%s: got %v, want code %s", k, err, want)
		}
	}
}

// TestHaltDoesNotQueueBehindWork: while a federation run takes its time.
func TestHaltDoesNotQueueBehindWork(t *testing.T) {
	t.Parallel()
	dir, c := fleetOf(t)
	started, release := make(chan struct{}), make(chan struct{})
	serve(t, dialTile(t, dir, "one", oneKey), func(ctx context.Context, cmd fleet.Command) (any, error) {
		if cmd.Kind == fleet.KindFederate {
			close(started)
			<-release
		}
		return nil, nil
	})
	ctx := within(t, 20*time.Second)
	worked := make(chan error)
	go func() {
		_, err := c.Command(ctx, "one", federate(t, "k", []byte("s")))
		worked <- err
	}()
	<-started
	if _, err := c.Command(ctx, "one", halt(t, "k")); err != nil {
		t.Errorf("halt: %v", err)
	}
	close(release)
	if err := <-worked; err != nil {
		t.Errorf("federate: %v", err)
	}
}

// TestTileThatStopsInTheMiddleIsAskedAgain: nothing was answered, so its next
// run gets the command.
func TestTileThatStopsInTheMiddleIsAskedAgain(t *testing.T) {
	t.Parallel()
	dir, c := fleetOf(t)
	started := make(chan struct{})
	first := dialTile(t, dir, "one", oneKey)
	stop := serve(t, first, func(ctx context.Context, _ fleet.Command) (any, error) {
		close(started)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	ctx := within(t, 30*time.Second)
	answered := make(chan error)
	go func() {
		_, err := c.Command(ctx, "one", halt(t, "k"))
		answered <- err
	}()
	<-started
	stop()
	first.Close()
	serve(t, dialTile(t, dir, "one", oneKey), echo)
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// TestTileStoppedBeforeItBeganEndsInOrder: one lane may have answered while the
// other still asked the server for its consumer.
func TestTileStoppedBeforeItBeganEndsInOrder(t *testing.T) {
	t.Parallel()
	dir, _ := fleetOf(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := dialTile(t, dir, "one", oneKey).Serve(ctx, echo); err != nil {
		t.Errorf("got %v, want an orderly end", err)
	}
}

func TestCommandToATileThatIsAwayExpires(t *testing.T) {
	t.Parallel()
	dir, c := fleetOf(t)
	if _, err := c.Command(within(t, 50*time.Millisecond), "one", halt(t, "late")); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want %v", err, context.DeadlineExceeded)
	}
	// The server counts in seconds: the command is void at the latest then.
	if err := waitForEmptyQueue(t, c); err != nil {
		t.Fatal(err)
	}
	serve(t, dialTile(t, dir, "one", oneKey), func(_ context.Context, cmd fleet.Command) (any, error) {
		if cmd.Key == "late" {
			t.Error("a command that nobody waits for was done")
		}
		return nil, nil
	})
	if _, err := c.Command(within(t, 20*time.Second), "one", halt(t, "next")); err != nil {
		t.Error(err)
	}
}

func waitForEmptyQueue(t *testing.T, c *fleet.Control) error {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx := within(t, 20*time.Second); ; {
		n, err := c.Pending(ctx)
		if err != nil || n == 0 {
			return err
		}
		<-tick.C
	}
}

func report(tile, site string) rollout.Report {
	return rollout.Report{Tile: tile, Class: "edge", Lineage: "alder", Site: site, Phase: rollout.Idle, Calls: 7,
		Slots: map[string]pipeline.Digest{"thermal": pipeline.SumBytes([]byte("m"))}, Counters: map[string]int64{"energy": 12}}
}

// watch collects sightings until it saw n.
func watch(t *testing.T, c *fleet.Control, n int) map[string]rollout.Report {
	t.Helper()
	seen := map[string]rollout.Report{}
	ctx, cancel := context.WithCancel(within(t, 20*time.Second))
	defer cancel()
	err := c.Watch(ctx, func(s fleet.Sighting) {
		if time.Since(s.At) > time.Minute || s.At.IsZero() {
			t.Errorf("seen at %v", s.At)
		}
		seen[s.Report.Tile] = s.Report
		if n--; n == 0 {
			cancel()
		}
	})
	if err != nil || n != 0 {
		t.Errorf("watch: %v, %d sightings missing", err, n)
	}
	return seen
}

func TestWatchShowsTheLastReportOfEveryTile(t *testing.T) {
	t.Parallel()
	dir, c := fleetOf(t)
	one, two := dialTile(t, dir, "one", oneKey), dialTile(t, dir, "two", twoKey)
	for i := range 3 {
		if err := one.Report(t.Context(), report("one", fmt.Sprintf("site-%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := two.Report(t.Context(), report("two", "site-2")); err != nil {
		t.Fatal(err)
	}
	want := map[string]rollout.Report{"one": report("one", "site-2"), "two": report("two", "site-2")}
	if diff := cmp.Diff(want, watch(t, c, 2)); diff != "" {
		t.Error(diff)
	}
}

func TestTileSpeaksOnlyForItself(t *testing.T) {
	t.Parallel()
	dir, c := fleetOf(t)
	if err := dialTile(t, dir, "one", oneKey).Report(t.Context(), report("one", "home")); err != nil {
		t.Fatal(err)
	}
	impostor := dialTile(t, dir, "one", twoKey) // tile two under the name of one
	if err := impostor.Report(within(t, time.Second), report("one", "elsewhere")); err == nil {
		t.Error("tile two reported as tile one")
	}
	stranger := dialTile(t, dir, "three", newKey(77))
	if err := stranger.Report(within(t, time.Second), report("three", "elsewhere")); err == nil {
		t.Error("a tile that is not a member reported")
	}
	if got := watch(t, c, 1)["one"].Site; got != "home" {
		t.Errorf("tile one is at %s", got)
	}
}

func TestMembersChangeWhileTheHubRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := startHub(t, dir)
	t.Cleanup(func() { _ = h.Stop() })
	c := dialControl(t, dir)
	if err := errors.Join(c.Prepare(t.Context()), c.Admit(t.Context(), "three")); err != nil {
		t.Fatal(err)
	}
	three := newKey(3)
	if err := h.Members(append(members, hub.Member{Tile: "three", Key: three.Public()})); err != nil {
		t.Fatal(err)
	}
	if err := dialTile(t, dir, "three", three).Report(within(t, 20*time.Second), report("three", "new")); err != nil {
		t.Error(err)
	}
}

// TestFleetOutlivesItsHub: tiles and control plane find a hub that was
// restarted, and what was kept is there.
func TestFleetOutlivesItsHub(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := startHub(t, dir)
	c := dialControl(t, dir)
	if err := errors.Join(c.Prepare(t.Context()), c.Admit(t.Context(), "one")); err != nil {
		t.Fatal(err)
	}
	tile := dialTile(t, dir, "one", oneKey)
	var done atomic.Int32
	serve(t, tile, func(context.Context, fleet.Command) (any, error) { return done.Add(1), nil })
	ctx := within(t, 60*time.Second)
	if _, err := c.Command(ctx, "one", halt(t, "before")); err != nil {
		t.Fatal(err)
	}
	if err := h.Stop(); err != nil {
		t.Fatal(err)
	}
	h = startHub(t, dir)
	t.Cleanup(func() { _ = h.Stop() })
	for _, k := range []string{"before", "after"} {
		if err := persist(ctx, func() error { _, err := c.Command(ctx, "one", halt(t, k)); return err }); err != nil {
			t.Fatalf("%s: %v", k, err)
		}
	}
	if got := done.Load(); got != 2 {
		t.Errorf("done %d times, want 2", got)
	}
}

// persist tries again while the connection comes back.
func persist(ctx context.Context, f func() error) error {
	for {
		err := f()
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

type artefacts map[pipeline.Digest][]byte

func (a artefacts) Artefact(_ context.Context, d pipeline.Digest) ([]byte, error) {
	if raw, ok := a[d]; ok {
		return raw, nil
	}
	return nil, errors.New("no such artefact")
}

func TestFetchChecksTheDigest(t *testing.T) {
	t.Parallel()
	dir, c := fleetOf(t)
	large := bytes.Repeat([]byte("0123456789abcdef"), 100_000) // several parts
	wrong := pipeline.SumBytes([]byte("something else"))
	have := artefacts{pipeline.SumBytes(large): large, wrong: []byte("not that"), pipeline.SumBytes(nil): nil}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- c.ServeArtefacts(ctx, have) }()
	tile := dialTile(t, dir, "one", oneKey)
	fetch := func(d pipeline.Digest, size int) ([]byte, error) {
		var got []byte
		err := persist(within(t, 20*time.Second), func() (err error) {
			got, err = tile.Fetch(t.Context(), fleet.Artefact{Digest: d, Size: int64(size)})
			if err != nil && !strings.Contains(err.Error(), "no responders") { // nobody serves yet
				return nil
			}
			return err
		})
		if err == nil && got == nil {
			err = errors.New("refused")
		}
		return got, err
	}
	if got, err := fetch(pipeline.SumBytes(large), len(large)); err != nil || !bytes.Equal(got, large) {
		t.Errorf("large: %d bytes, %v", len(got), err)
	}
	if got, err := fetch(pipeline.SumBytes(nil), 0); err != nil || len(got) != 0 {
		t.Errorf("empty: %d bytes, %v", len(got), err)
	}
	for name, d := range map[string]pipeline.Digest{"wrong bytes": wrong, "unknown": pipeline.SumBytes([]byte("unknown")), "no digest": "../x"} {
		if _, err := fetch(d, 8); err == nil {
			t.Errorf("%s: fetched", name)
		}
	}
	if _, err := fetch(pipeline.SumBytes(large), len(large)+1); err == nil {
		t.Error("an artefact that is shorter than was said was fetched")
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
