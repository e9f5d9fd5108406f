package api

import (
	"context"
	"net/http"

	"github.com/genesis-network/genesis/api/dashboard"
)

// acts adds the forms. Each asks for what a route of the API does.
func (t *site) acts(mux *http.ServeMux) {
	mux.HandleFunc("POST /login", t.loginForm)
	mux.HandleFunc("POST /logout", t.signOut)
	mux.HandleFunc("POST /changes/{id}/decision", t.decideForm)
	for verb := range steering {
		mux.HandleFunc("POST /campaigns/{id}/"+verb, act(t, dashboard.PageCampaign, t.campaign, verb, func(ctx context.Context, r *http.Request) (string, error) {
			_, err := t.steer(ctx, r.PathValue("id"), verb, false)
			return "/campaigns/" + r.PathValue("id"), err
		}))
	}
	mux.HandleFunc("POST /tiles/{id}/faults", act(t, dashboard.PageTiles, t.tiles, "fault", func(ctx context.Context, r *http.Request) (string, error) {
		_, err := t.fault(ctx, r.PathValue("id"), r.PostFormValue("kind"), false)
		return "/tiles", err
	}))
	mux.HandleFunc("POST /rounds", act(t, dashboard.PageRounds, t.roundsPage, "round", func(ctx context.Context, r *http.Request) (string, error) {
		text, err := ShortRound(r.PostFormValue("name"), r.PostFormValue("every"))
		if err == nil {
			_, err = t.createRound(ctx, text, r.PostFormValue("paused") != "", false)
		}
		return "/rounds", err
	}))
	for verb, notice := range map[string]string{"run": "run", "pause": "rest", "resume": "go-on"} {
		mux.HandleFunc("POST /rounds/{id}/"+verb, act(t, dashboard.PageRounds, t.roundsPage, notice, func(ctx context.Context, r *http.Request) (string, error) {
			_, err := t.steerRound(ctx, r.PathValue("id"), verb, false)
			return "/rounds", err
		}))
	}
	mux.HandleFunc("POST /rollouts/{id}/abort", t.abortForm)
}

// act does what a form asks, then shows the page that the form came from: anew
// when it was done, with the reason above when it was not.
func act[V any](t *site, page string, build looker[V], done string, do func(context.Context, *http.Request) (back string, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		back, err := do(r.Context(), r)
		if err != nil {
			show(t, w, r, page, build, t.told(r.Context(), err))
			return
		}
		http.Redirect(w, r, back+"?done="+done, http.StatusSeeOther)
	}
}

func (t *site) loginForm(w http.ResponseWriter, r *http.Request) {
	if !t.Access.holdsToken(trimmed(r.PostFormValue("token"))) {
		t.fail(w, r, problem(http.StatusForbidden, "unauthenticated", "copy the whole line of "+TokenFile, "this is not the token of this service"))
		return
	}
	t.signIn(w, r)
}

func (t *site) decideForm(w http.ResponseWriter, r *http.Request) {
	id, decision := r.PathValue("id"), r.PostFormValue("decision")
	act(t, dashboard.PageChange, t.change, decision, func(ctx context.Context, r *http.Request) (string, error) {
		if decision != "approve" && decision != "reject" {
			return "", problem(http.StatusBadRequest, "decision.invalid", "use one of the two buttons", "a decision is approve or reject")
		}
		b := DecisionBody{Decision: decision, Comment: r.PostFormValue("comment"), Approver: trimmed(r.PostFormValue("approver")), Envelope: []byte(trimmed(r.PostFormValue("envelope")))}
		if len(b.Comment) > maxComment {
			return "", problem(http.StatusUnprocessableEntity, "comment.long", "", "a comment of %d bytes, at most %d", len(b.Comment), maxComment)
		}
		etag := r.PostFormValue("etag")
		_, err := idempotent(ctx, t.service, "decision "+id, r.PostFormValue("key"), []any{etag, b}, func() (*body[DecisionAnswer], error) {
			return answer(t.decide(ctx, id, etag, b))
		})
		return "/changes/" + id, err
	})(w, r)
}

const maxComment = 4000

// abortForm goes back to the change, on whose page the form is.
func (t *site) abortForm(w http.ResponseWriter, r *http.Request) {
	out, err := t.abort(r.Context(), r.PathValue("id"), r.PostFormValue("reason"), false)
	if err != nil {
		t.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/changes/"+out.Change+"?done=abort", http.StatusSeeOther)
}
