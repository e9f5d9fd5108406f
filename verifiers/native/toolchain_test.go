package native

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func toolchain(t *testing.T) *Toolchain {
	t.Helper()
	tool, err := Find(t.Context())
	if err != nil {
		t.Skip(err)
	}
	return tool
}

// Nothing that the caller's environment says reaches a build: no flags, no other
// toolchain, no proxy, no secret.
func TestBuildsSeeNothingOfTheCaller(t *testing.T) {
	tool := toolchain(t)
	for name, value := range map[string]string{"GOFLAGS": "-toolexec=/bin/false", "GOPROXY": "https://example.org", "CGO_ENABLED": "1", "GOTOOLCHAIN": "go9.9.9", "GOWORK": "/nowhere", "GENESIS_SECRET": "x"} {
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	out, err := tool.Run(t.Context(), dir, tool.Path, "env", "GOFLAGS", "GOPROXY", "CGO_ENABLED", "GOTOOLCHAIN", "GOWORK")
	if err != nil || string(out) != "-mod=mod\noff\n0\nlocal\noff\n" {
		t.Errorf("%q, %v", out, err)
	}
	out, err = tool.Run(t.Context(), dir, "/usr/bin/env")
	if err != nil || strings.Contains(string(out), "SECRET") {
		t.Errorf("%q, %v", out, err)
	}
}

// What Go refuses is told from what takes too much; a module that is not here
// is not fetched.
func TestRefusedBuilds(t *testing.T) {
	t.Parallel()
	tool := toolchain(t)
	for name, text := range map[string]string{
		"no Go":            "package main\nfunc main() { return 1 }\n",
		"a foreign module": "package main\nimport _ \"example.org/foreign\"\nfunc main() {}\n",
		"C":                "package main\nimport \"C\"\nfunc main() {}\n",
	} {
		dir := t.TempDir()
		for file, content := range map[string]string{"go.mod": "module example.org/m\n\ngo 1.26\n", "main.go": text} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := tool.Build(t.Context(), dir, ".", filepath.Join(dir, "out")); !errors.Is(err, ErrBuild) || errors.Is(err, ErrCostly) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
