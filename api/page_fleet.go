package api

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/genesis-network/genesis/api/dashboard"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout"
)

func (t *site) tiles(ctx context.Context, _ *http.Request) (string, dashboard.Tiles, error) {
	tiles, err := t.Store.TilesOf(ctx, "")
	v := dashboard.Tiles{Groups: t.tileGroups(tiles)}
	if t.Faults != nil {
		v.Faults = t.Faults.Kinds()
	}
	return "Tiles", v, err
}

// tileGroups sorts tiles by lineage; within one they stay in order.
func (t *site) tileGroups(tiles []store.Tile) []dashboard.TileGroup {
	groups := map[string]*dashboard.TileGroup{}
	for _, tile := range tiles {
		g := groups[tile.Lineage]
		if g == nil {
			g = &dashboard.TileGroup{Lineage: tile.Lineage, Base: tile.Base.Short()}
			groups[tile.Lineage] = g
		}
		g.Tiles = append(g.Tiles, t.tileRow(tile))
	}
	var out []dashboard.TileGroup
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, *groups[name])
	}
	return out
}

func (t *site) tileRow(tile store.Tile) dashboard.TileRow {
	row := dashboard.TileRow{
		ID: tile.ID, Site: tile.Site, Class: tile.Class, State: tileMark(tile.State), Serial: dashboard.Count(tile.Serial),
		Calls: dashboard.Count(tile.Calls), Failures: dashboard.Count(tile.Failures), Fault: tile.Fault,
		Seen: dashboard.At(tile.ReportedAt, t.Now()), Silent: t.Now().Sub(tile.ReportedAt) > rollout.StaleAfter,
	}
	for _, slot := range slices.Sorted(maps.Keys(tile.Modules)) {
		row.Slot, row.Module = slot, tile.Modules[slot].Short()
	}
	if tile.Offered != "" && tile.Offered != tile.Has {
		row.Offered = tile.Offered.Short()
	}
	if row.Silent {
		row.State = dashboard.Mark{Shape: dashboard.Hollow, Text: "silent"}
	}
	return row
}

func tileMark(s store.TileState) dashboard.Mark {
	switch s {
	case store.TileRunning:
		return dashboard.Mark{Shape: dashboard.Good, Text: "running"}
	case store.TileTrial:
		return dashboard.Mark{Shape: dashboard.Busy, Text: "on trial"}
	case store.TileEscaped:
		return dashboard.Mark{Shape: dashboard.Half, Text: "went back"}
	case store.TileFaulty:
		return dashboard.Mark{Shape: dashboard.Bad, Text: "faulty"}
	}
	return dashboard.Mark{Shape: dashboard.Neutral, Text: string(s)}
}

func (t *site) roundsPage(ctx context.Context, _ *http.Request) (string, dashboard.Rounds, error) {
	list, err := t.rounds(ctx)
	if err != nil { // the engine is another process: the page is of use without it
		t.told(ctx, err)
		return "Rounds", dashboard.Rounds{Unknown: "The workflow engine did not answer: what is scheduled is not known."}, nil
	}
	var v dashboard.Rounds
	for _, r := range list {
		v.Schedules = append(v.Schedules, t.roundRow(r))
	}
	return "Rounds", v, nil
}

func (t *site) roundRow(r RoundView) dashboard.RoundRow {
	row := dashboard.RoundRow{ID: r.ID, Name: r.Name, Every: r.Every, Paused: r.Paused}
	if len(r.Next) > 0 {
		row.Next = dashboard.At(r.Next[0], t.Now())
	}
	for _, run := range r.Runs {
		row.Fired = append(row.Fired, dashboard.At(run.At, t.Now()))
	}
	for _, x := range r.Rounds {
		plan := dashboard.RoundPlan{At: dashboard.At(x.CreatedAt, t.Now()), State: roundMark(x.State), Why: x.Reason, Campaigns: x.Campaigns}
		for _, c := range x.Choices {
			plan.Choices = append(plan.Choices, dashboard.RoundChoice{Taken: c.Taken, Slot: c.Slot, Lineage: c.Lineage, Why: c.Why})
		}
		row.Plans = append(row.Plans, plan)
	}
	return row
}

func roundMark(s store.RoundState) dashboard.Mark {
	switch s {
	case store.RoundDone:
		return dashboard.Mark{Shape: dashboard.Good, Text: "chosen"}
	case store.RoundFailed:
		return dashboard.Mark{Shape: dashboard.Bad, Text: "failed"}
	}
	return dashboard.Mark{Shape: dashboard.Busy, Text: string(s)}
}
