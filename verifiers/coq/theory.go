package coq

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/pipeline"
)

//go:embed theory/*.v
var theoryFiles embed.FS

// theoryOrder is the order in which the theory is compiled.
var theoryOrder = []string{"GoSem", "GoRules", "GoSolve"}

// theorySources are the texts of the theory by file name.
func theorySources() map[string][]byte {
	out := map[string][]byte{}
	for _, name := range theoryOrder {
		text, err := theoryFiles.ReadFile("theory/" + name + ".v")
		if err != nil {
			panic("coq: " + err.Error()) // embedded
		}
		out[name+".v"] = text
	}
	return out
}

// theoryDigest names the theory's texts.
func theoryDigest() pipeline.Digest {
	parts := map[string]pipeline.Digest{}
	for name, text := range theorySources() {
		parts[name] = pipeline.SumBytes(text)
	}
	return sum("coq-theory", parts)
}

// sum names maps of digests, which cannot fail.
func sum(kind string, parts map[string]pipeline.Digest) pipeline.Digest {
	d, err := pipeline.Sum(kind, parts)
	if err != nil {
		panic("coq: " + err.Error())
	}
	return d
}

// compiled is a folder of compiled files that others may read but not change.
type compiled struct {
	dir    string
	hashes map[string]pipeline.Digest // of its .vo files
}

// seal notes what a folder holds.
func seal(dir string) (compiled, error) {
	c := compiled{dir: dir, hashes: map[string]pipeline.Digest{}}
	paths, err := filepath.Glob(filepath.Join(dir, "*.vo"))
	if err != nil {
		return c, fmt.Errorf("coq: %w", err)
	}
	for _, path := range paths {
		if c.hashes[filepath.Base(path)], err = hashFile(path); err != nil {
			return c, err
		}
	}
	return c, nil
}

// errTouched says that a trusted file is not what it was.
var errTouched = errors.New("a compiled file of the trusted base was changed while a proof was compiled")

// intact hashes the folder's files again.
func (c compiled) intact() error {
	now, err := seal(c.dir)
	if err != nil {
		return err
	}
	if !maps.Equal(now.hashes, c.hashes) {
		return fmt.Errorf("coq: %s: %w", c.dir, errTouched)
	}
	return nil
}

// prepareTheory gives the compiled theory from the cache, or compiles it.
func (p *prover) prepareTheory(ctx context.Context) (err error) {
	p.theory, err = p.cached(ctx, "theory", theory())
	return err
}

// theory is the list of the theory's files.
func theory() []file {
	var out []file
	sources := theorySources()
	for _, name := range theoryOrder {
		out = append(out, file{name, sources[name+".v"]})
	}
	return out
}

// cached gives the folder of the compiled files, which are ours or printed, from
// the cache, or compiles them. The folder is named by texts and program, and by
// what they stand on; its hashes stand in its manifest.
func (p *prover) cached(ctx context.Context, kind string, files []file, before ...compiled) (compiled, error) {
	parts := map[string]pipeline.Digest{"coqc": p.tools.coqc.digest}
	for _, f := range files {
		parts["text."+f.name] = pipeline.SumBytes(f.text)
	}
	for i, b := range before {
		parts[fmt.Sprint("before.", i)] = pipeline.SumBytes([]byte(b.manifest()))
	}
	dir := filepath.Join(p.cache, kind, string(sum("coq-compiled", parts)))
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := p.fill(ctx, dir, files, before); err != nil {
			return compiled{}, err
		}
	}
	c, err := seal(dir)
	if err != nil {
		return c, err
	}
	want, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil || string(want) != c.manifest() {
		return c, fmt.Errorf("coq: the compiled files in %s are damaged; remove that folder", dir)
	}
	return c, nil
}

const manifestName = "MANIFEST"

func (c compiled) manifest() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.hashes)) {
		fmt.Fprintf(&b, "%s %s\n", c.hashes[name], name)
	}
	return b.String()
}

// fill compiles files in a folder of its own and moves it into place, so that
// others see all of it or nothing.
func (p *prover) fill(ctx context.Context, dir string, files []file, before []compiled) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("coq: cache: %w", err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".new-")
	if err != nil {
		return fmt.Errorf("coq: cache: %w", err)
	}
	defer os.RemoveAll(tmp)
	c, err := p.printed(ctx, tmp, files, before...)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, manifestName), []byte(c.manifest()), 0o444); err != nil {
		return fmt.Errorf("coq: cache: %w", err)
	}
	if err := os.Rename(tmp, dir); err != nil {
		if _, there := os.Stat(filepath.Join(dir, manifestName)); there == nil {
			return nil // somebody else was faster
		}
		return fmt.Errorf("coq: cache: %w", err)
	}
	return nil
}
