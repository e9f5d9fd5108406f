package brief

import (
	"fmt"
	"maps"
	"slices"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/shadow/benchmark"
	"github.com/genesis-network/genesis/telemetry"
)

// blocks are the blocks of a selection part, each with what the textbook makes of it:
// the policy that is best on it by the objective.
type blocks struct {
	slot      hal.Slot
	objective pipeline.Objective
	windows   []*telemetry.Window
	usual     []pipeline.Metrics
}

func open(c *benchmark.Course) (*blocks, error) {
	d := &blocks{slot: c.Slot, objective: c.Objective}
	w := c.Parts.Selection
	for block := range w.Len() / w.BlockTicks() {
		one, err := w.Slice(block*w.BlockTicks(), w.BlockTicks())
		if err != nil {
			return nil, fmt.Errorf("brief: %w", err)
		}
		usual, err := d.textbook(one)
		if err != nil {
			return nil, fmt.Errorf("brief: %w", err)
		}
		d.windows, d.usual = append(d.windows, one), append(d.usual, usual)
	}
	return d, nil
}

func (d *blocks) textbook(w *telemetry.Window) (best pipeline.Metrics, err error) {
	for _, name := range slices.Sorted(maps.Keys(d.slot.Baselines)) {
		m, err := metrics(d.slot, w, d.slot.Baselines[name]())
		if err != nil {
			return nil, fmt.Errorf("textbook policy %s: %w", name, err)
		}
		if best == nil || d.objective.Better(m, best) {
			best = m
		}
	}
	return best, nil
}

// sums are over blocks, in thousandths. Before blur they are exact, and secret.
type sums struct {
	cells  cells
	beside int64
	missed []int64 // by constraint
	paths  []int64 // by cell
}

// queries is how many figures share epsilon: the decisions are one histogram.
func (s *sums) queries() int { return 2 + len(s.missed) }

// count simulates each block by itself.
func (d *blocks) count(u *ir.Unit) (*sums, error) {
	s := d.sums()
	for block := range d.windows {
		if err := d.add(s, block, u); err != nil {
			return nil, fmt.Errorf("brief: %w", err)
		}
	}
	return s, nil
}

func (d *blocks) sums() *sums {
	c := newCells(d.slot.Contract.Entry.Results)
	return &sums{cells: c, missed: make([]int64, len(d.objective.SubjectTo)), paths: make([]int64, c.count())}
}

func (d *blocks) add(s *sums, block int, u *ir.Unit) error {
	module, err := benchmark.Interpreted(u, d.slot.Contract.Entry.Name)
	if err != nil {
		return err
	}
	seen := &recorder{Stepper: module, cells: s.cells, times: make([]int64, s.cells.count())}
	own, err := metrics(d.slot, d.windows[block], seen)
	if err != nil {
		return err
	}
	s.beside += beside(own[d.objective.Metric()], d.usual[block][d.objective.Metric()])
	for i, c := range d.objective.SubjectTo {
		if c.Violation(own) > 0 {
			s.missed[i] += permille
		}
	}
	for i, n := range seen.times {
		s.paths[i] += n * permille / max(seen.steps, 1)
	}
	return nil
}

func metrics(slot hal.Slot, w *telemetry.Window, s hal.Stepper) (pipeline.Metrics, error) {
	blocks, err := slot.Simulator.Run(w, s)
	if err != nil {
		return nil, err
	}
	values, err := hal.Fold(slot.Contract.Metrics, slot.Simulator.Counters(), blocks)
	if err != nil {
		return nil, err
	}
	m := make(pipeline.Metrics, len(values))
	for name, v := range values {
		m[name] = pipeline.Decimal(v) * pipeline.One
	}
	return m, nil
}

// beside is a share of what is usual, bounded. Nothing of nothing is the same.
func beside(own, usual pipeline.Decimal) int64 {
	switch {
	case own == usual:
		return permille
	case usual <= 0 || own < 0:
		return most
	}
	return min(most, int64(float64(own)/float64(usual)*permille))
}

// blur adds noise to every sum, also to those that are zero.
func (s *sums) blur(n noise, scale uint64) {
	s.beside += n.laplace(scale)
	for i := range s.missed {
		s.missed[i] += n.laplace(scale)
	}
	for i := range s.paths {
		s.paths[i] += n.laplace(scale)
	}
}

// recorder counts what a module decides.
type recorder struct {
	hal.Stepper
	cells cells
	times []int64
	steps int64
}

func (r *recorder) Step(in, out []uint64) error {
	err := r.Stepper.Step(in, out)
	if err == nil {
		r.times[r.cells.of(out)]++
		r.steps++
	}
	return err
}
