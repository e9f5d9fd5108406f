package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/internal/child"
)

func shell(t *testing.T, script string, args ...string) (Command, string) {
	t.Helper()
	dir := t.TempDir()
	return Command{Name: "sh", Path: "/bin/sh", Args: append([]string{"-c", script, "sh"}, args...), Dir: dir, Wall: 20 * time.Second}, dir
}

func TestConfinement(t *testing.T) {
	t.Parallel()
	if !probe().landlock {
		t.Skip("this kernel offers no Landlock")
	}
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		script  string
		allowed bool
	}{
		"writes its own folder":   {`echo a > here && cat here`, true},
		"reads the system":        {`test -r /usr/bin && ls /usr/bin`, true},
		"writes elsewhere":        {`echo a > "$1/other"`, false},
		"reads elsewhere":         {`cat "$1/secret"`, false},
		"removes elsewhere":       {`rm "$1/secret"`, false},
		"lists elsewhere":         {`ls "$1"`, false},
		"writes the system":       {`echo a > /usr/genesis-sandbox-test`, false},
		"inherits the marker":     {`test -n "$GENESIS_SANDBOX_ENTER"`, false},
		"inherits an environment": {`test -n "$GOPATH$COQPATH$LANG"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd, _ := shell(t, c.script, outside)
			r, err := Run(t.Context(), cmd)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.End == Exited && r.Code == 0; got != c.allowed {
				t.Errorf("allowed %t, want %t: %s", got, c.allowed, r.Stderr)
			}
		})
	}
}

func TestNoNetwork(t *testing.T) {
	t.Parallel()
	if !probe().namespaces {
		t.Skip("this machine allows no namespaces")
	}
	cmd, _ := shell(t, `cat /proc/net/dev`)
	cmd.Read = []string{"/proc"}
	r, err := Run(t.Context(), cmd)
	if err != nil || r.Code != 0 {
		t.Fatalf("%s %v", r.Stderr, err)
	}
	if n := strings.Count(string(r.Stdout), ":"); n != 1 {
		t.Errorf("%d interfaces, want the loopback alone:\n%s", n, r.Stdout)
	}
}

// A command that talks to itself has a loopback, nothing else, and no right to
// change that.
func TestLoopback(t *testing.T) {
	t.Parallel()
	if !probe().namespaces {
		t.Skip("this machine allows no namespaces")
	}
	cmd, _ := shell(t, `cat /proc/net/dev /proc/net/fib_trie; grep Cap /proc/self/status`)
	cmd.Read, cmd.Loopback = []string{"/proc"}, true
	r, err := Run(t.Context(), cmd)
	if err != nil || r.Code != 0 {
		t.Fatalf("%s %v", r.Stderr, err)
	}
	if n := strings.Count(string(r.Stdout), "|"); !strings.Contains(string(r.Stdout), "127.0.0.1") || n == 0 {
		t.Errorf("the loopback is down:\n%s", r.Stdout)
	}
	if caps := strings.Split(string(r.Stdout), "CapInh"); strings.Count(caps[len(caps)-1], "0000000000000000") < 3 {
		t.Errorf("capabilities are left:\n%s", r.Stdout)
	}
}

func TestWhatIsGivenBesides(t *testing.T) {
	t.Parallel()
	other := t.TempDir()
	cmd, _ := shell(t, `echo "$HOME $GENESIS_TEST" > "$1/here" && cat "$1/here"`, other)
	cmd.Write, cmd.Env = []string{other}, []string{"HOME=/nowhere", "GENESIS_TEST=a b"}
	r, err := Run(t.Context(), cmd)
	if err != nil || string(r.Stdout) != "/nowhere a b\n" {
		t.Errorf("%q %s %v", r.Stdout, r.Stderr, err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	spin := `while :; do :; done`
	for name, c := range map[string]struct {
		script string
		limit  func(*Command)
		ok     func(Result) bool
	}{
		"wall":   {`read x < /dev/zero; ` + spin, func(c *Command) { c.Wall = 200 * time.Millisecond }, func(r Result) bool { return r.End == TimeOut }},
		"cpu":    {spin, func(c *Command) { c.CPU = time.Second }, func(r Result) bool { return r.End == TimeOut }},
		"output": {`while :; do echo aaaaaaaaaaaaaaaa; done | head -c 100000`, func(c *Command) { c.Output = 1000 }, func(r Result) bool { return r.End == TooMuch && len(r.Stdout) == 1000 }},
		"memory": {`exec tail /dev/zero`, func(c *Command) { c.Memory = 256 << 20; c.Read = []string{"/dev/zero"} }, func(r Result) bool { return r.End != TimeOut && r.Code != 0 }},
		"files":  {`exec head -c 2000000 /usr/bin/* > big`, func(c *Command) { c.FileSize = 1 << 20 }, func(r Result) bool { return r.End == Killed || r.Code != 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd, _ := shell(t, c.script)
			c.limit(&cmd)
			r, err := Run(t.Context(), cmd)
			if err != nil || !c.ok(r) {
				t.Errorf("%d %d, %d bytes of output, %v", r.End, r.Code, len(r.Stdout), err)
			}
		})
	}
}

func TestMissingProgramIsAnError(t *testing.T) {
	t.Parallel()
	_, err := Run(t.Context(), Command{Name: "prover", Path: "/nowhere/prover", Dir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "/nowhere/prover") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkRun(b *testing.B) {
	for b.Loop() {
		if _, err := Run(b.Context(), Command{Name: "true", Path: "/bin/true", Dir: b.TempDir()}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTheEnvironmentIsWhatIsNamed(t *testing.T) {
	t.Parallel()
	cmd, dir := shell(t, `env`)
	cmd.Env = []string{"GREETING=hello"}
	r, err := Run(t.Context(), cmd)
	if err != nil || r.Code != 0 {
		t.Fatalf("%s %v", r.Stderr, err)
	}
	for line := range strings.Lines(string(r.Stdout)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		want, ok := map[string]string{"PATH": "/usr/bin:/bin", "HOME": dir, "TMPDIR": dir, "LC_ALL": "C", "GREETING": "hello", "PWD": dir}[name]
		if name != "_" && name != "SHLVL" && name != "OLDPWD" && name != child.Mark && (!ok || value != want) {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
}
