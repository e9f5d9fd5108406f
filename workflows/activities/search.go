package activities

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"

	"go.temporal.io/sdk/activity"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/proposers/evolve"
	"github.com/genesis-network/genesis/shadow/benchmark"
	"github.com/genesis-network/genesis/telemetry"
	"github.com/genesis-network/genesis/workflows"
)

// batch is how many candidates one activity evaluates at least: enough that a
// workflow's history stays short, few enough that little is lost in a crash.
const batch = 512

// course is where a campaign's candidates are measured.
func (w *Works) course(c store.Campaign) (*benchmark.Course, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if course, ok := w.courses[c.ID]; ok {
		return course, nil
	}
	slot, err := slotOf(c.Spec.Spec.Slot)
	if err != nil {
		return nil, err
	}
	course, err := benchmark.Open(w.Data, slot, c.Spec.Spec)
	if err != nil {
		return nil, workflows.Refused(err)
	}
	w.courses[c.ID] = course
	return course, nil
}

// OpenSearch names the state that a search starts in.
func (w *Works) OpenSearch(ctx context.Context, g workflows.SearchGoal) (workflows.SearchState, error) {
	state := workflows.SearchState{Goal: g, Strategy: workflows.StrategyEvolve}
	c, err := w.Store.Campaigns.Get(ctx, g.Campaign)
	if err != nil {
		return state, err
	}
	h, err := w.head(ctx, g.Lineage)
	if err != nil {
		return state, err
	}
	m, err := h.module(c.Spec.Spec.Slot)
	if err != nil {
		return state, workflows.Refused(err)
	}
	if state.Source, err = w.Store.Artefacts.Put(ctx, m.Source); err != nil {
		return state, err
	}
	if state.Proof, err = w.Store.Artefacts.Put(ctx, m.Proof); err != nil {
		return state, err
	}
	_, err = w.session(ctx, state)
	return state, err
}

// start is the module that a search started from. The lineage may run another
// one by now: the search's own finalist, for one.
func (w *Works) start(ctx context.Context, slot hal.Slot, state workflows.SearchState) (lineages.Module, error) {
	source, err := w.Store.Artefacts.Get(ctx, state.Source)
	if err != nil {
		return lineages.Module{}, err
	}
	proof, err := w.Store.Artefacts.Get(ctx, state.Proof)
	if err != nil {
		return lineages.Module{}, err
	}
	return lineages.Compile(slot.Contract, source, proof)
}

// sessions keeps searches in memory, by the digest of their state: an activity
// that finds its state here need not replay the journal.
type sessions struct {
	mu   sync.Mutex
	open map[pipeline.Digest]*evolve.Search
}

func newSessions() sessions { return sessions{open: map[pipeline.Digest]*evolve.Search{}} }

// take removes a search: it belongs to the caller then.
func (s *sessions) take(d pipeline.Digest) *evolve.Search {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.open[d]
	delete(s.open, d)
	return found
}

func (s *sessions) put(search *evolve.Search) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[search.Digest()] = search
}

// session opens the search of a state: from memory, or by replaying its
// journal.
func (w *Works) session(ctx context.Context, state workflows.SearchState) (*evolve.Search, error) {
	if s := w.sessions.take(state.Digest); s != nil && state.Digest != "" {
		return s, nil
	}
	c, err := w.Store.Campaigns.Get(ctx, state.Goal.Campaign)
	if err != nil {
		return nil, err
	}
	s, err := w.fresh(ctx, c, state)
	if err != nil {
		return nil, err
	}
	for _, segment := range state.Segments {
		raw, err := w.Store.Artefacts.Get(ctx, segment)
		if err != nil {
			return nil, err
		}
		if _, err := s.Replay(bytes.NewReader(raw)); err != nil {
			return nil, workflows.Refused(err)
		}
	}
	return s, nil
}

// fresh starts a search at its beginning. A search that outlives its base ends
// in changes that are outdated.
func (w *Works) fresh(ctx context.Context, c store.Campaign, state workflows.SearchState) (*evolve.Search, error) {
	course, err := w.course(c)
	if err != nil {
		return nil, err
	}
	slot, err := slotOf(c.Spec.Spec.Slot)
	if err != nil {
		return nil, err
	}
	m, err := w.start(ctx, slot, state)
	if err != nil {
		return nil, err
	}
	share := c.Spec.Spec.Share()
	return evolve.Start(ctx, evolve.Config{
		Seed: c.Seed, Strategy: evolve.Strategy(state.Strategy), Incumbent: m.Unit,
		Evaluations: int(share.Evaluations), Steps: share.Steps, Edit: evolve.Editable(m.Unit),
	}, course)
}

// SearchEpoch goes on with a search for a batch of candidates.
func (w *Works) SearchEpoch(ctx context.Context, state workflows.SearchState) (workflows.SearchState, error) {
	c, err := w.Store.Campaigns.Get(ctx, state.Goal.Campaign)
	if err != nil {
		return state, err
	}
	course, err := w.course(c)
	if err != nil {
		return state, err
	}
	s, err := w.session(ctx, state)
	if err != nil {
		return state, err
	}
	var journal bytes.Buffer
	for from := s.Evaluations(); !s.Done() && s.Evaluations()-from < batch; {
		if err := s.Step(ctx, course, w.Workers, &journal); err != nil {
			return state, err
		}
		activity.RecordHeartbeat(ctx, s.Evaluations())
	}
	return w.saved(ctx, s, state, journal.Bytes())
}

// saved writes the journal's segment and names the new state.
func (w *Works) saved(ctx context.Context, s *evolve.Search, state workflows.SearchState, journal []byte) (workflows.SearchState, error) {
	segment, err := w.Store.Artefacts.Put(ctx, journal)
	if err != nil {
		return state, err
	}
	state.Segments = append(slices.Clone(state.Segments), segment)
	state.Digest, state.Tried, state.Done = s.Digest(), s.Evaluations(), s.Done()
	w.sessions.put(s)
	note := fmt.Sprintf("%s: %d of the budget tried (%s)", state.Goal.Lineage, state.Tried, state.Strategy)
	return state, w.Store.Note(ctx, store.Event{Type: "search.progress", Subject: state.Goal.Campaign, Lineage: state.Goal.Lineage, Note: note})
}

// ranked are the elites of a search by what they do on the choice part.
func ranked(s *evolve.Search, course *benchmark.Course) ([]evolve.Elite, error) {
	return s.Ranked(evolve.DefaultArchive, course.Objective, course.Metrics(telemetry.PartChoice))
}
