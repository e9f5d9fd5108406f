package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/workflows"
)

// DefaultSeed is the seed of a search when the campaign's author gives none: two
// runs of one campaign try the same candidates.
const DefaultSeed = 1

// CampaignAnswer is a campaign, or what would become of it.
type CampaignAnswer struct {
	store.Campaign
	Preview
}

type submitInput struct {
	Key     string `header:"Idempotency-Key" maxLength:"200" doc:"Makes sending twice the same as sending once"`
	DryRun  bool   `query:"dryRun" doc:"Only say what would happen"`
	Seed    uint64 `query:"seed" default:"1" doc:"Of the search"`
	Wait    string `query:"wait" example:"30s" doc:"Wait for the end, at most a minute"`
	RawBody []byte `contentType:"application/yaml"`
}

type created[T any] struct {
	Status   int
	Location string `header:"Location"`
	Body     T
}

type listCampaigns struct {
	Paging
	State string `query:"state" maxLength:"32"`
}

type oneCampaign struct {
	ID   string `path:"id" maxLength:"128"`
	Wait string `query:"wait" example:"30s" doc:"Wait for the end, at most a minute"`
}

type steerCampaign struct {
	ID     string `path:"id" maxLength:"128"`
	DryRun bool   `query:"dryRun"`
}

func (s *service) campaignRoutes() {
	submit := post("submit-campaign", "/v1/campaigns", "campaigns", "Submit a campaign, as YAML or JSON")
	submit.DefaultStatus = http.StatusCreated
	submit.SkipValidateBody = true // the domain says line and hint
	submit.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{
		"application/yaml": {Schema: &huma.Schema{Type: huma.TypeString, Description: "See docs/campaign.md"}},
		"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, Description: "The same fields"}},
	}}
	route(s, submit, s.submitCampaign)
	route(s, get("list-campaigns", "/v1/campaigns", "campaigns", "List campaigns, newest first"), func(ctx context.Context, in *listCampaigns) (*listing[store.Campaign], error) {
		page, err := s.Store.Campaigns.List(ctx, store.Filter{State: in.State, Limit: in.Limit, Cursor: in.Cursor})
		return list("/v1/campaigns", page, err)
	})
	route(s, get("get-campaign", "/v1/campaigns/{id}", "campaigns", "Look at a campaign"), func(ctx context.Context, in *oneCampaign) (*body[store.Campaign], error) {
		return answer(s.awaitCampaign(ctx, in.ID, in.Wait))
	})
	for _, verb := range []string{"stop", "pause", "resume"} {
		route(s, post(verb+"-campaign", "/v1/campaigns/{id}/"+verb, "campaigns", steering[verb].summary), func(ctx context.Context, in *steerCampaign) (*body[CampaignAnswer], error) {
			return answer(s.steer(ctx, in.ID, verb, in.DryRun))
		})
	}
}

func (s *service) submitCampaign(ctx context.Context, in *submitInput) (*created[CampaignAnswer], error) {
	spec, err := pipeline.ParseCampaign(in.RawBody, s.Catalogue)
	if err != nil {
		return nil, err
	}
	rec, err := store.NewCampaign(spec, in.Seed, who(ctx).name)
	if err != nil {
		return nil, err
	}
	if in.DryRun {
		return &created[CampaignAnswer]{Status: http.StatusOK, Body: CampaignAnswer{rec, Preview{wouldSearch(spec)}}}, nil
	}
	request := struct {
		Spec pipeline.Digest
		Seed uint64
	}{rec.Digest, rec.Seed}
	out, err := idempotent(ctx, s, "campaign", in.Key, request, func() (*created[CampaignAnswer], error) { return s.start(ctx, rec) })
	if err != nil || in.Wait == "" {
		return out, err
	}
	out.Body.Campaign, err = s.awaitCampaign(ctx, out.Body.ID, in.Wait)
	return out, err
}

func wouldSearch(c pipeline.Campaign) []string {
	spec, out := c.Spec, []string{}
	less := map[pipeline.Direction]string{pipeline.Minimize: "less", pipeline.Maximize: "more"}[spec.Objective.Direction()]
	for _, lineage := range spec.Lineages {
		out = append(out, fmt.Sprintf("search slot %s of %s for a module with %s %s, with at most %d evaluations", spec.Slot, lineage, less, spec.Objective.Metric(), spec.Budget.Evaluations))
	}
	return append(out, fmt.Sprintf("send what survives through the stations, and ask %d person(s) before plan %q", spec.Approve.Count, spec.Rollout.Plan))
}

// start keeps the campaign, then runs it. When the engine does not answer the
// record says so, and the request can be made again.
func (s *service) start(ctx context.Context, rec store.Campaign) (*created[CampaignAnswer], error) {
	var entropy [10]byte
	rand.Read(entropy[:])
	rec.ID = pipeline.NewID("cmp", s.Now(), entropy)
	rec, _, err := s.Store.Campaigns.Create(ctx, rec)
	if err != nil {
		return nil, err
	}
	if err := s.Workflows.StartCampaign(ctx, workflowInput(rec)); err != nil {
		_, also := s.Store.Campaigns.Update(context.WithoutCancel(ctx), rec.ID, store.AnyVersion, func(c *store.Campaign) error {
			c.State, c.Reason = store.CampaignFailed, "the workflow engine did not take it"
			return nil
		})
		s.told(ctx, fmt.Errorf("start campaign: %w; %w", err, also))
		return nil, problem(http.StatusServiceUnavailable, "engine.unavailable", "try again in a moment", "the workflow engine did not take campaign %s", rec.ID)
	}
	rec, err = s.Store.Campaigns.Update(ctx, rec.ID, store.AnyVersion, func(c *store.Campaign) error {
		if c.State == store.CampaignPending {
			c.State = store.CampaignRunning
		}
		return nil
	})
	return &created[CampaignAnswer]{Status: http.StatusCreated, Location: "/v1/campaigns/" + rec.ID, Body: CampaignAnswer{Campaign: rec}}, err
}

func workflowInput(c store.Campaign) workflows.CampaignInput {
	return workflows.CampaignInput{ID: c.ID, Lineages: c.Spec.Spec.Lineages}
}

// steering is what a person may ask of a campaign.
var steering = map[string]struct {
	summary string
	from    []store.CampaignState
	to      store.CampaignState
	would   string
}{
	"stop":   {"End the search; what was found stays", []store.CampaignState{store.CampaignPending, store.CampaignRunning, store.CampaignPaused}, store.CampaignStopped, "try no further candidates; keep what was found"},
	"pause":  {"Rest after the epoch at work", []store.CampaignState{store.CampaignPending, store.CampaignRunning}, store.CampaignPaused, "rest after the epoch at work"},
	"resume": {"Go on", []store.CampaignState{store.CampaignPaused}, store.CampaignRunning, "go on searching"},
}

func (s *service) steer(ctx context.Context, id, verb string, dryRun bool) (CampaignAnswer, error) {
	rec, err := s.Store.Campaigns.Get(ctx, id)
	if err != nil {
		return CampaignAnswer{}, err
	}
	step := steering[verb]
	if !slices.Contains(step.from, rec.State) {
		return CampaignAnswer{}, problem(http.StatusConflict, "refused", "", "the campaign is %s: it cannot %s", rec.State, verb)
	}
	if dryRun {
		return CampaignAnswer{rec, Preview{[]string{step.would}}}, nil
	}
	ask := map[string]func() error{
		"stop":   func() error { return s.Workflows.StopCampaign(ctx, id) },
		"pause":  func() error { return s.Workflows.PauseCampaign(ctx, workflowInput(rec)) },
		"resume": func() error { return s.Workflows.ResumeCampaign(ctx, workflowInput(rec)) },
	}
	if err := ask[verb](); err != nil {
		return CampaignAnswer{}, err
	}
	rec, err = s.Store.Campaigns.Update(ctx, id, store.AnyVersion, func(c *store.Campaign) error {
		if slices.Contains(step.from, c.State) { // it may have ended meanwhile
			c.State, c.Reason = step.to, verb+" by "+who(ctx).name
		}
		return nil
	})
	return CampaignAnswer{Campaign: rec}, err
}

// Ended says whether nothing more will become of a campaign. One that was
// stopped still sees the changes through that are on their way.
func Ended(c store.Campaign) bool {
	open := slices.ContainsFunc(c.Results, func(r store.LineageResult) bool { return r.Outcome == "" })
	return c.State == store.CampaignDone || c.State == store.CampaignFailed || c.State == store.CampaignStopped && !open
}

func (s *service) awaitCampaign(ctx context.Context, id, wait string) (store.Campaign, error) {
	return await(ctx, s, wait, Ended, func(ctx context.Context) (store.Campaign, error) { return s.Store.Campaigns.Get(ctx, id) })
}

// MaxWait is the longest that a request waits for something to end.
const MaxWait = time.Minute

// await reads a record until it has ended, or the time is up; it is read again
// after each event.
func await[T any](ctx context.Context, s *service, wait string, ended func(T) bool, read func(context.Context) (T, error)) (T, error) {
	var limit time.Duration
	if wait != "" {
		var err error
		if limit, err = time.ParseDuration(wait); err != nil || limit < 0 {
			var none T
			return none, problem(http.StatusBadRequest, "wait.invalid", "write wait=30s", "wait=%.20q is no span of time", wait)
		}
	}
	patience, cancel := context.WithTimeout(ctx, min(limit, MaxWait))
	defer cancel()
	for {
		last, err := s.Store.LastEvent(ctx)
		if err != nil {
			var none T
			return none, err
		}
		rec, err := read(ctx)
		if err != nil || limit == 0 || ended(rec) {
			return rec, err
		}
		if _, err := s.Store.Wait(patience, last); err != nil {
			return rec, ctx.Err() // time is up: it is as it is
		}
	}
}
