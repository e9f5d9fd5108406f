package service_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/genesis-network/genesis/verifiers/agree"
	"github.com/genesis-network/genesis/workflows/engine"
)

// repository is the folder of the examples and of the built engine.
const repository = "../../.."

// programs builds what these tests run, once. Its folder also has the engine,
// and the caches that every laboratory shares.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "genesis-service-test-")
	if err != nil {
		return "", err
	}
	for _, name := range []string{"genesis", "tile"} {
		cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, name), "./cmd/"+name)
		cmd.Dir, cmd.Env = repository, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return dir, fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	return dir, errors.Join(os.Mkdir(filepath.Join(dir, "cache"), 0o755), keepClosure(filepath.Join(dir, "cache", "coq")))
})

// keepClosure lets later runs of these tests know that coqchk has checked the
// standard library of this Coq, which takes 40 s of processor time.
func keepClosure(cache string) error {
	user, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	kept := filepath.Join(user, "genesis-test", "closure")
	return errors.Join(os.MkdirAll(kept, 0o700), os.Mkdir(cache, 0o700), os.Symlink(kept, filepath.Join(cache, "closure")))
}

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, _ := programs(); dir != "" {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// lab is a data directory with the programs that work on it.
type lab struct {
	*testing.T
	dir, bin string // all that it makes is in dir
	campaign string
}

// newLab skips the test, loudly, when a tool that the loop needs is missing.
func newLab(t *testing.T, campaign string) *lab {
	t.Helper()
	if testing.Short() {
		t.Skip("a whole service: not in a short run")
	}
	found, err := engine.Find(t.Context(), filepath.Join(repository, "bin", "temporal"))
	if err != nil {
		t.Skipf("SKIPPED, NOT TESTED: the whole loop. %v", err)
	}
	if _, err := agree.FindCoq(t.Context()); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: the whole loop. Coq is missing: %v", err)
	}
	if _, err := os.Stat(filepath.Join(repository, "deploy", "npm", "node_modules")); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: the whole loop. Run `make setup`: %v", err)
	}
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Abs(found.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, filepath.Join(bin, "temporal")); err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
	l := &lab{T: t, dir: t.TempDir(), bin: bin, campaign: filepath.Join("cmd/genesis/service/testdata", campaign)}
	for _, sub := range []string{l.data(), l.tmp()} {
		if err := os.Mkdir(sub, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(bin, "cache"), filepath.Join(l.data(), "cache")); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lab) data() string { return filepath.Join(l.dir, "data") }

// tmp is where tools work, so that what is left of them can be told from others.
func (l *lab) tmp() string { return filepath.Join(l.dir, "tmp") }

// command is a command of genesis in the repository's folder.
func (l *lab) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(l.bin, "genesis"), args...)
	cmd.Dir, cmd.Env = repository, append(os.Environ(), "TMPDIR="+l.tmp())
	return cmd
}

// run is a service that was started.
type run struct {
	*lab
	cmd   *exec.Cmd
	began time.Time

	mu    sync.Mutex
	said  []string
	grown chan struct{} // closed and replaced at every line
	ended chan struct{}
}

// start starts the service with its campaign, or goes on with it.
func (l *lab) start() *run {
	l.Helper()
	r := &run{lab: l, began: time.Now(), grown: make(chan struct{}), ended: make(chan struct{})}
	r.cmd = l.command(context.Background(), "run", "--data", l.data(), "--once", "--approve-with-development-key",
		"--campaign", l.campaign, "--listen", "127.0.0.1:0")
	out, err := r.cmd.StderrPipe()
	if err != nil {
		l.Fatal(err)
	}
	r.cmd.Stdout = nil
	if err := r.cmd.Start(); err != nil {
		l.Fatal(err)
	}
	go r.listen(bufio.NewScanner(out))
	l.Cleanup(func() { r.kill(); r.show() })
	return r
}

func (r *run) listen(lines *bufio.Scanner) {
	for lines.Scan() {
		r.mu.Lock()
		r.said = append(r.said, lines.Text())
		close(r.grown)
		r.grown = make(chan struct{})
		r.mu.Unlock()
	}
	r.cmd.Wait() // how it ended is read from its state
	close(r.ended)
}

// show shows what the service said when the test failed.
func (r *run) show() {
	if r.Failed() {
		r.Logf("the service said:\n%s", strings.Join(r.said, "\n"))
	}
}

// says waits until the service says one of some words and returns the line.
func (r *run) says(within time.Duration, words ...string) string {
	r.Helper()
	late := time.After(within)
	for from := 0; ; {
		r.mu.Lock()
		news, grown := r.said[from:], r.grown
		from = len(r.said)
		r.mu.Unlock()
		for _, line := range news {
			if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(line, w) }) {
				return line
			}
		}
		select {
		case <-grown:
		case <-r.ended:
			r.Fatalf("the service ended before it said %q", words)
		case <-late:
			r.Fatalf("the service did not say %q within %s", words, within)
		}
	}
}

// exits waits for the end of the campaign and returns the exit code.
func (r *run) exits(within time.Duration) int {
	r.Helper()
	select {
	case <-r.ended:
	case <-time.After(within):
		r.Fatalf("the campaign did not end within %s", within)
	}
	return r.cmd.ProcessState.ExitCode()
}

// kill is kill -9.
func (r *run) kill() {
	r.cmd.Process.Kill()
	<-r.ended
}

// gone checks that nothing that worked for this laboratory is left after a time.
func (l *lab) gone(within time.Duration) {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), within)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for left := l.processes(); len(left) > 0; left = l.processes() {
		select {
		case <-ctx.Done():
			l.Errorf("still there after %s:\n%s", within, strings.Join(left, "\n"))
			l.sweep()
			return
		case <-tick.C:
		}
	}
}

// processes are the processes whose command line or folder names this
// laboratory.
func (l *lab) processes() []string {
	list, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		l.Fatal(err)
	}
	var out []string
	for _, p := range list {
		line, _ := os.ReadFile(filepath.Join(p, "cmdline")) // it may be gone by now
		folder, _ := os.Readlink(filepath.Join(p, "cwd"))
		if text := strings.ReplaceAll(string(line), "\x00", " "); strings.Contains(text+" "+folder, l.dir) {
			out = append(out, filepath.Base(p)+": "+text)
		}
	}
	return out
}

// sweep ends what a failing product left, by number.
func (l *lab) sweep() {
	for _, p := range l.processes() {
		var pid int
		if _, err := fmt.Sscanf(p, "%d:", &pid); err == nil {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
