package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/api/apitest"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

var update = flag.Bool("update", false, "write golden files")

// caller makes requests as the holder of the token.
type caller struct {
	t     *testing.T
	h     http.Handler
	token string
}

func newCaller(t *testing.T, w *apitest.World) caller {
	t.Helper()
	h, err := w.Server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return caller{t, h, w.Token(t)}
}

// header is one header of a request: name, value.
type header [2]string

func (c caller) do(method, path, body string, headers ...header) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		r.Header.Set(h[0], h[1])
	}
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	return w
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return v
}

// refused checks a problem's status and code, and returns it.
func refused(t *testing.T, w *httptest.ResponseRecorder, status int, code string) api.Problem {
	t.Helper()
	p := decode[api.Problem](t, w)
	if w.Code != status || p.Status != status || p.Code != code {
		t.Errorf("got %d %s (%s), want %d %s", w.Code, p.Code, p.Detail, status, code)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	if !strings.HasPrefix(p.Instance, "req_") {
		t.Errorf("instance %q is no request", p.Instance)
	}
	return p
}

func TestOpenAPIIsTheGoldenFile(t *testing.T) {
	t.Parallel()
	got, err := api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("openapi.yaml", got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the API is another than api/openapi.yaml says; look whether old clients bear it, then run go test ./api -update\n%s", diff)
	}
}

func TestWritesNeedTheToken(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	c := newCaller(t, w)
	stranger, liar := caller{t, c.h, ""}, caller{t, c.h, "genesis_wrong"}
	for _, path := range []string{"/v1/campaigns", "/v1/rounds", "/v1/tiles/tile-1/faults", "/v1/changes/" + w.Waiting + "/decision"} {
		refused(t, stranger.do("POST", path, "{}"), 401, "unauthenticated")
	}
	refused(t, liar.do("GET", "/v1/tiles", ""), 401, "unauthenticated")
	if got := stranger.do("GET", "/v1/tiles", ""); got.Code != 200 {
		t.Errorf("anonymous read on loopback: %d", got.Code)
	}
	w.Access.AnonymousReads = false
	refused(t, stranger.do("GET", "/v1/tiles", ""), 401, "unauthenticated")
	if len(w.Workflows.Calls()) > 0 || len(w.Faults.Injected()) > 0 {
		t.Error("a refused request did something")
	}
}

func TestOtherOriginsAndNamesAreRefused(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	c := newCaller(t, w)
	if got := c.do("POST", "/v1/rounds", roundBody(t, "x", "24h"), header{"Sec-Fetch-Site", "cross-site"}); got.Code != 403 {
		t.Errorf("cross-site write: %d", got.Code)
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "http://rebound.example/v1/tiles", nil)
	rec := httptest.NewRecorder()
	c.h.ServeHTTP(rec, r)
	refused(t, rec, http.StatusMisdirectedRequest, "host.unknown")
	ok := c.do("GET", "/v1/tiles", "")
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
		if got := ok.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if csp := ok.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("policy %q", csp)
	}
}

func TestBeyondLoopbackNothingIsAnonymous(t *testing.T) {
	t.Parallel()
	a, err := api.OpenAccess(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
		if l, err := api.Listen(t.Context(), address, a); !errors.Is(err, api.ErrExposed) {
			t.Errorf("%s: %v %v, want ErrExposed", address, l, err)
		}
	}
	for _, address := range []string{"127.0.0.1:0", "localhost:0"} {
		l, err := api.Listen(t.Context(), address, a)
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
	}
}

func TestTokenIsKeptAndPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 2 {
		if _, err := api.OpenAccess(dir); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(dir + "/" + api.TokenFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestLooking(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	c := newCaller(t, w)
	d := decode[api.ChangeDiff](t, c.do("GET", "/v1/changes/"+w.Waiting+"/diff", ""))
	if len(d.Files) != 2 || !strings.Contains(d.Files[0].Unified, "-\tUp2 = 640\n+\tUp2 = 655\n") || d.Files[1].Unified != "" {
		t.Errorf("diff %+v", d)
	}
	if e := decode[api.EvidenceList](t, c.do("GET", "/v1/changes/"+w.Waiting+"/evidence", "")); len(e.Items) != len(apitest.Standing) {
		t.Errorf("%d statements", len(e.Items))
	}
	if v := decode[pipeline.Verdict](t, c.do("GET", "/v1/changes/"+w.Moving+"/verdict", "")); v.Outcome != pipeline.Inconclusive {
		t.Errorf("missing evidence weighs %s", v.Outcome)
	}
	a := c.do("GET", "/v1/artefacts/"+string(d.Files[0].After), "")
	if a.Code != 200 || a.Header().Get("Content-Type") != "text/plain; charset=utf-8" || !strings.Contains(a.Body.String(), "Up2 = 655") {
		t.Errorf("artefact: %d %q", a.Code, a.Header())
	}
	refused(t, c.do("GET", "/v1/artefacts/"+strings.Repeat("0", 64), ""), 404, "not-found")
	if l := decode[api.LineageList](t, c.do("GET", "/v1/lineages", "")); len(l.Items) != 2 {
		t.Errorf("lineages %+v", l)
	}
	refused(t, c.do("GET", "/v1/changes?colour=red", ""), 422, "unprocessable-entity")
}

func TestPagesOfAList(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	c := newCaller(t, w)
	var seen []string
	for path := "/v1/tiles?limit=4"; path != ""; {
		r := c.do("GET", path, "")
		page := decode[store.Page[store.Tile]](t, r)
		for _, tile := range page.Items {
			seen = append(seen, tile.ID)
		}
		path = ""
		if page.NextCursor != "" {
			if want := fmt.Sprintf(`<%s?cursor=%s>; rel="next"`, "/v1/tiles", page.NextCursor); r.Header().Get("Link") != want {
				t.Errorf("link %q, want %q", r.Header().Get("Link"), want)
			}
			path = "/v1/tiles?limit=4&cursor=" + page.NextCursor
		}
	}
	if len(seen) != 6 || seen[0] != "tile-1" || seen[5] != "tile-6" {
		t.Errorf("saw %q", seen)
	}
	refused(t, c.do("GET", "/v1/tiles?cursor=nonsense", ""), 400, "invalid")
}

func TestFaultsAndAborts(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	c := newCaller(t, w)
	if got := decode[api.FaultAnswer](t, c.do("POST", "/v1/tiles/3/faults", `{"kind":"fan-stuck"}`)); got.Tile != "tile-3" {
		t.Errorf("got %+v", got)
	}
	refused(t, c.do("POST", "/v1/tiles/3/faults", `{"kind":"gremlins"}`), 422, "fault.unknown")
	refused(t, c.do("POST", "/v1/tiles/33/faults", `{"kind":"fan-stuck"}`), 404, "not-found")
	if got := w.Faults.Injected(); len(got) != 1 || got[0] != "tile-3 fan-stuck" {
		t.Errorf("injected %q", got)
	}
	refused(t, c.do("POST", "/v1/rollouts/"+w.Rolled+"/abort", `{"reason":"smoke"}`), 409, "refused")
	r, err := w.Store.Rollouts.List(t.Context(), store.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	id := r.Items[0].ID
	if _, err := w.Store.Rollouts.Update(t.Context(), id, store.AnyVersion, func(r *store.Rollout) error { r.State = store.RolloutRunning; return nil }); err != nil {
		t.Fatal(err)
	}
	refused(t, c.do("POST", "/v1/rollouts/"+id+"/abort", `{}`), 422, "unprocessable-entity")
	if got := c.do("POST", "/v1/rollouts/"+w.Rolled+"/abort", `{"reason":"smoke"}`); got.Code != 200 || w.Workflows.Calls()[0] != "abort "+w.Rolled+": smoke (operator)" {
		t.Errorf("%d, calls %q", got.Code, w.Workflows.Calls())
	}
}

func roundBody(t *testing.T, name, every string) string {
	t.Helper()
	text, err := api.ShortRound(name, every)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRounds(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	c := newCaller(t, w)
	refused(t, c.do("POST", "/v1/rounds", roundBody(t, "nightly", "1s")), 422, "document.invalid")
	refused(t, c.do("POST", "/v1/rounds", roundBody(t, "no spaces", "24h")), 422, "document.invalid")
	if v := decode[api.RoundView](t, c.do("POST", "/v1/rounds?dryRun=true", roundBody(t, "nightly", "24h"))); len(v.Would) != 2 || len(w.Workflows.Calls()) > 0 {
		t.Errorf("a dry run would %q, and did %q", v.Would, w.Workflows.Calls())
	}
	if got := c.do("POST", "/v1/rounds?paused=true", roundBody(t, "nightly", "24h")); got.Code != 201 {
		t.Fatalf("%d %s", got.Code, got.Body)
	}
	refused(t, c.do("POST", "/v1/rounds", roundBody(t, "nightly", "24h")), 409, "conflict")
	refused(t, c.do("POST", "/v1/rounds", roundBody(t, "nightly", "12h")), 409, "conflict")
	for verb, paused := range map[string]bool{"run": true, "resume": false, "pause": true} {
		if got := c.do("POST", "/v1/rounds/nightly/"+verb, ""); got.Code != 202 {
			t.Errorf("%s: %d %s", verb, got.Code, got.Body)
		}
		if v := decode[api.RoundView](t, c.do("GET", "/v1/rounds/nightly", "")); verb != "run" && v.Paused != paused {
			t.Errorf("after %s: %+v", verb, v)
		}
		refused(t, c.do("POST", "/v1/rounds/weekly/"+verb, ""), 404, "not-found")
	}
	refused(t, c.do("POST", "/v1/rounds/replace", roundBody(t, "weekly", "12h")), 404, "not-found")
	if got := c.do("POST", "/v1/rounds/replace", roundBody(t, "nightly", "12h")); got.Code != 200 {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	l := decode[api.RoundList](t, c.do("GET", "/v1/rounds", ""))
	if len(l.Items) != 1 || l.Items[0].Every != "12h" || len(l.Items[0].Runs) != 1 {
		t.Errorf("got %+v", l)
	}
}

func TestLargeBodiesAreRefused(t *testing.T) {
	t.Parallel()
	c := newCaller(t, apitest.New(t))
	r := c.do("POST", "/v1/campaigns", strings.Repeat("#", api.MaxBody+1), header{"Idempotency-Key", "k"})
	if r.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", r.Code, r.Body)
	}
}

func TestWaitEndsWithTheRecord(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	c := newCaller(t, w)
	done := make(chan store.Campaign)
	go func() {
		var got store.Campaign
		_ = json.Unmarshal(c.do("GET", "/v1/campaigns/"+w.Campaign+"?wait=30s", "").Body.Bytes(), &got)
		done <- got
	}()
	_, err := w.Store.Campaigns.Update(t.Context(), w.Campaign, store.AnyVersion, func(c *store.Campaign) error { c.State = store.CampaignDone; return nil })
	if err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-done:
		if got.State != store.CampaignDone {
			t.Errorf("got %s", got.State)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting")
	}
	refused(t, c.do("GET", "/v1/campaigns/"+w.Campaign+"?wait=soon", ""), 400, "wait.invalid")
}

// sse reads n events of a stream.
func sse(t *testing.T, url string, n int, headers ...header) []store.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		r.Header.Set(h[0], h[1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out []store.Event
	for lines := bufio.NewScanner(resp.Body); len(out) < n && lines.Scan(); {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			var e store.Event
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				t.Fatal(err)
			}
			out = append(out, e)
		}
	}
	return out
}

func TestEventsResumeWithoutGaps(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	url := w.Serve(t) + "/v1/events"
	all := sse(t, url+"?after=0", 5)
	rest := sse(t, url, 3, header{"Last-Event-ID", "2"})
	if diff := cmp.Diff(all[2:5], rest); diff != "" {
		t.Errorf("after 2 (-all +resumed):\n%s", diff)
	}
	for i, e := range all {
		if e.Seq != int64(i+1) {
			t.Errorf("event %d has number %d", i, e.Seq)
		}
	}
}

func TestSignInWithALinkOnce(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	url := w.Serve(t)
	noFollow := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	link := w.Access.Link(url)
	visit := func(method, url string, cookies ...*http.Cookie) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cookies {
			r.AddCookie(c)
		}
		resp, err := noFollow.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		return resp
	}
	first, second := visit("GET", link), visit("GET", link)
	if first.StatusCode != 303 || len(first.Cookies()) != 1 || !first.Cookies()[0].HttpOnly {
		t.Fatalf("first: %d %v", first.StatusCode, first.Cookies())
	}
	if second.StatusCode != 403 || len(second.Cookies()) != 0 {
		t.Errorf("second: %d %v", second.StatusCode, second.Cookies())
	}
	// A session opens pages, and no route of the API that changes something.
	if got := visit("POST", url+"/v1/rounds/x/run", first.Cookies()...); got.StatusCode != 401 {
		t.Errorf("API with a session: %d", got.StatusCode)
	}
	forged := *first.Cookies()[0]
	forged.Value = strings.Repeat("A", len(forged.Value))
	if got := visit("POST", url+"/logout", &forged); got.StatusCode != 303 || got.Header.Get("Location") != "/login" {
		t.Errorf("forged session: %d %s", got.StatusCode, got.Header.Get("Location"))
	}
}

func TestEveryProblemHasAHintOrSaysEnough(t *testing.T) {
	t.Parallel()
	c := newCaller(t, apitest.New(t))
	r := c.do("GET", "/v1/changes/chg_none", "")
	p := refused(t, r, 404, "not-found")
	if p.Hint == "" || p.Type != "https://genesis-network.github.io/problems/not-found" || bytes.Contains(r.Body.Bytes(), []byte("$schema")) {
		t.Errorf("got %+v", p)
	}
}
