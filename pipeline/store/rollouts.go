package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/genesis-network/genesis/pipeline"
)

// RolloutState is where a rollout stands.
type RolloutState string

// The states of a rollout.
const (
	RolloutRunning    RolloutState = "running"
	RolloutPaused     RolloutState = "paused"
	RolloutWaiting    RolloutState = "waiting"     // for a person, before a wave
	RolloutDone       RolloutState = "done"        // the whole fleet runs the release
	RolloutAborting   RolloutState = "aborting"    // tiles go back
	RolloutRolledBack RolloutState = "rolled-back" // every tile is back on the base
)

// Rollout is the way of a change through the fleet.
type Rollout struct {
	Meta
	State    RolloutState    `json:"state"`
	Change   string          `json:"change"` // id
	Lineage  string          `json:"lineage"`
	Plan     pipeline.Plan   `json:"plan"`
	Waves    []Wave          `json:"waves"`             // fixed when the rollout was created
	Current  int             `json:"current"`           // index of the wave at work
	Release  pipeline.Digest `json:"release,omitempty"` // artefact: signed release
	Escape   pipeline.Digest `json:"escape,omitempty"`  // artefact: signed way back
	Serial   int64           `json:"serial"`            // of Release; Escape has the next
	Reason   string          `json:"reason,omitempty"`
	Rollback *Rollback       `json:"rollback,omitempty"`
}

// Rollouts keeps the rollouts. A list's Parent is the change.
type Rollouts = Collection[Rollout, *Rollout]

func (r *Rollout) index() index {
	return index{state: string(r.State), lineage: r.Lineage, parent: r.Change}
}

func (r *Rollout) identity() string { return r.Change + " " + r.Lineage }

// WaveState is where a wave stands.
type WaveState string

// The states of a wave.
const (
	WavePending WaveState = "pending"
	WaveOrdered WaveState = "ordered" // its tiles may take the release
	WaveBaking  WaveState = "baking"  // all run it; its gate is being measured
	WavePassed  WaveState = "passed"
	WaveFailed  WaveState = "failed"
)

// Wave is one wave of a rollout.
type Wave struct {
	pipeline.WaveTargets
	State     WaveState       `json:"state"`
	Order     pipeline.Digest `json:"order,omitempty"` // artefact: signed order
	StartedAt *time.Time      `json:"startedAt,omitempty"`
	EndedAt   *time.Time      `json:"endedAt,omitempty"`
	Calls     int64           `json:"calls"`    // least over its tiles
	Failures  int64           `json:"failures"` // tiles
	Reason    string          `json:"reason,omitempty"`
}

// Rollback says how the fleet went back.
type Rollback struct {
	Cause   string           `json:"cause"`           // what was seen
	Tile    string           `json:"tile,omitempty"`  // where
	ByTile  bool             `json:"byTile"`          // the tile went back by itself
	Seconds pipeline.Decimal `json:"seconds"`         // from the decision to the last tile
	Order   pipeline.Digest  `json:"order,omitempty"` // artefact: signed halt
}

// TileState is what a tile says of itself.
type TileState string

// The states of a tile.
const (
	TileRunning TileState = "running"
	TileTrial   TileState = "trial"   // on a release that is not committed yet
	TileEscaped TileState = "escaped" // went back by itself
	TileFaulty  TileState = "faulty"  // its output differs from its redundant group, or its hardware failed
)

// Tile is the last report of a tile. Whether a tile is online follows from
// ReportedAt.
type Tile struct {
	Meta                                   // the id is the tile's name
	Class      string                      `json:"class,omitempty"`
	Lineage    string                      `json:"lineage"`
	Site       string                      `json:"site,omitempty"`  // a failure domain
	Group      string                      `json:"group,omitempty"` // tiles that stand in for each other
	State      TileState                   `json:"state"`
	Report     int64                       `json:"report"` // counter of the tile's own; an older report is dropped
	ReportedAt time.Time                   `json:"reportedAt"`
	Offered    pipeline.Digest             `json:"offered,omitempty"` // release
	Has        pipeline.Digest             `json:"has,omitempty"`     // release
	Serial     int64                       `json:"serial"`            // of Has
	Base       pipeline.Digest             `json:"base"`              // what it runs, as [pipeline.Base]
	Modules    map[string]pipeline.Digest  `json:"modules,omitempty"` // by slot
	Calls      int64                       `json:"calls"`             // since it took Has
	Failures   int64                       `json:"failures"`
	Fault      string                      `json:"fault,omitempty"`
	Metrics    map[string]pipeline.Decimal `json:"metrics,omitempty"`
}

// Tiles keeps the tiles. A list's Parent is the site.
type Tiles = Collection[Tile, *Tile]

func (t *Tile) index() index {
	return index{state: string(t.State), lineage: t.Lineage, parent: t.Site}
}

func (t *Tile) identity() string { return t.ID }

// Target is the tile as the choice of targets sees it.
func (t Tile) Target() pipeline.Tile {
	return pipeline.Tile{ID: t.ID, Class: t.Class, Lineage: t.Lineage, Site: t.Site, Group: t.Group}
}

// sameStanding says that two reports differ in counters only, which raises no
// event.
func sameStanding(a, b *Tile) bool {
	return a.State == b.State && a.Has == b.Has && a.Offered == b.Offered && a.Base == b.Base && a.Fault == b.Fault && a.Lineage == b.Lineage
}

// ReportTile keeps a tile's report if it is newer than the one kept, and returns
// what is kept then. Times are those of the store.
func (s *Store) ReportTile(ctx context.Context, t Tile) (Tile, error) {
	t.ReportedAt = s.stamp()
	if _, err := s.Tiles.Get(ctx, t.ID); errors.Is(err, ErrNotFound) {
		stored, created, err := s.Tiles.Create(ctx, t)
		if created || err != nil {
			return stored, err
		}
	}
	return s.Tiles.Update(ctx, t.ID, AnyVersion, func(kept *Tile) error {
		if t.Report > kept.Report {
			*kept = t
		}
		return nil
	})
}

// TilesOf lists every tile of a lineage, by id; "" lists all.
func (s *Store) TilesOf(ctx context.Context, lineage string) ([]Tile, error) {
	var out []Tile
	f := Filter{Lineage: lineage, Limit: MaxLimit, Oldest: true}
	for {
		page, err := s.Tiles.List(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("store: tiles of %q: %w", lineage, err)
		}
		out = append(out, page.Items...)
		if f.Cursor = page.NextCursor; f.Cursor == "" {
			slices.SortFunc(out, func(a, b Tile) int { return strings.Compare(a.ID, b.ID) })
			return out, nil
		}
	}
}
