package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Program is a workflow engine that can be run.
type Program struct {
	Path    string
	Version string // as it names itself, one line
}

// oldest is the first server version with what Genesis uses: updates with
// validators, schedules, and a SQLite file with pragmas. The version that the
// tests run with is that of deploy/temporal.
var oldest = [2]int{1, 27}

// ErrMissing says that there is no engine to run.
var ErrMissing = errors.New("no workflow engine: put `temporal` on the PATH, or run `make setup`, which builds it from deploy/temporal")

// Find looks for an engine: a `temporal` on the PATH first, then the built
// ones, by default the file `temporal` beside this program. One that is too
// old is passed over, and named when no other is found.
func Find(ctx context.Context, built ...string) (Program, error) {
	if len(built) == 0 {
		built = besideThis()
	}
	candidates := built
	if path, err := exec.LookPath("temporal"); err == nil {
		candidates = append([]string{path}, built...)
	}
	why := []error{ErrMissing}
	for _, path := range candidates {
		p, err := Probe(ctx, path)
		if err == nil {
			return p, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			why = append(why, err)
		}
	}
	return Program{}, errors.Join(why...)
}

func besideThis() []string {
	this, err := os.Executable()
	if err != nil {
		return nil
	}
	return []string{filepath.Join(filepath.Dir(this), "temporal")}
}

// Probe asks the program for its version and refuses what is no engine or too
// old.
func Probe(ctx context.Context, path string) (Program, error) {
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return Program{}, fmt.Errorf("workflow engine %s: %w", path, err)
	}
	version := strings.TrimSpace(string(out))
	major, minor, ok := serverVersion(version)
	if !ok {
		return Program{}, fmt.Errorf("workflow engine %s: %.80q is not the version of a Temporal CLI with a server", path, version)
	}
	if major < oldest[0] || major == oldest[0] && minor < oldest[1] {
		return Program{}, fmt.Errorf("workflow engine %s: server %d.%d is too old, want %d.%d or later", path, major, minor, oldest[0], oldest[1])
	}
	return Program{Path: path, Version: version}, nil
}

// serverVersion reads "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)".
func serverVersion(line string) (major, minor int, ok bool) {
	_, rest, found := strings.Cut(line, "(Server ")
	if !found {
		return 0, 0, false
	}
	parts := strings.SplitN(rest, ".", 3)
	if len(parts) < 3 {
		return 0, 0, false
	}
	major, first := strconv.Atoi(parts[0])
	minor, second := strconv.Atoi(parts[1])
	return major, minor, first == nil && second == nil
}
