package lineages

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/genesis-network/genesis/pipeline"
)

// Bred says which search found a shipped module. The module that the search
// began with is in the folder founder beside it, and `genesis search CAMPAIGN
// --founder --seed SEED` finds it again: equal digests show it.
type Bred struct {
	Slot     string          `yaml:"slot"`
	Proposer string          `yaml:"proposer"` // kind
	Campaign string          `yaml:"campaign"` // file, from the root of the repository
	Goal     pipeline.Digest `yaml:"goal"`     // of the campaign
	Seed     uint64          `yaml:"seed"`
	Search   pipeline.Digest `yaml:"search"`
	IR       pipeline.Digest `yaml:"ir"` // of the best that it found
}

// Why says in one line how the module came about.
func (b Bred) Why() string {
	return fmt.Sprintf("%s was found by %s, seed %d; campaign %s; search %s", b.Slot, b.Campaign, b.Seed, b.Goal.Short(), b.Search.Short())
}

func checkBred(l Lineage) error {
	seen := map[string]bool{}
	for _, b := range l.Bred {
		if seen[b.Slot] || !slices.Contains(slices.Concat(l.Slots, l.Kernel), b.Slot) || !namePattern.MatchString(b.Proposer) || b.Campaign == "" {
			return fmt.Errorf("%w: bred: each of its slots at most once, with a proposer and a campaign", ErrMalformed)
		}
		seen[b.Slot] = true
		for _, d := range []pipeline.Digest{b.Goal, b.Search, b.IR} {
			if _, err := pipeline.ParseDigest(string(d)); err != nil {
				return fmt.Errorf("%w: bred: %w", ErrMalformed, err)
			}
		}
	}
	return nil
}

// Founder is the genome that people wrote for a slot: what the search began
// with that found the shipped one, else the shipped one.
func Founder(lineage, slot string) (Genome, error) {
	l, err := Describe(lineage)
	if err != nil {
		return Genome{}, err
	}
	if !slices.ContainsFunc(l.Bred, func(b Bred) bool { return b.Slot == slot }) {
		return Load(lineage, slot)
	}
	g := Genome{Lineage: lineage, Slot: slot}
	dir := path.Join(lineage, slot, "founder")
	if g.Source, err = read(shipped, path.Join(dir, "module.go")); err != nil {
		return Genome{}, err
	}
	g.Proof, err = read(shipped, path.Join(dir, "proof.v"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Genome{}, err
	}
	return g, nil
}
