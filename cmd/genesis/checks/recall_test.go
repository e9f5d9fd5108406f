package checks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/cmd/genesis/checks"
	"github.com/genesis-network/genesis/pipeline"
)

// A question is answered from memory the second time, attachments included; a
// verdict that cannot be read, another question, and who asks for it, have the
// station work again.
func TestVerdictsAreRemembered(t *testing.T) {
	t.Parallel()
	cache, s := t.TempDir(), shipped(t, "birch")
	kept := map[string]bool{}
	ask := func(again bool) string {
		t.Helper()
		tools, err := checks.Find(t.Context(), checks.Config{Root: t.TempDir(), Cache: cache, Again: again,
			Keep: func(name string, _ []byte) error { kept[name] = true; return nil }}, pipeline.TLA)
		if err != nil {
			t.Fatal(err)
		}
		defer tools.Close(t.Context())
		st, _, err := tools.Run(t.Context(), pipeline.TLA, s, checks.Effort{})
		if err != nil || st.Outcome != pipeline.Pass {
			t.Fatalf("%s: %s, %v", st.Outcome, st.Summary, err)
		}
		return st.Summary
	}
	first := ask(false)
	attached := len(kept)
	edit(t, cache, first, "from memory")
	clear(kept)
	if got := ask(false); got != "from memory" || len(kept) != attached {
		t.Errorf("asked again: %q with %d attachments, want what was remembered with %d", got, len(kept), attached)
	}
	if got := ask(true); got != first {
		t.Errorf("Again: %q, want %q", got, first)
	}
	edit(t, cache, "{", "")
	if got := ask(false); got != first {
		t.Errorf("a damaged verdict: %q, want %q", got, first)
	}
}

// edit changes a text in the one remembered verdict.
func edit(t *testing.T, cache, from, to string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cache, "verdicts", "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d verdicts, %v, want one", len(files), err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(raw), from, to, 1)
	if text == string(raw) {
		t.Fatalf("%q is not in the verdict", from)
	}
	if err := os.WriteFile(files[0], []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
