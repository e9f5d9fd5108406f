package child_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/internal/child"
)

func shell(script string, args ...string) child.Tool {
	return child.Tool{Name: "script", Path: "/bin/sh", Args: append([]string{"-c", script, "sh"}, args...)}
}

func TestRunGivesWhatTheToolWrote(t *testing.T) {
	t.Parallel()
	tool := shell(`cat; echo "$1" >&2; exit 3`, "a b; $(c)")
	tool.Stdin = strings.NewReader("in")
	out, errs, err := child.Run(t.Context(), tool)
	exit, ok := errors.AsType[*exec.ExitError](err)
	if string(out) != "in" || string(errs) != "a b; $(c)\n" || !ok || exit.ExitCode() != 3 {
		t.Errorf("got %q, %q, %v", out, errs, err)
	}
}

func TestRunCutsOutput(t *testing.T) {
	t.Parallel()
	tool := shell(`i=0; while [ $i -lt 100 ]; do echo 0123456789; i=$((i+1)); done`)
	tool.Output = 25
	out, _, err := child.Run(t.Context(), tool)
	if !errors.Is(err, child.ErrOutput) || len(out) != 25 {
		t.Errorf("got %d bytes, %v", len(out), err)
	}
}

func TestRunLimitsMemoryAndTime(t *testing.T) {
	t.Parallel()
	tool := shell(`ulimit -v; ulimit -t; ulimit -c`)
	tool.Limits = child.Limits{CPU: 1500 * time.Millisecond, Memory: 1 << 30}
	out, _, err := child.Run(t.Context(), tool)
	if err != nil || string(out) != "1048576\n2\n0\n" {
		t.Errorf("got %q, %v", out, err)
	}
}
