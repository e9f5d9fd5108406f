package command

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// ticker prints what happens while a campaign runs: one line when something
// moves, nothing when only figures do.
type ticker struct {
	out  io.Writer
	last map[string]string
}

func newTicker(out io.Writer) *ticker { return &ticker{out, map[string]string{}} }

func (t *ticker) see(e store.Event) {
	text := e.Note
	if text == "" {
		text = e.State
	}
	if text == "" || strings.HasPrefix(e.Type, "tile.") || t.last[e.Subject] == text {
		return
	}
	t.last[e.Subject] = text
	fmt.Fprintf(t.out, "  %s  %-6s %s  %s\n", e.At.Format("15:04:05"), e.Lineage, e.Subject, text)
}

// summary prints what became of a campaign, lineage by lineage.
func summary(c store.Campaign, _ *store.Store) func(io.Writer) {
	return func(w io.Writer) {
		fmt.Fprintf(w, "\ncampaign %s (%s): %s %s\n", c.Spec.Metadata.Name, c.ID, c.State, c.Reason)
		for i := range c.Results {
			lineageSummary(w, c, &c.Results[i])
		}
	}
}

func lineageSummary(w io.Writer, c store.Campaign, r *store.LineageResult) {
	fmt.Fprintf(w, "\n%s: %s %s\n", r.Lineage, outcomeText(r), r.Change)
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(t, "  candidates\t%d tried, %d refuted, %d proven, %d inconclusive\n", r.Tried, r.Refuted, r.Proven, r.Inconclusive)
	if e := r.Objective; e != nil {
		fmt.Fprintf(t, "  %s\t%s -> %s %s, change %s (95 %% interval %s to %s)%s, in simulation, on telemetry that no proposer saw\n",
			e.Metric, short(e.Before), short(e.After), e.Unit, short(e.Change), short(e.Low), short(e.High), percent(e))
	}
	for _, rival := range []*store.Rival{r.Baseline, r.Random} {
		if rival != nil {
			fmt.Fprintf(t, "  %s\t%s%s\n", rival.Name, short(rival.Value), unlessFeasible(rival))
		}
	}
	if r.Predicted != nil && r.Measured != nil {
		fmt.Fprintf(t, "  predicted\t%s, measured by the tiles on their own days %s\n", short(*r.Predicted), short(*r.Measured))
	}
	if len(r.Stations) > 0 {
		fmt.Fprintf(t, "  stations\t%s\n", stations(r.Stations))
	}
	t.Flush()
}

func outcomeText(r *store.LineageResult) string {
	switch r.Outcome {
	case store.OutcomeAdopted:
		return "adopted"
	case store.OutcomeKept:
		if r.Reason != "" {
			return "incumbent kept (" + r.Reason + ")"
		}
		return "incumbent kept: nothing better survived"
	}
	return string(r.Outcome) + ": " + r.Reason
}

func unlessFeasible(r *store.Rival) string {
	if r.Feasible {
		return ""
	}
	return " (breaks a constraint)"
}

func percent(e *pipeline.Estimate) string {
	p, ok := e.Percent(e.Change)
	if !ok {
		return ""
	}
	return ", " + short(p) + " %"
}

// short keeps two decimals.
func short(d pipeline.Decimal) string {
	const cent = pipeline.One / 100
	return (d / cent * cent).String()
}

func stations(list []store.StationTime) string {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = fmt.Sprintf("%s %s s", s.Station, short(s.Seconds))
	}
	return strings.Join(parts, ", ")
}
