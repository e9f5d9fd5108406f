package command

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/pipeline/store"
)

func (a *app) campaignNoun() *cobra.Command {
	return a.noun("campaign", "goals with budgets: submit, list, show, watch, steer",
		a.campaignSubmit(), a.campaignBrief(), a.campaignList(), a.campaignShow(), a.campaignWatch(),
		a.campaignSteer("stop", "try no further candidates; what was found stays"),
		a.campaignSteer("pause", "rest after the epoch at work"),
		a.campaignSteer("resume", "go on"))
}

func (a *app) campaignSubmit() *cobra.Command {
	var seed uint64
	var dryRun, watch bool
	cmd := &cobra.Command{Use: "submit FILE", Short: "submit a campaign (- reads it from the input)", Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		text, err := a.read(args[0])
		if err != nil {
			return withCode(ExitUsage, err)
		}
		got, err := ask[api.CampaignAnswer](cmd.Context(), a, request{
			method: http.MethodPost, path: "/v1/campaigns", query: query("seed", strconv.FormatUint(seed, 10), "dryRun", truth(dryRun)),
			headers: map[string]string{"Content-Type": "application/yaml", "Idempotency-Key": once()}, body: text,
		})
		if err != nil {
			return err
		}
		if watch && !dryRun {
			fmt.Fprintln(a.errOut, got.value.ID)
			return a.watchCampaign(cmd.Context(), got.value.ID)
		}
		return tell(a, got, func(w io.Writer, c api.CampaignAnswer) {
			if !would(w, c.Would) {
				fmt.Fprintln(w, c.ID)
			}
		})
	}}
	cmd.Flags().Uint64Var(&seed, "seed", api.DefaultSeed, "of the search")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	cmd.Flags().BoolVar(&watch, "watch", false, "then watch it to its end")
	return cmd
}

// truth is a flag as a query has it: left out when it is not set.
func truth(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func (a *app) read(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(a.in, api.MaxBody+1))
	}
	return os.ReadFile(path)
}

func (a *app) campaignList() *cobra.Command {
	var state, cursor string
	cmd := &cobra.Command{Use: "list", Short: "list campaigns, newest first", Args: exactly(0), RunE: func(cmd *cobra.Command, _ []string) error {
		return askAndTell(cmd.Context(), a, request{path: "/v1/campaigns", query: query("state", state, "cursor", cursor)}, func(w io.Writer, p store.Page[store.Campaign]) {
			t := newTable(w, "CAMPAIGN", "STATE", "NAME", "LINEAGES", "CREATED")
			for _, c := range p.Items {
				var outcomes []string
				for _, r := range c.Results {
					outcomes = append(outcomes, strings.TrimSuffix(r.Lineage+" "+string(r.Outcome), " "))
				}
				t.add(c.ID, string(c.State), c.Spec.Metadata.Name, strings.Join(outcomes, ", "), stamp(c.CreatedAt))
			}
			t.flush()
			more(w, p.NextCursor)
		})
	}}
	cmd.Flags().StringVar(&state, "state", "", "only those in this state")
	cmd.Flags().StringVar(&cursor, "cursor", "", "go on where a page ended")
	return cmd
}

func more(w io.Writer, cursor string) {
	if cursor != "" {
		fmt.Fprintf(w, "more: --cursor %s\n", cursor)
	}
}

func (a *app) campaignShow() *cobra.Command {
	return &cobra.Command{Use: "show CAMPAIGN", Short: "what became of a campaign, lineage by lineage", Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		return askAndTell(cmd.Context(), a, request{path: "/v1/campaigns/" + args[0]}, func(w io.Writer, c store.Campaign) { summary(c, nil)(w) })
	}}
}

func (a *app) campaignWatch() *cobra.Command {
	return &cobra.Command{Use: "watch CAMPAIGN", Short: "print what happens until it ends; the exit code says how",
		Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error { return a.watchCampaign(cmd.Context(), args[0]) }}
}

// watchCampaign follows the events to the end of a campaign. Each event of the
// campaign is a reason to read it again.
func (a *app) watchCampaign(ctx context.Context, id string) error {
	var last answer[store.Campaign]
	see := newTicker(a.errOut).see
	ended := func() (bool, error) {
		var err error
		last, err = ask[store.Campaign](ctx, a, request{path: "/v1/campaigns/" + id})
		return err == nil && api.Ended(last.value), err
	}
	err := a.follow(ctx, ended, func(e store.Event) (bool, error) {
		see(e)
		if e.Subject != id {
			return false, nil
		}
		return ended()
	})
	if err != nil {
		return err
	}
	if err := tell(a, last, func(w io.Writer, c store.Campaign) { summary(c, nil)(w) }); err != nil {
		return err
	}
	return withCode(outcomeOf(last.value), errSilent)
}

func (a *app) campaignSteer(verb, short string) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{Use: verb + " CAMPAIGN", Short: short, Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		return askAndTell(cmd.Context(), a, request{method: http.MethodPost, path: "/v1/campaigns/" + args[0] + "/" + verb, query: query("dryRun", truth(dryRun))}, func(w io.Writer, c api.CampaignAnswer) {
			if !would(w, c.Would) {
				fmt.Fprintf(w, "%s is %s\n", c.ID, c.State)
			}
		})
	}}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	return cmd
}
