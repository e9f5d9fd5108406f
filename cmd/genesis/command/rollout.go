package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/pipeline/store"
)

func (a *app) rolloutNoun() *cobra.Command {
	return a.noun("rollout", "changes on their way to tiles: status, abort", a.rolloutStatus(), a.rolloutAbort())
}

func (a *app) rolloutStatus() *cobra.Command {
	var watch bool
	cmd := &cobra.Command{Use: "status CHANGE", Short: "where a rollout stands, wave by wave (the id of the rollout will do)", Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		if watch {
			return a.watchRollout(cmd.Context(), args[0])
		}
		return askAndTell(cmd.Context(), a, request{path: "/v1/rollouts/" + args[0]}, rolloutText)
	}}
	cmd.Flags().BoolVar(&watch, "watch", false, "until it has ended; exit code 3 when it was taken back")
	return cmd
}

func (a *app) watchRollout(ctx context.Context, id string) error {
	var last answer[store.Rollout]
	see := newTicker(a.errOut).see
	ended := func() (bool, error) {
		var err error
		last, err = ask[store.Rollout](ctx, a, request{path: "/v1/rollouts/" + id})
		return err == nil && api.Arrived(last.value), err
	}
	err := a.follow(ctx, ended, func(e store.Event) (bool, error) {
		see(e)
		if e.Subject != last.value.ID {
			return false, nil
		}
		return ended()
	})
	if err != nil {
		return err
	}
	if err := tell(a, last, rolloutText); err != nil {
		return err
	}
	if last.value.State == store.RolloutRolledBack {
		return withCode(ExitRefused, errSilent)
	}
	return nil
}

func rolloutText(w io.Writer, r store.Rollout) {
	fmt.Fprintf(w, "%s of %s is %s  %s\n", r.ID, r.Change, r.State, printable(r.Reason))
	if b := r.Rollback; b != nil {
		by := "by order"
		if b.ByTile {
			by = "by " + printable(b.Tile) + " itself"
		}
		fmt.Fprintf(w, "taken back %s in %s s: %s\n", by, b.Seconds, printable(b.Cause))
	}
	fmt.Fprintln(w)
	t := newTable(w, "WAVE", "STATE", "TILES", "CALLS", "FAILED", "LEFT", "WHY")
	for _, x := range r.Waves {
		t.add(x.Name, string(x.State), strings.Join(x.Targets, ","), fmt.Sprint(x.Calls), fmt.Sprint(x.Failures), fmt.Sprint(x.Untouched), x.Reason)
	}
	t.flush()
}

func (a *app) rolloutAbort() *cobra.Command {
	var reason string
	var dryRun bool
	cmd := &cobra.Command{Use: "abort CHANGE", Short: "take a release back from every tile (the id of the rollout will do)", Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		text, err := json.Marshal(api.AbortBody{Reason: reason})
		if err != nil {
			return err
		}
		q := request{method: http.MethodPost, path: "/v1/rollouts/" + args[0] + "/abort", query: query("dryRun", truth(dryRun)), body: text}
		return askAndTell(cmd.Context(), a, q, func(w io.Writer, r api.RolloutAnswer) {
			if !would(w, r.Would) {
				fmt.Fprintf(w, "%s goes back; see genesis rollout status %s --watch\n", r.ID, r.Change)
			}
		})
	}}
	cmd.Flags().StringVar(&reason, "reason", "aborted from the command line", "why")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	return cmd
}
