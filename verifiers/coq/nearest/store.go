package nearest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/genesis-network/genesis/pipeline"
)

// Entry is an accepted proof with the model that it is about, as printed.
type Entry struct {
	Code  pipeline.Digest `json:"code"` // of the module's IR
	Model string          `json:"model"`
	Proof string          `json:"proof"`
}

// Store is a folder of entries, one folder for each contract.
type Store string

// MaxEntries is how many proofs of one contract are kept: each is compared when
// a proof is looked for, which takes about a millisecond.
const MaxEntries = 128

// maxEntry bounds an entry's file, in bytes.
const maxEntry = 4 << 20

// Put keeps an entry. A second one about the same code replaces the first; one
// beyond [MaxEntries] is left out.
func (s Store) Put(contract pipeline.Digest, e Entry) error {
	dir := s.folder(contract)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("nearest: %w", err)
	}
	if there, err := os.ReadDir(dir); err != nil || len(there) >= MaxEntries {
		return err
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("nearest: %w", err)
	}
	tmp, err := os.CreateTemp(dir, ".new-")
	if err != nil {
		return fmt.Errorf("nearest: %w", err)
	}
	_, err = tmp.Write(raw)
	if err = cmp.Or(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(dir, string(pipeline.SumBytes([]byte(e.Code)))+".json"))
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("nearest: %w", err)
	}
	return nil
}

func (s Store) folder(contract pipeline.Digest) string {
	return filepath.Join(string(s), string(pipeline.SumBytes([]byte(contract))))
}

// Find is the entry of a contract whose model is nearest to a given one, of
// other code. Of entries that are equally near the first by code is taken.
func (s Store) Find(contract, code pipeline.Digest, model string) (Entry, bool) {
	paths, err := filepath.Glob(filepath.Join(s.folder(contract), "*.json"))
	if err != nil {
		return Entry{}, false
	}
	var best Entry
	least := -1
	for _, path := range paths {
		e, ok := read(path)
		if !ok || e.Code == code {
			continue
		}
		d := Distance(e.Model, model)
		if least < 0 || d < least || d == least && e.Code < best.Code {
			best, least = e, d
		}
	}
	return best, least >= 0
}

func read(path string) (Entry, bool) {
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxEntry {
		return Entry{}, false
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return Entry{}, false
	}
	var e Entry
	return e, json.Unmarshal(raw, &e) == nil
}

// Patches are proofs for a module made of the proof of another one: as it is,
// renamed, and with the tables of invariants of the library's proof for the
// module (nil if there is none). Each text comes once.
func (e Entry) Patches(model string, library []byte) [][]byte {
	var out [][]byte
	for _, text := range []string{e.Proof, rename(e.Proof, e.Model, model), derive(e.Proof, string(library))} {
		if text != "" && !slices.ContainsFunc(out, func(o []byte) bool { return string(o) == text }) {
			out = append(out, []byte(text))
		}
	}
	return out
}
