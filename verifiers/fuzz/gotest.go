package fuzz

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers/coq/sandbox"
)

// errLeft says that a folder holds what no fuzzer leaves.
var errLeft = errors.New("no input of a fuzzer")

// GoTest is Go's own fuzzer, which comes with the toolchain.
type GoTest struct{ Version string }

var _ Engine = GoTest{}

// GoTestName is its name in statements.
const GoTestName = "go-test"

// Tool is its name and the toolchain's version.
func (g GoTest) Tool() pipeline.Tool { return pipeline.Tool{Name: GoTestName, Version: g.Version} }

// fuzzTarget is the name of the function that Go fuzzes.
const fuzzTarget = "FuzzOracle"

// What it says every three seconds, and of a seed that breaks something.
var (
	progress = regexp.MustCompile(`execs: (\d+) `)
	badSeed  = regexp.MustCompile(`seed corpus entry: ` + fuzzTarget + `/([0-9a-z-]+)`)
	cause    = regexp.MustCompile(`(?m)^\s*(panic: .*|--- FAIL.*|fuzzing process .*)$`)
)

// Fuzz runs the target's test binary.
func (g GoTest) Fuzz(ctx context.Context, t *Target, d time.Duration) (Haul, error) {
	dir, err := t.folder(GoTestName)
	if err != nil {
		return Haul{}, err
	}
	found := filepath.Join(dir, "testdata", "fuzz", fuzzTarget)
	if err := os.MkdirAll(found, 0o755); err != nil {
		return Haul{}, fmt.Errorf("fuzz: %w", err)
	}
	for i, seed := range t.Seeds {
		if err := os.WriteFile(filepath.Join(found, seedName(i)), goCorpus(seed), 0o644); err != nil {
			return Haul{}, fmt.Errorf("fuzz: %w", err)
		}
	}
	r, err := sandbox.Run(ctx, sandbox.Command{
		Name: GoTestName, Path: t.tests, Dir: dir, Read: []string{filepath.Dir(t.tests)}, Wall: d + t.patience, Memory: maxMemory, FileSize: maxFile,
		Args: []string{"-test.run=^$", "-test.fuzz=^" + fuzzTarget + "$", "-test.fuzzcachedir=" + filepath.Join(dir, "cache"),
			"-test.fuzztime=" + d.String(), "-test.fuzzminimizetime=1s", "-test.parallel=1"},
	})
	h := Haul{}
	for _, m := range progress.FindAllSubmatch(append(r.Stderr, r.Stdout...), -1) {
		h.Executions = number(m[1])
	}
	keep := func(content []byte) { h.Inputs = appendInput(h.Inputs, content) }
	if e := files(filepath.Join(dir, "cache", fuzzTarget), "", keep); e != nil && err == nil {
		return h, e
	}
	if err != nil {
		return h, fmt.Errorf("fuzz: %s: %w", GoTestName, err)
	}
	if r.End == sandbox.Exited && r.Code == 0 {
		return h, nil
	}
	return h, h.broken(r, t.Seeds, found)
}

// broken finds what broke something: an input that was written beside the
// seeds, or one of the seeds.
func (h *Haul) broken(r sandbox.Result, seeds [][]byte, dir string) error {
	said := append(r.Stderr, r.Stdout...)
	var crashes [][]byte
	if err := files(dir, seedPrefix, func(content []byte) { crashes = appendInput(crashes, content) }); err != nil {
		return err
	}
	if m := badSeed.FindSubmatch(said); len(crashes) == 0 && m != nil {
		for i, seed := range seeds {
			if seedName(i) == string(m[1]) {
				crashes = append(crashes, seed)
			}
		}
	}
	if len(crashes) == 0 {
		return fmt.Errorf("fuzz: %s ended by itself, status %d: %.500q", GoTestName, r.Code, said)
	}
	h.Crash, h.Said = crashes[0], oneLine(string(cause.Find(said)))
	return nil
}

func seedName(i int) string { return fmt.Sprintf("%s%03d", seedPrefix, i) }

// seedPrefix begins the names of files with seeds.
const seedPrefix = "seed-"

// The form in which Go keeps inputs: a line that says so, and a literal.
const goHeader = "go test fuzz v1\n[]byte("

func goCorpus(data []byte) []byte {
	return fmt.Appendf(nil, "%s%s)\n", goHeader, strconv.Quote(string(data)))
}

// appendInput adds an input that Go kept; what is in another form is not Go's.
func appendInput(to [][]byte, content []byte) [][]byte {
	literal, ok := strings.CutPrefix(strings.TrimSpace(string(content)), goHeader)
	if !ok {
		return to
	}
	text, err := strconv.Unquote(strings.TrimSuffix(literal, ")"))
	if err != nil {
		return to
	}
	return append(to, []byte(text))
}

func oneLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line[:min(len(line), 200)]
}
