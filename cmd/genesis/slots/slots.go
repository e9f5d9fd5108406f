// Package slots deals with slots that are folders of people's own: it finds
// them, registers them for a process, checks them, starts new ones, and keeps
// those that were added in the data directory.
//
// A slot's folder has contract.go, contract.yaml and env.go (what is promised),
// sim.go and sim.yaml (what is measured, see hal/interpret), textbook/NAME (what
// gains are measured against), lineages/NAME (what is run), a trace and a
// README.md.
//
// What it keeps true: no code of a folder is compiled into this process or run
// by Go; everything in it is data of the languages that Genesis bounds. What it
// does not do: it proves no module (see the stations).
package slots

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/contract"
	kernel "github.com/genesis-network/genesis/kernel/slots"
	"github.com/genesis-network/genesis/lineages"
)

// depth is how many folders above a path are looked at: a module is at
// SLOT/lineages/NAME/module.go.
const depth = 4

// Near is the slot's folder that a path is in: the path itself or the nearest
// folder above it that holds a contract. It is false when there is none.
func Near(path string) (string, bool) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", false
	}
	for range depth {
		if is(abs) {
			return abs, true
		}
		abs = filepath.Dir(abs)
	}
	return "", false
}

func is(dir string) bool {
	for _, name := range []string{"contract.go", "contract.yaml"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}

// Contract is the contract of a slot's folder.
func Contract(dir string) (*contract.Contract, error) {
	c, err := contract.Load(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return c, nil
}

// Use registers a slot's folder and its lineages for this process.
func Use(dir string) (hal.Slot, error) {
	s, err := hal.Open(os.DirFS(dir))
	if err != nil {
		return s, fmt.Errorf("%s: %w", dir, err)
	}
	genomes, err := lineages.In(s.Folder, s.Name)
	if err != nil {
		return s, fmt.Errorf("%s: %w", dir, err)
	}
	if err := hal.Register(s); err != nil {
		return s, fmt.Errorf("%s: %w", dir, err)
	}
	for _, g := range genomes {
		if err := lineages.Register(g); err != nil {
			return s, fmt.Errorf("%s/lineages/%s: %w: give it another name", dir, g.Lineage, err)
		}
	}
	return s, nil
}

// UseKernel registers the kernel slots that have a simulator, for this process
// only: commands search and check modules of them, tiles do not run them yet.
func UseKernel() error {
	for _, name := range kernel.Measured() {
		folder, err := kernel.Folder(name)
		if err != nil {
			return err
		}
		s, err := hal.Open(folder)
		if err != nil {
			return err
		}
		if err := hal.Register(s); err != nil {
			return err
		}
	}
	return nil
}

// Store is the folder of a data directory that holds the slots that were added.
func Store(data string) string { return filepath.Join(data, "slots") }

// Added are the folders of the slots that were added to a data directory.
func Added(data string) ([]string, error) {
	entries, err := os.ReadDir(Store(data))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if dir := filepath.Join(Store(data), e.Name()); e.IsDir() && is(dir) {
			out = append(out, dir)
		}
	}
	return out, nil
}

// UseAdded registers every slot that was added to a data directory.
func UseAdded(data string) error {
	dirs, err := Added(data)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if _, err := Use(dir); err != nil {
			return err
		}
	}
	return nil
}
