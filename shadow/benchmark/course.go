// Package benchmark measures modules on recorded telemetry, through the
// simulator of their slot.
//
// A [Course] cuts a trace in three: a search may see the selection part, the
// winner among its survivors is chosen on the choice part, and the figure that
// people are shown comes from the report part, which nothing has looked at. The
// station [Compare] puts candidate and incumbent side by side there, with an
// interval, beside the textbook policies.
//
// What it keeps true: a run is deterministic; metrics are exact functions of
// counters; what is measured is labelled as measured in simulation. It judges
// no contract: see verifiers.
package benchmark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/telemetry"
)

// Course is a slot, a goal and the telemetry to measure on. It is immutable
// and safe for concurrent use.
type Course struct {
	Slot      hal.Slot
	Objective pipeline.Objective
	Parts     telemetry.Parts
	rungs     []*telemetry.Window
	refuter   *refute.Refuter
}

// The rungs of a race over the selection part.
const (
	shortRung  = pipeline.FirstRung // ticks, from where the load rises most
	middleRung = 2                  // blocks
)

// New lays out a course over a resampled trace.
func New(slot hal.Slot, objective pipeline.Objective, whole *telemetry.Window) (*Course, error) {
	parts, err := whole.Split()
	if err != nil {
		return nil, fmt.Errorf("benchmark: %w", err)
	}
	r, err := refute.New(slot.Contract)
	if err != nil {
		return nil, fmt.Errorf("benchmark: %w", err)
	}
	c := &Course{Slot: slot, Objective: objective, Parts: parts, refuter: r}
	return c, c.layRungs()
}

// Open lays out the course of a campaign: its objective over its trace, which
// is a file of data.
func Open(data fs.FS, slot hal.Slot, spec pipeline.CampaignSpec) (*Course, error) {
	trace, err := telemetry.Load(data, spec.Telemetry.Trace)
	if err != nil {
		return nil, fmt.Errorf("benchmark: %w", err)
	}
	window, err := trace.Resample(slot.Tick, slot.Block)
	if err != nil {
		return nil, fmt.Errorf("benchmark: %w", err)
	}
	return New(slot, spec.Objective, window)
}

// layRungs puts the short rungs where the telemetry is hardest: where what
// drives the simulator has its largest sum. A quiet stretch would rank nothing.
func (c *Course) layRungs() error {
	w := c.Parts.Selection
	need := c.Slot.Simulator.Needs()[0]
	drive, err := w.Column(need.Input, need.Unit)
	if err != nil {
		return fmt.Errorf("benchmark: %w", err)
	}
	for _, n := range []int{shortRung, middleRung * w.BlockTicks()} {
		n = min(n, w.Len())
		s, err := w.Slice(busiest(drive, n), n)
		if err != nil {
			return fmt.Errorf("benchmark: %w", err)
		}
		c.rungs = append(c.rungs, s)
	}
	c.rungs = append(c.rungs, w)
	return nil
}

// busiest is where the n values with the largest sum begin.
func busiest(values []int32, n int) int {
	var sum, best int64
	at := 0
	for i, v := range values {
		sum += int64(v)
		if i >= n {
			sum -= int64(values[i-n])
		}
		if i >= n-1 && sum > best {
			best, at = sum, i-n+1
		}
	}
	return at
}

// Rungs is the number of rungs of a race.
func (c *Course) Rungs() int { return len(c.rungs) }

// refuteSteps is how long a candidate is attacked before it is measured: about
// as long as its first rung.
const refuteSteps = 256

// Refute says whether a short attack found a witness against the contract.
func (c *Course) Refute(_ context.Context, u *ir.Unit) (bool, error) {
	w, err := c.refuter.Search(u, 1, refuteSteps)
	if errors.Is(err, refute.ErrModule) {
		return true, nil
	}
	return w != nil, err
}

// Evaluate scores a module on a rung, and says how many steps that took. A
// module that fails in the simulator is worse than any that does not.
func (c *Course) Evaluate(ctx context.Context, u *ir.Unit, rung int) (pipeline.Score, int64, error) {
	s, err := Interpreted(u, c.Slot.Contract.Entry.Name)
	if err != nil {
		return worst, 0, err
	}
	w := c.rungs[rung]
	m, _, err := c.measure(w, s)
	if errors.Is(err, errModule) {
		return worst, int64(w.Len()), ctx.Err()
	}
	return c.Objective.Score(m), int64(w.Len()), errors.Join(err, ctx.Err())
}

var worst = pipeline.Objective{}.Score(nil)

// errModule marks errors that are the module's own.
var errModule = errors.New("the module failed")

// Measurement is what a module did over a window.
type Measurement struct {
	Metrics pipeline.Metrics
	Blocks  []hal.Block
}

// Measure runs a module over a part of the telemetry.
func (c *Course) Measure(part telemetry.Part, u *ir.Unit) (Measurement, error) {
	s, err := Interpreted(u, c.Slot.Contract.Entry.Name)
	if err != nil {
		return Measurement{}, err
	}
	return c.MeasureStepper(part, s)
}

// Metrics is Measure on one part, for those who rank by it.
func (c *Course) Metrics(part telemetry.Part) func(*ir.Unit) (pipeline.Metrics, error) {
	return func(u *ir.Unit) (pipeline.Metrics, error) {
		m, err := c.Measure(part, u)
		return m.Metrics, err
	}
}

// MeasureStepper runs any policy over a part of the telemetry.
func (c *Course) MeasureStepper(part telemetry.Part, s hal.Stepper) (Measurement, error) {
	w, ok := c.Parts.Of(part)
	if !ok {
		return Measurement{}, fmt.Errorf("benchmark: no part %q", part)
	}
	m, blocks, err := c.measure(w, s)
	return Measurement{Metrics: m, Blocks: blocks}, err
}

func (c *Course) measure(w *telemetry.Window, s hal.Stepper) (pipeline.Metrics, []hal.Block, error) {
	blocks, err := c.Slot.Simulator.Run(w, s)
	if err != nil {
		return nil, nil, fmt.Errorf("benchmark: %w: %w", errModule, err)
	}
	values, err := hal.Fold(c.Slot.Contract.Metrics, c.Slot.Simulator.Counters(), blocks)
	if err != nil {
		return nil, nil, fmt.Errorf("benchmark: %w", err)
	}
	m := make(pipeline.Metrics, len(values))
	for name, v := range values {
		m[name] = pipeline.Decimal(v) * pipeline.One
	}
	return m, blocks, nil
}

// Textbook is the best of the slot's textbook policies on a part, by the
// objective.
func (c *Course) Textbook(part telemetry.Part) (name string, best Measurement, err error) {
	for _, n := range slices.Sorted(maps.Keys(c.Slot.Baselines)) {
		m, err := c.MeasureStepper(part, c.Slot.Baselines[n]())
		if err != nil {
			return "", Measurement{}, fmt.Errorf("benchmark: baseline %s: %w", n, err)
		}
		if name == "" || c.Objective.Better(m.Metrics, best.Metrics) {
			name, best = n, m
		}
	}
	return name, best, nil
}

// interpreted is a module on the reference engine.
type interpreted struct {
	m    *vm.Machine
	step *vm.Func
}

// Interpreted makes a stepper of a module, in its initial state.
func Interpreted(u *ir.Unit, entry string) (hal.Stepper, error) {
	p, err := vm.New(u)
	if err != nil {
		return nil, fmt.Errorf("benchmark: %w", err)
	}
	step, err := p.Func(entry)
	if err != nil {
		return nil, fmt.Errorf("benchmark: %w", err)
	}
	m := p.Machine()
	if init, err := p.Func("Init"); err == nil {
		if err := m.Call(init, nil, nil); err != nil {
			return nil, fmt.Errorf("benchmark: initial state: %w", err)
		}
	}
	return &interpreted{m, step}, nil
}

func (i *interpreted) Step(in, out []uint64) error {
	copy(i.m.Input(0), in)
	return i.m.Call(i.step, nil, out)
}
