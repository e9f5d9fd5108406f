package command

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestModuleScripts checks modules as a person would, with the tools of this
// machine and without a service.
func TestModuleScripts(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"go", "coqc", "coqchk"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("without %s: %v", tool, err)
		}
	}
	moduleScripts(t, "testdata/module")
}

// TestLanguageScripts builds and explains modules, which needs no tools.
func TestLanguageScripts(t *testing.T) {
	t.Parallel()
	moduleScripts(t, "testdata/language")
}

func moduleScripts(t *testing.T, dir string) {
	t.Helper()
	repository, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir, RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("REPO", repository)
			e.Setenv("MUTANTS", filepath.Join(repository, "lineages", "testdata", "mutants"))
			return shareCaches(e)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits},
	})
}

// shareCaches lets scripts use what the user's tools have built already.
func shareCaches(e *testscript.Env) error {
	user, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	e.Setenv("XDG_CACHE_HOME", user)
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return err
		}
		e.Setenv(name, string(out[:len(out)-1]))
	}
	return nil
}

// exits runs a program and demands an exit code: exits 3 genesis ...
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
