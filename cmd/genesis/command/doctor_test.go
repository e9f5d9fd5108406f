package command

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func TestDoctorSaysWhatToType(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the self-test of Coq takes some seconds")
	}
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "no", "such")
	code, out, errOut := genesis(t, "doctor", "--root", missing, "--data", missing, "-o", "json")
	if code != ExitRefused || errOut != "" {
		t.Errorf("exit %d without the examples: %s", code, errOut)
	}
	var list []finding
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatal(err)
	}
	got := map[string]finding{}
	for _, f := range list {
		got[f.Name] = f
		if f.For == "" || f.Detail == "" || f.OK == (f.Fix != "") {
			t.Errorf("row without purpose or detail, or with the wrong fix: %+v", f)
		}
	}
	for name, ok := range map[string]bool{"examples": false, "tla-checker": false, "htmx": false, "go-fuzz": false, "data directory": true} {
		if got[name].OK != ok {
			t.Errorf("%s: %+v", name, got[name])
		}
	}
}

func TestDiagnosis(t *testing.T) {
	t.Parallel()
	fine, optional, needed := finding{OK: true}, finding{Name: "optional", Fix: "type this"}, finding{Name: "needed", Needed: true, Fix: "type that"}
	tests := map[string]struct {
		list []finding
		want Exit
	}{
		"all there":        {[]finding{fine, {OK: true, Needed: true}}, ExitOK},
		"optional missing": {[]finding{fine, optional}, ExitInconclusive},
		"needed missing":   {[]finding{optional, needed}, ExitRefused},
	}
	for name, test := range tests {
		if got := diagnosis(test.list); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
	var out strings.Builder
	printFindings(&out, []finding{fine, optional, needed})
	for _, want := range []string{"optional:\n  type this", "needed (Genesis does not run without):\n  type that"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, &out)
		}
	}
}

func TestACheckThatFailsHasOneLine(t *testing.T) {
	t.Parallel()
	c := check{name: "x", fix: "type this", look: func(context.Context) (string, error) { return "", errors.New("two\nlines") }}
	if f := c.run(t.Context()); f.OK || f.Detail != "two lines" || f.Fix != "type this" {
		t.Errorf("%+v", f)
	}
}
