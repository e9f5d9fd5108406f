package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/genesis-network/genesis/pipeline/store"
)

type listRollouts struct {
	Paging
	State   string `query:"state" maxLength:"32"`
	Lineage string `query:"lineage" maxLength:"64"`
	Change  string `query:"change" maxLength:"64"`
}

type oneRollout struct {
	ID   string `path:"id" maxLength:"128" doc:"Of the rollout, or of its change"`
	Wait string `query:"wait" example:"30s" doc:"Wait for the end, at most a minute"`
}

type abortInput struct {
	ID     string `path:"id" maxLength:"128" doc:"Of the rollout, or of its change"`
	DryRun bool   `query:"dryRun"`
	Body   AbortBody
}

// AbortBody is why a rollout goes back.
type AbortBody struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500"`
}

// RolloutAnswer is a rollout, or what would become of it.
type RolloutAnswer struct {
	store.Rollout
	Preview
}

func (s *service) rolloutRoutes() {
	route(s, get("list-rollouts", "/v1/rollouts", "rollouts", "List rollouts, newest first"), func(ctx context.Context, in *listRollouts) (*listing[store.Rollout], error) {
		page, err := s.Store.Rollouts.List(ctx, store.Filter{State: in.State, Lineage: in.Lineage, Parent: in.Change, Limit: in.Limit, Cursor: in.Cursor})
		return list("/v1/rollouts", page, err)
	})
	route(s, get("get-rollout", "/v1/rollouts/{id}", "rollouts", "Look at a rollout"), func(ctx context.Context, in *oneRollout) (*body[store.Rollout], error) {
		return answer(await(ctx, s, in.Wait, Arrived, func(ctx context.Context) (store.Rollout, error) { return s.rollout(ctx, in.ID) }))
	})
	route(s, post("abort-rollout", "/v1/rollouts/{id}/abort", "rollouts", "Take the release back from every tile; one person is enough"), func(ctx context.Context, in *abortInput) (*body[RolloutAnswer], error) {
		return answer(s.abort(ctx, in.ID, in.Body.Reason, in.DryRun))
	})
}

// Arrived says whether a rollout has ended, one way or the other.
func Arrived(r store.Rollout) bool {
	return r.State == store.RolloutDone || r.State == store.RolloutRolledBack
}

// rollout finds a rollout by its own id or by that of its change.
func (s *service) rollout(ctx context.Context, id string) (store.Rollout, error) {
	page, err := s.Store.Rollouts.List(ctx, store.Filter{Parent: id, Limit: 1})
	if err != nil || len(page.Items) == 1 {
		return slices.Concat(page.Items, make([]store.Rollout, 1))[0], err
	}
	return s.Store.Rollouts.Get(ctx, id)
}

func (s *service) abort(ctx context.Context, id, reason string, dryRun bool) (RolloutAnswer, error) {
	r, err := s.rollout(ctx, id)
	if err != nil {
		return RolloutAnswer{}, err
	}
	if Arrived(r) {
		return RolloutAnswer{}, problem(http.StatusConflict, "refused", "", "the rollout is %s: there is nothing to abort", r.State)
	}
	if dryRun {
		return RolloutAnswer{r, Preview{[]string{"sign a halt and take the release back from every tile that was reached"}}}, nil
	}
	if err := s.Workflows.AbortRollout(ctx, r.Change, reason+" ("+who(ctx).name+")"); err != nil {
		return RolloutAnswer{}, err
	}
	r, err = s.Store.Rollouts.Get(ctx, r.ID)
	return RolloutAnswer{Rollout: r}, err
}
