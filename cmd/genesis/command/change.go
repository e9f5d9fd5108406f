package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

func (a *app) changeNoun() *cobra.Command {
	return a.noun("change", "proposed changes: list, show, diff, approve, reject, transfer",
		a.changeList(), a.changeShow(), a.changeDiff(), a.changeTransfer(),
		a.changeDecide("approve", "approve a change: sign it with everything that it is bound to"),
		a.changeDecide("reject", "reject a change, with a reason"))
}

func (a *app) changeList() *cobra.Command {
	var state, lineage, campaign, cursor string
	cmd := &cobra.Command{Use: "list", Short: "list changes, newest first", Args: exactly(0), RunE: func(cmd *cobra.Command, _ []string) error {
		q := query("state", state, "lineage", lineage, "campaign", campaign, "cursor", cursor)
		return askAndTell(cmd.Context(), a, request{path: "/v1/changes", query: q}, func(w io.Writer, p store.Page[store.Change]) {
			t := newTable(w, "CHANGE", "STATE", "LINEAGE", "SLOT", "GAIN", "RISK", "TITLE")
			for _, c := range p.Items {
				t.add(c.ID, string(c.State), c.Lineage, c.Slot, gainText(c.Objective), riskText(c.Risk), c.Title)
			}
			t.flush()
			more(w, p.NextCursor)
		})
	}}
	f := cmd.Flags()
	f.StringVar(&state, "state", "", "only those in this state, such as awaiting-approval")
	f.StringVar(&lineage, "lineage", "", "only those of this lineage")
	f.StringVar(&campaign, "campaign", "", "only those of this campaign")
	f.StringVar(&cursor, "cursor", "", "go on where a page ended")
	return cmd
}

func riskText(r *pipeline.Risk) string {
	if r == nil {
		return "-"
	}
	return fmt.Sprintf("%s %d", r.Band, r.Score)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// shownChange is a change with what a person needs to decide on it.
type shownChange struct {
	Change   json.RawMessage `json:"change"`
	Decision json.RawMessage `json:"decision"`
	Evidence json.RawMessage `json:"evidence"`
}

func (a *app) changeShow() *cobra.Command {
	return &cobra.Command{Use: "show CHANGE", Short: "a change, its evidence, and what a decision is bound to", Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		path := "/v1/changes/" + args[0]
		c, err := ask[store.Change](cmd.Context(), a, request{path: path})
		if err != nil {
			return err
		}
		d, err := ask[api.Desk](cmd.Context(), a, request{path: path + "/decision"})
		if err != nil {
			return err
		}
		e, err := ask[api.EvidenceList](cmd.Context(), a, request{path: path + "/evidence"})
		if err != nil {
			return err
		}
		return a.print(shownChange{c.raw, d.raw, e.raw}, func(w io.Writer) { changeText(w, c.value, d.value, e.value.Items) })
	}}
}

func changeText(w io.Writer, c store.Change, d api.Desk, evidence []store.Evidence) {
	fmt.Fprintf(w, "%s\n%s is %s  %s\n\n", printable(c.Title), c.ID, c.State, printable(c.Reason))
	t := newTable(w, "STATION", "OUTCOME", "SAYS")
	for _, s := range slices.Concat(d.Verdict.Terms.Demand, []pipeline.Station{pipeline.Approve}) {
		heard := false
		for _, e := range evidence {
			if e.Statement.Station == s {
				t.add(string(s), string(e.Statement.Outcome), e.Statement.Summary)
				heard = true
			}
		}
		if !heard && (s != pipeline.Approve || d.Verdict.Terms.NeedsApproval()) {
			t.add(string(s), "missing", "no evidence yet")
		}
	}
	t.flush()
	facts := newTable(w, "", "")
	if e := c.Objective; e != nil {
		facts.add(e.Metric, fmt.Sprintf("%s -> %s %s (%s), change between %s and %s at %s, in simulation", short(e.Before), short(e.After), e.Unit, gainText(e), short(e.Low), short(e.High), e.Confidence))
	}
	facts.add("risk", riskText(c.Risk))
	facts.add("bound to", fmt.Sprintf("evidence %s, plan %s, policy %s", d.Binding.Evidence.Short(), d.Binding.Plan.Short(), d.Binding.Policy.Short()))
	facts.add("verify", "genesis verify "+c.ID+" --offline")
	if d.Open {
		facts.add("decide", fmt.Sprintf("genesis change approve %s --if-match '%s'", c.ID, d.ETag))
	}
	facts.flush()
}

func (a *app) changeDiff() *cobra.Command {
	return &cobra.Command{Use: "diff CHANGE", Short: "how a change differs from its base", Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		return askAndTell(cmd.Context(), a, request{path: "/v1/changes/" + args[0] + "/diff"}, func(w io.Writer, d api.ChangeDiff) {
			for _, f := range d.Files {
				for line := range strings.Lines(f.Unified) {
					fmt.Fprintln(w, unpainted(line))
				}
			}
		})
	}}
}

// unpainted keeps tabs and drops what else could move a terminal's cursor.
func unpainted(line string) string {
	parts := strings.Split(strings.TrimRight(line, "\n"), "\t")
	for i, p := range parts {
		parts[i] = printable(p)
	}
	return strings.Join(parts, "\t")
}

type decideFlags struct {
	comment, ifMatch, envelope, approver string
	dryRun                               bool
}

func (a *app) changeDecide(verb, short string) *cobra.Command {
	var o decideFlags
	cmd := &cobra.Command{Use: verb + " CHANGE", Short: short, Args: exactly(1), RunE: func(cmd *cobra.Command, args []string) error {
		return a.decide(cmd.Context(), args[0], verb, o)
	}}
	f := cmd.Flags()
	f.StringVar(&o.comment, "comment", "", "why; needed to reject, and where the risk is high")
	f.StringVar(&o.ifMatch, "if-match", "", "what was shown, as `change show` prints it: refused when that moved (default: as it is now)")
	f.StringVar(&o.envelope, "envelope", "", "file with the decision, signed elsewhere (DSSE)")
	f.StringVar(&o.approver, "approver", "", "who signed the envelope")
	f.BoolVar(&o.dryRun, "dry-run", false, "only say what would happen")
	return cmd
}

func (a *app) decide(ctx context.Context, id, verb string, o decideFlags) error {
	b := api.DecisionBody{Decision: verb, Comment: o.comment, Approver: o.approver}
	if o.envelope != "" {
		var err error
		if b.Envelope, err = os.ReadFile(o.envelope); err != nil {
			return withCode(ExitUsage, err)
		}
	}
	path := "/v1/changes/" + id + "/decision"
	if o.ifMatch == "" {
		d, err := ask[api.Desk](ctx, a, request{path: path})
		if err != nil {
			return err
		}
		o.ifMatch = d.value.ETag
	}
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	q := request{method: http.MethodPost, path: path, query: query("dryRun", truth(o.dryRun)), body: text, headers: map[string]string{"If-Match": o.ifMatch, "Idempotency-Key": once()}}
	return askAndTell(ctx, a, q, func(w io.Writer, d api.DecisionAnswer) {
		if !would(w, d.Would) {
			fmt.Fprintf(w, "%s is %s, decided by %s\n", d.ID, d.State, printable(d.By))
		}
	})
}
