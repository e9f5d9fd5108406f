package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/genesis-network/genesis/pipeline"
)

// Artefacts keeps bytes by their digest, one file each, in a directory.
type Artefacts struct {
	dir   string
	fault func(step string)
}

// MaxArtefact is the largest artefact, in bytes.
const MaxArtefact = 256 << 20

const tempName = "incoming"

func (a *Artefacts) prepare() error {
	return os.MkdirAll(filepath.Join(a.dir, tempName), 0o700)
}

// removeLeftovers deletes what a killed process was writing. Only the holder of
// the lock may.
func (a *Artefacts) removeLeftovers() error {
	entries, err := os.ReadDir(filepath.Join(a.dir, tempName))
	for _, e := range entries {
		err = errors.Join(err, os.Remove(filepath.Join(a.dir, tempName, e.Name())))
	}
	return err
}

// path spreads files over 256 folders.
func (a *Artefacts) path(d pipeline.Digest) string {
	return filepath.Join(a.dir, string(d[:2]), string(d))
}

// Put keeps the bytes and returns their digest. When it returns they are on the
// disk, whole. Bytes that are there already are left alone; a file that no
// longer matches its name is reported as [ErrCorrupt] and not overwritten.
func (a *Artefacts) Put(ctx context.Context, content []byte) (pipeline.Digest, error) {
	digest := pipeline.SumBytes(content)
	if len(content) > MaxArtefact {
		return "", fmt.Errorf("store: artefact of %d bytes: %w: at most %d", len(content), ErrInvalid, MaxArtefact)
	}
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("store: artefact %s: %w", digest.Short(), err)
	}
	if _, err := a.Get(ctx, digest); !errors.Is(err, ErrNotFound) {
		return digest, err
	}
	if err := a.place(digest, content); err != nil {
		return "", fmt.Errorf("store: artefact %s: %w", digest.Short(), err)
	}
	return digest, nil
}

// place writes a temporary file, makes it durable, gives it its name, and makes
// the name durable.
func (a *Artefacts) place(digest pipeline.Digest, content []byte) error {
	temp, err := a.writeTemp(content)
	if err != nil {
		return err
	}
	defer os.Remove(temp) // it has another name when all went well
	a.fault("artefact synced")
	path := a.path(digest)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	a.fault("artefact named")
	return errors.Join(syncDir(filepath.Dir(path)), syncDir(a.dir))
}

func (a *Artefacts) writeTemp(content []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Join(a.dir, tempName), "*")
	if err != nil {
		return "", err
	}
	a.fault("artefact begun")
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o400), f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get reads an artefact and checks it: [ErrNotFound], or [ErrCorrupt] when the
// file does not match its digest any more.
func (a *Artefacts) Get(ctx context.Context, digest pipeline.Digest) ([]byte, error) {
	if _, err := pipeline.ParseDigest(string(digest)); err != nil {
		return nil, fmt.Errorf("store: artefact: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("store: artefact %s: %w", digest.Short(), err)
	}
	content, err := os.ReadFile(a.path(digest))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("store: artefact %s: %w", digest.Short(), ErrNotFound)
	case err != nil:
		return nil, fmt.Errorf("store: artefact %s: %w", digest.Short(), err)
	case pipeline.SumBytes(content) != digest:
		return nil, fmt.Errorf("store: artefact %s (file %s): %w: restore the file from a copy", digest.Short(), a.path(digest), ErrCorrupt)
	}
	return content, nil
}

// Has reports whether there is a file for the digest, without reading it.
func (a *Artefacts) Has(digest pipeline.Digest) bool {
	if _, err := pipeline.ParseDigest(string(digest)); err != nil {
		return false
	}
	info, err := os.Stat(a.path(digest))
	return err == nil && info.Mode().IsRegular()
}
