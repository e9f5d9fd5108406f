package checks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/lineages/printed"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// AncestryReport is what was found about the ancestry of all lineages.
type AncestryReport struct {
	Lineages []AncestryCheck `json:"lineages"`
	Problems []store.Problem `json:"problems"`
}

// AncestryCheck is one lineage.
type AncestryCheck struct {
	Name        string          `json:"name"`
	Generations int             `json:"generations"`
	Newest      pipeline.Digest `json:"newest"`
	Bytes       int             `json:"bytes"`     // of the generations
	Artefacts   int             `json:"artefacts"` // read
	Outcome     string          `json:"outcome"`   // pass or fail
}

// Ancestries checks the ancestry of every lineage in a store: what the store
// checks by itself ([store.Store.FsckAncestry]), the bytes of every artefact
// that a generation names, and that its lines are credited as the modules say.
func Ancestries(ctx context.Context, s *store.Store) (AncestryReport, error) {
	r := AncestryReport{Lineages: []AncestryCheck{}}
	var err error
	if r.Problems, err = s.FsckAncestry(ctx); err != nil {
		return r, err
	}
	if r.Problems == nil {
		r.Problems = []store.Problem{}
	}
	names, err := s.Ancestries(ctx)
	if err != nil {
		return r, err
	}
	for _, name := range names {
		if err := r.lineage(ctx, s, name); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (r *AncestryReport) add(where, hint, format string, args ...any) {
	r.Problems = append(r.Problems, store.Problem{Where: where, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (r *AncestryReport) lineage(ctx context.Context, s *store.Store, name string) error {
	c := AncestryCheck{Name: name, Outcome: string(pipeline.Fail)}
	list, err := s.Ancestry(ctx, name)
	if errors.Is(err, store.ErrCorrupt) {
		r.Lineages = append(r.Lineages, c) // FsckAncestry has said why
		return nil
	}
	if err != nil {
		return err
	}
	for i, g := range list {
		kept, err := g.Keep()
		if err != nil {
			return err
		}
		c.Generations, c.Newest, c.Bytes = i+1, g.Digest, c.Bytes+len(kept.Text)
		var parent pipeline.Ancestor
		if i > 0 {
			parent = list[i-1].Ancestor
		}
		n, err := r.generation(ctx, s, g.Ancestor, parent)
		if err != nil {
			return err
		}
		c.Artefacts += n
	}
	if !slices.ContainsFunc(r.Problems, func(p store.Problem) bool {
		return p.Where == "lineage "+name || strings.HasPrefix(p.Where, "lineage "+name+"/")
	}) {
		c.Outcome = string(pipeline.Pass)
	}
	r.Lineages = append(r.Lineages, c)
	return nil
}

// generation reads what a generation names, and returns how much that was.
func (r *AncestryReport) generation(ctx context.Context, s *store.Store, a, parent pipeline.Ancestor) (int, error) {
	where := fmt.Sprintf("lineage %s/%d", a.Lineage, a.Generation)
	names := []pipeline.Digest{a.Release}
	for _, h := range a.Modules {
		names = append(names, h.Source, h.Module.Code.IR, h.Module.Proof)
	}
	n := 0
	for _, d := range names {
		if d == "" {
			continue
		}
		n++
		switch _, err := s.Artefacts.Get(ctx, d); {
		case errors.Is(err, store.ErrCorrupt):
			r.add(where, "restore the file from a copy", "artefact %s does not match its digest", d.Short())
		case err != nil && !errors.Is(err, store.ErrNotFound): // one that is missing was found by the store
			return n, err
		}
	}
	return n, r.credit(ctx, s, where, a, parent)
}

// credit gives the lines of the modules that are new anew. Those of slots that
// this program does not know cannot be printed, and what is missing was found
// before.
func (r *AncestryReport) credit(ctx context.Context, s *store.Store, where string, a, parent pipeline.Ancestor) error {
	for _, slot := range a.Replaced(parent) {
		known, ok := hal.Lookup(slot)
		if !ok {
			continue
		}
		want, err := credited(ctx, s, known.Contract, slot, a, parent)
		if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrCorrupt) {
			continue
		}
		if err != nil {
			r.add(where, "it is not the IR of a module of this program", "slot %s: %v", slot, err)
			continue
		}
		if h, _ := a.Heir(slot); !slices.Equal(want, h.Lines) {
			r.add(where, "the record was written by another program, or not honestly", "slot %s: the modules give %v as who its lines come from, the record says %v", slot, want, h.Lines)
		}
	}
	return nil
}

// credited is who the lines of a slot come from, by the modules themselves.
func credited(ctx context.Context, s *store.Store, c *contract.Contract, slot string, a, parent pipeline.Ancestor) ([]pipeline.Authored, error) {
	proposer := cmp.Or(a.Proposer, pipeline.People)
	h, _ := a.Heir(slot)
	lines, err := printedLines(ctx, s, c, h)
	if err != nil {
		return nil, err
	}
	was, ok := parent.Heir(slot)
	if !ok {
		return printed.All(lines, proposer), nil
	}
	before, err := printedLines(ctx, s, c, was)
	if err != nil {
		return nil, err
	}
	return printed.Inherit(before, was.Lines, lines, proposer), nil
}

func printedLines(ctx context.Context, s *store.Store, c *contract.Contract, h pipeline.Heir) ([]string, error) {
	raw, err := s.Artefacts.Get(ctx, h.Module.Code.IR)
	if err != nil {
		return nil, err
	}
	return printed.Lines(c, raw)
}
