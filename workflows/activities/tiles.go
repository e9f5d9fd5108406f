package activities

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/shadow"
	"github.com/genesis-network/genesis/shadow/runner"
)

// reports are the latest reports of the fleet.
type reports struct {
	mu     sync.Mutex
	latest map[string]rollout.Report
}

func (r *reports) see(s fleet.Sighting) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.latest[s.Report.Tile] = s.Report
}

func (r *reports) all() map[string]rollout.Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]rollout.Report, len(r.latest))
	for k, v := range r.latest {
		out[k] = v
	}
	return out
}

// Watch keeps the fleet's reports, until the context ends.
func (w *Works) Watch(ctx context.Context) error {
	return w.Fleet.Watch(ctx, func(s fleet.Sighting) {
		w.tiles.see(s)
		if _, err := w.Store.ReportTile(ctx, record(s)); err != nil && ctx.Err() == nil {
			w.Logger.WarnContext(ctx, "tile report not kept", "tile", s.Report.Tile, "error", err)
		}
	})
}

// record is a report in the form of the records.
func record(s fleet.Sighting) store.Tile {
	r := s.Report
	t := store.Tile{
		Meta: store.Meta{ID: r.Tile}, Class: r.Class, Lineage: r.Lineage, Site: r.Site, Group: r.Lineage,
		State: store.TileRunning, Report: r.At, Has: r.Release, Serial: int64(r.Serial), Modules: r.Slots,
		Calls: r.Calls, Fault: r.Reason,
	}
	for _, f := range r.Faults {
		t.Failures += f.Count
		if t.Fault == "" {
			t.Fault = f.Detail
		}
	}
	switch r.Phase {
	case rollout.Trial:
		t.State = store.TileTrial
	case rollout.WentBack:
		t.State = store.TileEscaped
	case rollout.Refused:
		t.State = store.TileFaulty
	}
	return t
}

// of are the tiles of a lineage that report now.
func (w *Works) of(lineage string) []pipeline.Tile {
	var out []pipeline.Tile
	for _, r := range w.tiles.all() {
		if r.Lineage == lineage && r.Fresh(w.Now()) {
			out = append(out, pipeline.Tile{ID: r.Tile, Class: r.Class, Lineage: r.Lineage, Site: r.Site, Group: r.Lineage})
		}
	}
	slices.SortFunc(out, func(a, b pipeline.Tile) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return out
}

// ir names a candidate's IR for tiles to fetch.
func (d dossier) ir() fleet.Artefact {
	return fleet.Artefact{Digest: pipeline.SumBytes(d.candidate.IR), Size: int64(len(d.candidate.IR))}
}

// shadow has redundant tiles run incumbent and candidate on the same inputs.
func (w *Works) shadow(ctx context.Context, d dossier) (pipeline.Statement, error) {
	spec := d.campaign.Spec.Spec.Shadow
	ctx, cancel := context.WithTimeout(ctx, time.Duration(spec.For))
	defer cancel()
	tiles := w.of(d.record.Lineage)
	if int64(len(tiles)) > spec.Tiles {
		tiles = tiles[:spec.Tiles]
	}
	command, err := fleet.NewCommand("shadow", fleet.Shadow{
		Change: d.record.Digest, Candidate: d.candidate.Ref, IR: d.ir(), Calls: spec.MinInvocations,
	})
	if err != nil {
		return pipeline.Statement{}, err
	}
	runs, refusals := ask[runner.Run](ctx, w.Fleet, tiles, command)
	s := shadow.Compare(shadow.Demand{Change: d.record.Content, Tiles: int(spec.Tiles), Calls: spec.MinInvocations, Inputs: w.inputs(d)}, runs)
	for _, err := range refusals {
		s.Findings = append(s.Findings, pipeline.Finding{Code: "shadow.answer", Message: err.Error(), Hint: "look at the tile's log"})
	}
	return s, nil
}

// ask sends a command to some tiles at once and collects what they answer.
func ask[T any](ctx context.Context, to *fleet.Control, tiles []pipeline.Tile, command fleet.Command) ([]T, []error) {
	results := make([]T, len(tiles))
	errs := make([]error, len(tiles))
	var all sync.WaitGroup
	for i, t := range tiles {
		all.Go(func() {
			answer, err := to.Command(ctx, t.ID, command)
			if err == nil {
				results[i], err = fleet.Result[T](answer)
			}
			errs[i] = err
		})
	}
	all.Wait()
	var out []T
	var failed []error
	for i := range tiles {
		if errs[i] != nil {
			failed = append(failed, errs[i])
		} else {
			out = append(out, results[i])
		}
	}
	return out, failed
}
