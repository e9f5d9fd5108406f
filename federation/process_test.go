package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/genesis-network/genesis/federation/client"
	"github.com/google/go-cmp/cmp"
)

// The test binary is also the aggregators' binary.
const (
	envRole = "FEDERATION_TEST_ROLE"
	envDir  = "FEDERATION_TEST_DIR"
	envPeer = "FEDERATION_TEST_PEER"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(envRole); role != "" {
		runAggregator(role)
		return
	}
	os.Exit(m.Run())
}

// ready is the line that a process prints when it serves.
type ready struct {
	URL   string       `json:"url"`
	Party client.Party `json:"party"`
}

func runAggregator(role string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	err := Serve(ctx, Config{
		Role: role, Dir: os.Getenv(envDir), Peer: os.Getenv(envPeer), Verify: hub{},
		Ready: func(url string, party client.Party) {
			_ = json.NewEncoder(os.Stdout).Encode(ready{URL: url, Party: party})
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// process is an aggregator in its own OS process.
type process struct {
	cmd *exec.Cmd
	ready
}

func startProcess(t *testing.T, role, dir, peer string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), envRole+"="+role, envDir+"="+dir, envPeer+"="+peer)
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if err := json.NewDecoder(out).Decode(&p.ready); err != nil {
		t.Fatalf("%s did not start: %v", role, err)
	}
	go io.Copy(io.Discard, out)
	return p
}

// kill is kill -9; a second one does nothing.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("asked to stop: %v", err)
	}
}

// processes is a world whose aggregators are two OS processes.
type processes struct {
	*world
	leader, helper       *process
	leaderDir, helperDir string
	remoteLeader         *Remote
	remoteHelper         *Remote
}

func newProcesses(t *testing.T) *processes {
	t.Helper()
	base := t.TempDir()
	p := &processes{leaderDir: filepath.Join(base, "leader"), helperDir: filepath.Join(base, "helper")}
	p.startHelper(t)
	p.startLeader(t)
	p.remoteLeader, p.remoteHelper = Dial("leader", "@"+filepath.Join(p.leaderDir, AddressFile)), Dial("helper", "@"+filepath.Join(p.helperDir, AddressFile))
	t.Cleanup(func() { p.remoteLeader.Close(); p.remoteHelper.Close() })
	p.world = newWorld(t, 6, 3)
	p.session.Leader, p.session.Helper = p.leader.Party, p.helper.Party
	p.signed = signSession(t, p.session)
	return p
}

func (p *processes) startHelper(t *testing.T) {
	t.Helper()
	p.helper = startProcess(t, client.RoleHelper, p.helperDir, "")
}

func (p *processes) startLeader(t *testing.T) {
	t.Helper()
	p.leader = startProcess(t, client.RoleLeader, p.leaderDir, "@"+filepath.Join(p.helperDir, AddressFile))
}

func (p *processes) options(f fleet) Options {
	o := p.world.options(f)
	o.Leader, o.Helper = p.remoteLeader, p.remoteHelper
	return o
}

func TestKilledAggregatorsGoOnToTheSameSum(t *testing.T) {
	t.Parallel()
	p := newProcesses(t)
	if p.leader.Party == p.helper.Party {
		t.Fatal("leader and helper have the same key")
	}
	ctx := t.Context()
	if err := errors.Join(p.remoteHelper.Open(ctx, p.signed), p.remoteLeader.Open(ctx, p.signed)); err != nil {
		t.Fatal(err)
	}
	var reports []client.Report
	for n := range p.tiles {
		reports = append(reports, p.report(t, n))
	}
	submit := func(n int, want error) {
		t.Helper()
		if err := p.remoteLeader.Submit(ctx, reports[n]); !errors.Is(err, want) {
			t.Fatalf("report %d: got %v, want %v", n, err, want)
		}
	}
	submit(0, nil)
	submit(1, nil)
	p.leader.kill()
	submit(2, ErrPeer)
	p.startLeader(t)
	submit(1, ErrDuplicate)
	submit(2, nil)
	p.helper.kill()
	submit(3, ErrPeer)
	p.startHelper(t)
	submit(3, nil)
	submit(0, ErrDuplicate)
	p.leader.kill()
	p.helper.kill()
	p.startHelper(t)
	p.startLeader(t)
	submit(4, nil)

	c := p.asCollector(t)
	c.leader, c.helper = p.remoteLeader, p.remoteHelper
	sum, set, err := c.collect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p.plainSum(t, 0, 1, 2, 3, 4), sum); diff != "" || len(set) != 5 {
		t.Errorf("%d reports:\n%s", len(set), diff)
	}
	p.leader.kill()
	p.startLeader(t)
	again, _, err := c.collect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sum, again); diff != "" {
		t.Errorf("released again after kill -9:\n%s", diff)
	}
}

func TestFederateThroughTwoProcesses(t *testing.T) {
	t.Parallel()
	p := newProcesses(t)
	st, err := Federate(t.Context(), p.session.Change, p.options(fleet{ledgers: t.TempDir()}))
	if err != nil {
		t.Fatal(err)
	}
	if st.Outcome != "pass" || figure(st, "tiles") != "6" {
		t.Errorf("%s over %s tiles: %s", st.Outcome, figure(st, "tiles"), st.Summary)
	}
	p.leader.stop(t)
	p.helper.stop(t)
}

func TestRefusalsKeepTheirNamesOverTheNetwork(t *testing.T) {
	t.Parallel()
	p := newProcesses(t)
	ctx := t.Context()
	if err := p.remoteLeader.Submit(ctx, p.report(t, 0)); !errors.Is(err, ErrSession) {
		t.Errorf("session that is not open: got %v, want %v", err, ErrSession)
	}
	if err := errors.Join(p.remoteHelper.Open(ctx, p.signed), p.remoteLeader.Open(ctx, p.signed)); err != nil {
		t.Fatal(err)
	}
	r := p.report(t, 0)
	r.HelperShare = nil
	if err := p.remoteLeader.Submit(ctx, r); !errors.Is(err, ErrMissing) {
		t.Errorf("no helper share: got %v, want %v", err, ErrMissing)
	}
	r = p.report(t, 0)
	r.HelperShare[70]++
	if err := p.remoteLeader.Submit(ctx, r); !errors.Is(err, ErrSealed) { // found by the helper, named by the leader
		t.Errorf("helper share flipped: got %v, want %v", err, ErrSealed)
	}
	party, err := p.remoteHelper.Party(ctx)
	if err != nil || party != p.helper.Party {
		t.Errorf("helper's key: %v, %v", party, err)
	}
	answer, err := http.Post(p.leader.URL+pathSubmit, "application/json", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusBadRequest {
		t.Errorf("empty body: status %d", answer.StatusCode)
	}
}

func TestSecondProcessOfADirectoryDoesNotStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	startProcess(t, client.RoleHelper, dir, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Serve(ctx, Config{Role: client.RoleHelper, Dir: dir, Verify: hub{}}); err == nil {
		t.Error("two processes have the same directory")
	}
}

func TestServeRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"no role":               {},
		"leader without helper": {Role: client.RoleLeader},
		"no address":            {Role: client.RoleHelper, Listen: "256.0.0.1:1"},
	} {
		cfg.Dir, cfg.Verify = t.TempDir(), hub{}
		if err := Serve(t.Context(), cfg); err == nil {
			t.Errorf("%s: served", name)
		}
	}
}

// BenchmarkSubmit is a report's way through leader and helper with both
// journals synced, in one process.
func BenchmarkSubmit(b *testing.B) {
	w := newWorld(b, 250, 2)
	var reports []client.Report
	for n := range w.tiles {
		reports = append(reports, w.report(b, n))
	}
	n := 0
	for b.Loop() {
		if n == len(reports) {
			b.Fatal("use -benchtime 250x at most")
		}
		if err := w.leader.Submit(b.Context(), reports[n]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
