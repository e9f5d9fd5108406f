package pipeline

import (
	"cmp"
	"fmt"
	"slices"
)

// Tile is what the choice of targets needs to know of one.
type Tile struct {
	ID      string `json:"id"`
	Class   string `json:"class,omitempty"`
	Lineage string `json:"lineage"`
	Site    string `json:"site,omitempty"`  // a failure domain
	Group   string `json:"group,omitempty"` // tiles that stand in for each other
}

// WaveTargets is one wave with its tiles, fixed when the rollout is created: a
// tile that joins later takes the release through its lineage, not through this
// rollout.
type WaveTargets struct {
	WaveSpec
	Targets []string `json:"targets"` // ids of the tiles that this wave adds
	Reached int      `json:"reached"` // tiles on the new release after it
	// Untouched is the smallest number of tiles that a group still has on the
	// old release after the wave: the redundancy left.
	Untouched int `json:"untouched"`
}

// Targets fixes which tiles take the change in which wave. It is a pure function
// of the plan, the change and the set of tiles: order does not matter. Early
// waves are spread over sites and groups, and each change begins with another
// tile. A wave that a small fleet leaves empty is folded into the one before,
// which keeps the longer bake, the greater number of calls and the approval.
func Targets(p Plan, change Digest, tiles []Tile) ([]WaveTargets, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if len(tiles) == 0 {
		return nil, fmt.Errorf("%w: no tiles to roll out to", ErrPlan)
	}
	ordered, err := spread(change, tiles)
	if err != nil {
		return nil, err
	}
	var out []WaveTargets
	reached := 0
	for _, w := range p.Waves {
		upTo := max(reached, w.UpTo.Of(len(ordered)))
		if upTo == reached {
			last := &out[len(out)-1]
			last.WaveSpec = stricter(last.WaveSpec, w)
			continue
		}
		out = append(out, waveTargets(w, ordered, reached, upTo))
		reached = upTo
	}
	return out, nil
}

func waveTargets(w WaveSpec, ordered []Tile, from, upTo int) WaveTargets {
	t := WaveTargets{WaveSpec: w, Reached: upTo, Untouched: untouched(ordered, upTo)}
	for _, tile := range ordered[from:upTo] {
		t.Targets = append(t.Targets, tile.ID)
	}
	return t
}

func stricter(a, b WaveSpec) WaveSpec {
	a.Bake = max(a.Bake, b.Bake)
	a.MinCalls = max(a.MinCalls, b.MinCalls)
	a.MaxFailures = min(a.MaxFailures, b.MaxFailures)
	a.Approval = a.Approval || b.Approval
	return a
}

// spreadFirst is how many tiles are chosen for their place; later ones follow by
// lot, when a wave is large enough to be everywhere anyway.
const spreadFirst = 256

// lot is a tile with its draw.
type lot struct {
	Tile
	draw Digest
}

// spread orders tiles by lot, and puts those first that stand in the site and
// the group from which fewest were taken.
func spread(change Digest, tiles []Tile) ([]Tile, error) {
	left, err := drawLots(change, tiles)
	if err != nil {
		return nil, err
	}
	out := make([]Tile, 0, len(tiles))
	sites, groups := map[string]int{}, map[string]int{}
	for len(left) > 0 && len(out) < spreadFirst {
		best := 0
		for i, l := range left {
			if cmp.Or(cmp.Compare(sites[l.Site], sites[left[best].Site]), cmp.Compare(groups[l.Group], groups[left[best].Group])) < 0 {
				best = i
			}
		}
		sites[left[best].Site]++
		groups[left[best].Group]++
		out = append(out, left[best].Tile)
		left = slices.Delete(left, best, best+1)
	}
	for _, l := range left {
		out = append(out, l.Tile)
	}
	return out, nil
}

// drawLots sorts the tiles by a digest that only the change and the tile's name
// decide.
func drawLots(change Digest, tiles []Tile) ([]lot, error) {
	lots := make([]lot, len(tiles))
	for i, t := range tiles {
		d, err := Sum("lot", map[string]string{"change": string(change), "tile": t.ID})
		if err != nil {
			return nil, fmt.Errorf("%w: tile %q: %w", ErrPlan, clip(t.ID), err)
		}
		lots[i] = lot{t, d}
	}
	slices.SortFunc(lots, func(a, b lot) int { return cmp.Compare(a.draw, b.draw) })
	for i := 1; i < len(lots); i++ {
		if lots[i].draw == lots[i-1].draw {
			return nil, fmt.Errorf("%w: tile %q is listed twice", ErrPlan, clip(lots[i].ID))
		}
	}
	return lots, nil
}

// untouched is the smallest number of tiles that a group keeps on the old
// release after the first n tiles took the new one.
func untouched(ordered []Tile, n int) int {
	left := map[string]int{}
	for i, t := range ordered {
		if i >= n {
			left[t.Group]++
		} else {
			left[t.Group] += 0
		}
	}
	least := len(ordered)
	for _, count := range left {
		least = min(least, count)
	}
	return least
}
