package command

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/api"
)

func (a *app) roundNoun() *cobra.Command {
	return a.noun("round", "autonomous cycles: create, list, run-now", a.roundCreate(), a.roundList(), a.roundRunNow())
}

func (a *app) roundCreate() *cobra.Command {
	var every string
	var paused, dryRun bool
	cmd := &cobra.Command{Use: "create NAME --every 24h", Short: "make a schedule of rounds", Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		text, err := json.Marshal(api.RoundBody{Name: args[0], Every: every, Paused: paused})
		if err != nil {
			return err
		}
		return askAndTell(cmd.Context(), a, request{method: http.MethodPost, path: "/v1/rounds", query: query("dryRun", truth(dryRun)), body: text}, func(w io.Writer, v api.RoundView) {
			if !would(w, v.Would) {
				fmt.Fprintln(w, v.ID)
			}
		})
	}}
	f := cmd.Flags()
	f.StringVar(&every, "every", "24h", "time between two rounds")
	f.BoolVar(&paused, "paused", false, "runs only when a person asks")
	f.BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	return cmd
}

func (a *app) roundList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "list schedules, and what their rounds chose", Args: exactly(0), RunE: func(cmd *cobra.Command, _ []string) error {
		return askAndTell(cmd.Context(), a, request{path: "/v1/rounds"}, func(w io.Writer, l api.RoundList) {
			t := newTable(w, "ROUND", "EVERY", "NEXT", "FIRED", "LAST CHOICE")
			for _, v := range l.Items {
				next, fired, choice := "paused", "never", "-"
				if !v.Paused && len(v.Next) > 0 {
					next = stamp(v.Next[0])
				}
				if len(v.Runs) > 0 {
					fired = stamp(v.Runs[0].At)
				}
				if len(v.Rounds) > 0 {
					choice = v.Rounds[0].Plan
				}
				t.add(v.Name, v.Every, next, fired, choice)
			}
			t.flush()
		})
	}}
}

func (a *app) roundRunNow() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{Use: "run-now NAME", Short: "begin a round now", Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		return askAndTell(cmd.Context(), a, request{method: http.MethodPost, path: "/v1/rounds/" + args[0] + "/run", query: query("dryRun", truth(dryRun))}, func(w io.Writer, v api.RoundView) {
			if !would(w, v.Would) {
				fmt.Fprintf(w, "%s begins, unless one is at work\n", v.ID)
			}
		})
	}}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	return cmd
}
