package agent

import (
	"fmt"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
)

// Shipped is a lineage that is embedded in the binary.
type Shipped struct {
	Name  string                     `json:"name"`
	Class string                     `json:"class"`
	Slots map[string]pipeline.Digest `json:"slots"` // module
}

// Lineages are what a tile can start with.
func Lineages() ([]Shipped, error) {
	var out []Shipped
	for _, name := range lineages.Names() {
		l, err := lineages.Describe(name)
		if err != nil {
			return nil, err
		}
		s := Shipped{Name: name, Class: l.Class, Slots: map[string]pipeline.Digest{}}
		for _, slot := range l.Slots {
			if s.Slots[slot], err = genome(name, slot); err != nil {
				return nil, err
			}
		}
		out = append(out, s)
	}
	return out, nil
}

func genome(lineage, slot string) (pipeline.Digest, error) {
	s, ok := hal.Lookup(slot)
	if !ok {
		return "", fmt.Errorf("lineage %s: no slot %q", lineage, slot)
	}
	g, err := lineages.Load(lineage, slot)
	if err != nil {
		return "", err
	}
	m, err := g.Compile(s.Contract)
	return m.Ref.Digest(), err
}
