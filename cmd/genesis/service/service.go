// Package service runs Genesis on one machine: records, keys, log, messages,
// the workflow engine, workers, a fleet of laboratory tiles, and the API.
//
// What it keeps true: everything that it starts ends with it, however it ends
// (see internal/child); a second start on the same data goes on where the first
// one stopped; it listens on the loopback interface only.
//
// On a larger fleet the same rooms run apart, against engines that exist
// already; this package is the smallest complete arrangement of them.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/rollout/fleet/hub"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/identity"
	"github.com/genesis-network/genesis/rollout/trust/sign"
	"github.com/genesis-network/genesis/rollout/trust/tlog"
	"github.com/genesis-network/genesis/workflows"
	"github.com/genesis-network/genesis/workflows/activities"
	"github.com/genesis-network/genesis/workflows/engine"
)

// Config says where a service runs.
type Config struct {
	Data     string // its directory
	Root     string // where traces and npm packages are
	Program  string // path of this program, for the aggregators
	Tile     string // path of the tile's program
	Workers  int    // of each search
	Listen   string // address of API and dashboard
	Template []byte // the campaign that rounds choose from whose documents name no goals
	Policy   []byte // the policy from now on; nil: the one in force, at first that of a laboratory
	Log      *slog.Logger
	Progress func(what string) // tells people what is being started
}

// Service is Genesis, running.
type Service struct {
	cfg      Config
	lock     *os.File
	policy   trust.Policy // in force
	Keys     *sign.Directory
	Store    *store.Store
	Log      *tlog.Log
	Works    *activities.Works
	Client   *workflows.Client
	hub      *hub.Hub
	engine   *engine.Engine
	work     *workflows.Connection
	fleet    *fleet.Control
	children children
	cancel   context.CancelFunc
	stopping atomic.Bool
	closers  []func(context.Context) error // in the order of starting
	Address  string                        // of API and dashboard, once started
	Link     string                        // opens the dashboard once
}

// Start starts everything and returns when campaigns can be submitted.
func Start(ctx context.Context, cfg Config) (*Service, error) {
	s := &Service{cfg: cfg}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	steps := []struct {
		say string
		do  func(ctx, running context.Context) error
	}{
		{"", s.openData},
		{"keys", s.openKeys},
		{"policy", s.openPolicy},
		{"records and log", s.openRecords},
		{"fleet messages", s.openFleet},
		{"workflow engine", s.openEngine},
		{"aggregators", s.openFederation},
		{"workers", s.openWorkers},
		{"tiles", s.openTiles},
		{"dashboard", s.openAPI},
	}
	for _, step := range steps {
		if step.say != "" && cfg.Progress != nil {
			cfg.Progress(step.say)
		}
		if err := step.do(ctx, running); err != nil {
			return nil, errors.Join(fmt.Errorf("start %s: %w", step.say, err), s.Stop(context.WithoutCancel(ctx)))
		}
	}
	return s, nil
}

// onStop adds what is to be done when the service stops, last first.
func (s *Service) onStop(f func(context.Context) error) { s.closers = append(s.closers, f) }

// Stop ends everything, in the opposite order of starting.
func (s *Service) Stop(ctx context.Context) error {
	s.stopping.Store(true)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var errs []error
	for _, f := range slices.Backward(s.closers) {
		errs = append(errs, f(ctx))
	}
	s.cancel()
	return errors.Join(errs...)
}

func (s *Service) path(parts ...string) string {
	return filepath.Join(append([]string{s.cfg.Data}, parts...)...)
}

// lockWait is how long a start waits for a predecessor that was just killed.
const lockWait = 10 * time.Second

func (s *Service) openData(ctx, _ context.Context) error {
	if err := os.MkdirAll(s.path("chains"), 0o700); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	lock, err := durable.Lock(ctx, s.path("lock"))
	if errors.Is(err, durable.ErrLocked) {
		return fmt.Errorf("another genesis runs on %s: stop it, or choose another directory with DATA= or --data: %w", s.cfg.Data, err)
	}
	if err != nil {
		return err
	}
	s.lock = lock
	s.onStop(func(context.Context) error { return lock.Close() })
	return nil
}

func (s *Service) openKeys(ctx, _ context.Context) error {
	keys, err := sign.Development(ctx, s.path("keys"), sign.DevelopmentOptions{Now: time.Now().Add(-time.Minute), Tiles: tileNames()})
	s.Keys = keys
	return err
}

func (s *Service) openRecords(ctx, running context.Context) error {
	var err error
	if s.Store, err = store.Open(ctx, s.path("store")); err != nil {
		return err
	}
	s.onStop(func(context.Context) error { return s.Store.Close() })
	logSigner, err := s.Keys.LogSigner()
	if err != nil {
		return err
	}
	witnessSigner, err := s.Keys.WitnessSigner()
	if err != nil {
		return err
	}
	witness, err := tlog.NewWitness(s.path("witness"), s.Keys.Root().Log.Key, witnessSigner)
	if err != nil {
		return err
	}
	s.Log, err = tlog.Open(running, s.path("log"), tlog.Options{Root: s.Keys.Root(), Signer: logSigner, Witness: witness, Logger: s.cfg.Log})
	if err != nil {
		return err
	}
	s.onStop(s.Log.Close)
	return nil
}

func (s *Service) openFleet(ctx, running context.Context) error {
	control, err := identity.New()
	if err != nil {
		return err
	}
	var members []hub.Member
	for name, key := range s.Keys.Root().Tiles() {
		members = append(members, hub.Member{Tile: name, Key: key})
	}
	s.hub, err = hub.Start(ctx, hub.Config{Dir: s.path("messages"), Control: control.Public(), Tiles: members, Log: s.cfg.Log})
	if err != nil {
		return err
	}
	s.onStop(func(context.Context) error { return s.hub.Stop() })
	if s.fleet, err = fleet.Dial(s.hub.URL(), control, s.cfg.Log); err != nil {
		return err
	}
	s.onStop(func(context.Context) error { s.fleet.Close(); return nil })
	if err := s.fleet.Prepare(ctx); err != nil {
		return err
	}
	for _, name := range tileNames() {
		if err := s.fleet.Admit(ctx, name); err != nil {
			return err
		}
	}
	s.background(running, "artefacts for tiles", func(ctx context.Context) error {
		return s.fleet.ServeArtefacts(ctx, artefacts{s.Store.Artefacts})
	})
	return nil
}

// artefacts lets tiles fetch what the store keeps.
type artefacts struct{ from *store.Artefacts }

// Artefact implements fleet.Artefacts.
func (a artefacts) Artefact(ctx context.Context, d pipeline.Digest) ([]byte, error) {
	return a.from.Get(ctx, d)
}

// background runs something until the service stops; if it ends early, that is
// said.
func (s *Service) background(running context.Context, what string, f func(context.Context) error) {
	go func() {
		if err := f(running); err != nil && !s.stopping.Load() {
			s.cfg.Log.Error("a part of the service ended", "part", what, "error", err)
		}
	}()
}

func (s *Service) openEngine(ctx, _ context.Context) error {
	program, err := engine.Find(ctx)
	if err != nil {
		return err
	}
	if s.engine, err = engine.Start(ctx, engine.Config{Dir: s.path("engine"), Program: program, Log: s.cfg.Log}); err != nil {
		return err
	}
	s.onStop(s.engine.Stop)
	if s.work, err = workflows.Connect(ctx, s.engine.Address(), "default", s.cfg.Log); err != nil {
		return err
	}
	s.onStop(func(context.Context) error { s.work.Close(); return nil })
	s.Client = s.work.Client()
	return nil
}

func (s *Service) openWorkers(ctx, running context.Context) error {
	stations := openStations(running, s.cfg, s.Store.Artefacts)
	s.onStop(stations.close)
	aggregators, err := s.aggregators()
	if err != nil {
		return err
	}
	s.Works, err = activities.New(activities.Config{
		Store: s.Store, Keys: s.Keys, Log: s.Log, Fleet: s.fleet, Policy: s.policy, Contracts: contracts(),
		Data: os.DirFS(s.cfg.Root), Workers: s.cfg.Workers, Logger: s.cfg.Log, Verify: stations.verify(), Prove: stations.prove,
		Federation: aggregators, HomeTrace: homeTrace, Publish: s.path("chains"),
	})
	if err != nil {
		return err
	}
	if err := s.Works.Found(ctx); err != nil {
		return err
	}
	s.background(running, "reports of tiles", s.Works.Watch)
	return s.work.Work(s.Works, workflows.Capacity{Search: 2, Verify: 2, Fleet: 8})
}

// contracts lists the contracts of the registered slots.
func contracts() trust.Contracts {
	c := trust.Contracts{Version: 1}
	for _, slot := range hal.Slots() {
		c.List = append(c.List, trust.ListedContract{
			Slot: slot.Name, Name: slot.Contract.Name, Version: uint64(slot.Contract.Version), Digest: pipeline.ContractDigest(slot.Contract.Files),
		})
	}
	return c
}
