package plant

import (
	"fmt"
	"time"

	"github.com/genesis-network/genesis/hal/sim"
	"github.com/genesis-network/genesis/hal/thermal"
)

// MaxTick is the longest tick: a governor that decides less often is not what
// the contract is about.
const MaxTick = 10 * time.Second

// Plant is the model with the coefficients of one tick length. It is immutable.
type Plant struct {
	params Params
	tick   time.Duration
	coefs  [thermal.FanTop + 1]coef
}

var _ sim.Simulator = (*Plant)(nil)

// New prepares the model. A tick is whole milliseconds, at most [MaxTick].
func New(p Params, tick time.Duration) (*Plant, error) {
	if tick <= 0 || tick > MaxTick || tick%time.Millisecond != 0 {
		return nil, fmt.Errorf("plant: tick of %s: %w: whole milliseconds up to %s", tick, sim.ErrTick, MaxTick)
	}
	pl := &Plant{params: p, tick: tick}
	for level, r := range p.SinkToAir {
		pl.coefs[level] = solve(&p, r, tick)
	}
	return pl, nil
}

// Needs are the load of the processor and the temperature of the air.
func (p *Plant) Needs() []sim.Need {
	return []sim.Need{{Input: "load", Unit: "percent"}, {Input: "ambient", Unit: "celsius"}}
}

// The counters of a block.
const (
	cSeconds = iota
	cEnergy
	cFan
	cLeak
	cOffered
	cLost
	cAboveTarget
	cAboveCrit
	cAboveLimit
	cMoves
	counters
)

var counterNames = []string{
	cSeconds:     "seconds",
	cEnergy:      "energy_joules",        // fans and growth of leakage
	cFan:         "fan_joules",           // fans
	cLeak:        "leak_joules",          // leakage above that of a die at Params.LeakFrom
	cOffered:     "work_offered",         // percent of full load times seconds
	cLost:        "work_lost",            // the part that the throttle did not serve
	cAboveTarget: "above_target_seconds", // die above thermal.Target
	cAboveCrit:   "above_crit_seconds",   // die at or above thermal.Crit
	cAboveLimit:  "above_limit_seconds",  // die above thermal.HardLimit
	cMoves:       "fan_moves",            // changes of the fan level
}

// Hazards names the counters that a governor must keep at zero: above the hard
// limit the processor switches itself off.
func Hazards() []string { return []string{counterNames[cAboveLimit]} }

// Counters names the counters of a block. The energy of the work itself is not
// counted: it follows the load, not the governor, and counting it would reward
// throttling.
func (p *Plant) Counters() []string { return counterNames }

// Run drives a stepper over a window, from a cold start: die and sink as warm as
// the air that reaches them first.
func (p *Plant) Run(w sim.Window, s sim.Stepper) ([]sim.Block, error) {
	d, err := p.open(w)
	if err != nil {
		return nil, err
	}
	in, out := make([]uint64, inputs), make([]uint64, results)
	for d.Sense(in) {
		if err := s.Step(in, out); err != nil {
			return nil, fmt.Errorf("plant: tick %d: %w", d.at, err)
		}
		if err := d.Act(out); err != nil {
			return nil, err
		}
	}
	return d.Blocks(), nil
}

// Open starts the model for a caller that steps it by itself.
func (p *Plant) Open(w sim.Window) (sim.Device, error) { return p.open(w) }

func (p *Plant) open(w sim.Window) (*device, error) {
	if w.Tick() != p.tick {
		return nil, fmt.Errorf("plant: window has a tick of %s, the model of %s: %w", w.Tick(), p.tick, sim.ErrTick)
	}
	load, err := w.Column("load", "percent")
	if err != nil {
		return nil, err
	}
	air, err := w.Column("ambient", "celsius")
	if err != nil {
		return nil, err
	}
	d := &device{plant: p, load: load, air: air, blockTicks: w.BlockTicks()}
	if len(air) > 0 {
		d.die = int64(air[0])*milli + p.params.Preheat
		d.sink, d.seen = d.die, d.die
	}
	return d, nil
}
