package lineages

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"
)

// ErrTaken says that a lineage cannot be extended by a folder: it is shipped,
// and what it runs is named by evidence.
var ErrTaken = errors.New("a shipped lineage has that name")

// ProgramClass is the class of tiles that run registered lineages: programs
// that host modules by themselves.
const ProgramClass = "program"

// registered are the genomes of slots that were not shipped.
var registered = struct {
	mu      sync.RWMutex
	genomes map[string]map[string]Genome // by lineage, then slot
}{genomes: map[string]map[string]Genome{}}

// In reads the genomes of a slot's own folder: lineages/NAME/module.go, with
// proof.v beside it where the default proof does not serve.
func In(folder fs.FS, slot string) ([]Genome, error) {
	files, err := fs.Glob(folder, "lineages/*/module.go")
	if err != nil {
		return nil, err
	}
	var out []Genome
	for _, file := range files {
		g := Genome{Lineage: path.Base(path.Dir(file)), Slot: slot}
		if !namePattern.MatchString(g.Lineage) {
			return nil, fmt.Errorf("lineages: %.40q: %w: name it with lower-case letters, digits and _", g.Lineage, ErrMalformed)
		}
		if g.Source, err = read(folder, file); err != nil {
			return nil, err
		}
		if g.Proof, err = read(folder, path.Join(path.Dir(file), "proof.v")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

// Register adds a genome for the life of the process. Genomes of one lineage
// for several slots make one lineage. It is [ErrTaken] when the lineage is
// shipped.
func Register(g Genome) error {
	if slices.Contains(names(shipped), g.Lineage) {
		return fmt.Errorf("lineages: %s: %w", g.Lineage, ErrTaken)
	}
	registered.mu.Lock()
	defer registered.mu.Unlock()
	if registered.genomes[g.Lineage] == nil {
		registered.genomes[g.Lineage] = map[string]Genome{}
	}
	registered.genomes[g.Lineage][g.Slot] = g
	return nil
}

func registeredNames() []string {
	registered.mu.RLock()
	defer registered.mu.RUnlock()
	return slices.Sorted(maps.Keys(registered.genomes))
}

func registeredLineage(name string) (Lineage, bool) {
	registered.mu.RLock()
	defer registered.mu.RUnlock()
	slots, ok := registered.genomes[name]
	if !ok {
		return Lineage{}, false
	}
	return Lineage{Name: name, Class: ProgramClass, About: "from the folders of its slots", Slots: slices.Sorted(maps.Keys(slots))}, true
}

func registeredGenome(lineage, slot string) (Genome, bool) {
	registered.mu.RLock()
	defer registered.mu.RUnlock()
	g, ok := registered.genomes[lineage][slot]
	return g, ok
}
