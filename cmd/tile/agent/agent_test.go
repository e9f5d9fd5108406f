package agent

import (
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/trusttest"
)

func TestConfigIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		edit func(*Config)
		want string
	}{
		"no key":          {func(c *Config) { c.Key = nil }, "no identity key"},
		"no such lineage": {func(c *Config) { c.Lineage = "oak" }, "no such lineage"},
		"root is damaged": {func(c *Config) { c.Root = flip(c.Root) }, "root"},
		"no trace":        {func(c *Config) { c.Trace = "none.yaml" }, "none.yaml"},
		"no such share":   {func(c *Config) { c.Share = Share{3, 3} }, "share 3 of 3"},
		"time stands":     {func(c *Config) { c.Period = -1 }, "period"},
		"no name":         {func(c *Config) { c.Tile = "" }, "tile"},
	} {
		cfg := w.config(t, "alder-1", t.TempDir(), time.Now)
		c.edit(&cfg)
		if _, err := New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A device whose controller cannot be loaded is not left alone.
func TestInstalledModuleIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(t, t.TempDir())
	gone := map[string]pipeline.Digest{"thermal": pipeline.SumBytes([]byte("gone"))}
	if err := trust.WriteState(n.statePath(), trust.State{Serial: 7, Installed: gone}); err != nil {
		t.Fatal(err)
	}
	again := w.node(t, n.cfg.Dir)
	again.ticks(20)
	if r := again.snapshot(); r.Slots["thermal"] != again.bay.refuge.name || !strings.Contains(r.Reason, "cannot be loaded") || r.Serial != 7 {
		t.Errorf("report: %+v", r)
	}
	if again.disk().Installed["thermal"] != gone["thermal"] {
		t.Error("the state was changed")
	}
}

// What a genome is may change with the tile's binary, what is installed not.
func TestInstalledGenomeSurvivesAnotherBinary(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(t, t.TempDir())
	other, err := openShelf(n.modules.dir, trusttest.Lineage)
	if err != nil {
		t.Fatal(err)
	}
	delete(other.shipped, w.home.Ref.Digest())
	s, err := other.seat(t.Context(), w.slot, w.home.Ref.Digest())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

// Telemetry that is over starts again; figures go on, and so do faults.
func TestTelemetryStartsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(t, t.TempDir())
	if err := n.bay.inject("sensor-lost"); err != nil {
		t.Fatal(err)
	}
	n.ticks(n.bay.window.Len() + 10)
	if r := n.snapshot(); r.Ticks != int64(n.bay.window.Len()+10) || r.Counters["seconds"] != 10*r.Ticks {
		t.Errorf("report: %+v", r)
	}
	if top := n.acted[len(n.acted)-1]; top[0] != 10 || top[1] != 4 {
		t.Errorf("without a sensor: %v", top)
	}
}
