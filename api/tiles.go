package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/genesis-network/genesis/pipeline/store"
)

type listTiles struct {
	Paging
	Lineage string `query:"lineage" maxLength:"64"`
	State   string `query:"state" maxLength:"32"`
}

// TileID names a tile in a path.
type TileID struct {
	ID string `path:"id" maxLength:"128" doc:"Name of the tile, or its number when that says which"`
}

type faultInput struct {
	TileID
	DryRun bool `query:"dryRun"`
	Body   FaultBody
}

// FaultBody is a fault to put into a tile's surroundings.
type FaultBody struct {
	Kind string `json:"kind" minLength:"1" maxLength:"64" example:"fan-stuck"`
}

// FaultAnswer is a fault that was injected.
type FaultAnswer struct {
	Tile string `json:"tile"`
	Kind string `json:"kind"`
	Preview
}

func (s *service) tileRoutes() {
	route(s, get("list-tiles", "/v1/tiles", "tiles", "List tiles"), func(ctx context.Context, in *listTiles) (*listing[store.Tile], error) {
		page, err := s.Store.Tiles.List(ctx, store.Filter{Lineage: in.Lineage, State: in.State, Limit: in.Limit, Cursor: in.Cursor, Oldest: true})
		return list("/v1/tiles", page, err)
	})
	route(s, get("get-tile", "/v1/tiles/{id}", "tiles", "Look at a tile"), func(ctx context.Context, in *TileID) (*body[store.Tile], error) {
		return answer(s.tile(ctx, in.ID))
	})
	route(s, post("inject-fault", "/v1/tiles/{id}/faults", "tiles", "Put a fault into a tile's surroundings, to see what happens"), func(ctx context.Context, in *faultInput) (*body[FaultAnswer], error) {
		return answer(s.fault(ctx, in.ID, in.Body.Kind, in.DryRun))
	})
}

// tile finds a tile by its name, or by a number in which exactly one name ends.
func (s *service) tile(ctx context.Context, id string) (store.Tile, error) {
	t, err := s.Store.Tiles.Get(ctx, id)
	if err == nil || strings.Trim(id, "0123456789") != "" {
		return t, err
	}
	all, listErr := s.Store.TilesOf(ctx, "")
	if listErr != nil {
		return t, listErr
	}
	var found []store.Tile
	for _, tile := range all {
		if rest, ok := strings.CutSuffix(tile.ID, id); ok && strings.TrimRight(rest, "0123456789") == rest {
			found = append(found, tile)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return t, fmt.Errorf("%d tiles end in %s: %w", len(found), id, store.ErrNotFound)
}

func (s *service) fault(ctx context.Context, id, kind string, dryRun bool) (FaultAnswer, error) {
	t, err := s.tile(ctx, id)
	if err != nil {
		return FaultAnswer{}, err
	}
	if s.Faults == nil {
		return FaultAnswer{}, problem(http.StatusForbidden, "fault.off", "faults are injected in laboratories only", "this service injects no faults")
	}
	out := FaultAnswer{Tile: t.ID, Kind: kind}
	if dryRun {
		out.Would = []string{fmt.Sprintf("put %s into the surroundings of %s", kind, t.ID)}
		return out, nil
	}
	return out, s.Faults.Inject(ctx, t.ID, kind)
}
