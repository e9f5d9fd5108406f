package fuzz

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/native"
)

// Engine is a coverage-guided fuzzer.
type Engine interface {
	// Tool is its name and version.
	Tool() pipeline.Tool
	// Fuzz fuzzes a target for a time, or until something breaks. When the
	// context ends the haul is what there was by then.
	Fuzz(ctx context.Context, t *Target, d time.Duration) (Haul, error)
}

// Haul is what an engine brings back.
type Haul struct {
	Executions int      // at least
	Edges      int      // of the program that the engine saw covered; 0 if it does not say
	Inputs     [][]byte // that reached something new
	Crash      []byte   // an input that broke something; nil if none did
	Said       string   // by what broke
}

// Limits of what a target may take while it runs: address space of each process
// and size of each file, in bytes. Both fuzzers share memory through a file.
const (
	maxMemory = 2 << 30
	maxFile   = 256 << 20
)

// Target is a module with its oracle, as Go programs in a folder.
type Target struct {
	Subject verifiers.Subject
	Go      *native.Toolchain
	Dir     string   // each engine works in a folder of its own in it
	Seeds   [][]byte // inputs to begin with

	tests    string             // the oracle as a test binary
	patience time.Duration      // for a fuzzer to start, on a machine that is busy
	tamper   func(string) error // by tests, with what was written
}

// write writes the module and its oracle to a folder.
func (t *Target) write(dir string, files map[string]string) error {
	all := map[string]string{"oracle/oracle.go": target(t.Subject)}
	for name, text := range files {
		all[name] = text
	}
	if err := native.Write(dir, t.Subject, all); err != nil {
		return err
	}
	if t.tamper != nil {
		return t.tamper(dir)
	}
	return nil
}

// build makes the test binary: the oracle on a module whose statements count
// how often they run, instrumented for Go's own fuzzer. The standard library is
// not instrumented, so that it is compiled once for everybody.
func (t *Target) build(ctx context.Context) error {
	dir := filepath.Join(t.Dir, "tests")
	if err := t.write(dir, map[string]string{"oracle/oracle_test.go": testText(t.Subject)}); err != nil {
		return err
	}
	const module, counted = "subject/module.go", "subject/counted.go"
	if _, err := t.Go.Run(ctx, dir, t.Go.Path, "tool", "cover", "-mode=count", "-var="+counters, "-o", counted, module); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(dir, counted), filepath.Join(dir, module)); err != nil {
		return fmt.Errorf("fuzz: %w", err)
	}
	t.tests = filepath.Join(dir, "oracle.test")
	_, err := t.Go.Run(ctx, dir, t.Go.Path, "test", "-c", "-vet=off", "-trimpath", "-buildvcs=false", "-ldflags=-s -w",
		"-gcflags="+t.Subject.Contract.Import+"/...=-d=libfuzzer", "-o", t.tests, "./oracle")
	return err
}

// folder makes a folder for an engine.
func (t *Target) folder(parts ...string) (string, error) {
	dir := filepath.Join(append([]string{t.Dir}, parts...)...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("fuzz: %w", err)
	}
	return dir, nil
}

// outcome is what one engine did.
type outcome struct {
	engine Engine
	haul   Haul
	err    error
}

// fuzz runs engines side by side. As soon as one breaks something the others
// stop.
func (t *Target) fuzz(ctx context.Context, engines []Engine, d time.Duration) []outcome {
	within, stop := context.WithCancel(ctx)
	defer stop()
	out := make([]outcome, len(engines))
	var all sync.WaitGroup
	for i, e := range engines {
		all.Go(func() {
			out[i].engine = e
			out[i].haul, out[i].err = e.Fuzz(within, t, d)
			if out[i].haul.Crash != nil {
				stop()
			}
			if errors.Is(out[i].err, context.Canceled) && ctx.Err() == nil {
				out[i].err = nil // stopped by the one that broke something
			}
		})
	}
	all.Wait()
	return out
}

// files reads the files of a folder whose names do not begin with a prefix.
func files(dir, besides string, each func(content []byte)) error {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("fuzz: %w", err)
	}
	for _, e := range entries {
		if besides != "" && strings.HasPrefix(e.Name(), besides) {
			continue
		}
		content, err := readFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		each(content)
	}
	return nil
}

// maxInput bounds an input that is read back, in bytes: a hostile program could
// leave anything.
const maxInput = 4 << 20

// readFile reads a regular file that a program under test may have written.
func readFile(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, fmt.Errorf("fuzz: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxInput {
		return nil, fmt.Errorf("fuzz: %s: %w", filepath.Base(path), errLeft)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("fuzz: %w", err)
	}
	return content, nil
}
