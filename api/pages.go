package api

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"

	"github.com/genesis-network/genesis/api/dashboard"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
)

// site is the dashboard: pages for people with a browser. It calls what the API
// calls, so both refuse the same.
type site struct {
	*service
	renderer *dashboard.Renderer
	live     bool // htmx is there
}

// htmxFile is the library's place in a folder of npm packages.
const htmxFile = "htmx.org/dist/htmx.min.js"

// pages adds the routes for people with a browser.
func (s *service) pages(mux *http.ServeMux) error {
	r, err := dashboard.New()
	if err != nil {
		return err
	}
	t := &site{service: s, renderer: r}
	if s.Assets != nil {
		_, err := fs.Stat(s.Assets, htmxFile)
		t.live = err == nil
	}
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(dashboard.Static())))
	mux.HandleFunc("GET /static/htmx.js", t.htmx)
	t.looks(mux)
	t.acts(mux)
	return nil
}

func (t *site) looks(mux *http.ServeMux) {
	mux.HandleFunc("GET /login", t.login)
	mux.HandleFunc("GET /{$}", look(t, dashboard.PageOverview, t.overview))
	mux.HandleFunc("GET /campaigns/{id}", look(t, dashboard.PageCampaign, t.campaign))
	mux.HandleFunc("GET /changes/{id}", look(t, dashboard.PageChange, t.change))
	mux.HandleFunc("GET /tiles", look(t, dashboard.PageTiles, t.tiles))
	mux.HandleFunc("GET /rounds", look(t, dashboard.PageRounds, t.roundsPage))
	mux.HandleFunc("GET /reference", look(t, dashboard.PageAPI, t.reference))
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		p := problem(http.StatusNotFound, "not-found", "", "there is no %s here", path.Clean(r.URL.Path))
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			writeProblem(w, r, p)
			return
		}
		t.fail(w, r, p)
	})
}

// looker builds a page's view and names it.
type looker[V any] func(ctx context.Context, r *http.Request) (title string, view V, err error)

// look answers with a page.
func look[V any](t *site, page string, build looker[V]) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		show(t, w, r, page, build, nil)
	}
}

// show renders a page, beneath a problem when there is one.
func show[V any](t *site, w http.ResponseWriter, r *http.Request, page string, build looker[V], p *Problem) {
	frame, err := t.frame(r, page)
	if err != nil {
		t.fail(w, r, err)
		return
	}
	title, view, err := build(r.Context(), r)
	if err != nil {
		t.fail(w, r, err)
		return
	}
	frame.Title = title
	status := http.StatusOK
	if p != nil {
		frame.Problem, status = problemView(r, p), p.Status
	}
	t.write(w, r, status, page, frame.Nonce, dashboard.Page[V]{Frame: frame, View: view})
}

func (t *site) write(w http.ResponseWriter, r *http.Request, status int, page, nonce string, view any) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+nonce+"'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	if err := t.renderer.Render(w, page, view); err != nil {
		t.Log.ErrorContext(r.Context(), "page failed", slog.String("request", requestID(r.Context())), slog.Any("error", err))
	}
}

// fail answers with a page that says what went wrong.
func (t *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := t.told(r.Context(), err)
	frame := dashboard.Frame{Title: p.Title, Nonce: random(12), Problem: problemView(r, p)}
	t.write(w, r, p.Status, dashboard.PageProblem, frame.Nonce, dashboard.Page[struct{}]{Frame: frame})
}

func problemView(r *http.Request, p *Problem) *dashboard.ProblemView {
	v := &dashboard.ProblemView{Title: p.Title, Detail: p.Detail, Hint: p.Hint, Request: requestID(r.Context())}
	for _, e := range p.Errors {
		text := strings.TrimPrefix(e.Location+": ", ": ") + e.Message
		if e.Hint != "" {
			text += " (" + e.Hint + ")"
		}
		v.Items = append(v.Items, text)
	}
	return v
}

// frame reads what stands around every page. The number of the last event is
// read before the view, so that no event falls between.
func (t *site) frame(r *http.Request, page string) (dashboard.Frame, error) {
	ctx := r.Context()
	f := dashboard.Frame{
		Active: page, Nonce: random(12), Live: t.live, Operator: t.Access.Operator, Assurance: string(t.Assurance),
		SignedIn: who(ctx).via == viaSession, Notice: notices[r.URL.Query().Get("done")],
	}
	var err error
	if f.Cursor, err = t.Store.LastEvent(ctx); err != nil {
		return f, err
	}
	waiting, err := t.Store.Changes.List(ctx, store.Filter{State: string(pipeline.AwaitingApproval), Limit: store.MaxLimit})
	f.Waiting = len(waiting.Items)
	return f, err
}

// notices are what pages say after something was done; the address names one.
var notices = map[string]string{
	"approve": "Approved. The rollout begins.",
	"reject":  "Rejected.",
	"stop":    "The campaign tries no further candidates. What was found stays.",
	"pause":   "The campaign rests after the epoch at work.",
	"resume":  "The campaign goes on.",
	"abort":   "Going back: a halt goes to every tile that was reached.",
	"fault":   "The fault was injected.",
	"round":   "The schedule was made. It is listed in a moment.",
	"run":     "A round begins, unless one is at work.",
	"rest":    "The schedule begins no round until it is resumed.",
	"go-on":   "The schedule begins rounds again when they are due.",
}

func (t *site) htmx(w http.ResponseWriter, r *http.Request) {
	if !t.live {
		http.NotFound(w, r)
		return
	}
	http.ServeFileFS(w, r, t.Assets, htmxFile)
}

// login takes a one-time link, or asks for the token.
func (t *site) login(w http.ResponseWriter, r *http.Request) {
	code := r.URL.Query().Get("code")
	if code != "" && t.Access.redeem(code) {
		t.signIn(w, r)
		return
	}
	status := http.StatusOK
	if code != "" {
		status = http.StatusForbidden
	}
	frame := dashboard.Frame{Title: "Sign in", Nonce: random(12)}
	t.write(w, r, status, dashboard.PageLogin, frame.Nonce, dashboard.Page[dashboard.Login]{Frame: frame, View: dashboard.Login{Used: code != ""}})
}
