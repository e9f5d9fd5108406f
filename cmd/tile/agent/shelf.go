package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
)

// shelf keeps the modules that a tile may need again: as IR with their names,
// on disk, beside the genomes that it was shipped with.
type shelf struct {
	dir     string
	lineage string
	shipped map[pipeline.Digest]jar
	own     map[string]pipeline.Digest // genome by slot
	other   map[string]pipeline.Digest // genome of another lineage, by slot
}

// jar is a module on the shelf.
type jar struct {
	Ref pipeline.ModuleRef `json:"ref"`
	IR  []byte             `json:"ir"`
}

func openShelf(dir, lineage string) (*shelf, error) {
	s := &shelf{dir: dir, lineage: lineage, shipped: map[pipeline.Digest]jar{}, own: map[string]pipeline.Digest{}, other: map[string]pipeline.Digest{}}
	for _, slot := range hal.Slots() {
		genomes, err := lineages.All(slot.Name)
		if err != nil {
			return nil, err
		}
		for _, g := range genomes {
			if err := s.ship(slot, g); err != nil {
				return nil, err
			}
		}
	}
	return s, os.MkdirAll(dir, 0o700)
}

// ship adds a genome. The refuge of a slot is the first of another lineage:
// diversity is what helps against a fault that the own lineage bred.
func (s *shelf) ship(slot hal.Slot, g lineages.Genome) error {
	m, err := g.Compile(slot.Contract)
	if err != nil {
		return err
	}
	name := m.Ref.Digest()
	s.shipped[name] = jar{m.Ref, m.IR}
	if g.Lineage == s.lineage {
		s.own[slot.Name] = name
	} else if s.other[slot.Name] == "" {
		s.other[slot.Name] = name
	}
	return nil
}

// put keeps a module that was derived by this tile.
func (s *shelf) put(j jar) error {
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return durable.Replace(s.path(j.Ref.Digest()), text)
}

// stay keeps a shipped module even when the next version of the tile is shipped
// with another one.
func (s *shelf) stay(module pipeline.Digest) error {
	j, shipped := s.shipped[module]
	if _, err := os.Stat(s.path(module)); !shipped || err == nil {
		return nil
	}
	return s.put(j)
}

func (s *shelf) path(module pipeline.Digest) string {
	return filepath.Join(s.dir, string(module)+".json")
}

func (s *shelf) get(module pipeline.Digest) (jar, error) {
	if j, ok := s.shipped[module]; ok {
		return j, nil
	}
	var j jar
	text, err := os.ReadFile(s.path(module))
	if err != nil {
		return j, fmt.Errorf("module %s: %w", module.Short(), err)
	}
	if err := json.Unmarshal(text, &j); err != nil {
		return j, fmt.Errorf("module %s: %w", module.Short(), err)
	}
	if j.Ref.Digest() != module {
		return j, fmt.Errorf("module %s: the file holds %s", module.Short(), j.Ref.Digest().Short())
	}
	return j, nil
}

// prune forgets what is no longer needed.
func (s *shelf) prune(needed map[string]pipeline.Digest) error {
	names, err := filepath.Glob(filepath.Join(s.dir, "*.json"))
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	for _, d := range needed {
		keep[s.path(d)] = true
	}
	for _, name := range names {
		if keep[name] {
			continue
		}
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// seat loads a module from the shelf.
func (s *shelf) seat(ctx context.Context, slot hal.Slot, module pipeline.Digest) (*seat, error) {
	j, err := s.get(module)
	if err != nil {
		return nil, err
	}
	return j.seat(ctx, slot)
}

func (j jar) seat(ctx context.Context, slot hal.Slot) (*seat, error) {
	m, err := j.derive(ctx, slot)
	if err != nil {
		return nil, err
	}
	return sit(ctx, j.Ref, m)
}

// errDerived says that a module is not what it is named.
var errDerived = errors.New("this tile derives another code")

// derive checks and compiles a module: everything about it is made again here,
// from the IR, and must have the name that it came with.
func (j jar) derive(ctx context.Context, slot hal.Slot) (*host.Module, error) {
	named := j.Ref.Code
	if named.Slot != slot.Name {
		return nil, fmt.Errorf("module %s is for slot %q, not %q: %w", j.Ref.Digest().Short(), named.Slot, slot.Name, errDerived)
	}
	m, err := host.Load(ctx, j.IR, terms(slot.Contract))
	if err != nil {
		return nil, err
	}
	if derived := lineages.Code(slot.Contract, m.Unit, j.IR); derived != named {
		err := fmt.Errorf("module %s: %w: %s, it is named %s", j.Ref.Digest().Short(), errDerived, derived.Digest().Short(), named.Digest().Short())
		return nil, errors.Join(err, m.Close(ctx))
	}
	return m, nil
}

func terms(c *contract.Contract) host.Contract {
	return host.Contract{Unit: c.Unit, Budget: uint64(c.Budget), Entry: c.Entry.Name}
}
