package child

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/internal/durable"
)

// As a child of its tests this binary is a parent: it starts one that waits
// for ever, holding the lock, and says so.
const envLock = "CHILD_TEST_LOCK"

// Or it runs a tool that does the same, through a pipe.
const envRun = "CHILD_TEST_RUN"

func TestMain(m *testing.M) {
	if path := os.Getenv(envLock); path != "" {
		parent(path)
		return
	}
	if pipe := os.Getenv(envRun); pipe != "" {
		_, _, err := Run(context.Background(), script(escapes[1].script+` exec sleep 1000`, pipe))
		fmt.Println(err)
		return
	}
	os.Exit(m.Run())
}

func parent(path string) {
	lock, err := durable.Lock(context.Background(), path)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := Start(Spec{Name: "grandchild", Path: "/bin/cat", Args: []string{waitingPipe()}, Lock: lock})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("up", p.Pid())
	<-p.Done()
}

// waitingPipe is a named pipe that nobody writes to: whoever reads it waits.
func waitingPipe() string { return os.Getenv("CHILD_TEST_PIPE") }

func newPipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if out, err := exec.Command("mkfifo", path).CombinedOutput(); err != nil {
		t.Fatalf("mkfifo: %s %v", out, err)
	}
	return path
}

func TestChildDiesWithItsParentAndFreesTheLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envLock+"="+path, "CHILD_TEST_PIPE="+newPipe(t))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "up ") {
		t.Fatalf("%q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	lock, err := durable.Lock(t.Context(), path) // waits until the grandchild is gone
	if err != nil {
		t.Fatal(err)
	}
	lock.Close()
	_ = cmd.Wait()
}

func TestStop(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	cases := map[string]struct {
		script string
		ctx    context.Context
		ok     bool
	}{
		"ends when asked":     {`echo up; exec cat "$0"`, t.Context(), true},
		"ends in order":       {`trap 'kill $!; exit 0' TERM; echo up; cat "$0" & wait`, t.Context(), true},
		"ends with a failure": {`trap 'kill $!; exit 3' TERM; echo up; cat "$0" & wait`, t.Context(), false},
		"does not listen":     {`trap '' TERM; echo up; while :; do read x < "$0"; done`, over, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer read.Close()
			p, err := Start(Spec{Name: name, Path: "/bin/sh", Args: []string{"-c", c.script, newPipe(t)}, Stdout: write})
			if err != nil {
				t.Fatal(err)
			}
			write.Close()
			if line, err := bufio.NewReader(read).ReadString('\n'); err != nil || line != "up\n" {
				t.Fatalf("%q, %v", line, err)
			}
			if err := p.Stop(c.ctx); (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
			<-p.Done()
		})
	}
}

func TestStartNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	if _, err := Start(Spec{Name: "engine", Path: "/nowhere/engine"}); err == nil || !strings.Contains(err.Error(), "start engine") {
		t.Errorf("got %v", err)
	}
	p, err := Start(Spec{Name: "short", Path: "/bin/sh", Args: []string{"-c", "exit 4"}})
	if err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if p.Err() == nil || !strings.Contains(p.Err().Error(), "short ended") {
		t.Errorf("got %v", p.Err())
	}
	if err := p.Stop(t.Context()); err == nil {
		t.Error("a child that failed by itself was stopped")
	}
}
