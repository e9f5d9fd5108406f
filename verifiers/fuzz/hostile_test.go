package fuzz

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/coq/sandbox"
	"github.com/genesis-network/genesis/verifiers/native"
)

// confined skips a test where this machine does not confine.
func confined(t *testing.T) {
	t.Helper()
	for _, gap := range sandbox.Gaps() {
		if !strings.HasPrefix(gap, "processes") {
			t.Skip(gap)
		}
	}
}

// evil is Go that Tile Go refuses; the layers below are tested without it. Each
// is what runs when the program starts, and what it imports.
var evil = map[string]struct{ imports, does string }{
	"writes, reads and calls": {"net;os", `
		os.WriteFile("OUTSIDE/new", []byte("x"), 0o644)
		os.WriteFile("OUTSIDE/secret", []byte("x"), 0o644)
		os.Chmod("OUTSIDE/secret", 0o777)
		os.Symlink("OUTSIDE/secret", "OUTSIDE/link")
		os.Remove("OUTSIDE/secret")
		if b, err := os.ReadFile("OUTSIDE/secret"); err == nil { panic("read " + string(b)) }
		if c, err := net.Dial("tcp", "ADDRESS"); err == nil { c.Write([]byte("x")); panic("reached it") }`},
	"leaves processes": {"os/exec;syscall", `
		for range 3 {
			c := exec.Command("/bin/sleep", "1000")
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			c.Env = []string{}
			if err := c.Start(); err != nil { panic(err) }
		}`},
	"takes memory without end": {"", `
		var all [][]byte
		for { all = append(all, make([]byte, 64<<20)) }`},
	"fills a file": {"os", `
		f, _ := os.Create("big"); b := make([]byte, 1<<20)
		for range 1000 { if _, err := f.Write(b); err != nil { panic(err) } }`},
}

// Whatever a program under test does, nothing outside its folder changes, it
// learns nothing, and none of its processes is left.
func TestTargetsAreConfined(t *testing.T) {
	confined(t)
	tool, engines := tools(t)
	if os.Getenv("GENESIS_NIGHTLY") == "" {
		engines = engines[1:] // go-fuzz instruments all that an evil package imports
	}
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	for name, e := range evil {
		t.Run(name, func(t *testing.T) {
			outside, address, reached := surroundings(t)
			code := strings.NewReplacer("OUTSIDE", outside, "ADDRESS", address).Replace(e.does)
			o := Options{Go: tool, Engines: engines, For: LeastFor, patience: 10 * time.Second, tamper: func(dir string) error { return tamper(dir, e.imports, "func init() {"+code+"\n}\n") }}
			st, err := Check(t.Context(), module(t, "alder/thermal/module.go"), o)
			t.Log(st.Outcome, st.Summary, err)
			if said := fmt.Sprint(st, err); strings.Contains(said, "the secret") || strings.Contains(said, "reached it") {
				t.Errorf("it learned something: %s", said)
			}
			entries, _ := os.ReadDir(outside)
			if content, err := os.ReadFile(filepath.Join(outside, "secret")); err != nil || string(content) != "the secret" || len(entries) != 1 {
				t.Errorf("outside there is %v, the secret is %q, %v", entries, content, err)
			}
			if reached() {
				t.Error("it reached the network")
			}
			if left := processesUnder(tmp); len(left) > 0 {
				t.Errorf("left running: %v", left)
			}
			if left, _ := filepath.Glob(filepath.Join(tmp, "genesis-fuzz-*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// surroundings are a folder with a secret, and a server that says whether
// anybody came.
func surroundings(t *testing.T) (outside, address string, reached func() bool) {
	t.Helper()
	outside = t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("the secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return outside, l.Addr().String(), func() bool {
		if err := l.(*net.TCPListener).SetDeadline(time.Now()); err != nil {
			t.Fatal(err)
		}
		_, err := l.Accept()
		return err == nil
	}
}

// tamper adds a file to the module's package.
func tamper(dir, imports, text string) error {
	var b strings.Builder
	b.WriteString("package subject\n")
	for _, path := range strings.Split(imports, ";") {
		if path != "" {
			fmt.Fprintf(&b, "import %q\n", path)
		}
	}
	return os.WriteFile(filepath.Join(dir, "subject", "evil.go"), []byte(b.String()+text), 0o644)
}

// A build that takes too much memory or time is stopped and decides nothing.
func TestCostlyBuildsAreStopped(t *testing.T) {
	confined(t)
	tool, engines := tools(t)
	var many strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&many, "func f%d(a, b uint64) (c uint64) { for i := range a { if i&b == %d { c += a * b } else { c ^= i / (b | 1) } }; return }\n", i, i)
	}
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	warm := &Target{Subject: module(t, "alder/thermal/module.go"), Go: tool, Dir: t.TempDir()}
	if err := warm.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text   string
		limits native.Limits
	}{
		"memory":         {"var big = [1 << 31]byte{1<<31 - 1: 1}\n", native.Limits{CPU: 30 * time.Second, Wall: 3 * time.Minute, Memory: 2 << 30}},
		"processor time": {many.String(), native.Limits{CPU: 2 * time.Second, Wall: 3 * time.Minute, Memory: 4 << 30}},
		"wall time":      {many.String(), native.Limits{CPU: time.Minute, Wall: 2 * time.Second, Memory: 4 << 30}},
	} {
		t.Run(name, func(t *testing.T) {
			limited := *tool
			limited.Limits = c.limits
			o := Options{Go: &limited, Engines: engines[1:], tamper: func(dir string) error { return tamper(dir, "", c.text) }}
			st, err := Check(t.Context(), module(t, "alder/thermal/module.go"), o)
			if err != nil || st.Outcome != pipeline.Inconclusive || st.Findings[0].Code != "fuzz.build" || !strings.Contains(st.Findings[0].Hint, "smaller") {
				t.Fatalf("%s %s %v, %v", st.Outcome, st.Summary, st.Findings, err)
			}
			t.Log(st.Summary)
			if left := processesUnder(tmp); len(left) > 0 {
				t.Errorf("left running: %v", left)
			}
			if left, _ := filepath.Glob(filepath.Join(tmp, "genesis-fuzz-*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// Comments and names of a proposer are text of the module and nothing else.
func TestHostileTextReachesNothing(t *testing.T) {
	t.Parallel()
	tool, _ := tools(t)
	outside := t.TempDir()
	s := module(t, "alder/thermal/module.go")
	for _, line := range []string{
		"$(touch " + outside + "/a) `touch " + outside + "/b`; touch " + outside + "/c #",
		`"; os.Exit(1); "`, "*/ package evil /*", "../../../../" + outside + "/d", "%s%n%d TARGET COUNTERS CONTRACT MEASURE", "-toolexec=/bin/touch",
	} {
		s.Source = append(s.Source, "\n// "+line+"\n"...)
	}
	u, err := tilego.Compile(s.Source, s.Contract.Surface())
	if err != nil {
		t.Fatal(err)
	}
	s.Unit = u
	target := &Target{Subject: s, Go: tool, Dir: t.TempDir()}
	if err := target.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	m, err := target.measure(t.Context(), [][]byte{{0}, encode(u, verifiers.Case{Inputs: [][]uint64{make([]uint64, ir.Flat(u.Input))}})})
	if err != nil {
		t.Fatal(err)
	}
	if reached, all := m.totals(); reached == 0 || all < reached {
		t.Errorf("%d of %d statements", reached, all)
	}
	if made, _ := os.ReadDir(outside); len(made) > 0 {
		t.Errorf("made outside: %v", made)
	}
}

// What a program under test leaves in place of its coverage is read with care.
func TestMeasuresAreReadWithCare(t *testing.T) {
	t.Parallel()
	target := &Target{Dir: t.TempDir()}
	for name, out := range map[string][]byte{
		"nothing": nil, "odd": {1, 2, 3}, "too few": {9, 0, 0, 0}, "huge": {255, 255, 255, 255}, "too many": make([]byte, 4096),
	} {
		if _, err := target.parse(out, 2); !errors.Is(err, errMeasure) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
