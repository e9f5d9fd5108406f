package checks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/api/apitest"
	"github.com/genesis-network/genesis/cmd/genesis/checks"
	"github.com/genesis-network/genesis/pipeline"
)

func TestAncestriesHold(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	w.Descend(t)
	r, err := checks.Ancestries(t.Context(), w.Store)
	if err != nil || len(r.Problems) > 0 || len(r.Lineages) != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, l := range r.Lineages {
		if l.Outcome != string(pipeline.Pass) || l.Artefacts != 3*l.Generations || l.Bytes == 0 {
			t.Errorf("%+v", l)
		}
	}
}

// A flipped byte in any file that an ancestry names is found, in the lineage
// whose it is.
func TestAFlippedByteInAnArtefactIsFound(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	w.Descend(t)
	list, err := w.Store.Ancestry(t.Context(), "alder")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range list {
		h := g.Modules[0]
		for name, d := range map[string]pipeline.Digest{"source": h.Source, "IR": h.Module.Code.IR} {
			path := filepath.Join(w.Dir, "store", "artefacts", string(d[:2]), string(d))
			flip(t, path)
			r, err := checks.Ancestries(t.Context(), w.Store)
			flip(t, path)
			if err != nil || len(r.Problems) == 0 || !strings.HasPrefix(r.Problems[0].Where, "lineage alder/") || r.Lineages[0].Outcome != string(pipeline.Fail) || r.Lineages[1].Outcome != string(pipeline.Pass) {
				t.Errorf("%s of generation %d: %+v, %v", name, g.Generation, r, err)
			}
		}
	}
}

// flip flips a bit in the middle of a file, or back.
func flip(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Lines that are credited to somebody else than the modules say are found,
// although every digest is right.
func TestLinesThatAreCreditedWronglyAreFound(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	w.Descend(t)
	list, err := w.Store.Ancestry(t.Context(), "birch")
	if err != nil {
		t.Fatal(err)
	}
	a := list[0].Ancestor
	a.Lineage = "hazel"
	a.Base = pipeline.Base(a.Lineage, a.Refs())
	a.Modules[0].Lines = []pipeline.Authored{{Proposer: "llm", Lines: 3}}
	if err := w.Store.AddGeneration(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	r, err := checks.Ancestries(t.Context(), w.Store)
	if err != nil || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Message, "who its lines come from") {
		t.Errorf("%+v, %v", r, err)
	}
}
