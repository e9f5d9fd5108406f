package tla

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/genesis-network/genesis/pipeline"
)

// TLC is the TLA+ tools' model checker.
type TLC struct {
	jar, java string
	digest    pipeline.Digest // of the jar
}

// OpenTLC finds TLC in a jar file (the value of TLC_JAR) and Java on the path.
// The error wraps ErrMissing when one of them is not there.
func OpenTLC(jar string) (*TLC, error) {
	if jar == "" {
		return nil, fmt.Errorf("tla: TLC is %w: set TLC_JAR to tla2tools.jar", ErrMissing)
	}
	jar, err := filepath.Abs(jar)
	if err != nil {
		return nil, fmt.Errorf("tla: TLC: %w", err)
	}
	content, err := os.ReadFile(jar)
	if err != nil {
		return nil, fmt.Errorf("tla: TLC is %w: %v", ErrMissing, err)
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, fmt.Errorf("tla: Java for TLC is %w", ErrMissing)
	}
	return &TLC{jar: jar, java: java, digest: pipeline.SumBytes(content)}, nil
}

func (t *TLC) name() string { return "tlc" }

// Check has TLC look at a specification. Its limits are the context's and a
// gigabyte of memory; it keeps states on disk, so their number is no limit.
func (t *TLC) Check(ctx context.Context, spec Specification, _ int) (a Answer, err error) {
	dir, err := os.MkdirTemp("", "genesis-tlc-")
	if err != nil {
		return Answer{}, fmt.Errorf("tla: TLC: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := spec.write(dir); err != nil {
		return Answer{}, fmt.Errorf("tla: TLC: %w", err)
	}
	out, err := t.command(ctx, dir, spec.Module).CombinedOutput()
	if ctx.Err() != nil {
		return Answer{}, ctx.Err()
	}
	a = readTLC(string(out), spec.Invariants)
	if err != nil && a.Verdict == Unable && a.Reason == "" {
		a.Reason = firstLine(err.Error() + ": " + string(out))
	}
	return a, nil
}

// write puts a specification where TLC finds it.
func (s Specification) write(dir string) error {
	files := map[string]string{s.Module + ".tla": s.Text, s.Module + ".cfg": s.Config}
	for name, text := range s.Others {
		files[name+".tla"] = text
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// command runs TLC with one worker, so that its counter-examples are shortest,
// and a stack for the nested operators of printed systems.
func (t *TLC) command(ctx context.Context, dir, module string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, t.java, "-Xss64m", "-Xmx1g", "-XX:+UseSerialGC", "-Djava.io.tmpdir="+dir,
		"-cp", t.jar, "tlc2.TLC", "-workers", "1", "-nowarning", "-metadir", dir, "-config", module+".cfg", module+".tla")
	cmd.Dir = dir
	cmd.Env = []string{"LC_ALL=C", "HOME=" + dir}
	return cmd
}

var (
	tlcVersion  = regexp.MustCompile(`(?m)^TLC2 Version (.*)$`)
	tlcCounts   = regexp.MustCompile(`(?m)^([0-9]+) states generated, ([0-9]+) distinct states found, 0 states left on queue\.`)
	tlcPartial  = regexp.MustCompile(`(?m)^([0-9]+) states generated, ([0-9]+) distinct states found, [0-9]+ states left on queue\.`)
	tlcDepth    = regexp.MustCompile(`(?m)^The depth of the complete state graph search is ([0-9]+)\.`)
	tlcViolated = regexp.MustCompile(`(?m)^Error: Invariant ([A-Za-z0-9_]+) is violated`)
	tlcState    = regexp.MustCompile(`(?m)^State [0-9]+: `)
	tlcTemporal = regexp.MustCompile(`(?m)^Error: Temporal propert.* violated`)
	tlcError    = regexp.MustCompile(`(?m)^Error: (.*)$`)
)

// readTLC reads what TLC printed.
func readTLC(out string, invariants []string) Answer {
	a := Answer{Version: group(tlcVersion, out, 1), Depth: count(tlcDepth, out, 1)}
	broken := slices.Index(invariants, group(tlcViolated, out, 1))
	if broken >= 0 || tlcTemporal.MatchString(out) {
		a.Verdict, a.Broken = Violated, broken
		a.Generated, a.Distinct = count(tlcPartial, out, 1), count(tlcPartial, out, 2)
		a.Trace = max(1, len(tlcState.FindAllString(out, -1))) // an initial state is printed without number
		return a
	}
	if strings.Contains(out, "\nModel checking completed. No error has been found.") && tlcCounts.MatchString(out) {
		a.Verdict = Holds
		a.Generated, a.Distinct = count(tlcCounts, out, 1), count(tlcCounts, out, 2)
		return a
	}
	a.Reason = firstLine(group(tlcError, out, 1))
	return a
}

func group(re *regexp.Regexp, s string, n int) string {
	if m := re.FindStringSubmatch(s); m != nil {
		return m[n]
	}
	return ""
}

func count(re *regexp.Regexp, s string, n int) int {
	v, _ := strconv.Atoi(group(re, s, n)) // digits, or absent: 0
	return v
}
