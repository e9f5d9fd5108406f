package child

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// escapes are ways in which a process that waits for ever is left behind. Each
// holds the pipe $1 open, says so through it, and waits.
var escapes = []struct {
	name, script string
	kernelOnly   bool // nobody but the kernel finds it
}{
	{name: "in the background", script: `{ echo up; exec sleep 1000; } >"$1" &`},
	{name: "in a session of its own", script: `setsid sh -c 'echo up; exec sleep 1000' >"$1" &`},
	{name: "as an orphan's orphan", script: `setsid sh -c '(sh -c "echo up; exec sleep 1000" &) &' >"$1"`},
	{name: "ignoring signals", script: `trap "" TERM HUP INT; { echo up; while :; do sleep 1000; done; } >"$1" &`},
	{name: "without a mark, with a parent", script: `setsid sh -c 'env -i /bin/sh -c "echo up; /bin/sleep 1000; :"; :' >"$1" &`},
	{name: "without a mark, group or parent", script: `setsid env -i /bin/sh -c '(/bin/sh -c "echo up; exec sleep 1000" &) &' >"$1"`, kernelOnly: true},
}

func script(text string, args ...string) Tool {
	return Tool{Name: "script", Path: "/bin/sh", Args: append([]string{"-c", text, "sh"}, args...), Env: []string{"PATH=/usr/bin:/bin"}}
}

// Whatever a tool leaves behind is gone when Run returns, whether the tool ended
// by itself or was cut short: nobody holds the pipe any more.
func TestRunLeavesNoProcess(t *testing.T) {
	t.Parallel()
	for _, e := range escapes {
		for _, how := range []struct {
			name           string
			contained, cut bool
			afterwards     string
			beyond         bool // what can be found
		}{
			{name: "contained, ends", contained: true, afterwards: ` exit 0`},
			{name: "contained, cut short", contained: true, cut: true, afterwards: ` exec sleep 1000`},
			{name: "searched for, ends", afterwards: ` exit 0`, beyond: e.kernelOnly},
			{name: "searched for, cut short", cut: true, afterwards: ` exec sleep 1000`, beyond: e.kernelOnly},
		} {
			t.Run(e.name+", "+how.name, func(t *testing.T) {
				t.Parallel()
				if how.contained && !Contained() {
					t.Skip("this machine allows no namespaces of process ids")
				}
				if how.beyond {
					t.Skip("the kernel alone finds it; the documentation of Contained says so")
				}
				pipe := newPipe(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				ended := make(chan error, 1)
				// The tool itself waits until the other one is up.
				go func() {
					_, _, err := script(`mkfifo "$1.go"; `+e.script+"\n"+`read x <"$1.go";`+how.afterwards, pipe).run(ctx, how.contained)
					ended <- err
				}()
				in := awaitUp(t, pipe)
				releaseTool(t, pipe+".go")
				if how.cut {
					cancel()
				}
				if err := <-ended; how.cut != errors.Is(err, context.Canceled) {
					t.Errorf("ended with %v", err)
				}
				if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 {
					t.Errorf("the pipe: %q, %v", rest, err)
				}
			})
		}
	}
}

// awaitUp waits for a line through a pipe and returns what comes after it,
// which ends when nobody holds the pipe any more.
func awaitUp(t *testing.T, pipe string) io.Reader {
	t.Helper()
	f, err := os.Open(pipe)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	in := bufio.NewReader(f)
	if line, err := in.ReadString('\n'); line != "up\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	return in
}

func releaseTool(t *testing.T, pipe string) {
	t.Helper()
	f, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// When the process that called Run is killed, what its tools started ends too.
func TestRunsEndWithTheirCaller(t *testing.T) {
	t.Parallel()
	if !Contained() {
		t.Skip("this machine allows no namespaces of process ids")
	}
	pipe := newPipe(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envRun+"="+pipe)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := awaitUp(t, pipe)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(in); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait()
}

func TestSignalOfATool(t *testing.T) {
	t.Parallel()
	for _, contained := range []bool{Contained(), false} {
		for text, want := range map[string]syscall.Signal{"exit 3": 0, "exit 128": 0, "exit 129": 0, "kill -XCPU $$": syscall.SIGXCPU, "kill -KILL $$": syscall.SIGKILL} {
			_, stderr, err := script(text).run(t.Context(), contained)
			exit, ok := errors.AsType[*exec.ExitError](err)
			if !ok || Signal(exit) != want || len(stderr) > 0 {
				t.Errorf("%s, contained %t: got %v and %q, want signal %d", text, contained, err, stderr, want)
			}
		}
	}
}

func TestStatusOfAProcess(t *testing.T) {
	t.Parallel()
	const rest = " 7 8 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 THREADS 0 4711 1 1"
	for name, c := range map[string]struct {
		line string
		ok   bool
		want status
		live bool
	}{
		"runs":                 {"5 (sh) S" + strings.Replace(rest, "THREADS", "1", 1), true, status{'S', 7, 8, 1, 4711}, true},
		"hostile name":         {"5 (a) Z 1 1) R" + strings.Replace(rest, "THREADS", "1", 1), true, status{'R', 7, 8, 1, 4711}, true},
		"ended":                {"5 (sh) Z" + strings.Replace(rest, "THREADS", "1", 1), true, status{'Z', 7, 8, 1, 4711}, false},
		"first thread has":     {"5 (go) Z" + strings.Replace(rest, "THREADS", "3", 1), true, status{'Z', 7, 8, 3, 4711}, true},
		"collected":            {"5 (sh) X" + strings.Replace(rest, "THREADS", "0", 1), true, status{'X', 7, 8, 0, 4711}, false},
		"cut off":              {"5 (sh) R 1 2", false, status{}, false},
		"no number":            {"5 (sh) S" + rest, false, status{}, false},
		"nothing":              {"", false, status{}, false},
		"state X has no parts": {"5 (sh)", false, status{}, false},
	} {
		got, ok := parseStatus([]byte(c.line))
		if ok != c.ok || got != c.want || ok && got.lives() != c.live {
			t.Errorf("%s: got %+v, %t, lives %t", name, got, ok, got.lives())
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for name, contained := range map[string]bool{"contained": true, "searched for": false} {
		b.Run(name, func(b *testing.B) {
			if contained && !Contained() {
				b.Skip("this machine allows no namespaces of process ids")
			}
			for b.Loop() {
				if _, _, err := script("exit 0").run(b.Context(), contained); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
