package hal

import (
	"embed"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/genesis-network/genesis/hal/thermal/baseline"
	"github.com/genesis-network/genesis/hal/thermal/plant"
	"github.com/genesis-network/genesis/kernel/contract"
)

//go:embed thermal/contract.go thermal/env.go thermal/contract.yaml thermal/README.md
var folders embed.FS

// shipping is a slot that is shipped, before its contract is loaded.
type shipping struct {
	name        string
	tick, block time.Duration
	simulator   func(tick time.Duration) (Simulator, error)
	baselines   map[string]func() Stepper
	faults      []string
	hazards     []string
}

// shipped is the one list of slots that are compiled into Genesis. Nothing else
// names one.
var shipped = []shipping{
	{name: "thermal", tick: plant.MaxTick, block: 24 * time.Hour, simulator: simulateThermal, baselines: baseline.All(), faults: plant.Faults(), hazards: plant.Hazards()},
}

func simulateThermal(tick time.Duration) (Simulator, error) {
	return plant.New(plant.DefaultParams(), tick)
}

func (r shipping) load() (Slot, error) {
	folder, err := fs.Sub(folders, r.name)
	if err != nil {
		return Slot{}, err
	}
	c, err := contract.Load(folder)
	if err != nil {
		return Slot{}, err
	}
	s, err := r.simulator(r.tick)
	if err != nil {
		return Slot{}, err
	}
	return Slot{Name: r.name, Contract: c, Simulator: s, Tick: r.tick, Block: r.block,
		Baselines: maps.Clone(r.baselines), Faults: slices.Clone(r.faults), Hazards: slices.Clone(r.hazards), Folder: folder}, nil
}
