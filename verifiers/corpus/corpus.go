// Package corpus keeps the cases that stations try on every later candidate, on
// disk, by the version of the contract that they were made for.
//
// A folder has one folder per contract digest, and in it two: regression, with
// the witnesses that refuted a module, made small, which are replayed before
// anything else; and seeds, with inputs that reached something in a module,
// from which fuzzers begin. A case is a file named by the digest of its bytes.
//
// What it keeps true: a case is there whole or not at all, also after a crash;
// what is not what its name says is not read; the number of cases is bounded
// ([MaxRegressions], [MaxSeeds]); several processes may use a folder at once.
// The names of files are digests, so that no proposer's text is in a path.
//
// What it does not do: it runs no case. Whether a case fits a module is for who
// tries it to see.
package corpus

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

// How many cases of a contract are kept. A regression case beyond that takes
// the place of the oldest one.
const (
	MaxRegressions = 4096
	MaxSeeds       = 1024
)

// ErrDamaged says that a file is not the case that its name says.
var ErrDamaged = errors.New("damaged case")

// Store is a folder of cases.
type Store struct{ dir string }

// Open uses a folder, which need not exist yet.
func Open(dir string) *Store { return &Store{dir: dir} }

const suffix = ".case.json"

// Regressions are the witnesses kept for a contract, in the order of their
// digests: the same files give the same list.
func (s *Store) Regressions(contract pipeline.Digest) ([]verifiers.Case, error) {
	return s.read(contract, "regression")
}

// Seeds are the inputs kept for a contract, in the order of their digests.
func (s *Store) Seeds(contract pipeline.Digest) ([]verifiers.Case, error) {
	return s.read(contract, "seeds")
}

// AddRegression keeps a witness.
func (s *Store) AddRegression(contract pipeline.Digest, c verifiers.Case) error {
	dir, err := s.folder(contract, "regression")
	if err != nil {
		return err
	}
	if err := write(dir, c); err != nil {
		return err
	}
	return dropOldest(dir, MaxRegressions)
}

// ReplaceSeeds keeps the cases after instead of those before. Cases that others
// added meanwhile stay.
func (s *Store) ReplaceSeeds(contract pipeline.Digest, before, after []verifiers.Case) error {
	dir, err := s.folder(contract, "seeds")
	if err != nil {
		return err
	}
	stays := map[string]bool{}
	for _, c := range after {
		stays[name(c.Encode())] = true
		if err := write(dir, c); err != nil {
			return err
		}
	}
	for _, c := range before {
		if n := name(c.Encode()); !stays[n] {
			if err := os.Remove(filepath.Join(dir, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("corpus: %w", err)
			}
		}
	}
	return dropOldest(dir, MaxSeeds)
}

func (s *Store) folder(contract pipeline.Digest, kind string) (string, error) {
	if _, err := pipeline.ParseDigest(string(contract)); err != nil {
		return "", fmt.Errorf("corpus: contract: %w", err)
	}
	dir := filepath.Join(s.dir, string(contract), kind)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("corpus: %w", err)
	}
	return dir, nil
}

func name(content []byte) string { return string(pipeline.SumBytes(content)) + suffix }

func write(dir string, c verifiers.Case) error {
	content := c.Encode()
	path := filepath.Join(dir, name(content))
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := durable.Replace(path, content); err != nil {
		return fmt.Errorf("corpus: %w", err)
	}
	return nil
}

// read reads all cases of a kind. A file that went away meanwhile is no case.
func (s *Store) read(contract pipeline.Digest, kind string) ([]verifiers.Case, error) {
	dir, err := s.folder(contract, kind)
	if err != nil {
		return nil, err
	}
	entries, err := cases(dir)
	if err != nil {
		return nil, err
	}
	var out []verifiers.Case
	for _, e := range entries {
		c, err := readCase(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// cases are the entries of a folder that are cases by their names.
func cases(dir string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("corpus: %w", err)
	}
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		digest, ok := strings.CutSuffix(e.Name(), suffix)
		_, err := pipeline.ParseDigest(digest)
		return !ok || err != nil
	}), nil
}

func readCase(path string) (verifiers.Case, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return verifiers.Case{}, fmt.Errorf("corpus: %w", err)
	}
	if name(content) != filepath.Base(path) {
		return verifiers.Case{}, fmt.Errorf("corpus: %s: %w: remove it", path, ErrDamaged)
	}
	c, err := verifiers.DecodeCase(content)
	if err != nil {
		return c, fmt.Errorf("corpus: %s: %w: remove it", path, err)
	}
	return c, nil
}

// dropOldest removes the oldest cases of a folder that has more than a limit.
func dropOldest(dir string, limit int) error {
	entries, err := cases(dir)
	if err != nil || len(entries) <= limit {
		return err
	}
	age := map[string]time.Time{}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			age[e.Name()] = info.ModTime()
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int {
		return cmp.Or(age[a.Name()].Compare(age[b.Name()]), cmp.Compare(a.Name(), b.Name()))
	})
	for _, e := range entries[:len(entries)-limit] {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("corpus: %w", err)
		}
	}
	return nil
}
