package api_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/api/apitest"
	"github.com/genesis-network/genesis/pipeline/store"
)

func TestSubmitIsDoneOnce(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	c := newCaller(t, w)
	refused(t, c.do("POST", "/v1/campaigns", apitest.CampaignText), 400, "idempotency.missing")
	key := header{"Idempotency-Key", "k1"}
	first := c.do("POST", "/v1/campaigns", apitest.CampaignText, key)
	if first.Code != 201 {
		t.Fatalf("%d %s", first.Code, first.Body)
	}
	again := c.do("POST", "/v1/campaigns", apitest.CampaignText, key)
	if again.Code != 201 || again.Body.String() != first.Body.String() || again.Header().Get("Location") != first.Header().Get("Location") {
		t.Errorf("second answer differs: %d %s", again.Code, again.Body)
	}
	got := decode[store.Campaign](t, first)
	if got.State != store.CampaignRunning || got.Author != "operator" || got.Seed != 1 || len(got.Results) != 2 {
		t.Errorf("got %+v", got)
	}
	if calls := w.Workflows.Calls(); len(calls) != 1 || calls[0] != "start "+got.ID {
		t.Errorf("calls %q", calls)
	}
	refused(t, c.do("POST", "/v1/campaigns?seed=2", apitest.CampaignText, key), 422, "idempotency.other-body")
	asJSON, err := json.Marshal(got.Spec)
	if err != nil {
		t.Fatal(err)
	}
	if r := c.do("POST", "/v1/campaigns?dryRun=true", string(asJSON)); r.Code != 200 || len(decode[api.CampaignAnswer](t, r).Would) != 3 {
		t.Errorf("dry run of JSON: %d %s", r.Code, r.Body)
	}
	if n := len(w.Workflows.Calls()); n != 1 {
		t.Errorf("%d calls after a dry run", n)
	}
}

func TestCampaignIsRefusedWithLineAndHint(t *testing.T) {
	t.Parallel()
	c := newCaller(t, apitest.New(t))
	for name, edit := range map[string][2]string{
		"unknown field":  {"  slot: thermal", "  slot: thermal\n  colour: red"},
		"unknown slot":   {"slot: thermal", "slot: thermel"},
		"unknown metric": {"minimize: energy_joules", "minimize: energy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := caller{t, c.h, c.token}
			p := refused(t, c.do("POST", "/v1/campaigns", strings.Replace(apitest.CampaignText, edit[0], edit[1], 1), header{"Idempotency-Key", name}), 422, "document.invalid")
			if len(p.Errors) == 0 || !strings.HasPrefix(p.Errors[0].Location, "line ") || p.Errors[0].Hint == "" {
				t.Errorf("got %+v", p.Errors)
			}
		})
	}
}

func TestEngineThatIsDownTakesNoCampaign(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	w.Workflows.Fail = errors.New("connection refused to 10.0.0.1")
	c := newCaller(t, w)
	p := refused(t, c.do("POST", "/v1/campaigns", apitest.CampaignText, header{"Idempotency-Key", "k"}), 503, "engine.unavailable")
	if strings.Contains(p.Detail, "10.0.0.1") {
		t.Errorf("tells what is inside: %s", p.Detail)
	}
	page, err := w.Store.Campaigns.List(t.Context(), store.Filter{})
	if err != nil || len(page.Items) != 1 || page.Items[0].State != store.CampaignFailed {
		t.Errorf("%+v %v", page, err)
	}
}

func TestSteering(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	c := newCaller(t, w)
	path := "/v1/campaigns/" + w.Campaign + "/"
	for _, step := range []struct {
		verb string
		want store.CampaignState
	}{{"pause", store.CampaignPaused}, {"resume", store.CampaignRunning}, {"stop", store.CampaignStopped}} {
		if dry := c.do("POST", path+step.verb+"?dryRun=true", ""); dry.Code != 200 || len(decode[api.CampaignAnswer](t, dry).Would) == 0 {
			t.Errorf("dry %s: %d %s", step.verb, dry.Code, dry.Body)
		}
		if got := decode[store.Campaign](t, c.do("POST", path+step.verb, "")); got.State != step.want {
			t.Errorf("%s: %s, want %s", step.verb, got.State, step.want)
		}
	}
	refused(t, c.do("POST", path+"resume", ""), 409, "refused")
	refused(t, c.do("POST", "/v1/campaigns/cmp_none/stop", ""), 404, "not-found")
	if got := w.Workflows.Calls(); len(got) != 3 {
		t.Errorf("calls %q", got)
	}
}
