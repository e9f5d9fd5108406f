package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/genesis-network/genesis/federation"
	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/internal/child"
	"github.com/genesis-network/genesis/internal/durable"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/sign"
	"github.com/genesis-network/genesis/workflows/activities"
)

// tilesEach is how many tiles of each lineage a laboratory has: as many as can
// name a broken one among them.
const tilesEach = 3

// tileNames are the names of the laboratory's tiles.
func tileNames() []string {
	var out []string
	for i := range tilesEach * len(lineages.Names()) {
		out = append(out, tileName(i))
	}
	return out
}

func tileName(i int) string { return fmt.Sprintf("tile-%d", i+1) }

// lineageOf is the lineage of a laboratory tile.
func lineageOf(i int) string { return lineages.Names()[i/tilesEach] }

// children are the processes that the service started.
type children struct {
	mu   sync.Mutex
	list []*child.Process
}

// spawn starts a process with a directory and a log of its own. It waits until
// a killed predecessor has left the directory.
func (s *Service) spawn(ctx context.Context, spec child.Spec) error {
	dir := s.path("children", spec.Name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	lock, err := durable.Lock(wait, filepath.Join(dir, "lock"))
	if err != nil {
		return fmt.Errorf("%s: %w", spec.Name, err)
	}
	defer lock.Close()
	out, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	spec.Output, spec.Lock = out, lock
	p, err := child.Start(spec)
	if err != nil {
		return err
	}
	s.children.mu.Lock()
	s.children.list = append(s.children.list, p)
	s.children.mu.Unlock()
	s.onStop(p.Stop)
	go s.mourn(spec.Name, p)
	return nil
}

// mourn says when a child ended although nobody stopped it.
func (s *Service) mourn(name string, p *child.Process) {
	<-p.Done()
	if err := p.Err(); err != nil && !s.stopping.Load() {
		s.cfg.Log.Error("a process ended", "name", name, "error", err, "log", s.path("children", name, "log"))
	}
}

func (s *Service) openTiles(ctx, _ context.Context) error {
	for i, name := range tileNames() {
		args := []string{
			"-id", name, "-lineage", lineageOf(i), "-site", "lab-" + fmt.Sprint(i%tilesEach+1), "-dir", s.path("children", name, "state"),
			"-root", s.rootFile(), "-key", s.path("keys", sign.IdentityFile(trust.RoleTile, name)), "-fleet", "@" + s.path("messages", "address"),
			"-data", s.cfg.Root, "-trace", homeTrace, "-share", fmt.Sprint(i % tilesEach), "-shares", fmt.Sprint(tilesEach), "-drills",
		}
		// A tile that is asked to end pauses what it has on trial.
		err := s.spawn(ctx, child.Spec{Name: name, Path: s.cfg.Tile, Args: args, Orphan: syscall.SIGTERM})
		if err != nil {
			return err
		}
	}
	return s.awaitTiles(ctx)
}

// homeTrace drives the devices of laboratory tiles.
const homeTrace = "examples/telemetry/cooler.trace.yaml"

// rootFile is the pinned root, in a file for tiles.
func (s *Service) rootFile() string { return s.path("root.json") }

// awaitTiles waits until every tile reported once.
func (s *Service) awaitTiles(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for seen := int64(0); ; {
		tiles, err := s.Store.TilesOf(ctx, "")
		if err != nil {
			return err
		}
		if len(tiles) >= len(tileNames()) {
			return nil
		}
		if _, err := s.Store.Wait(ctx, seen); err != nil {
			return fmt.Errorf("%d of %d tiles reported: %w", len(tiles), len(tileNames()), err)
		}
		if seen, err = s.Store.LastEvent(ctx); err != nil {
			return err
		}
	}
}

func (s *Service) openFederation(ctx, _ context.Context) error {
	if err := durable.Replace(s.rootFile(), s.Keys.RootEnvelope()); err != nil {
		return err
	}
	for _, role := range []string{client.RoleHelper, client.RoleLeader} {
		dir := s.path("children", role, "state")
		if err := os.Remove(filepath.Join(dir, partyFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		args := []string{"federate", role, "--dir", dir, "--root", s.rootFile()}
		if role == client.RoleLeader {
			args = append(args, "--peer", "@"+s.path("children", client.RoleHelper, "state", federation.AddressFile))
		}
		if err := s.spawn(ctx, child.Spec{Name: role, Path: s.cfg.Program, Args: args}); err != nil {
			return err
		}
		if err := awaitFile(ctx, filepath.Join(dir, partyFile)); err != nil {
			return fmt.Errorf("%s: %w", role, err)
		}
	}
	return nil
}

// partyFile holds the public keys of an aggregator, in its directory.
const partyFile = "party.json"

func awaitFile(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s did not appear: %w", path, ctx.Err())
		case <-tick.C:
		}
	}
}

// aggregators are the two processes, as the federate station asks them.
func (s *Service) aggregators() (activities.Aggregators, error) {
	if err := os.MkdirAll(s.path("collector"), 0o700); err != nil {
		return activities.Aggregators{}, err
	}
	collector, err := federation.OpenKey(s.path("collector", federation.KeyFile))
	if err != nil {
		return activities.Aggregators{}, err
	}
	at := func(role string) *federation.Remote {
		return federation.Dial(role, "@"+s.path("children", role, "state", federation.AddressFile))
	}
	return activities.Aggregators{
		Leader: at(client.RoleLeader), Helper: at(client.RoleHelper), Collector: collector,
		Parties: func() (leader, helper client.Party, err error) {
			leader, err = s.party(client.RoleLeader)
			if err == nil {
				helper, err = s.party(client.RoleHelper)
			}
			return leader, helper, err
		},
	}, nil
}

func (s *Service) party(role string) (client.Party, error) {
	var p client.Party
	raw, err := os.ReadFile(s.path("children", role, "state", partyFile))
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(raw, &p)
}

// Aggregate runs one aggregator until the context ends; it is what the hidden
// command `federate` does.
func Aggregate(ctx context.Context, cfg federation.Config) error {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	cfg.Ready = func(_ string, p client.Party) {
		raw, err := json.Marshal(p)
		if err == nil {
			err = durable.Replace(filepath.Join(cfg.Dir, partyFile), raw)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "federate:", err)
		}
	}
	return federation.Serve(ctx, cfg)
}
