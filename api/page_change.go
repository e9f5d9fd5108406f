package api

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/api/dashboard"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// change builds the page on which a person decides.
func (t *site) change(ctx context.Context, r *http.Request) (string, dashboard.Change, error) {
	var v dashboard.Change
	c, err := t.Store.Changes.Get(ctx, r.PathValue("id"))
	if err != nil {
		return "", v, err
	}
	b := changePage{site: t, c: c, view: &v}
	for _, part := range []func(context.Context) error{b.read, b.head, b.difference, b.blast, b.decision, b.trail} {
		if err := part(ctx); err != nil {
			return "", v, err
		}
	}
	v.Decide.Kept = r.PostFormValue("comment")
	return v.Title, v, nil
}

// changePage is a change with what its page is made of.
type changePage struct {
	*site
	c        store.Change
	view     *dashboard.Change
	desk     Desk
	evidence []store.Evidence
	rollout  *store.Rollout
	tiles    []store.Tile
}

func (b *changePage) read(ctx context.Context) error {
	var err error
	if b.desk, err = b.weigh(ctx, b.c); err != nil {
		return err
	}
	if b.evidence, err = b.Store.EvidenceAbout(ctx, b.c.Content.Subjects()...); err != nil {
		return err
	}
	if b.tiles, err = b.Store.TilesOf(ctx, ""); err != nil {
		return err
	}
	rollouts, err := b.Store.Rollouts.List(ctx, store.Filter{Parent: b.c.ID, Limit: 1})
	if len(rollouts.Items) > 0 {
		b.rollout = &rollouts.Items[0]
	}
	return err
}

func (b *changePage) head(ctx context.Context) error {
	v, c := b.view, b.c
	v.ChangeCard = b.changeCard(c)
	v.Digest, v.Base, v.Campaign, v.Author = string(c.Digest), string(c.Content.Base), c.Campaign, c.Author
	v.Proposer, v.Cost = proposer(c.Origin), cost(c.Origin.Cost)
	if len(c.Content.Modules) > 0 {
		v.Contract = c.Content.Modules[0].Code.Contract.Short()
	}
	if v.Risk == nil {
		risk := pipeline.Assess(pipeline.Exposure{Class: b.desk.Verdict.Terms.Class, Tiles: len(b.reached()), Fleet: len(b.tiles), Edits: int(c.Origin.Edits)}, b.desk.Verdict)
		v.Risk = &risk
	}
	v.RiskRows = v.Risk.Reasons
	v.Evidence = b.evidenceRows()
	v.Verify = "genesis verify " + c.ID + " --offline"
	v.ExportEvidence = "/v1/changes/" + c.ID + "/evidence"
	v.Shadow, v.Benchmark = b.figures(pipeline.Shadow), b.figures(pipeline.Benchmark)
	return b.rivals(ctx)
}

// rivals puts what the campaign compared with beside the change's own figure.
func (b *changePage) rivals(ctx context.Context) error {
	if b.c.Objective == nil || b.c.Campaign == "" {
		return nil
	}
	campaign, err := b.Store.Campaigns.Get(ctx, b.c.Campaign)
	if err != nil {
		return err
	}
	r := campaign.Result(b.c.Lineage)
	b.view.Gain = b.gain(b.c.Slot, *b.c.Objective, r.Baseline, r.Random)
	return nil
}

func proposer(o store.Origin) string {
	text := string(o.Proposer)
	if o.Model != "" {
		text += " " + o.Model
	}
	if len(o.Operators) > 0 {
		text += " (" + strings.Join(o.Operators, ", ") + ")"
	}
	if o.Ticket > 0 {
		text += ", candidate " + dashboard.Count(o.Ticket)
	}
	return text
}

func cost(a pipeline.Amount) string {
	parts := []string{dashboard.Count(a.Evaluations) + " evaluations", dashboard.Count(a.Proofs) + " proofs"}
	if a.Tokens > 0 {
		parts = append(parts, dashboard.Count(a.Tokens)+" tokens")
	}
	if a.Money > 0 {
		parts = append(parts, dashboard.Amount(a.Money))
	}
	return strings.Join(parts, ", ")
}

func (b *changePage) figures(s pipeline.Station) []dashboard.FigureRow {
	for _, e := range slices.Backward(b.evidence) {
		if e.Statement.Station == s {
			return figureRows(e.Statement.Figures)
		}
	}
	return nil
}

func figureRows(list []pipeline.Figure) []dashboard.FigureRow {
	var out []dashboard.FigureRow
	for _, f := range list {
		row := dashboard.FigureRow{Name: f.Name, Value: dashboard.Text(f.Value), Unit: f.Unit}
		if f.Low != "" {
			row.Low, row.High = dashboard.Text(f.Low), dashboard.Text(f.High)
		}
		out = append(out, row)
	}
	return out
}

// evidenceRows lists every statement, and every demanded station that is silent.
func (b *changePage) evidenceRows() []dashboard.EvidenceRow {
	demand := b.desk.Verdict.Terms.Demand
	if b.desk.Verdict.Terms.NeedsApproval() {
		demand = append(slices.Clone(demand), pipeline.Approve)
	}
	var out []dashboard.EvidenceRow
	for _, s := range pipeline.Stations() {
		demanded, heard := slices.Contains(demand, s), false
		for _, e := range b.evidence {
			if e.Statement.Station == s {
				out, heard = append(out, evidenceRow(e, demanded || s == pipeline.Approve)), true
			}
		}
		if demanded && !heard {
			out = append(out, dashboard.EvidenceRow{Station: string(s), Mark: dashboard.OutcomeMark(""), Summary: "no evidence yet", Demanded: true})
		}
	}
	return out
}

func evidenceRow(e store.Evidence, demanded bool) dashboard.EvidenceRow {
	s := e.Statement
	row := dashboard.EvidenceRow{
		Station: string(s.Station), About: string(s.Subject.Kind), Mark: dashboard.OutcomeMark(s.Outcome), Summary: s.Summary, Demanded: demanded,
		Figures: figureRows(s.Figures), Inputs: digests(s.Inputs), Files: digests(s.Attachments),
		Signer: e.Signer + map[bool]string{true: " (" + string(e.Assurance) + " key)"}[e.Assurance != ""],
	}
	if e.Seconds > 0 {
		row.Seconds = dashboard.Seconds(e.Seconds)
	}
	if e.Log != nil {
		row.Logged = dashboard.Count(e.Log.Index)
	}
	for _, tool := range s.Tools {
		row.Tools = append(row.Tools, tool.Name+" "+tool.Version)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Notes)) {
		row.Notes = append(row.Notes, name+": "+s.Notes[name])
	}
	for _, f := range s.Findings {
		row.Findings = append(row.Findings, dashboard.FindingRow(f))
	}
	return row
}

func digests(m map[string]pipeline.Digest) []dashboard.NamedDigest {
	var out []dashboard.NamedDigest
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, dashboard.NamedDigest{Name: name, Digest: string(m[name]), Short: m[name].Short()})
	}
	return out
}

func (b *changePage) difference(ctx context.Context) error {
	d, err := b.diff(ctx, b.c.ID)
	if err != nil {
		return err
	}
	for _, f := range d.Files {
		file := dashboard.Diff(f.Slot+" "+f.Kind, f.Unified)
		file.Folded = f.Kind != "source"
		b.view.Diffs = append(b.view.Diffs, file)
	}
	return nil
}

// reached are the tiles that the change would go to.
func (b *changePage) reached() []store.Tile {
	return slices.DeleteFunc(slices.Clone(b.tiles), func(t store.Tile) bool { return t.Lineage != b.c.Lineage })
}

func (b *changePage) blast(ctx context.Context) error {
	reached := b.reached()
	v := dashboard.Blast{Frozen: b.rollout != nil, Plan: b.c.Plan.Name, Tiles: len(reached), Fleet: len(b.tiles)}
	sites, classes := map[string]bool{}, map[string]bool{}
	for _, tile := range reached {
		sites[tile.Site], classes[tile.Class] = true, true
	}
	v.Sites, v.Classes = len(sites), strings.TrimSpace(strings.Join(slices.Sorted(maps.Keys(classes)), ", "))
	for _, w := range b.waves(reached) {
		v.Waves = append(v.Waves, waveRow(w))
	}
	var err error
	v.DrilledBack, err = b.drilled(ctx)
	b.view.Blast = v
	b.view.Rollout = rolloutView(b.rollout)
	b.view.Answers = b.answers()
	return err
}

// waves are the fixed ones, or what they would be now.
func (b *changePage) waves(reached []store.Tile) []store.Wave {
	if b.rollout != nil {
		return b.rollout.Waves
	}
	targets := make([]pipeline.Tile, len(reached))
	for i, tile := range reached {
		targets[i] = tile.Target()
	}
	planned, err := pipeline.Targets(b.c.Plan, b.c.Digest, targets)
	if err != nil {
		return nil // no tiles, or no plan yet: nothing to show
	}
	out := make([]store.Wave, len(planned))
	for i, w := range planned {
		out[i] = store.Wave{WaveTargets: w, State: store.WavePending}
	}
	return out
}

func waveRow(w store.Wave) dashboard.WaveRow {
	shape := map[store.WaveState]dashboard.Shape{
		store.WavePending: dashboard.Hollow, store.WaveOrdered: dashboard.Busy, store.WaveBaking: dashboard.Busy,
		store.WavePassed: dashboard.Good, store.WaveFailed: dashboard.Bad,
	}[w.State]
	return dashboard.WaveRow{
		Name: w.Name, State: dashboard.Mark{Shape: cmp.Or(shape, dashboard.Neutral), Text: string(w.State)}, Tiles: w.Targets,
		Bake: w.Bake.String(), MinCalls: dashboard.Count(w.MinCalls), MaxFail: w.MaxFailures.String(),
		Left: dashboard.Count(int64(w.Untouched)), Reason: w.Reason, Approval: w.Approval,
	}
}

// drilled is the latest measured way back in the change's lineage.
func (b *changePage) drilled(ctx context.Context) (string, error) {
	page, err := b.Store.Rollouts.List(ctx, store.Filter{Lineage: b.c.Lineage, State: string(store.RolloutRolledBack), Limit: 1})
	if err != nil || len(page.Items) == 0 || page.Items[0].Rollback == nil {
		return "", err
	}
	return "signed beforehand; the last one took " + dashboard.Seconds(page.Items[0].Rollback.Seconds), nil
}

func rolloutView(r *store.Rollout) *dashboard.RolloutView {
	if r == nil {
		return nil
	}
	shape := map[store.RolloutState]dashboard.Shape{
		store.RolloutRunning: dashboard.Busy, store.RolloutPaused: dashboard.Half, store.RolloutWaiting: dashboard.Ask,
		store.RolloutDone: dashboard.Good, store.RolloutAborting: dashboard.Bad, store.RolloutRolledBack: dashboard.Bad,
	}[r.State]
	v := &dashboard.RolloutView{
		ID: r.ID, State: dashboard.Mark{Shape: cmp.Or(shape, dashboard.Neutral), Text: strings.ReplaceAll(string(r.State), "-", " ")},
		Reason: r.Reason, CanAbort: !Arrived(*r) && r.State != store.RolloutAborting,
	}
	if back := r.Rollback; back != nil {
		by := "by order"
		if back.ByTile {
			by = "by " + back.Tile + " itself"
		}
		v.Back = fmt.Sprintf("Taken back %s in %s.", by, dashboard.Seconds(back.Seconds))
	}
	return v
}

// answers are the verdict strip.
func (b *changePage) answers() []dashboard.Answer {
	passed, demanded := 0, 0
	for _, s := range b.desk.Verdict.Terms.Demand {
		if o, ok := b.desk.Verdict.At(s); ok {
			demanded++
			if o == pipeline.Pass {
				passed++
			}
		}
	}
	what := fmt.Sprintf("%d places of the %s module of %s differ from the base", b.c.Origin.Edits, b.c.Slot, b.c.Lineage)
	if b.c.Origin.ControlFlow {
		what += ", control flow among them"
	}
	v := b.view.Blast
	wrong := "no tile of this lineage has reported"
	if len(v.Waves) > 0 {
		first := v.Waves[0]
		wrong = fmt.Sprintf("%d of %d tiles at the end; the first wave is %d, and leaves %s on the base", v.Tiles, v.Fleet, len(first.Tiles), first.Left)
	}
	return []dashboard.Answer{
		{Question: "What changes", Text: what, Mark: dashboard.Mark{Shape: dashboard.Neutral, Text: dashboard.Count(b.c.Origin.Edits)}},
		{Question: "Does it hold", Text: fmt.Sprintf("%d of %d stations pass", passed, demanded), Mark: dashboard.OutcomeMark(b.desk.Evidence)},
		{Question: "What if it is wrong", Text: wrong, Mark: dashboard.Mark{Shape: dashboard.Neutral, Text: b.view.Risk.Band + " risk"}},
		{Question: "How is it undone", Text: cmp.Or(v.DrilledBack, "by a release back that is signed beforehand; no way back was measured in this lineage yet"), Mark: undone(v.DrilledBack)},
	}
}

func undone(drilled string) dashboard.Mark {
	if drilled == "" {
		return dashboard.Mark{Shape: dashboard.Hollow, Text: "not drilled"}
	}
	return dashboard.Mark{Shape: dashboard.Good, Text: "drilled"}
}

func (b *changePage) decision(context.Context) error {
	d, bound := b.desk, b.desk.Binding
	b.view.Decide = dashboard.Decide{
		Open: d.Open, Needed: dashboard.Count(d.Needed), Roles: strings.Join(d.Roles, " or "), Author: d.Author, Signs: d.Signs,
		ETag: d.ETag, Key: random(16), Comment: b.view.Risk.Band == "high", Deadline: b.view.Deadline,
		Why: "The change is " + strings.ReplaceAll(string(b.c.State), "-", " ") + ": nothing is to be decided now.",
		Binding: []dashboard.NamedDigest{
			{Name: "change", Digest: string(bound.Change), Short: bound.Change.Short()},
			{Name: "evidence", Digest: string(bound.Evidence), Short: bound.Evidence.Short()},
			{Name: "plan", Digest: string(bound.Plan), Short: bound.Plan.Short()},
			{Name: "policy", Digest: string(bound.Policy), Short: bound.Policy.Short()},
		},
	}
	return nil
}

// trailReach is how many of the last events are looked through for those of one
// change; older ones are in the export.
const trailReach = 4000

func (b *changePage) trail(ctx context.Context) error {
	last, err := b.Store.LastEvent(ctx)
	if err != nil {
		return err
	}
	signers := map[string]string{b.c.ID: "", b.c.Rollout: ""}
	if b.rollout != nil {
		signers[b.rollout.ID] = ""
	}
	for _, e := range b.evidence {
		signers[e.ID] = e.Signer
	}
	delete(signers, "")
	for after := max(0, last-trailReach); after < last; {
		events, err := b.Store.Events(ctx, after)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			after = e.Seq
			if signer, ours := signers[e.Subject]; ours && e.Type != "evidence.logged" {
				b.view.Trail = append(b.view.Trail, b.entry(e, signer))
			}
		}
	}
	return nil
}

// entry is an event as a line of the trail.
func (b *changePage) entry(e store.Event, signer string) dashboard.TrailRow {
	row := dashboard.TrailRow{At: dashboard.At(e.At, b.Now()), Note: e.Note}
	kind, verb, _ := strings.Cut(e.Type, ".")
	state := strings.ReplaceAll(e.State, "-", " ")
	switch {
	case kind == "evidence":
		station, summary, _ := strings.Cut(e.Note, ": ")
		row.What, row.Note = station+": "+state, summary
		if station == string(pipeline.Approve) {
			row.Actor = signer
		}
	case verb == "created":
		row.What = kind + " recorded, " + state
	default:
		row.What = kind + " is " + state
	}
	return row
}
