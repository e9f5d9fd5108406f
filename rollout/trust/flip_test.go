package trust_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
	"pgregory.net/rapid"
)

// written is a chain in a directory, with the names of its files.
type written struct {
	w     *trusttest.World
	dir   string
	files []string
}

func write(t *testing.T) *written {
	t.Helper()
	w := trusttest.New(t)
	c := &written{w: w, dir: filepath.Join(t.TempDir(), "chain")}
	if err := trust.WriteChain(c.dir, w.Story().Chain()); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(c.dir, path)
			c.files = append(c.files, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// failed are the names of the parts that do not match.
func (c *written) failed() []string {
	chain, err := trust.ReadChain(c.dir)
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, f := range trust.VerifyOffline(chain, c.w.Keys.Root(), trust.Options{Now: c.w.Now}).Failed() {
		out = append(out, f.Part+": "+string(f.Code)+": "+f.Why)
	}
	return out
}

// partOf is the part that a file of the directory belongs to.
func partOf(file string) string {
	part := strings.TrimSuffix(strings.TrimSuffix(file, ".json"), ".proof")
	if strings.HasPrefix(file, "contract/") {
		part = file[:strings.LastIndex(file, "/")]
	}
	return part
}

// flip flips bits of one byte of a file, looks, and puts it back.
func (c *written) flip(t interface {
	Helper()
	Fatal(...any)
	Errorf(string, ...any)
}, file string, at int, bits byte) {
	t.Helper()
	path := filepath.Join(c.dir, filepath.FromSlash(file))
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := slices.Clone(good)
	bad[at] ^= bits
	if err := os.WriteFile(path, bad, 0o644); err != nil {
		t.Fatal(err)
	}
	failed := c.failed()
	if err := os.WriteFile(path, good, 0o644); err != nil {
		t.Fatal(err)
	}
	named := slices.ContainsFunc(failed, func(f string) bool { return strings.Contains(f, partOf(file)) })
	if len(failed) == 0 || !named {
		t.Errorf("%s, byte %d, bits %08b: %q does not name the part", file, at, bits, failed)
	}
}

func (c *written) size(t *testing.T, file string) int {
	t.Helper()
	info, err := os.Stat(filepath.Join(c.dir, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Size())
}

// One flipped byte anywhere makes the verification fail, and the part is named.
func TestOneFlippedByteAnywhere(t *testing.T) {
	t.Parallel()
	c := write(t)
	if failed := c.failed(); len(failed) > 0 {
		t.Fatal(failed)
	}
	sizes := map[string]int{}
	for _, f := range c.files {
		sizes[f] = c.size(t, f)
		c.flip(t, f, 0, 1)
		c.flip(t, f, sizes[f]-1, 1)
	}
	rapid.Check(t, func(r *rapid.T) {
		file := rapid.SampledFrom(c.files).Draw(r, "file")
		at := rapid.IntRange(0, sizes[file]-1).Draw(r, "at")
		c.flip(r, file, at, rapid.ByteRange(1, 255).Draw(r, "bits"))
	})
}

// The parts whose form others could take for slack (base64 with bits to spare,
// proofs that are not signed) are walked byte by byte.
func TestEveryByteOfLogProofs(t *testing.T) {
	t.Parallel()
	w := trusttest.New(t)
	chain := w.Story().Chain()
	root := w.Keys.Root()
	walk := func(raw []byte, accepted func(bad []byte) bool) {
		t.Helper()
		for at := 0; at < len(raw); at += stride {
			bad := slices.Clone(raw)
			bad[at] ^= 1 << (at / stride % 8)
			if accepted(bad) {
				t.Errorf("byte %d of %q flipped: accepted", at, raw)
			}
		}
	}
	walk(chain.Checkpoint, func(bad []byte) bool {
		_, err := root.OpenCheckpoint(bad)
		return err == nil
	})
	order := &chain.Orders[0]
	raw, err := pipeline.Canonical(order.Proof)
	if err != nil {
		t.Fatal(err)
	}
	walk(raw, func(bad []byte) bool {
		order.Proof = trust.Proof{}
		return pipeline.Decode(bad, &order.Proof) == nil && trust.VerifyOffline(chain, root, trust.Options{Now: w.Now}).OK
	})
}

func TestChainDirectoryIsStrict(t *testing.T) {
	t.Parallel()
	chain := trusttest.New(t).Story().Chain()
	for _, c := range []struct {
		name   string
		damage func(dir string) error
		want   trust.Code
	}{
		{"a file too many", func(dir string) error { return os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o644) }, trust.CodeChainExtra},
		{"a gap in the evidence", func(dir string) error {
			return os.Rename(filepath.Join(dir, "evidence/001.json"), filepath.Join(dir, "evidence/099.json"))
		}, trust.CodeChainExtra},
		{"a link out of it", func(dir string) error {
			return os.Symlink("/etc/passwd", filepath.Join(dir, "artefacts", strings.Repeat("a", 64)))
		}, trust.CodeChainExtra},
		{"a linked directory", func(dir string) error { return os.Symlink("/etc", filepath.Join(dir, "etc")) }, trust.CodeChainExtra},
		{"a name that is no digest", func(dir string) error { return os.WriteFile(filepath.Join(dir, "artefacts/x"), nil, 0o644) }, trust.CodeChainExtra},
		{"a part missing", func(dir string) error { return os.Remove(filepath.Join(dir, "escape.json")) }, trust.CodeChainFormat},
		{"a proof missing", func(dir string) error { return os.Remove(filepath.Join(dir, "escape.proof.json")) }, trust.CodeChainFormat},
		{"a part too large", func(dir string) error { return os.Truncate(filepath.Join(dir, "release.json"), trust.MaxEnvelope+1) }, trust.CodeChainSize},
		{"all together too large", func(dir string) error {
			for i := range 1 + trust.MaxChain/trust.MaxArtefact {
				name := filepath.Join(dir, "artefacts", strings.Repeat(string(rune('a'+i%6)), 63)+string(rune('0'+i/6)))
				if err := os.WriteFile(name, nil, 0o644); err != nil {
					return err
				}
				if err := os.Truncate(name, trust.MaxArtefact); err != nil {
					return err
				}
			}
			return nil
		}, trust.CodeChainSize},
	} {
		dir := filepath.Join(t.TempDir(), "chain")
		if err := trust.WriteChain(dir, chain); err != nil {
			t.Fatal(err)
		}
		if err := c.damage(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := trust.ReadChain(dir); trust.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	dir := filepath.Join(t.TempDir(), "chain")
	if err := trust.WriteChain(dir, chain); err != nil {
		t.Fatal(err)
	}
	if err := trust.WriteChain(dir, chain); err == nil {
		t.Error("wrote over a chain")
	}
}
