package command

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestRecordScripts makes traces of recorded events; no host is asked.
func TestRecordScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/record", RequireExplicitExec: true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits},
	})
}
