package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/genesis-network/genesis/federation/client"
	"github.com/genesis-network/genesis/federation/warrant"
	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/rollout/fleet"
	"github.com/genesis-network/genesis/rollout/trust"
	"github.com/genesis-network/genesis/rollout/trust/identity"
	"github.com/genesis-network/genesis/telemetry"
)

// DefaultPeriod is the time between two calls of a module on a laboratory
// tile: 200 calls a second, so that a wave is judged in seconds. Simulated time
// runs faster than the clock by the slot's tick over this.
const DefaultPeriod = 5 * time.Millisecond

// Config is what a tile is started with.
type Config struct {
	Tile    string
	Lineage string // a shipped one; its class and slots are the tile's
	Site    string
	Dir     string // state, modules, ledger
	Root    []byte // envelope of the pinned root
	Key     *identity.Key
	Fleet   string // where the control plane's messages come from (fleet.DialTile)
	Data    fs.FS  // where the trace is
	Trace   string // path of a trace's header in Data
	Share   Share  // of the trace that is this tile's own
	Period  time.Duration
	Drills  bool             // obey commands that break something on purpose
	Log     *slog.Logger     // nil is silent
	Now     func() time.Time // nil is time.Now
}

// Share is the part of the telemetry's blocks that a tile calls its own: every
// Of-th one, beginning with At, which is below Of.
type Share struct{ At, Of int }

func (c *Config) complete() error {
	if c.Period == 0 {
		c.Period = DefaultPeriod
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Share.Of == 0 {
		c.Share.Of = 1
	}
	switch {
	case c.Period < 0:
		return fmt.Errorf("period %s: want more than 0", c.Period)
	case c.Share.At < 0 || c.Share.At >= c.Share.Of:
		return fmt.Errorf("share %d of %d: want 0 to %d", c.Share.At, c.Share.Of, c.Share.Of-1)
	case c.Key == nil:
		return errors.New("no identity key")
	}
	return nil
}

// Agent is a running tile.
type Agent struct {
	cfg      Config
	lineage  lineages.Lineage
	verifier *trust.Verifier
	root     *trust.Root
	trace    *telemetry.Trace
	bays     map[string]*bay
	modules  *shelf
	reporter *client.Tile
	wake     chan struct{} // a report is wanted now
	write    chan struct{} // the state is to be written

	obeying sync.Mutex // see memory.go; before mu

	mu      sync.Mutex // guards what follows, and the cast of every bay
	state   trust.State
	unsaved bool   // state is newer than the disk
	trial   *trial // nil when nothing is on trial
	phase   rollout.Phase
	release pipeline.Digest // that the phase is about
	reason  string
	drill   bool // shadow runs of this tile are to be wrong
	seq     uint64
}

// New checks the configuration, loads what was committed, and goes back from
// whatever was on trial when the tile stopped, unless it was stopped in order.
func New(ctx context.Context, cfg Config) (*Agent, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("tile %s: %w", cfg.Tile, err)
	}
	a := &Agent{cfg: cfg, bays: map[string]*bay{}, phase: rollout.Idle, wake: make(chan struct{}, 1), write: make(chan struct{}, 1)}
	for _, step := range []func(context.Context) error{a.openTrust, a.openTelemetry, a.returnHome, a.openModules, a.openFederation, a.resume} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("tile %s: %w", cfg.Tile, err), a.close())
		}
	}
	return a, nil
}

func (a *Agent) openTrust(context.Context) error {
	var err error
	if a.lineage, err = lineages.Describe(a.cfg.Lineage); err != nil {
		return err
	}
	if err := os.MkdirAll(a.cfg.Dir, 0o700); err != nil {
		return err
	}
	if a.root, err = trust.OpenRoot(a.cfg.Root); err != nil {
		return err
	}
	self := trust.Self{Tile: a.cfg.Tile, Class: a.lineage.Class, Lineage: a.lineage.Name}
	if a.verifier, err = trust.NewVerifier(a.root, self); err != nil {
		return err
	}
	a.state, err = trust.ReadState(a.statePath())
	return err
}

func (a *Agent) statePath() string { return filepath.Join(a.cfg.Dir, "state.json") }

func (a *Agent) openTelemetry(context.Context) (err error) {
	a.trace, err = telemetry.Load(a.cfg.Data, a.cfg.Trace)
	return err
}

// openModules loads what was committed for every slot; at first, the genome.
func (a *Agent) openModules(ctx context.Context) error {
	var err error
	if a.modules, err = openShelf(filepath.Join(a.cfg.Dir, "modules"), a.lineage.Name); err != nil {
		return err
	}
	if a.state.Installed == nil {
		a.state.Installed = map[string]pipeline.Digest{}
		for _, name := range a.lineage.Slots {
			a.state.Installed[name] = a.modules.own[name]
		}
	}
	for _, name := range a.lineage.Slots {
		if err := a.openBay(ctx, name); err != nil {
			return fmt.Errorf("slot %s: %w", name, err)
		}
	}
	return a.modules.prune(a.needed())
}

func (a *Agent) openBay(ctx context.Context, name string) error {
	slot, ok := hal.Lookup(name)
	if !ok {
		return errors.New("this tile has no such slot")
	}
	window, err := a.trace.Resample(slot.Tick, slot.Block)
	if err != nil {
		return err
	}
	home, refuge, err := a.openSeats(ctx, slot)
	if err != nil {
		return err
	}
	b, err := newBay(slot, window, home, refuge)
	if err != nil {
		return errors.Join(err, home.close(), refuge.close())
	}
	b.heard = func(f fault, first bool) { a.hear(name, f, first) }
	a.bays[name] = b
	return nil
}

// openSeats loads what is installed, and a refuge. Something installed that
// cannot be loaded is no reason to leave the device alone.
func (a *Agent) openSeats(ctx context.Context, slot hal.Slot) (home, refuge *seat, err error) {
	if other := a.modules.other[slot.Name]; other != "" {
		if refuge, err = a.modules.seat(ctx, slot, other); err != nil {
			return nil, nil, err
		}
	}
	installed := a.state.Installed[slot.Name]
	if home, err = a.modules.seat(ctx, slot, installed); err == nil {
		return home, refuge, a.modules.stay(installed)
	}
	if refuge == nil {
		return nil, nil, err
	}
	a.reason = fmt.Sprintf("slot %s: what is installed cannot be loaded: %v", slot.Name, err)
	a.cfg.Log.Error("tile: the refuge decides until a release comes", "reason", a.reason)
	return nil, refuge, nil
}

// hear ends a trial at its first fault.
func (a *Agent) hear(slot string, f fault, first bool) {
	if first {
		a.cfg.Log.Warn("tile: fault", "slot", slot, "kind", f.kind, "detail", f.detail)
	}
	if !a.goBack("slot "+slot+": "+f.String()) && first {
		a.hurry()
	}
}

func (a *Agent) openFederation(context.Context) error {
	ledger, err := client.OpenLedger(filepath.Join(a.cfg.Dir, "federation.json"))
	if err != nil {
		return err
	}
	v := warrant.Verifier{Root: func() *trust.Root { return a.root }, Now: a.cfg.Now}
	a.reporter = client.NewTile(a.cfg.Key, v.Session, ledger)
	return nil
}

// Run serves until the context ends or a slot is left without a decision, then
// frees the modules. An agent runs once.
func (a *Agent) Run(ctx context.Context) error {
	link, err := fleet.DialTile(a.cfg.Fleet, a.cfg.Tile, a.cfg.Key, a.cfg.Log)
	if err != nil {
		return errors.Join(err, a.close())
	}
	defer link.Close()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var loops, others sync.WaitGroup
	run := func(all *sync.WaitGroup, f func() error) {
		all.Go(func() {
			if err := f(); err != nil {
				stop(err)
			}
		})
	}
	for _, b := range a.bays {
		run(&loops, func() error { return b.run(ctx, a.cfg.Period) })
	}
	run(&others, func() error { return a.serve(ctx, link) })
	run(&others, func() error { return a.report(ctx, link) })
	run(&others, func() error { return a.watchdog(ctx) })
	run(&others, func() error { return a.keep(ctx) })
	others.Wait()
	if err := context.Cause(ctx); errors.Is(err, ErrStuck) {
		return err // its loop would be waited for in vain
	}
	loops.Wait()
	err = ended(ctx)
	if err == nil {
		err = a.pause()
	}
	return errors.Join(err, a.close())
}

// ended is why a tile ended, nil when it was asked to.
func ended(ctx context.Context) error {
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// close frees the modules.
func (a *Agent) close() error {
	var errs []error
	for _, b := range a.bays {
		errs = append(errs, b.close())
	}
	return errors.Join(errs...)
}
