package pipeline

import (
	"errors"
	"fmt"
	"strings"
)

// Stand is what the tiles of one lineage run in a slot.
type Stand struct {
	Lineage string
	Tiles   int    // that report now
	Kind    Digest // equal for modules that count as one kind: they share their mistakes
}

// ErrMonoculture says that policy refuses a rollout because too many tiles would
// share one kind of module, or too few kinds would be left.
var ErrMonoculture = errors.New("policy refuses a monoculture")

// Diverse refuses a rollout that breaks the limits on monoculture of its slot
// among the tiles of a class: a share of tiles above MaxShare on one kind of
// module, or fewer than MinAlive kinds on tiles. Limits that did not hold before
// are no reason to refuse what brings the fleet nearer to them. Where neither
// limit is set it refuses nothing.
func (t Terms) Diverse(slot string, before, after []Stand) error {
	was, is := census(before), census(after)
	if t.MaxShare > 0 && is.total > 0 && is.most*int(Whole) > int(t.MaxShare)*is.total && is.most*max(was.total, 1) >= was.most*is.total {
		return fmt.Errorf("%w: %d of %d tiles (%s) would run one kind of module in slot %s, those of %s; at most %s may: roll it out in another lineage, or sign a policy with another maxShare",
			ErrMonoculture, is.most, is.total, Share(is.most*int(Whole)/is.total), slot, strings.Join(is.widest, " and "), t.MaxShare)
	}
	if kinds := int64(len(is.tiles)); kinds < t.MinAlive && kinds <= int64(len(was.tiles)) {
		return fmt.Errorf("%w: %d kinds of module would be alive in slot %s, at least %d must: %s; keep tiles of another lineage alive, or sign a policy with another minAlive",
			ErrMonoculture, kinds, slot, t.MinAlive, describe(after))
	}
	return nil
}

// counted is how the tiles of a class are spread over kinds of modules.
type counted struct {
	total, most int
	tiles       map[Digest]int // by kind; none that no tile runs
	widest      []string       // lineages of the kind that most tiles run
}

func census(stands []Stand) counted {
	c := counted{tiles: map[Digest]int{}}
	for _, s := range stands {
		if s.Tiles > 0 {
			c.tiles[s.Kind] += s.Tiles
			c.total += s.Tiles
		}
	}
	var widest Digest
	for _, s := range stands { // in their order, so that equal counts give one answer
		if c.tiles[s.Kind] > c.most {
			c.most, widest = c.tiles[s.Kind], s.Kind
		}
	}
	for _, s := range stands {
		if s.Kind == widest && s.Tiles > 0 {
			c.widest = append(c.widest, s.Lineage)
		}
	}
	return c
}

func describe(stands []Stand) string {
	parts := make([]string, len(stands))
	for i, s := range stands {
		parts[i] = fmt.Sprintf("%s runs %s on %d tiles", s.Lineage, s.Kind.Short(), s.Tiles)
	}
	return strings.Join(parts, ", ")
}
