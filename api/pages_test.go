package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/api/apitest"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// browser keeps a session and sends forms, as one without JavaScript does.
type browser struct {
	t      *testing.T
	h      http.Handler
	cookie *http.Cookie
}

func newBrowser(t *testing.T, w *apitest.World) browser {
	t.Helper()
	h, err := w.Server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	b := browser{t: t, h: h}
	link, err := url.Parse(w.Access.Link("http://localhost"))
	if err != nil {
		t.Fatal(err)
	}
	b.cookie = b.get(link.RequestURI()).Result().Cookies()[0]
	return b
}

func (b browser) send(r *http.Request) *httptest.ResponseRecorder {
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	return w
}

func (b browser) get(path string) *httptest.ResponseRecorder {
	return b.send(httptest.NewRequestWithContext(b.t.Context(), "GET", "http://localhost"+path, nil))
}

func (b browser) post(path string, fields url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(b.t.Context(), "POST", "http://localhost"+path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// form reads the hidden fields of the page's decision.
func (b browser) form(id string) url.Values {
	out := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(b.get("/changes/"+id).Body.String(), -1) {
		out.Set(m[1], strings.ReplaceAll(m[2], "&#34;", `"`))
	}
	return out
}

func TestPagesShowTheStory(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	w.Server.Assurance = pipeline.Development
	b := newBrowser(t, w)
	for path, want := range map[string][]string{
		"/":                        {"Waiting for a person", "fans rise later", "−7.02", "incumbent kept", "fan stuck at level 3 for 12 s", "development keys"},
		"/campaigns/" + w.Campaign: {"cooler-at-the-same-speed", "no sure gain", "6\u202f656", "tuned PI", "reproducible from its seed"},
		"/changes/" + w.Waiting:    {"7 of 7 stations pass", "Up2 = 655", "genesis verify " + w.Waiting + " --offline", "Signed here as", "2 left on the base", "the last one took 1.4", `name="etag"`},
		"/changes/" + w.Moving:     {"no proof found in 30 s", "state a stronger Inv", "inconclusive"},
		"/changes/" + w.Refuted:    {"Temp: 850, Load: 100", "&lt;script&gt;alert(1)"},
		"/changes/" + w.Rolled:     {"Taken back by tile-2 itself in 1.4", "nothing is to be decided now"},
		"/tiles":                   {"tile-5", "faulty", "sensor-offset", "rack-2"},
		"/rounds":                  {"A new schedule"},
		"/reference":               {"/v1/changes/{id}/decision", "Idempotency-Key"},
		"/login":                   {"one", "Token"},
		"/static/app.css":          {"--paper"},
		"/static/app.js":           {"EventSource"},
		"/v1/changes/" + w.Waiting: {`"state":"awaiting-approval"`},
		"/openapi.yaml":            {"openapi: 3.1.0"},
	} {
		r := b.get(path)
		if r.Code != 200 {
			t.Errorf("%s: %d", path, r.Code)
		}
		for _, text := range want {
			if !strings.Contains(r.Body.String(), text) {
				t.Errorf("%s does not say %q", path, text)
			}
		}
	}
}

func TestPagesRunNothingForeign(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	b := newBrowser(t, w)
	first, second := b.get("/changes/"+w.Refuted), b.get("/changes/"+w.Refuted)
	policy := first.Header().Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'nonce-", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("policy %q lacks %s", policy, part)
		}
	}
	if policy == second.Header().Get("Content-Security-Policy") {
		t.Error("two pages share a nonce")
	}
	if strings.Contains(first.Body.String(), "<script>alert") {
		t.Error("a title became a script")
	}
}

// An inconclusive station, and one that is silent, must not look like a pass.
func TestEvidenceThatIsNotThereIsNotGreen(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	page := newBrowser(t, w).get("/changes/" + w.Moving).Body.String()
	row := regexp.MustCompile(`(?s)<th scope="row">(\w+).*?<span class="mark (\w+)"`)
	got := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(page, -1) {
		got[m[1]] = m[2]
	}
	want := map[string]string{"agree": "good", "coq": "half", "tla": "hollow", "fuzz": "hollow", "benchmark": "hollow", "shadow": "hollow", "federate": "hollow", "approve": "hollow"}
	for station, shape := range want {
		if got[station] != shape {
			t.Errorf("%s is marked %q, want %q", station, got[station], shape)
		}
	}
}

func TestApproveByForm(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	b := newBrowser(t, w)
	fields := b.form(w.Waiting)
	fields.Set("decision", "reject")
	if r := b.post("/changes/"+w.Waiting+"/decision", fields); r.Code != 422 || !strings.Contains(r.Body.String(), "this decision needs a comment") {
		t.Errorf("rejected without a comment: %d", r.Code)
	}
	fields.Set("decision", "approve")
	for range 2 { // pressed twice
		r := b.post("/changes/"+w.Waiting+"/decision", fields)
		if r.Code != 303 || r.Header().Get("Location") != "/changes/"+w.Waiting+"?done=approve" {
			t.Fatalf("%d %s %s", r.Code, r.Header().Get("Location"), r.Body)
		}
	}
	if calls := w.Workflows.Calls(); len(calls) != 1 {
		t.Errorf("calls %q", calls)
	}
	if page := b.get("/changes/" + w.Waiting + "?done=approve").Body.String(); !strings.Contains(page, "Approved. The rollout begins.") || strings.Contains(page, `id="approve"`) {
		t.Error("the page does not say that it was approved")
	}
}

func TestStaleFormSaysWhatMoved(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	b := newBrowser(t, w)
	fields := b.form(w.Waiting)
	fields.Set("decision", "approve")
	fields.Set("comment", "my long thought")
	if _, err := w.Store.Changes.Update(t.Context(), w.Waiting, store.AnyVersion, func(c *store.Change) error {
		c.Plan.Waves[0].MinCalls++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	r := b.post("/changes/"+w.Waiting+"/decision", fields)
	if body := r.Body.String(); r.Code != 412 || !strings.Contains(body, "plan: was") || strings.Contains(body, "evidence: was") || !strings.Contains(body, "my long thought") {
		t.Errorf("%d %s", r.Code, body)
	}
}

func TestStrangersSeeAndDoNothing(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	b := newBrowser(t, w)
	fields := b.form(w.Waiting)
	fields.Set("decision", "approve")
	stranger := browser{t: t, h: b.h}
	if page := stranger.get("/changes/" + w.Waiting).Body.String(); strings.Contains(page, `name="etag"`) || !strings.Contains(page, "Sign in</a> to decide") {
		t.Error("a stranger has the form")
	}
	for _, path := range []string{"/changes/" + w.Waiting + "/decision", "/tiles/tile-1/faults", "/rounds", "/campaigns/" + w.Campaign + "/stop"} {
		if r := stranger.post(path, fields); r.Code != 303 || r.Header().Get("Location") != "/login" {
			t.Errorf("%s: %d", path, r.Code)
		}
	}
	w.Access.AnonymousReads = false
	if r := stranger.get("/"); r.Code != 303 || r.Header().Get("Location") != "/login" {
		t.Errorf("overview: %d", r.Code)
	}
	if calls := append(w.Workflows.Calls(), w.Faults.Injected()...); len(calls) != 0 {
		t.Errorf("calls %q", calls)
	}
}

func TestOtherForms(t *testing.T) {
	t.Parallel()
	w := apitest.New(t).Tell(t)
	b := newBrowser(t, w)
	for _, c := range []struct {
		path   string
		fields url.Values
		code   int
		to     string
	}{
		{"/campaigns/" + w.Campaign + "/pause", nil, 303, "/campaigns/" + w.Campaign + "?done=pause"},
		{"/campaigns/" + w.Campaign + "/pause", nil, 409, ""},
		{"/tiles/tile-2/faults", url.Values{"kind": {"fan-stuck"}}, 303, "/tiles?done=fault"},
		{"/tiles/tile-2/faults", url.Values{"kind": {"gremlins"}}, 422, ""},
		{"/rounds", url.Values{"name": {"nightly"}, "every": {"24h"}}, 303, "/rounds?done=round"},
		{"/rounds", url.Values{"name": {"<b>"}, "every": {"24h"}}, 422, ""},
		{"/rounds/rnd_nightly/run", nil, 303, "/rounds?done=run"},
		{"/rollouts/" + w.Rolled + "/abort", url.Values{"reason": {"smoke"}}, 409, ""},
		{"/changes/" + w.Waiting + "/decision", url.Values{"decision": {"maybe"}}, 400, ""},
		{"/changes/chg_none/decision", url.Values{"decision": {"approve"}, "key": {"k"}}, 404, ""},
		{"/login", url.Values{"token": {"wrong"}}, 403, ""},
		{"/login", url.Values{"token": {w.Token(t)}}, 303, "/"},
	} {
		r := b.post(c.path, c.fields)
		if r.Code != c.code || r.Header().Get("Location") != c.to {
			t.Errorf("%s %v: %d to %q, want %d to %q", c.path, c.fields, r.Code, r.Header().Get("Location"), c.code, c.to)
		}
	}
}

func TestPagesThatAreNotThere(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := newBrowser(t, w)
	for _, path := range []string{"/nonsense", "/changes/chg_none", "/campaigns/cmp_none", "/static/htmx.js"} {
		if r := b.get(path); r.Code != 404 {
			t.Errorf("%s: %d", path, r.Code)
		}
	}
	refused(t, b.get("/v1/nonsense"), 404, "not-found")
	if r := b.get("/"); r.Code != 200 || !strings.Contains(r.Body.String(), "Nothing waits for you.") {
		t.Errorf("empty overview: %d", r.Code)
	}
}

func TestLiveOnlyWithTheLibrary(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	if page := newBrowser(t, w).get("/").Body.String(); strings.Contains(page, "htmx.js") {
		t.Error("asks for a library that is not there")
	}
	w.Server.Assets = fstest.MapFS{"htmx.org/dist/htmx.min.js": {Data: []byte("var htmx")}}
	b := newBrowser(t, w)
	if page := b.get("/").Body.String(); !strings.Contains(page, "htmx.js") {
		t.Error("does not use the library")
	}
	if r := b.get("/static/htmx.js"); r.Code != 200 || r.Body.String() != "var htmx" {
		t.Errorf("library: %d", r.Code)
	}
}

// A token that was cut off would be easy to guess.
func TestAccessRefusesADamagedToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/"+api.TokenFile, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := api.OpenAccess(dir); err == nil {
		t.Error("took a damaged token")
	}
}
