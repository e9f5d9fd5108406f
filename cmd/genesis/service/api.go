package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/genesis-network/genesis/api"
	"github.com/genesis-network/genesis/cmd/tile/agent"
	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/lineages/diversity"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/pipeline/store"
	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/verifiers/tla"
	"github.com/genesis-network/genesis/workflows/activities"
)

func (s *Service) openAPI(ctx, running context.Context) error {
	access, err := api.OpenAccess(s.cfg.Data)
	if err != nil {
		return err
	}
	approver, err := api.DevelopmentApprover(s.Keys.Authority(), time.Now)
	if err != nil {
		return err
	}
	goal, err := pipeline.ParseCampaign(s.cfg.Template, activities.Catalogue{})
	if err != nil {
		return fmt.Errorf("the campaign that is shipped: %w", err)
	}
	handler, err := api.Server{
		Store: s.Store, Workflows: s.Client, Catalogue: activities.Catalogue{}, Access: access, Approver: approver,
		Policy: func(context.Context) (pipeline.Policy, error) { return s.policy.Policy, nil },
		Faults: faults{s.fleet, s.Store}, Lineages: heads{s.Works}, Goals: []pipeline.CampaignSpec{goal.Spec}, Assurance: pipeline.Development, Assets: os.DirFS(filepath.Join(s.cfg.Root, tla.DefaultNodeModules)), Log: s.cfg.Log,
	}.Handler()
	if err != nil {
		return err
	}
	l, err := s.listen(ctx, access)
	if err != nil {
		return err
	}
	s.Address = "http://" + l.Addr().String()
	s.Link = access.Link(s.Address)
	s.background(running, "API", func(ctx context.Context) error { return api.Serve(ctx, l, handler) })
	return api.Publish(s.cfg.Data, s.Address)
}

// listen takes the wished address, or any other port when that one is taken.
func (s *Service) listen(ctx context.Context, access *api.Access) (net.Listener, error) {
	l, err := api.Listen(ctx, s.cfg.Listen, access)
	if err == nil || errors.Is(err, api.ErrExposed) {
		return l, err
	}
	host, _, split := net.SplitHostPort(s.cfg.Listen)
	if split != nil {
		return nil, err
	}
	return api.Listen(ctx, net.JoinHostPort(host, "0"), access)
}

// faults breaks parts of laboratory tiles on purpose.
type faults struct {
	to    *fleet.Control
	tiles *store.Store
}

// mend takes a fault back.
const mend = "mend"

// Kinds lists what can be broken, and [mend].
func (faults) Kinds() []string {
	kinds := []string{agent.BitFlip, mend}
	for _, slot := range hal.Slots() {
		kinds = append(kinds, slot.Faults...)
	}
	return kinds
}

// Inject implements api.Faults.
func (f faults) Inject(ctx context.Context, tile, kind string) error {
	t, err := f.tiles.Tiles.Get(ctx, tile)
	if err != nil {
		return err
	}
	l, err := lineages.Describe(t.Lineage)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for _, body := range bodies(l.Slots, kind) {
		command, err := fleet.NewCommand(fmt.Sprintf("fault-%d", time.Now().UnixNano()), body)
		if err != nil {
			return err
		}
		if _, err := f.to.Command(ctx, tile, command); err != nil {
			return err
		}
	}
	return nil
}

// bodies are the commands for a kind of fault: one for the slot that can have
// it, or one for each to mend.
func bodies(slots []string, kind string) []fleet.Fault {
	if kind == agent.BitFlip {
		return []fleet.Fault{{Name: kind, Slot: slots[0]}}
	}
	var out []fleet.Fault
	for _, name := range slots {
		slot, _ := hal.Lookup(name)
		for _, can := range slot.Faults {
			if can == kind || kind == mend {
				out = append(out, fleet.Fault{Name: can, Slot: name, Clear: kind == mend})
			}
		}
	}
	if kind == mend {
		out = append(out, fleet.Fault{Name: agent.BitFlip, Slot: slots[0], Clear: true})
	}
	return out
}

// heads says what each lineage runs.
type heads struct{ works *activities.Works }

// Transfer implements api.Lineages.
func (h heads) Transfer(ctx context.Context, change, lineage, author string, dryRun bool) (store.Change, error) {
	return h.works.Transfer(ctx, change, lineage, author, dryRun)
}

// Lineages implements api.Lineages.
func (h heads) Lineages(ctx context.Context) ([]api.Lineage, error) {
	var out []api.Lineage
	for _, name := range lineages.Names() {
		l, err := h.works.Lineage(ctx, name)
		if err != nil {
			return nil, err
		}
		view := api.Lineage{Name: name, Class: l.Class, About: l.About, Base: l.Base}
		for _, m := range l.Modules {
			view.Modules = append(view.Modules, api.LineageModule{Slot: m.Ref.Code.Slot, Module: m.Ref.Digest(), Source: pipeline.SumBytes(m.Source), Change: l.Change})
		}
		out = append(out, view)
	}
	return out, nil
}

// Apart implements api.Lineages.
func (h heads) Apart(ctx context.Context, a, b pipeline.Ancestor) ([]diversity.Pair, error) {
	return h.works.Apart(ctx, a, b)
}
