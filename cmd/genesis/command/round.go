package command

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

func (a *app) roundNoun() *cobra.Command {
	return a.noun("round", "autonomous cycles: create, replace, list, show, pause, resume, run-now",
		a.roundCreate(), a.roundReplace(), a.roundList(), a.roundShow(),
		a.roundSteer("pause", "begin no round until resumed; one that is at work goes on", "%s rests\n"),
		a.roundSteer("resume", "begin rounds again when they are due", "%s goes on\n"),
		a.roundSteer("run", "begin a round now", "%s begins, unless one is at work\n"))
}

func (a *app) roundCreate() *cobra.Command {
	var every string
	var paused, dryRun bool
	cmd := &cobra.Command{Use: "create FILE|NAME", Short: "make a schedule of rounds, from a document or by name with the shipped goal", Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		text, err := roundText(args[0], every, cmd.Flags().Changed("every"))
		if err != nil {
			return err
		}
		return askAndTell(cmd.Context(), a, request{method: http.MethodPost, path: "/v1/rounds", query: query("dryRun", truth(dryRun), "paused", truth(paused)), body: text}, toldRound)
	}}
	f := cmd.Flags()
	f.StringVar(&every, "every", pipeline.DefaultEvery.String(), "time between two rounds, of one that is made by name")
	f.BoolVar(&paused, "paused", false, "runs only when a person asks")
	f.BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	return cmd
}

// roundText is the document of a file, or one for a name.
func roundText(arg, every string, everyGiven bool) ([]byte, error) {
	if !strings.HasSuffix(arg, ".yaml") && !strings.HasSuffix(arg, ".json") {
		return api.ShortRound(arg, every)
	}
	if everyGiven {
		return nil, withCode(ExitUsage, fmt.Errorf("--every goes with a name; write spec.every in %s", arg))
	}
	text, err := os.ReadFile(arg)
	if err != nil {
		return nil, withCode(ExitUsage, err)
	}
	return text, nil
}

func toldRound(w io.Writer, v api.RoundView) {
	if !would(w, v.Would) {
		fmt.Fprintln(w, v.ID)
	}
}

func (a *app) roundReplace() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{Use: "replace FILE", Short: "give a schedule another document of the same name", Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		text, err := os.ReadFile(args[0])
		if err != nil {
			return withCode(ExitUsage, err)
		}
		return askAndTell(cmd.Context(), a, request{method: http.MethodPost, path: "/v1/rounds/replace", query: query("dryRun", truth(dryRun)), body: text}, toldRound)
	}}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	return cmd
}

func (a *app) roundList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "list schedules, and what their rounds chose last", Args: exactly(0), RunE: func(cmd *cobra.Command, _ []string) error {
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
					choice = takenUp(v.Rounds[0])
				}
				t.add(v.Name, v.Every, next, fired, choice)
			}
			t.flush()
		})
	}}
}

// takenUp is what a round took up, in one line.
func takenUp(r store.Round) string {
	var taken []string
	for _, c := range r.Choices {
		if c.Taken {
			taken = append(taken, c.Lineage+"/"+c.Slot)
		}
	}
	if len(taken) == 0 {
		return "nothing: genesis round show says why"
	}
	return strings.Join(taken, ", ")
}

func (a *app) roundShow() *cobra.Command {
	return &cobra.Command{Use: "show NAME", Short: "a schedule, its rounds, and each choice with its reason", Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		return askAndTell(cmd.Context(), a, request{path: "/v1/rounds/" + args[0]}, func(w io.Writer, v api.RoundView) {
			state := "paused: runs only when a person asks"
			if !v.Paused && len(v.Next) > 0 {
				state = "next " + stamp(v.Next[0])
			}
			fmt.Fprintf(w, "%s, every %s, %s\n", v.Name, v.Every, state)
			if len(v.Rounds) == 0 {
				fmt.Fprintln(w, "no round yet")
			}
			for _, r := range v.Rounds {
				showRound(w, r)
			}
		})
	}}
}

func showRound(w io.Writer, r store.Round) {
	fmt.Fprintf(w, "\n%s  %s", stamp(r.CreatedAt), r.State)
	for _, c := range r.Campaigns {
		fmt.Fprintf(w, "  %s", c)
	}
	fmt.Fprintln(w)
	if r.Reason != "" {
		fmt.Fprintf(w, "  %s\n", r.Reason)
	}
	for _, c := range r.Choices {
		mark := " "
		if c.Taken {
			mark = "+"
		}
		fmt.Fprintf(w, "  %s %s\n", mark, c)
	}
}

func (a *app) roundSteer(verb, short, told string) *cobra.Command {
	var dryRun bool
	name := verb
	if verb == "run" {
		name = "run-now"
	}
	cmd := &cobra.Command{Use: name + " NAME", Short: short, Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		return askAndTell(cmd.Context(), a, request{method: http.MethodPost, path: "/v1/rounds/" + args[0] + "/" + verb, query: query("dryRun", truth(dryRun))}, func(w io.Writer, v api.RoundView) {
			if !would(w, v.Would) {
				fmt.Fprintf(w, told, v.ID)
			}
		})
	}}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	return cmd
}
