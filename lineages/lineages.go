// Package lineages holds the genomes that Genesis starts from: for each lineage
// the module of every slot that it fills, as Tile Go source with its proof, and
// its ancestry. They are embedded, so that a tile and a search start from the
// same bytes.
//
// What it keeps true: a genome that is returned belongs to a lineage that lists
// the slot, and its source is within the limits of every contract. What it does
// not do: it compiles and proves nothing (see the stations), and it does not
// know what a fleet runs now: later generations are artefacts of the pipeline.
//
// A slot of somebody's own brings its genomes along, in the folders
// lineages/NAME of the slot; a program registers them (see [Register]).
//
// The folders NAME/SLOT are ordinary Go packages as well, so that the same text
// that is proven is compiled and tested by Go.
package lineages

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/genesis-network/genesis/pipeline"
)

// Lineage is one independently bred kernel.
type Lineage struct {
	Name      string
	Class     string // of the tiles that run it
	About     string
	Slots     []string          // that its tiles run
	Kernel    []string          // kernel slots that it has modules for, which tiles do not run yet
	Ancestors []pipeline.Digest // bases that it was bred from, oldest first
	Bred      []Bred            // modules that searches found, at most one for a slot
}

// Genome is the module of one slot of a lineage.
type Genome struct {
	Lineage string
	Slot    string
	Source  []byte // Tile Go
	Proof   []byte // Coq; nil when the default proof serves
}

// The kinds of failure, to be tested with errors.Is.
var (
	ErrUnknown   = errors.New("no such lineage or slot")
	ErrMalformed = errors.New("malformed lineage")
)

//go:embed alder birch cedar
var shipped embed.FS

// Names are the lineages, sorted: those that are shipped and those that were
// registered.
func Names() []string {
	out := append(names(shipped), registeredNames()...)
	slices.Sort(out)
	return out
}

// Describe is what lineage.yaml says of a shipped lineage, or what is known of
// a registered one.
func Describe(name string) (Lineage, error) {
	if l, ok := registeredLineage(name); ok {
		return l, nil
	}
	return describe(shipped, name)
}

// Load is the genome of a lineage for a slot.
func Load(lineage, slot string) (Genome, error) {
	if g, ok := registeredGenome(lineage, slot); ok {
		return g, nil
	}
	return load(shipped, lineage, slot)
}

// All are the genomes of a slot, one for each lineage that fills it.
func All(slot string) ([]Genome, error) {
	var out []Genome
	for _, name := range Names() {
		l, err := Describe(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(l.Slots, slot) {
			continue
		}
		g, err := Load(name, slot)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, nil
}

func names(fsys fs.FS) []string {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return out
}

// document is lineage.yaml as written.
type document struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Name       string   `yaml:"name"`
	Class      string   `yaml:"class"`
	About      string   `yaml:"about"`
	Slots      []string `yaml:"slots"`
	Kernel     []string `yaml:"kernel"`
	Ancestors  []string `yaml:"ancestors"`
	Bred       []Bred   `yaml:"bred"`
}

// MaxFile bounds each file of a genome, in bytes.
const MaxFile = 64 << 10

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

func describe(fsys fs.FS, name string) (Lineage, error) {
	if !slices.Contains(names(fsys), name) {
		return Lineage{}, fmt.Errorf("lineages: %.40q: %w", name, ErrUnknown)
	}
	src, err := read(fsys, path.Join(name, "lineage.yaml"))
	if err != nil {
		return Lineage{}, err
	}
	var d document
	dec := yaml.NewDecoder(bytes.NewReader(src))
	dec.KnownFields(true)
	if err := dec.Decode(&d); err != nil {
		return Lineage{}, fmt.Errorf("lineages: %s/lineage.yaml: %w: %w", name, ErrMalformed, err)
	}
	l, err := d.lineage(name)
	if err != nil {
		return Lineage{}, fmt.Errorf("lineages: %s/lineage.yaml: %w", name, err)
	}
	return l, nil
}

func (d *document) lineage(name string) (Lineage, error) {
	if d.APIVersion != "genesis/v1" || d.Kind != "Lineage" || d.Name != name || !namePattern.MatchString(d.Class) {
		return Lineage{}, fmt.Errorf("%w: want apiVersion genesis/v1, kind Lineage, name %s and a class", ErrMalformed, name)
	}
	l := Lineage{Name: name, Class: d.Class, About: d.About, Slots: d.Slots, Kernel: d.Kernel}
	for _, slot := range slices.Concat(d.Slots, d.Kernel) {
		if !namePattern.MatchString(slot) {
			return Lineage{}, fmt.Errorf("%w: slot %.40q is not a name", ErrMalformed, slot)
		}
	}
	for _, text := range d.Ancestors {
		digest, err := pipeline.ParseDigest(text)
		if err != nil {
			return Lineage{}, fmt.Errorf("%w: ancestor: %w", ErrMalformed, err)
		}
		l.Ancestors = append(l.Ancestors, digest)
	}
	l.Bred = d.Bred
	return l, checkBred(l)
}

func load(fsys fs.FS, lineage, slot string) (Genome, error) {
	l, err := describe(fsys, lineage)
	if err != nil {
		return Genome{}, err
	}
	if !slices.Contains(l.Slots, slot) && !slices.Contains(l.Kernel, slot) {
		return Genome{}, fmt.Errorf("lineages: slot %.40q of %s: %w", slot, lineage, ErrUnknown)
	}
	g := Genome{Lineage: lineage, Slot: slot}
	if g.Source, err = read(fsys, path.Join(lineage, slot, "module.go")); err != nil {
		return Genome{}, err
	}
	g.Proof, err = read(fsys, path.Join(lineage, slot, "proof.v"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Genome{}, err
	}
	return g, nil
}

func read(fsys fs.FS, name string) ([]byte, error) {
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("lineages: %w", err)
	}
	if len(src) > MaxFile {
		return nil, fmt.Errorf("lineages: %s has more than %d bytes: %w", name, MaxFile, ErrMalformed)
	}
	return src, nil
}
