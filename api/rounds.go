package api

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/workflows"
)

// RoundBody is a schedule to be made.
type RoundBody struct {
	Name   string `json:"name" pattern:"^[a-z0-9][a-z0-9-]{0,30}$" example:"nightly"`
	Every  string `json:"every" example:"24h" doc:"At least a minute"`
	Paused bool   `json:"paused,omitempty" doc:"Runs only when a person asks"`
}

// RoundView is a schedule, what it did, and what its rounds chose.
type RoundView struct {
	ID     string               `json:"id"`
	Name   string               `json:"name"`
	Every  string               `json:"every"`
	Paused bool                 `json:"paused"`
	Next   []time.Time          `json:"next"`
	Runs   []workflows.RoundRun `json:"runs" doc:"firings, newest first"`
	Rounds []store.Round        `json:"rounds" doc:"what they chose and why, newest first"`
	Preview
}

// RoundList is all schedules.
type RoundList struct {
	Items []RoundView `json:"items"`
}

type createRound struct {
	DryRun bool `query:"dryRun"`
	Body   RoundBody
}

type oneRound struct {
	ID     string `path:"id" maxLength:"80" doc:"Id or name"`
	DryRun bool   `query:"dryRun"`
}

func (s *service) roundRoutes() {
	create := post("create-round", "/v1/rounds", "rounds", "Make a schedule of autonomous rounds; one that is due while another is at work is skipped")
	create.DefaultStatus = http.StatusCreated
	route(s, create, func(ctx context.Context, in *createRound) (*created[RoundView], error) {
		v, err := s.createRound(ctx, in.Body, in.DryRun)
		if err != nil {
			return nil, err
		}
		status := http.StatusCreated
		if in.DryRun {
			status = http.StatusOK
		}
		return &created[RoundView]{Status: status, Location: "/v1/rounds/" + v.ID, Body: v}, nil
	})
	route(s, get("list-rounds", "/v1/rounds", "rounds", "List schedules, and what their rounds chose"), func(ctx context.Context, _ *struct{}) (*body[RoundList], error) {
		items, err := s.rounds(ctx)
		return answer(RoundList{items}, err)
	})
	run := post("run-round", "/v1/rounds/{id}/run", "rounds", "Begin a round now")
	run.DefaultStatus = http.StatusAccepted
	route(s, run, func(ctx context.Context, in *oneRound) (*body[RoundView], error) {
		return answer(s.runRound(ctx, in.ID, in.DryRun))
	})
}

var roundName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`)

// roundID names a schedule after its name: making it twice finds it.
func roundID(name string) string { return "rnd_" + name }

func (s *service) createRound(ctx context.Context, b RoundBody, dryRun bool) (RoundView, error) {
	every, err := time.ParseDuration(b.Every)
	if err != nil || every < workflows.MinEvery {
		return RoundView{}, problem(http.StatusUnprocessableEntity, "round.every", `write every: "24h", at least `+workflows.MinEvery.String(), "every %.20q is no span of time for rounds", b.Every)
	}
	sched := workflows.RoundSchedule{ID: roundID(b.Name), Name: b.Name, Every: every, Paused: b.Paused}
	v := RoundView{ID: sched.ID, Name: b.Name, Every: plain(every), Paused: b.Paused, Next: []time.Time{}, Runs: []workflows.RoundRun{}, Rounds: []store.Round{}}
	if dryRun {
		v.Would = []string{fmt.Sprintf("choose goals every %s and run their campaigns within their budgets", every)}
		return v, nil
	}
	return v, s.Workflows.CreateRound(ctx, sched)
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

func (s *service) runRound(ctx context.Context, id string, dryRun bool) (RoundView, error) {
	list, err := s.rounds(ctx)
	if err != nil {
		return RoundView{}, err
	}
	for _, v := range list {
		if v.ID != id && v.Name != id {
			continue
		}
		if dryRun {
			v.Would = []string{"begin a round now, unless one is at work"}
			return v, nil
		}
		return v, s.Workflows.RunRoundNow(ctx, v.ID)
	}
	return RoundView{}, fmt.Errorf("round %.80q: %w", id, store.ErrNotFound)
}
