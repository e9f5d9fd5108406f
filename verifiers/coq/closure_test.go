package coq

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/pipeline"
)

// In full the closure of the theory is checked once, and every proof with what
// was printed for it.
func TestInFullTheClosureIsCheckedOnce(t *testing.T) {
	if os.Getenv("GENESIS_NIGHTLY") == "" {
		t.Skip("40 s of processor time: set GENESIS_NIGHTLY=1 (make nightly)")
	}
	t.Parallel()
	o := options(t)
	o.Full = true
	s := counter(t)
	s.Proof = coqgen.DefaultProof()
	want(t, prove(t, s, o), pipeline.Pass)
	marks, err := filepath.Glob(filepath.Join(o.Cache, "closure", "*"))
	if err != nil || len(marks) != 1 {
		t.Fatalf("marks %v, %v", marks, err)
	}
	p, err := newProver(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	blind := *p.tools // which others share
	blind.coqchk.path = "/nowhere/coqchk"
	p.tools = &blind
	if err := p.closure(t.Context()); err != nil {
		t.Errorf("the second time: %v", err)
	}
}

// What is marked is named by the content of the library: another file is another
// name.
func TestALibraryIsNamedByItsContent(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	lib := &tools{library: root}
	if _, err := lib.libraryDigest(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a library: %v", err)
	}
	vo := filepath.Join(root, "theories", "Init", "Prelude.vo")
	if err := os.MkdirAll(filepath.Dir(vo), 0o700); err != nil {
		t.Fatal(err)
	}
	var seen []pipeline.Digest
	for _, content := range []string{"a", "b"} {
		if err := os.WriteFile(vo, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := lib.libraryDigest()
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, d)
	}
	if seen[0] == seen[1] {
		t.Error("two libraries have one name")
	}
}
