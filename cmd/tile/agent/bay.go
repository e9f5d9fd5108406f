package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/rollout"
	"github.com/genesis-network/genesis/telemetry"
)

// bay is one slot: a device, the modules that are loaded for it, and the loop
// that calls the current one.
//
// Who may decide is one pointer, target. Anybody may set it; the loop alone
// follows it, before the next call or, when a call failed, within the same
// tick. So a swap that never comes keeps nobody waiting, and going back twice
// is the same as going back once.
type bay struct {
	slot   hal.Slot
	window *telemetry.Window
	refuge *seat                     // of another lineage; takes over from an incumbent that fails; nil when there is none
	heard  func(f fault, first bool) // hears of faults, and whether it is the first of its kind; may set target
	cast   cast

	target atomic.Pointer[seat] // who is to decide
	at     atomic.Pointer[seat] // who decides; written by the loop
	beats  atomic.Uint64        // ticks done

	swapper *host.Swapper // the loop's, as are the next two
	in, out []uint64
	pause   time.Duration // of the last swap

	mu     sync.Mutex // guards what reports read and drills break
	device hal.Device
	broken string  // what a drill broke
	past   []int64 // counters of devices that are used up
	stats  stats
}

// stats are the figures since the last swap.
type stats struct {
	calls  int64
	nanos  int64
	pause  time.Duration
	faults []rollout.Fault
	start  []int64 // counters at the swap
	waits  error   // why a new module did not take over yet
}

// newBay makes the bay of a slot in which home decides, or the refuge when what
// was installed cannot be loaded any more.
func newBay(slot hal.Slot, window *telemetry.Window, home, refuge *seat) (*bay, error) {
	first := home
	if first == nil {
		first = refuge
	}
	device, err := slot.Simulator.Open(window)
	if err != nil {
		return nil, err
	}
	n := len(slot.Simulator.Counters())
	b := &bay{
		slot: slot, window: window, refuge: refuge, cast: cast{home: home}, heard: func(fault, bool) {}, swapper: host.NewSwapper(first.instance), device: device,
		in: make([]uint64, ir.Flat(slot.Contract.Unit.Input)), out: make([]uint64, len(slot.Contract.Entry.Results)),
		past: make([]int64, n), stats: stats{start: make([]int64, n)},
	}
	first.enter(0)
	b.target.Store(first)
	b.at.Store(first)
	return b, nil
}

// run calls the module once a period until the context ends.
func (b *bay) run(ctx context.Context, period time.Duration) error {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := b.tick(); err != nil {
				return fmt.Errorf("slot %s: %w", b.slot.Name, err)
			}
		}
	}
}

// tick senses, decides and acts once.
func (b *bay) tick() error {
	if err := b.sense(); err != nil {
		return err
	}
	if err := b.decide(); err != nil {
		return err
	}
	b.at.Load().enter(b.pause)
	alarm, err := b.act()
	if err != nil {
		return err
	}
	if alarm != "" {
		b.raise(fault{kind: rollout.FaultDevice, detail: alarm, stands: true})
	}
	b.beats.Add(1)
	return nil
}

// sense reads the device; telemetry that is over starts again.
func (b *bay) sense() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.device.Sense(b.in) {
		return nil
	}
	next, err := b.slot.Simulator.Open(b.window)
	if err != nil {
		return err
	}
	if err := next.Inject(b.broken); err != nil {
		return err
	}
	b.past, b.device = b.total(), next
	if !next.Sense(b.in) {
		return errors.New("the telemetry is empty")
	}
	return nil
}

func (b *bay) act() (alarm string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stats.calls++
	err = b.device.Act(b.out)
	return b.device.Alarm(), err
}

// deciders is how many modules can be asked within one tick: the one on trial,
// the installed one, and the refuge.
const deciders = 3

// decide finds the decision of this tick. When a call fails, whoever is to
// decide then is asked within the same tick, so no decision of a module that
// failed reaches the device.
func (b *bay) decide() (err error) {
	for range deciders {
		if err = b.call(); err == nil {
			return nil
		}
		f := classify(err)
		b.raise(f)
		if !f.stands {
			b.flee()
		}
		if b.target.Load() != b.at.Load() {
			continue
		}
		if f.stands {
			return nil
		}
		break
	}
	return fmt.Errorf("no module is left that decides: %w", err)
}

// call follows the target and calls the module that decides then.
func (b *bay) call() error {
	seen := time.Now()
	moved := b.follow()
	entry := time.Now()
	err := b.swapper.Step(b.in, b.out)
	took := time.Since(entry)
	if moved {
		b.swapped(entry.Sub(seen))
	}
	b.mu.Lock()
	b.stats.nanos += took.Nanoseconds()
	b.mu.Unlock()
	return err
}

// follow hands the slot to the target. A new module that cannot take over the
// state as it is now waits for the next call; any other that cannot take over
// yields to the refuge.
func (b *bay) follow() (moved bool) {
	for range deciders {
		from, to := b.at.Load(), b.target.Load()
		if from == to {
			break
		}
		err := b.hand(from, to)
		switch {
		case err == nil:
			b.at.Store(to)
			moved = true
		case b.isNew(to):
			b.waits(err)
			return moved
		case b.refuge == nil || to == b.refuge:
			return moved
		default:
			b.target.CompareAndSwap(to, b.refuge)
		}
	}
	return moved
}

// hand moves the slot. From a module that failed, and from the refuge, whose
// state is of another kind, there is nothing to carry: the next one goes on
// from where it is, at first from its initial state.
func (b *bay) hand(from, to *seat) error {
	var err error
	if b.isNew(to) && from != b.refuge && from.instance.Failed() == nil {
		_, err = b.swapper.Take(to.instance)
	} else {
		_, err = b.swapper.Return(to.instance)
	}
	return err
}

// isNew says whether a module never decided yet.
func (b *bay) isNew(s *seat) bool { return s != b.refuge && !s.hasEntered() }

func (b *bay) waits(why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stats.waits = why
}

// swapped begins the figures of the module that decides from now on.
func (b *bay) swapped(pause time.Duration) {
	b.pause = pause
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stats = stats{pause: pause, start: b.total()}
}

// flee hands the slot to the refuge when nobody else was chosen instead of a
// module that failed.
func (b *bay) flee() {
	if at := b.at.Load(); b.refuge != nil {
		b.target.CompareAndSwap(at, b.refuge)
	}
}

// raise counts a fault and lets it be heard.
func (b *bay) raise(f fault) {
	b.mu.Lock()
	first := b.stats.count(f)
	b.mu.Unlock()
	b.heard(f, first)
}

func (s *stats) count(f fault) (first bool) {
	for i := range s.faults {
		if s.faults[i].Kind == f.kind {
			s.faults[i].Count++
			return false
		}
	}
	s.faults = append(s.faults, rollout.Fault{Kind: f.kind, Detail: f.detail, Count: 1})
	return true
}

// inject breaks a part of the device, or mends it.
func (b *bay) inject(name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.device.Inject(name); err != nil {
		return err
	}
	b.broken = name
	return nil
}

// total is what the slot's devices counted so far. The lock is held.
func (b *bay) total() []int64 {
	out := make([]int64, len(b.past))
	blocks := b.device.Blocks()
	for i := range out {
		out[i] = b.past[i] + sum(blocks, i)
	}
	return out
}

func sum(blocks []hal.Block, i int) int64 {
	var n int64
	for _, b := range blocks {
		n += b[i]
	}
	return n
}

// waiting says why a new module did not take over yet.
func (b *bay) waiting() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stats.waits != nil {
		return b.stats.waits
	}
	return errors.New("no call came")
}

// fault is a reason to go back.
type fault struct {
	kind   rollout.FaultKind
	detail string
	stands bool // the decision is no worse for it
}

func (f fault) String() string { return fmt.Sprintf("%s fault: %s", f.kind, f.detail) }

// classify sorts the errors of calls. An input that the contract does not
// provide for is the device's fault; whoever decides had to decide on it.
func classify(err error) fault {
	var v *host.Violation
	switch {
	case !errors.As(err, &v):
		return fault{kind: rollout.FaultTrap, detail: err.Error()}
	case v.Predicate == "Wf":
		return fault{kind: rollout.FaultDevice, detail: v.Error(), stands: true}
	}
	return fault{kind: rollout.FaultContract, detail: v.Error()}
}
