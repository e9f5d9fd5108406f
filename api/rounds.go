package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/workflows"
)

// RoundView is a schedule, what it did, and what its rounds chose.
type RoundView struct {
	ID       string               `json:"id"`
	Name     string               `json:"name"`
	Every    string               `json:"every"`
	Paused   bool                 `json:"paused"`
	Next     []time.Time          `json:"next"`
	Runs     []workflows.RoundRun `json:"runs" doc:"firings, newest first"`
	Rounds   []store.Round        `json:"rounds" doc:"what they chose and why, newest first"`
	Document *pipeline.Round      `json:"round,omitempty" doc:"as it was written, with its defaults"`
	Preview
}

// RoundList is all schedules.
type RoundList struct {
	Items []RoundView `json:"items"`
}

type writeRound struct {
	DryRun  bool   `query:"dryRun" doc:"Only say what would happen"`
	Paused  bool   `query:"paused" doc:"Runs only when a person asks"`
	RawBody []byte `contentType:"application/yaml"`
}

type oneRound struct {
	ID     string `path:"id" maxLength:"80" doc:"Id or name"`
	DryRun bool   `query:"dryRun" doc:"Only say what would happen"`
}

// takesRound says that a route takes a document, as YAML or JSON; the domain says
// line and hint.
func takesRound(op huma.Operation) huma.Operation {
	op.SkipValidateBody = true
	op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{
		"application/yaml": {Schema: &huma.Schema{Type: huma.TypeString, Description: "See docs/rounds.md"}},
		"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, Description: "The same fields"}},
	}}
	return op
}

func (s *service) roundRoutes() {
	create := takesRound(post("create-round", "/v1/rounds", "rounds", "Make a schedule of autonomous rounds; one that is due while another is at work is skipped"))
	create.DefaultStatus = http.StatusCreated
	route(s, create, func(ctx context.Context, in *writeRound) (*created[RoundView], error) {
		v, err := s.createRound(ctx, in.RawBody, in.Paused, in.DryRun)
		if err != nil {
			return nil, err
		}
		status := http.StatusCreated
		if in.DryRun {
			status = http.StatusOK
		}
		return &created[RoundView]{Status: status, Location: "/v1/rounds/" + v.ID, Body: v}, nil
	})
	route(s, takesRound(post("replace-round", "/v1/rounds/replace", "rounds", "Give a schedule another document of the same name")), func(ctx context.Context, in *writeRound) (*body[RoundView], error) {
		return answer(s.replaceRound(ctx, in.RawBody, in.DryRun))
	})
	route(s, get("list-rounds", "/v1/rounds", "rounds", "List schedules, and what their rounds chose"), func(ctx context.Context, _ *struct{}) (*body[RoundList], error) {
		items, err := s.rounds(ctx)
		return answer(RoundList{items}, err)
	})
	route(s, get("get-round", "/v1/rounds/{id}", "rounds", "Look at a schedule, and why its rounds chose what they chose"), func(ctx context.Context, in *oneRound) (*body[RoundView], error) {
		return answer(s.round(ctx, in.ID))
	})
	for _, verb := range []string{"run", "pause", "resume"} {
		op := post(verb+"-round", "/v1/rounds/{id}/"+verb, "rounds", roundSteering[verb].summary)
		op.DefaultStatus = http.StatusAccepted
		route(s, op, func(ctx context.Context, in *oneRound) (*body[RoundView], error) {
			return answer(s.steerRound(ctx, in.ID, verb, in.DryRun))
		})
	}
}

// roundID names a schedule after its name: making it twice finds it.
func roundID(name string) string { return "rnd_" + name }

// ShortRound is the document of a schedule that chooses from the goals that are
// shipped.
func ShortRound(name, every string) ([]byte, error) {
	return json.Marshal(map[string]any{
		"apiVersion": pipeline.APIVersion, "kind": "Round",
		"metadata": map[string]string{"name": name}, "spec": map[string]string{"every": every},
	})
}

// readRound is the document, and what it makes.
func (s *service) readRound(text []byte) (pipeline.Round, RoundView, error) {
	doc, err := pipeline.ParseRound(text, s.Catalogue, s.Goals...)
	if err != nil {
		return doc, RoundView{}, err
	}
	return doc, RoundView{
		ID: roundID(doc.Metadata.Name), Name: doc.Metadata.Name, Every: plain(time.Duration(doc.Spec.Every)), Document: &doc,
		Next: []time.Time{}, Runs: []workflows.RoundRun{}, Rounds: []store.Round{},
	}, nil
}

func wouldChoose(d pipeline.Round) []string {
	out := []string{fmt.Sprintf("take up at most %d lineage(s) every %s, and run their campaigns within their budgets", d.Spec.Most, plain(time.Duration(d.Spec.Every)))}
	for _, g := range d.Spec.Goals {
		out = append(out, fmt.Sprintf("weigh slot %s of %s by %s", g.Slot, strings.Join(g.Lineages, ", "), g.Objective.Metric()))
	}
	return out
}

func (s *service) createRound(ctx context.Context, text []byte, paused, dryRun bool) (RoundView, error) {
	doc, v, err := s.readRound(text)
	if err != nil {
		return v, err
	}
	v.Paused = paused
	if dryRun {
		v.Would = wouldChoose(doc)
		return v, nil
	}
	digest, err := doc.Digest()
	if err != nil {
		return v, err
	}
	found, _, err := s.Store.Schedules.Create(ctx, store.Schedule{Meta: store.Meta{ID: v.ID}, Round: doc, Digest: digest, Author: who(ctx).name})
	if err == nil && found.Digest != digest {
		err = problem(http.StatusConflict, "conflict", "genesis round replace FILE gives it another document", "a schedule has the name %s", v.Name)
	}
	if err != nil {
		return v, err
	}
	return v, s.Workflows.CreateRound(ctx, workflows.RoundSchedule{ID: v.ID, Name: v.Name, Every: time.Duration(doc.Spec.Every), Paused: paused})
}

func (s *service) replaceRound(ctx context.Context, text []byte, dryRun bool) (RoundView, error) {
	doc, v, err := s.readRound(text)
	if err != nil {
		return v, err
	}
	old, err := s.round(ctx, v.ID)
	if err != nil {
		return v, err
	}
	v.Paused = old.Paused
	if dryRun {
		v.Would = wouldChoose(doc)
		return v, nil
	}
	digest, err := doc.Digest()
	if err != nil {
		return v, err
	}
	_, err = s.Store.Schedules.Update(ctx, v.ID, store.AnyVersion, func(x *store.Schedule) error {
		x.Round, x.Digest, x.Author = doc, digest, who(ctx).name
		return nil
	})
	if err != nil {
		return v, err
	}
	return v, s.Workflows.RescheduleRound(ctx, v.ID, time.Duration(doc.Spec.Every))
}

// plain writes 24h and not 24h0m0s.
func plain(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// roundsShown is how many of a schedule's rounds are listed with it.
const roundsShown = 10

func (s *service) rounds(ctx context.Context) ([]RoundView, error) {
	list, err := s.Workflows.ListRounds(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]RoundView, len(list))
	for i, r := range list {
		page, err := s.Store.Rounds.List(ctx, store.Filter{Parent: r.ID, Limit: roundsShown})
		if err != nil {
			return nil, err
		}
		out[i] = RoundView{ID: r.ID, Name: r.Name, Every: plain(r.Every), Paused: r.Paused, Next: r.Next, Runs: r.Runs, Rounds: page.Items}
	}
	return out, nil
}

func (s *service) round(ctx context.Context, id string) (RoundView, error) {
	list, err := s.rounds(ctx)
	if err != nil {
		return RoundView{}, err
	}
	i := slices.IndexFunc(list, func(v RoundView) bool { return v.ID == id || v.Name == id })
	if i < 0 {
		return RoundView{}, fmt.Errorf("round %.80q: %w", id, store.ErrNotFound)
	}
	schedule, err := s.Store.Schedules.Get(ctx, list[i].ID)
	list[i].Document = &schedule.Round
	return list[i], err
}

// roundSteering is what a person may ask of a schedule.
var roundSteering = map[string]struct {
	summary, would string
	do             func(RoundSteering, context.Context, string) error
}{
	"run": {"Begin a round now", "begin a round now, unless one is at work", func(w RoundSteering, ctx context.Context, id string) error {
		return w.RunRoundNow(ctx, id)
	}},
	"pause": {"Let a schedule rest; a round that is at work goes on", "begin no round until resumed", func(w RoundSteering, ctx context.Context, id string) error {
		return w.PauseRound(ctx, id, "paused by "+who(ctx).name)
	}},
	"resume": {"Let a schedule go on", "begin rounds again when they are due", func(w RoundSteering, ctx context.Context, id string) error {
		return w.ResumeRound(ctx, id, "resumed by "+who(ctx).name)
	}},
}

func (s *service) steerRound(ctx context.Context, id, verb string, dryRun bool) (RoundView, error) {
	v, err := s.round(ctx, id)
	if err != nil {
		return v, err
	}
	step := roundSteering[verb]
	if dryRun {
		v.Would = []string{step.would}
		return v, nil
	}
	if verb != "run" {
		v.Paused = verb == "pause"
	}
	return v, step.do(s.Workflows, ctx, v.ID)
}
