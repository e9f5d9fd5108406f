package fuzz

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/genesis-network/genesis/internal/child"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers/coq/sandbox"
	"github.com/genesis-network/genesis/verifiers/native"
)

// The fuzzer's module, whose version deploy/fuzz pins.
const goFuzzModule = "github.com/dvyukov/go-fuzz"

// ErrInstall says that go-fuzz could not be built.
var ErrInstall = errors.New("go-fuzz cannot be built")

// GoFuzz is an installed go-fuzz.
type GoFuzz struct {
	Version string

	dir  string // of the two programs
	sums []byte // go.sum of its module
}

var pinned = regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(goFuzzModule) + ` (v[0-9a-z.-]+)`)

// Find finds go-fuzz in a cache where Install built it from the same folder with
// the same toolchain. The error wraps fs.ErrNotExist when it was not built yet;
// what is returned then says which version that would be.
func Find(tool *native.Toolchain, deploy, cache string) (*GoFuzz, error) {
	mod, err := os.ReadFile(filepath.Join(deploy, "go.mod"))
	if err != nil {
		return nil, fmt.Errorf("fuzz: %w: %w", ErrInstall, err)
	}
	sums, err := os.ReadFile(filepath.Join(deploy, "go.sum"))
	if err != nil {
		return nil, fmt.Errorf("fuzz: %w: %w", ErrInstall, err)
	}
	m := pinned.FindSubmatch(mod)
	if m == nil {
		return nil, fmt.Errorf("fuzz: %w: %s/go.mod does not require %s", ErrInstall, deploy, goFuzzModule)
	}
	name := string(pipeline.SumBytes(slices.Concat(mod, sums, []byte(tool.Version))))
	g := &GoFuzz{Version: string(m[1]), dir: filepath.Join(cache, "go-fuzz-"+name[:16]), sums: sums}
	_, err = os.Stat(filepath.Join(g.dir, "go-fuzz"))
	return g, err
}

// Install finds go-fuzz in a cache, or builds it there from the module in
// deploy (the folder deploy/fuzz), which names its version and checksums. The
// first build needs the network unless the modules are there already.
func Install(ctx context.Context, tool *native.Toolchain, deploy, cache string) (*GoFuzz, error) {
	g, err := Find(tool, deploy, cache)
	if g == nil || err == nil {
		return g, err
	}
	return g, g.build(ctx, tool, deploy, cache)
}

// build builds both programs beside the cache's entry and moves them there when
// they are complete.
func (g *GoFuzz) build(ctx context.Context, tool *native.Toolchain, deploy, cache string) error {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return fmt.Errorf("fuzz: %w: %w", ErrInstall, err)
	}
	tmp, err := os.MkdirTemp(cache, ".building-")
	if err != nil {
		return fmt.Errorf("fuzz: %w: %w", ErrInstall, err)
	}
	defer os.RemoveAll(tmp)
	env := append(os.Environ(), "GOTOOLCHAIN=local", "GOFLAGS=-mod=readonly", "GOWORK=off", "CGO_ENABLED=0", "GO111MODULE=on")
	args := []string{"build", "-trimpath", "-buildvcs=false", "-o", tmp + string(filepath.Separator), goFuzzModule + "/go-fuzz", goFuzzModule + "/go-fuzz-build"}
	_, msg, err := child.Run(ctx, child.Tool{Name: "go build", Path: tool.Path, Args: args, Env: env, Dir: deploy,
		Limits: child.Limits{CPU: 10 * time.Minute, Output: 64 << 10}})
	if err != nil {
		return fmt.Errorf("fuzz: %w: %w: %.300s", ErrInstall, err, msg)
	}
	if err := os.Rename(tmp, g.dir); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, there := os.Stat(filepath.Join(g.dir, "go-fuzz")); there != nil {
			return fmt.Errorf("fuzz: %w: %w", ErrInstall, err)
		}
	}
	return nil
}

// What go-fuzz says every three seconds: the coordinator of the corpus, and the
// worker, which is ahead of it, of executions.
var (
	stats   = regexp.MustCompile(`cover: (\d+)`)
	workers = regexp.MustCompile(`worker \d+: .* execs=(\d+)`)
)

var _ Engine = (*GoFuzz)(nil)

// Tool is its name and version.
func (g *GoFuzz) Tool() pipeline.Tool { return pipeline.Tool{Name: GoFuzzName, Version: g.Version} }

// GoFuzzName is its name in statements.
const GoFuzzName = "go-fuzz"

// Fuzz builds the target as go-fuzz wants it and runs go-fuzz on it.
func (g *GoFuzz) Fuzz(ctx context.Context, t *Target, d time.Duration) (Haul, error) {
	dir, err := t.folder(GoFuzzName)
	if err != nil {
		return Haul{}, err
	}
	run, err := t.folder(GoFuzzName, "run")
	if err != nil {
		return Haul{}, err
	}
	if err := g.prepare(ctx, t, dir); err != nil {
		return Haul{}, err
	}
	corpus, err := t.folder(GoFuzzName, "run", "corpus")
	if err != nil {
		return Haul{}, err
	}
	for i, seed := range t.Seeds {
		if err := os.WriteFile(filepath.Join(corpus, seedName(i)), seed, 0o644); err != nil {
			return Haul{}, fmt.Errorf("fuzz: %w", err)
		}
	}
	return g.fuzz(ctx, dir, run, d, t.patience)
}

// program is what go-fuzz-build makes.
const program = "oracle.zip"

// prepare writes the module and has go-fuzz-build instrument it.
func (g *GoFuzz) prepare(ctx context.Context, t *Target, dir string) error {
	if err := t.write(dir, map[string]string{"go.sum": string(g.sums)}); err != nil {
		return err
	}
	mod, err := os.OpenFile(filepath.Join(dir, "go.mod"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("fuzz: %w", err)
	}
	_, err = fmt.Fprintf(mod, "\nrequire %s %s\n", goFuzzModule, g.Version)
	if err = errors.Join(err, mod.Close()); err != nil {
		return fmt.Errorf("fuzz: %w", err)
	}
	_, err = t.Go.Run(ctx, dir, filepath.Join(g.dir, "go-fuzz-build"), "-func", "Fuzz", "-o", program, "./oracle")
	return err
}

// fuzz runs go-fuzz with one worker. They talk over TCP on a loopback of their
// own.
func (g *GoFuzz) fuzz(ctx context.Context, dir, run string, d, patience time.Duration) (Haul, error) {
	until, cancel := context.WithTimeout(ctx, patience+max(d, LeastFor))
	defer cancel()
	go watch(until, cancel, run, max(d, LeastFor))
	r, err := sandbox.Run(until, sandbox.Command{
		Name: GoFuzzName, Path: filepath.Join(g.dir, "go-fuzz"), Dir: run, Read: []string{dir, g.dir, "/etc/hosts"}, Loopback: true,
		Memory: maxMemory, FileSize: maxFile,
		Args: []string{"-bin", filepath.Join(dir, program), "-workdir", run, "-procs", "1", "-http", "", "-minimize", "500ms", "-timeout", "5", "-v", "2"},
	})
	h := Haul{}
	said := append(r.Stdout, r.Stderr...)
	for _, m := range stats.FindAllSubmatch(said, -1) {
		h.Edges = number(m[1])
	}
	for _, m := range workers.FindAllSubmatch(said, -1) {
		h.Executions = number(m[1])
	}
	h.Executions = max(h.Executions, found(run)) // said every three seconds only
	if ctx.Err() != nil {
		return h, fmt.Errorf("fuzz: %w", ctx.Err())
	}
	if until.Err() == nil {
		return h, fmt.Errorf("fuzz: go-fuzz ended by itself: %w: %.500q", err, said)
	}
	return h, h.collect(run)
}

func number(b []byte) int {
	n, err := strconv.Atoi(string(b))
	if err != nil {
		return 0 // more digits than an int has
	}
	return n
}

// bootstrap is how long go-fuzz may take to start, on a machine that is busy.
const bootstrap = time.Minute

// watch cancels as soon as there is a crasher, or a time after the fuzzer has
// begun to execute.
func watch(ctx context.Context, cancel func(), work string, d time.Duration) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var over <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-over:
			cancel()
			return
		case <-tick.C:
		}
		if crasherIn(filepath.Join(work, "crashers")) != "" {
			cancel()
			return
		}
		if over == nil && found(work) > 0 {
			over = time.After(d)
		}
	}
}

// found counts what the fuzzer added to its corpus: what it executed and found
// to reach new code, the seeds among it.
func found(work string) int {
	entries, err := os.ReadDir(filepath.Join(work, "corpus"))
	if err != nil {
		return 0
	}
	n := 0
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), seedPrefix) {
			n++
		}
	}
	return n
}

// crasherIn is the name of a crasher that is completely written: what it said
// is written after it.
func crasherIn(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".output"); ok {
			return name
		}
	}
	return ""
}

// collect reads what go-fuzz kept and what crashed.
func (h *Haul) collect(run string) error {
	if err := files(filepath.Join(run, "corpus"), seedPrefix, func(content []byte) { h.Inputs = append(h.Inputs, content) }); err != nil {
		return err
	}
	crashers := filepath.Join(run, "crashers")
	name := crasherIn(crashers)
	if name == "" {
		return nil
	}
	crash, err := readFile(filepath.Join(crashers, name))
	if err != nil {
		return err
	}
	said, err := readFile(filepath.Join(crashers, name+".output"))
	if err != nil {
		return err
	}
	h.Crash, h.Said = append([]byte{}, crash...), oneLine(string(said))
	return nil
}
