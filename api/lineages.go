package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/genesis-network/genesis/lineages/diversity"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// Lineages says what each lineage runs now, and how different they are.
type Lineages interface {
	Lineages(context.Context) ([]Lineage, error)
	// Apart measures how different two generations are, slot by slot.
	Apart(ctx context.Context, a, b pipeline.Ancestor) ([]diversity.Pair, error)
	// Transfer proposes to a lineage what another one adopted with a change; with
	// dryRun nothing is recorded. It fails with a [*workflows.Refusal].
	Transfer(ctx context.Context, change, lineage, author string, dryRun bool) (store.Change, error)
}

// Lineage is one independently bred kernel, as the fleet runs it.
type Lineage struct {
	Name    string          `json:"name"`
	Class   string          `json:"class" doc:"of the tiles that run it"`
	About   string          `json:"about"`
	Base    pipeline.Digest `json:"base" doc:"names the set of its modules"`
	Modules []LineageModule `json:"modules"`
}

// LineageModule is what a lineage runs in one slot.
type LineageModule struct {
	Slot   string          `json:"slot"`
	Module pipeline.Digest `json:"module"`
	Source pipeline.Digest `json:"source" doc:"artefact"`
	Change string          `json:"change,omitempty" doc:"that brought it; none for what was shipped"`
}

// LineageList is all lineages.
type LineageList struct {
	Items []Lineage `json:"items"`
}

// AncestryList is the ancestry of a lineage, founder first.
type AncestryList struct {
	Items []store.Generation `json:"items"`
}

// LineageView is one lineage, what its lines come from, and how far it is from
// the others.
type LineageView struct {
	Lineage
	Generation store.Generation `json:"generation" doc:"the newest"`
	Lines      map[string]int64 `json:"lines" doc:"of its modules' printed IR, by the kind of proposer that they come from"`
	Apart      []Apart          `json:"apart" doc:"how different it is from each other lineage"`
}

// Apart is how different a lineage is from another one.
type Apart struct {
	From  string           `json:"from"`
	Slots []diversity.Pair `json:"slots"`
}

// LineageDiff is how one generation differs from another, of the same lineage
// or of two.
type LineageDiff struct {
	Before store.Generation `json:"before"`
	After  store.Generation `json:"after"`
	Slots  []diversity.Pair `json:"slots" doc:"those that both fill"`
	Files  []FileDiff       `json:"files"`
}

type oneLineage struct {
	Name string `path:"name" maxLength:"64"`
}

type diffLineages struct {
	Before string `path:"name" maxLength:"64" doc:"A lineage, or a generation of it: alder@0"`
	After  string `query:"with" required:"true" maxLength:"64" doc:"The same, of what it is compared with"`
}

func (s *service) lineageRoutes() {
	route(s, get("list-lineages", "/v1/lineages", "lineages", "What each lineage runs now"), func(ctx context.Context, _ *struct{}) (*body[LineageList], error) {
		items, err := s.lineages(ctx)
		return answer(LineageList{items}, err)
	})
	route(s, get("get-lineage", "/v1/lineages/{name}", "lineages", "What it runs, who proposed its lines, how different it is from the others"), func(ctx context.Context, in *oneLineage) (*body[LineageView], error) {
		return answer(s.lineage(ctx, in.Name))
	})
	route(s, get("list-ancestry", "/v1/lineages/{name}/ancestry", "lineages", "Its generations, founder first, and why each was adopted"), func(ctx context.Context, in *oneLineage) (*body[AncestryList], error) {
		items, err := s.ancestry(ctx, in.Name)
		return answer(AncestryList{items}, err)
	})
	route(s, get("diff-lineages", "/v1/lineages/{name}/diff", "lineages", "How a generation differs from another"), func(ctx context.Context, in *diffLineages) (*body[LineageDiff], error) {
		return answer(s.diffLineages(ctx, in.Before, in.After))
	})
}

func (s *service) lineages(ctx context.Context) ([]Lineage, error) {
	if s.Lineages == nil {
		return []Lineage{}, nil
	}
	return s.Lineages.Lineages(ctx)
}

// ancestry is the generations of a lineage that has some.
func (s *service) ancestry(ctx context.Context, name string) ([]store.Generation, error) {
	list, err := s.Store.Ancestry(ctx, name)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("lineage %.80q has no ancestry: %w", name, store.ErrNotFound)
	}
	return list, err
}

// generation finds NAME, the newest generation, or NAME@N.
func (s *service) generation(ctx context.Context, ref string) (store.Generation, error) {
	name, number, given := strings.Cut(ref, "@")
	list, err := s.ancestry(ctx, name)
	if err != nil {
		return store.Generation{}, err
	}
	if !given {
		return list[len(list)-1], nil
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= len(list) {
		return store.Generation{}, problem(http.StatusNotFound, "not-found", fmt.Sprintf("write %s@0 to %s@%d", name, name, len(list)-1), "%.80q is no generation of %s", ref, name)
	}
	return list[n], nil
}

func (s *service) lineage(ctx context.Context, name string) (LineageView, error) {
	g, err := s.generation(ctx, name)
	if err != nil {
		return LineageView{}, err
	}
	v := LineageView{Generation: g, Lines: g.Lines(), Apart: []Apart{}}
	all, err := s.lineages(ctx)
	if err != nil {
		return v, err
	}
	for _, l := range all {
		if l.Name == g.Lineage {
			v.Lineage = l
			continue
		}
		other, err := s.generation(ctx, l.Name)
		if err != nil {
			return v, err
		}
		pairs, err := s.Lineages.Apart(ctx, g.Ancestor, other.Ancestor)
		if err != nil {
			return v, err
		}
		v.Apart = append(v.Apart, Apart{From: l.Name, Slots: pairs})
	}
	return v, nil
}

func (s *service) diffLineages(ctx context.Context, before, after string) (LineageDiff, error) {
	d := LineageDiff{Slots: []diversity.Pair{}, Files: []FileDiff{}}
	var err error
	if d.Before, err = s.generation(ctx, before); err != nil {
		return d, err
	}
	if d.After, err = s.generation(ctx, after); err != nil {
		return d, err
	}
	if s.Lineages != nil {
		if d.Slots, err = s.Lineages.Apart(ctx, d.Before.Ancestor, d.After.Ancestor); err != nil {
			return d, err
		}
	}
	for _, h := range d.After.Modules {
		f := FileDiff{Slot: h.Slot(), Kind: "source", After: h.Source}
		if was, ok := d.Before.Heir(h.Slot()); ok {
			f.Before = was.Source
		}
		if f, err = s.fileDiff(ctx, f); err != nil {
			return d, err
		}
		d.Files = append(d.Files, f)
	}
	return d, nil
}
