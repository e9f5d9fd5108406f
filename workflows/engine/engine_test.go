package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/internal/durable"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// As a child of its tests this binary is a control plane: it starts an engine
// and says where, then waits to be killed.
const envDir = "ENGINE_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(envDir); dir != "" {
		controlPlane(dir)
		return
	}
	os.Exit(m.Run())
}

func controlPlane(dir string) {
	ctx := context.Background()
	program, err := findForTests(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := Start(ctx, Config{Dir: dir, Program: program})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("up", e.Address())
	<-e.Done()
}

// findForTests also looks where `make setup` builds the engine.
func findForTests(ctx context.Context) (Program, error) {
	built, err := filepath.Abs("../../bin/temporal")
	if err != nil {
		return Program{}, err
	}
	return Find(ctx, built)
}

func program(t *testing.T) Program {
	t.Helper()
	p, err := findForTests(t.Context())
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	return p
}

func startEngine(t *testing.T, dir string) *Engine {
	t.Helper()
	began := time.Now()
	e, err := Start(t.Context(), Config{Dir: dir, Program: program(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("engine is up after %v", time.Since(began).Round(time.Millisecond))
	t.Cleanup(e.process.Kill)
	return e
}

func stop(t *testing.T, e *Engine) {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := e.Stop(ctx); err != nil {
		t.Error(err)
	}
	t.Logf("engine ended after %v", time.Since(began).Round(time.Millisecond))
}

func dial(t *testing.T, address string) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: address, Logger: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

// greet waits for a signal and says who sent it.
func greet(ctx workflow.Context) (string, error) {
	var name string
	workflow.GetSignalChannel(ctx, "name").Receive(ctx, &name)
	return "hello " + name, nil
}

const queue = "engine-test"

func runWorker(t *testing.T, c client.Client) {
	t.Helper()
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflow(greet)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
}

// TestWorkflowOutlivesItsKilledControlPlane: kill -9 takes the engine along,
// the next start is ready within 15 s, and the workflow goes on.
func TestWorkflowOutlivesItsKilledControlPlane(t *testing.T) {
	t.Parallel()
	program(t)
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "up ")
	if !ok {
		t.Fatalf("control plane: %q", line)
	}
	c := dial(t, address)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "greet", TaskQueue: queue}, greet)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SignalWorkflow(t.Context(), "greet", run.GetRunID(), "name", "again"); err != nil {
		t.Fatal(err)
	}

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	began := time.Now()
	e := startEngine(t, dir)
	after := dial(t, e.Address())
	runWorker(t, after)
	var said string
	if err := after.GetWorkflow(t.Context(), "greet", run.GetRunID()).Get(t.Context(), &said); err != nil {
		t.Fatal(err)
	}
	if said != "hello again" {
		t.Errorf("got %q", said)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("went on after %v, want 15 s at most", took)
	} else {
		t.Logf("workflow went on %v after kill -9", took.Round(time.Millisecond))
	}
	stop(t, e)
}

func TestOneEnginePerDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := startEngine(t, dir)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(over, Config{Dir: dir, Program: program(t)}); !errors.Is(err, durable.ErrLocked) {
		t.Errorf("second engine: got %v, want %v", err, durable.ErrLocked)
	}
	stop(t, e)
	stop(t, startEngine(t, dir))
}

// scripted is a program that does what the script says. The program itself is
// a link to one that nobody writes to, so that it can be run at once.
func scripted(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	program, err := filepath.Abs("testdata/temporal")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "temporal")
	if err := errors.Join(os.Symlink(program, path), os.WriteFile(filepath.Join(dir, "script"), []byte(script+"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEngineThatDoesNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Config{Dir: t.TempDir(), Program: Program{Path: scripted(t, "echo the disk is on fire; exit 3")}})
	if err == nil || !strings.Contains(err.Error(), "the disk is on fire") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v", err)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ says, want string }{
		"release":      {"temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)", ""},
		"built":        {"temporal version 0.0.0-DEV (Server 1.29.1, UI 2.42.1)", ""},
		"too old":      {"temporal version 0.10.0 (Server 1.22.0, UI 2.10.0)", "too old"},
		"another tool": {"temporal 3.1", "not the version"},
		"no server":    {"temporal version 1.0.0 (Server x.y.z)", "not the version"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := Probe(t.Context(), scripted(t, "echo '"+c.says+"'"))
			if c.want == "" && (err != nil || p.Version != c.says) {
				t.Errorf("got %v, %v", p, err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestFindNamesWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Find(t.Context(), filepath.Join(t.TempDir(), "temporal"))
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "make setup") {
		t.Errorf("got %v", err)
	}
}
