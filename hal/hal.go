// Package hal is the registry of slots: for each one its contract, its
// simulator, and the textbook policies that every gain is measured against.
// Some are shipped ([Slots] of a new process), others are folders of people's
// own that a program opens and registers.
//
// What it keeps true: a slot that is registered has a contract that loads, a
// simulator that counts what the contract's metrics need, and at least one
// baseline; the metrics of a run are exact functions of its counters (see
// [Fold]). What it does not do: it knows no lineage, and nothing above it names
// a slot.
//
// The registry may be used concurrently. Programs register slots before they
// use any.
package hal

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/genesis-network/genesis/hal/sim"
	"github.com/genesis-network/genesis/kernel/contract"
)

// What simulators are made of; see package sim.
type (
	Stepper   = sim.Stepper
	Window    = sim.Window
	Need      = sim.Need
	Block     = sim.Block
	Simulator = sim.Simulator
	Device    = sim.Device
)

// Slot is a replaceable place in a tile.
type Slot struct {
	Name      string
	Contract  *contract.Contract
	Simulator Simulator
	// Tick is the time between two rows of the simulator's telemetry. A module
	// is called once a tick, unless the simulator says otherwise.
	Tick time.Duration
	// Block is the length that telemetry is cut into: figures are compared
	// block by block.
	Block time.Duration
	// Baselines makes textbook policies, fresh for each run.
	Baselines map[string]func() Stepper
	// Faults are the parts of its devices that can be made to fail (Device.Inject).
	Faults []string
	// Hazards are the simulator's counters of harm: what no metric makes up for.
	// One that rises says that a fault was not survived.
	Hazards []string
	// Folder is the contract with what belongs to it.
	Folder fs.FS
}

// The kinds of failure of the registry, to be tested with errors.Is.
var (
	ErrTaken   = errors.New("a shipped slot has that name")
	ErrUnknown = errors.New("no such slot")
)

// registry is what is registered: first what is shipped, at the first use.
var registry struct {
	mu    sync.RWMutex
	slots map[string]Slot
}

// open fills the registry with the shipped slots. That their contracts load is
// proven by the tests, so a failure here is a broken build.
var open = sync.OnceFunc(func() {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	registry.slots = map[string]Slot{}
	for _, r := range shipped {
		s, err := r.load()
		if err != nil {
			panic(fmt.Errorf("hal: slot %s: %w", r.name, err))
		}
		registry.slots[s.Name] = s
	}
})

// Register adds a slot for the life of the process, in the place of one of that
// name that was registered before. The name of a shipped slot is [ErrTaken].
func Register(s Slot) error {
	open()
	if slices.ContainsFunc(shipped, func(r shipping) bool { return r.name == s.Name }) {
		return fmt.Errorf("hal: slot %s: %w", s.Name, ErrTaken)
	}
	registry.mu.Lock()
	defer registry.mu.Unlock()
	registry.slots[s.Name] = s
	return nil
}

// Slots are the registered slots, by name. The parts of a slot are shared and
// must not be changed.
func Slots() []Slot {
	open()
	registry.mu.RLock()
	defer registry.mu.RUnlock()
	var out []Slot
	for _, name := range slices.Sorted(maps.Keys(registry.slots)) {
		out = append(out, registry.slots[name])
	}
	return out
}

// Lookup is the slot of that name.
func Lookup(name string) (Slot, bool) {
	open()
	registry.mu.RLock()
	defer registry.mu.RUnlock()
	s, ok := registry.slots[name]
	return s, ok
}

// Folder is the contract folder of a slot.
func Folder(name string) (fs.FS, error) {
	s, ok := Lookup(name)
	if !ok {
		return nil, fmt.Errorf("hal: %.40q: %w", name, ErrUnknown)
	}
	return s.Folder, nil
}
