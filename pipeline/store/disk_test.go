package store_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

func TestOneWriterManyReaders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := store.OpenReadOnly(t.Context(), dir); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("reading nothing: %v", err)
	}
	s := open(t, dir)
	if _, err := store.Open(t.Context(), dir); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a second writer: %v", err)
	}
	reader, err := store.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	c := create(t, s, "a")
	if got := must(reader.Changes.Get(t.Context(), c.ID))(t); !cmp.Equal(c, got) {
		t.Error(cmp.Diff(c, got))
	}
	if _, _, err := reader.Changes.Create(t.Context(), c); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("a reader wrote: %v", err)
	}
	sound(t, reader)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	sound(t, open(t, dir))
}

func TestArtefacts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	d := must(s.Artefacts.Put(t.Context(), []byte("hello")))(t)
	if d != pipeline.SumBytes([]byte("hello")) || !s.Artefacts.Has(d) || s.Artefacts.Has(fill("a")) {
		t.Error(d)
	}
	if again := must(s.Artefacts.Put(t.Context(), []byte("hello")))(t); again != d {
		t.Error(again)
	}
	if got := must(s.Artefacts.Get(t.Context(), d))(t); string(got) != "hello" {
		t.Errorf("%q", got)
	}
	for _, name := range []pipeline.Digest{"", "..", "../../x", d[:63], pipeline.Digest(strings.ToUpper(string(d)))} {
		if _, err := s.Artefacts.Get(t.Context(), name); err == nil || s.Artefacts.Has(name) {
			t.Errorf("%q was looked for", name)
		}
	}
	path := filepath.Join(dir, "artefacts", string(d[:2]), string(d))
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("hallo"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Artefacts.Get(t.Context(), d); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("a changed byte: %v", err)
	}
	if _, err := s.Artefacts.Put(t.Context(), []byte("hello")); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("overwritten: %v", err)
	}
}

// Fsck names each thing that was tampered with.
func TestFsckFindsDamage(t *testing.T) {
	t.Parallel()
	rows := map[string]struct {
		damage string // SQL
		want   string
	}{
		"event removed":     {`DELETE FROM events WHERE seq = 2`, "events numbered"},
		"counter set back":  {`UPDATE counters SET value = 1 WHERE name = 'events'`, "counter at 1"},
		"statement changed": {`UPDATE evidence SET doc = replace(doc, '"pass"', '"fail"')`, "does not match its key"},
		"subject changed":   {`UPDATE evidence SET subject = '` + string(fill("b")) + `'`, "does not match its key"},
		"evidence broken":   {`UPDATE evidence SET doc = '{'`, "cannot be read"},
		"change changed":    {`UPDATE records SET doc = replace(doc, '"alder"', '"birch"') WHERE kind = 'change'`, "its content has digest"},
		"campaign changed":  {`UPDATE records SET doc = replace(doc, '"thermal"', '"sched"') WHERE kind = 'campaign'`, "its document has digest"},
		"artefact removed":  {`DELETE FROM requests`, "which is missing"},
		"stray file":        {`DELETE FROM requests`, "is not an artefact"},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, dir)
			life(t.Context(), s)
			sound(t, s)
			if err := s.Exec(t.Context(), row.damage); err != nil {
				t.Fatal(err)
			}
			switch name {
			case "artefact removed":
				d := pipeline.SumBytes([]byte("signed"))
				os.Remove(filepath.Join(dir, "artefacts", string(d[:2]), string(d)))
			case "stray file":
				os.WriteFile(filepath.Join(dir, "artefacts", "notes.txt"), nil, 0o600)
			}
			problems := must(s.Fsck(t.Context()))(t)
			text := must(json.Marshal(problems))(t)
			if len(problems) != 1 || !strings.Contains(string(text), row.want) {
				t.Errorf("want one problem with %q: %s", row.want, text)
			}
		})
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.Exec(t.Context(), `INSERT INTO schema_version (version) VALUES (1000)`); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := store.Open(t.Context(), dir); !errors.Is(err, store.ErrNewer) {
		t.Error(err)
	}
}
