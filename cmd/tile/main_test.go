package main

import (
	"bytes"
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/pipeline"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-version"}, &out); err != nil {
		t.Fatal(err)
	}
	var b build
	if err := json.Unmarshal(out.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	if b.Go != runtime.Version() || len(b.Lineages) < 2 {
		t.Errorf("build: %+v", b)
	}
	for _, l := range b.Lineages {
		if _, err := pipeline.ParseDigest(string(l.Slots["thermal"])); err != nil || l.Class == "" {
			t.Errorf("lineage: %+v, %v", l, err)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ args, want string }{
		"unknown flag": {"-verbose", "not defined"},
		"argument":     {"alder-1", "takes flags only"},
		"no root":      {"-id alder-1 -key none", "no such file"},
	} {
		if err := run(t.Context(), strings.Fields(c.args), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
