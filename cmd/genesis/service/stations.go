package service

import (
	"context"
	"path/filepath"
	"sync"

	"github.com/genesis-network/genesis/cmd/genesis/checks"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/workflows/activities"
)

// stations are the verification stations with the tools that this machine has.
// They are looked for when the first module comes: a start waits for no build.
type stations struct {
	find func() (*checks.Tools, error)

	mu    sync.Mutex
	found *checks.Tools
}

func openStations(running context.Context, cfg Config, artefacts *store.Artefacts) *stations {
	s := &stations{}
	s.find = sync.OnceValues(func() (*checks.Tools, error) {
		tools, err := checks.Find(running, checks.Config{
			Root: cfg.Root, Cache: filepath.Join(cfg.Data, "cache"), Corpus: filepath.Join(cfg.Data, "corpus"),
			Full: true, // what is proven here may be adopted
			Keep: func(_ string, content []byte) error {
				_, err := artefacts.Put(running, content)
				return err
			},
		})
		if err != nil {
			return nil, err
		}
		for _, missing := range tools.Missing() {
			cfg.Log.Warn("a station works with less", "missing", missing)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.found = tools
		return tools, nil
	})
	return s
}

// prove is the proof station.
func (s *stations) prove(ctx context.Context, subject verifiers.Subject, e activities.Effort) (pipeline.Statement, []byte, error) {
	return s.run(ctx, pipeline.Coq, subject, e)
}

// verify are the other stations.
func (s *stations) verify() map[pipeline.Station]activities.Verifier {
	out := map[pipeline.Station]activities.Verifier{}
	for _, station := range checks.Stations() {
		out[station] = func(ctx context.Context, subject verifiers.Subject, e activities.Effort) (pipeline.Statement, error) {
			statement, _, err := s.run(ctx, station, subject, e)
			return statement, err
		}
	}
	return out
}

func (s *stations) run(ctx context.Context, station pipeline.Station, subject verifiers.Subject, e activities.Effort) (pipeline.Statement, []byte, error) {
	tools, err := s.find()
	if err != nil {
		return pipeline.Statement{}, nil, err
	}
	return tools.Run(ctx, station, subject, checks.Effort{For: e.For, More: e.Attempt})
}

func (s *stations) close(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found == nil {
		return nil
	}
	return s.found.Close(ctx)
}
