package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/genesis-network/genesis/internal/child"
	"github.com/genesis-network/genesis/verifiers/coq/sandbox"
)

// ErrBuild says that Go refused a program: what the front end accepted is no
// Go, or the toolchain is broken.
var ErrBuild = errors.New("the Go compiler refused the program")

// ErrCostly says that a build was stopped because it took more than it may.
var ErrCostly = errors.New("the build takes too much")

// Limits bound a build.
type Limits struct {
	CPU    time.Duration // of each process
	Wall   time.Duration // of the whole
	Memory int64         // address space of each process, in bytes; Go reserves about 1 GiB that it does not use
}

// DefaultLimits are generous for what Tile Go allows: a module and its oracle
// take less than a second of processor time, and the standard library, which
// is compiled once, less than a minute.
var DefaultLimits = Limits{CPU: 30 * time.Second, Wall: 4 * time.Minute, Memory: 4 << 30}

// maxFile bounds each file that a build writes, in bytes.
const maxFile = 256 << 20

// Toolchain is an installed Go toolchain. Its caches are shared by all builds:
// what does not depend on the module is compiled once.
type Toolchain struct {
	Path    string // of the go command
	Version string // such as go1.26.0
	Limits  Limits

	root, cache, modules string
}

// Find finds the toolchain on PATH.
func Find(ctx context.Context) (*Toolchain, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil, fmt.Errorf("native: no go toolchain: %w", err)
	}
	out, _, err := child.Run(ctx, child.Tool{Name: "go env", Path: path, Args: []string{"env", "GOVERSION", "GOROOT", "GOCACHE", "GOMODCACHE"},
		Env: append(os.Environ(), "GOTOOLCHAIN=local"), Dir: os.TempDir()})
	if err != nil {
		return nil, fmt.Errorf("native: %w", err)
	}
	lines := strings.Split(string(out), "\n")
	if len(lines) < 4 {
		return nil, fmt.Errorf("native: go env says %q, want four lines", out)
	}
	t := &Toolchain{Path: path, Version: lines[0], Limits: DefaultLimits, root: lines[1], cache: lines[2], modules: lines[3]}
	if err := os.MkdirAll(t.cache, 0o755); err != nil {
		return nil, fmt.Errorf("native: cache of builds: %w", err)
	}
	return t, nil
}

// env is the environment of the toolchain: no network, no other toolchain, no
// workspace, no C compiler, no settings of the user.
func (t *Toolchain) env() []string {
	return []string{
		"PATH=" + filepath.Dir(t.Path) + ":" + filepath.Join(t.root, "bin") + ":/usr/bin:/bin",
		"GOROOT=" + t.root, "GOCACHE=" + t.cache, "GOMODCACHE=" + t.modules,
		"GOENV=off", "GOFLAGS=-mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOTOOLCHAIN=local", "GOWORK=off", "GO111MODULE=on", "CGO_ENABLED=0",
	}
}

// Run runs the go command, or another tool that uses it, in a folder of a
// written module, confined: it can write that folder and the cache of builds,
// read the toolchain and the cache of modules, and reach nothing else.
func (t *Toolchain) Run(ctx context.Context, dir, path string, args ...string) ([]byte, error) {
	scratch := filepath.Join(dir, ".tmp") // go ignores a module in the folder of temporary files
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return nil, fmt.Errorf("native: %w", err)
	}
	r, err := sandbox.Run(ctx, sandbox.Command{
		Name: filepath.Base(path), Path: path, Args: args, Dir: dir,
		Read: []string{t.root, t.modules, filepath.Dir(t.Path), filepath.Dir(path)}, Write: []string{t.cache}, Env: append(t.env(), "TMPDIR="+scratch),
		CPU: t.Limits.CPU, Wall: t.Limits.Wall, Memory: t.Limits.Memory, FileSize: maxFile, Output: 64 << 10,
	})
	if err != nil {
		return nil, fmt.Errorf("native: %w", err)
	}
	return r.Stdout, t.judge(r)
}

// judge tells a program that Go refuses from one that is too much for it. Where
// one of its own processes is stopped, go says so and ends by itself.
func (t *Toolchain) judge(r sandbox.Result) error {
	switch {
	case r.End == sandbox.TimeOut, r.End == sandbox.Killed, r.Code != 0 && exhausted.Match(r.Stderr):
		return fmt.Errorf("native: %w: more than %v of processor time or %d MiB of memory for a process, or %v in all: %s",
			ErrCostly, t.Limits.CPU, t.Limits.Memory>>20, t.Limits.Wall, firstLines(r.Stderr))
	case r.End != sandbox.Exited || r.Code != 0:
		return fmt.Errorf("native: %w: %s", ErrBuild, firstLines(r.Stderr))
	}
	return nil
}

// exhausted is what a compiler says, or go of a compiler, at a limit.
var exhausted = regexp.MustCompile(`signal: (killed|CPU time limit exceeded)|(cannot allocate|out of) memory|File size limit exceeded|file too large`)

// Build compiles the package in a folder of a written module, such as "./run",
// to the file output in it.
func (t *Toolchain) Build(ctx context.Context, dir, pkg, output string) error {
	_, err := t.Run(ctx, dir, t.Path, "build", "-trimpath", "-buildvcs=false", "-o", output, pkg)
	return err
}

func firstLines(b []byte) string {
	lines := strings.SplitN(strings.TrimSpace(string(b)), "\n", 9)
	return strings.Join(lines[:min(len(lines), 8)], "\n")
}
