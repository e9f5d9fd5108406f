package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/pipeline/store"
)

func (a *app) tileNoun() *cobra.Command {
	return a.noun("tile", "nodes of the fleet: list, fault", a.tileList(), a.tileFault())
}

func (a *app) tileList() *cobra.Command {
	var lineage, cursor string
	cmd := &cobra.Command{Use: "list", Short: "what each tile runs, as it says itself", Args: exactly(0), RunE: func(cmd *cobra.Command, _ []string) error {
		return askAndTell(cmd.Context(), a, request{path: "/v1/tiles", query: query("lineage", lineage, "cursor", cursor)}, func(w io.Writer, p store.Page[store.Tile]) {
			t := newTable(w, "TILE", "STATE", "LINEAGE", "SITE", "SERIAL", "MODULES", "CALLS", "FAULT")
			for _, x := range p.Items {
				t.add(x.ID, string(x.State), x.Lineage, x.Site, fmt.Sprint(x.Serial), modules(x), fmt.Sprint(x.Calls), x.Fault)
			}
			t.flush()
			more(w, p.NextCursor)
		})
	}}
	cmd.Flags().StringVar(&lineage, "lineage", "", "only those of this lineage")
	cmd.Flags().StringVar(&cursor, "cursor", "", "go on where a page ended")
	return cmd
}

func modules(t store.Tile) string {
	text := ""
	for _, slot := range slices.Sorted(maps.Keys(t.Modules)) {
		text += slot + "=" + t.Modules[slot].Short() + " "
	}
	return text
}

func (a *app) tileFault() *cobra.Command {
	var tile, kind string
	var dryRun bool
	cmd := &cobra.Command{Use: "fault --tile N --kind KIND", Short: "put a fault into a tile's surroundings, to see what happens", Args: exactly(0), RunE: func(cmd *cobra.Command, _ []string) error {
		if tile == "" || kind == "" {
			return withCode(ExitUsage, errors.New("which tile, and which fault? such as --tile 3 --kind fan-stuck"))
		}
		text, err := json.Marshal(api.FaultBody{Kind: kind})
		if err != nil {
			return err
		}
		q := request{method: http.MethodPost, path: "/v1/tiles/" + url.PathEscape(tile) + "/faults", query: query("dryRun", truth(dryRun)), body: text}
		return askAndTell(cmd.Context(), a, q, func(w io.Writer, f api.FaultAnswer) {
			if !would(w, f.Would) {
				fmt.Fprintf(w, "%s has %s\n", f.Tile, printable(f.Kind))
			}
		})
	}}
	f := cmd.Flags()
	f.StringVar(&tile, "tile", "", "name of the tile, or its number")
	f.StringVar(&kind, "kind", "", "such as fan-stuck")
	f.BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	return cmd
}
