package api_test

import (
	"strings"
	"testing"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/api/apitest"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

func desk(t *testing.T, c caller, id string) api.Desk {
	t.Helper()
	r := c.do("GET", "/v1/changes/"+id+"/decision", "")
	d := decode[api.Desk](t, r)
	if r.Code != 200 || r.Header().Get("ETag") != d.ETag {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	return d
}

func TestApproval(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	c := newCaller(t, w)
	d := desk(t, c, w.Waiting)
	if !d.Open || d.Evidence != pipeline.Pass || d.Needed != 1 || d.Signs != "ada" {
		t.Fatalf("desk %+v", d)
	}
	path, yes := "/v1/changes/"+w.Waiting+"/decision", `{"decision":"approve"}`
	key, match := header{"Idempotency-Key", "k"}, header{"If-Match", d.ETag}
	refused(t, c.do("POST", path, yes, match), 400, "idempotency.missing")
	refused(t, c.do("POST", path, yes, key), 428, "if-match.missing")
	refused(t, c.do("POST", path, `{"decision":"reject"}`, key, match), 422, "comment.missing")
	if dry := decode[api.DecisionAnswer](t, c.do("POST", path+"?dryRun=true", yes, match)); len(dry.Would) != 1 || len(w.Workflows.Calls()) != 0 {
		t.Errorf("dry run %+v, calls %q", dry, w.Workflows.Calls())
	}
	for range 2 {
		if got := decode[api.DecisionAnswer](t, c.do("POST", path, yes, key, match)); got.State != pipeline.RollingOut || got.By != "ada" {
			t.Errorf("got %+v", got)
		}
	}
	if calls := w.Workflows.Calls(); len(calls) != 1 || !strings.HasSuffix(calls[0], "by ada signed by ada") {
		t.Errorf("calls %q", calls)
	}
}

// What a person saw is what they decide on: new evidence voids the tag, and the
// answer names what moved.
func TestDecisionOnWhatMoved(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	c := newCaller(t, w)
	shown := desk(t, c, w.Waiting)
	change, err := w.Store.Changes.Get(t.Context(), w.Waiting)
	if err != nil {
		t.Fatal(err)
	}
	late := pipeline.Statement{Station: pipeline.Fuzz, Subject: change.Content.Subjects()[2], Outcome: pipeline.Pass, Summary: "an hour more", Inputs: map[string]pipeline.Digest{"corpus": pipeline.SumBytes(nil)}}
	if _, _, err := w.Store.PutEvidence(t.Context(), store.Evidence{Evidence: pipeline.Evidence{Statement: late, Assurance: pipeline.Development, Signer: "fuzz"}}); err != nil {
		t.Fatal(err)
	}
	p := refused(t, c.do("POST", "/v1/changes/"+w.Waiting+"/decision", `{"decision":"approve"}`, header{"Idempotency-Key", "k"}, header{"If-Match", shown.ETag}), 412, "moved")
	if len(p.Errors) != 1 || p.Errors[0].Location != "evidence" {
		t.Errorf("moved: %+v, want evidence alone", p.Errors)
	}
	if calls := w.Workflows.Calls(); len(calls) != 0 {
		t.Errorf("calls %q", calls)
	}
}

func TestNobodyDecidesOnTheirOwn(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	w.Server.Approver = apitest.Signer("operator") // who submitted the campaign
	c := newCaller(t, w)
	d := desk(t, c, w.Waiting)
	refused(t, c.do("POST", "/v1/changes/"+w.Waiting+"/decision", `{"decision":"approve"}`, header{"Idempotency-Key", "k"}, header{"If-Match", d.ETag}), 403, "separation-of-duties")
}

func TestWithoutApproverDecisionsComeSigned(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	w.Server.Approver = nil
	c := newCaller(t, w)
	d := desk(t, c, w.Waiting)
	path, match := "/v1/changes/"+w.Waiting+"/decision", header{"If-Match", d.ETag}
	refused(t, c.do("POST", path, `{"decision":"approve","approver":"grace"}`, header{"Idempotency-Key", "a"}, match), 403, "signature.missing")
	got := c.do("POST", path, `{"decision":"approve","approver":"grace","envelope":"c2lnbmVk"}`, header{"Idempotency-Key", "b"}, match)
	if got.Code != 200 || w.Workflows.Calls()[0] != "decide "+w.Waiting+" by grace signed" {
		t.Errorf("%d %s, calls %q", got.Code, got.Body, w.Workflows.Calls())
	}
}
