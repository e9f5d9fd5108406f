// Package durable keeps state in files across crashes: [Replace] leaves the
// old content of a small file or the new one, never a mixture, and [Lock] lets
// one process at a time have a directory, and frees it when that process and
// its children are gone, however they went.
//
// It does not version, encrypt or share anything. It imports nothing of
// Genesis and every room may use it.
package durable

import (
	"fmt"
	"os"
	"path/filepath"
)

// Replace writes the file at path, readable by its owner alone. When it
// returns nil the content survives a crash of the machine.
func Replace(path string, content []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // fails after the rename, as it should
	if err := fill(f, content); err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	return syncDir(dir)
}

func fill(f *os.File, content []byte) error {
	defer f.Close()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Sync()
}

// syncDir makes a rename in the directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
