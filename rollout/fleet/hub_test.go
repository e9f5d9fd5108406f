package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/rollout/fleet/hub"
)

// As a child of its tests this binary is a hub, until it is killed.
const envHub = "FLEET_TEST_HUB"

func TestMain(m *testing.M) {
	if dir := os.Getenv(envHub); dir != "" {
		beHub(dir)
		return
	}
	os.Exit(m.Run())
}

func beHub(dir string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	_, err := hub.Start(ctx, hub.Config{Dir: dir, Control: controlKey.Public(), Tiles: members})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("up")
	<-ctx.Done()
}

func hubProcess(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envHub+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 100)
	if n, err := out.Read(line); err != nil || string(line[:n]) != "up\n" {
		t.Fatalf("hub: %q, %v", line[:n], err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

// TestKilledHubKeepsWhatItConfirmed: an answer and a report that were
// confirmed are there after kill -9, and the answered command is not done
// again.
func TestKilledHubKeepsWhatItConfirmed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	process := hubProcess(t, dir)
	c := dialControl(t, dir)
	if err := errors.Join(c.Prepare(t.Context()), c.Admit(t.Context(), "one")); err != nil {
		t.Fatal(err)
	}
	tile := dialTile(t, dir, "one", oneKey)
	var done atomic.Int32
	serve(t, tile, func(context.Context, fleet.Command) (any, error) { return done.Add(1), nil })
	ctx := within(t, 60*time.Second)
	for n := range 20 {
		if _, err := c.Command(ctx, "one", halt(t, fmt.Sprint(n))); err != nil {
			t.Fatal(err)
		}
	}
	if err := tile.Report(ctx, report("one", "before")); err != nil {
		t.Fatal(err)
	}
	_ = process.Process.Kill()
	_ = process.Wait()
	hubProcess(t, dir)
	for n := range 20 {
		k := fmt.Sprint(n)
		if err := persist(ctx, func() error { _, err := c.Command(ctx, "one", halt(t, k)); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if got := done.Load(); got != 20 {
		t.Errorf("done %d times, want 20", got)
	}
	if got := watch(t, c, 1)["one"].Site; got != "before" {
		t.Errorf("last report is of site %q", got)
	}
}

func TestHubListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", "[::]:4222", "nonsense"} {
		if _, err := hub.Start(t.Context(), hub.Config{Dir: t.TempDir(), Listen: listen, Control: controlKey.Public()}); err == nil {
			t.Errorf("listens on %s", listen)
		}
	}
}

func TestOneHubPerDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := startHub(t, dir)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := hub.Start(over, hub.Config{Dir: dir, Control: controlKey.Public()}); err == nil {
		t.Error("two hubs have the same directory")
	}
	first := h.URL()
	if err := h.Stop(); err != nil {
		t.Fatal(err)
	}
	h = startHub(t, dir)
	defer func() { _ = h.Stop() }()
	if h.URL() != first {
		t.Logf("the hub moved from %s to %s: its port was taken meanwhile", first, h.URL())
	}
}
