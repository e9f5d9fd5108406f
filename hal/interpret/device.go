package interpret

import (
	"errors"
	"fmt"

	"github.com/genesis-network/genesis/hal/sim"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// errEndless says that a simulator does not end a tick.
var errEndless = errors.New("SimDue is still true")

// device is a simulator that runs.
type device struct {
	*Program
	machine    *vm.Machine
	columns    [][]int32
	blockTicks int

	now    int // tick
	begun  bool
	calls  int // in this tick
	row    []uint64
	answer [1]uint64
	since  []uint64 // counters at the start of the block
	blocks []sim.Block
	failed error
}

// Run drives a stepper over a window, from SimStart.
func (p *Program) Run(w sim.Window, s sim.Stepper) ([]sim.Block, error) {
	d, err := p.open(w)
	if err != nil {
		return nil, err
	}
	in, out := make([]uint64, p.inputs), make([]uint64, p.results)
	for d.Sense(in) {
		if err := s.Step(in, out); err != nil {
			return nil, fmt.Errorf("simulator: tick %d: %w", d.now, err)
		}
		if err := d.Act(out); err != nil {
			return nil, err
		}
	}
	return d.Blocks(), d.failed
}

// Open starts the simulator for a caller that steps it by itself.
func (p *Program) Open(w sim.Window) (sim.Device, error) { return p.open(w) }

func (p *Program) open(w sim.Window) (*device, error) {
	if w.Tick() != p.Tick {
		return nil, fmt.Errorf("simulator: window has a tick of %s, sim.yaml says %s: %w", w.Tick(), p.Tick, sim.ErrTick)
	}
	d := &device{Program: p, machine: p.program.Machine(), blockTicks: w.BlockTicks(),
		row: make([]uint64, len(p.needs)), since: make([]uint64, len(p.counters))}
	for _, n := range p.needs {
		column, err := w.Column(n.Input, n.Unit)
		if err != nil {
			return nil, err
		}
		d.columns = append(d.columns, column)
	}
	if p.start != nil {
		if err := d.machine.Call(p.start, nil, nil); err != nil {
			return nil, fmt.Errorf("simulator: SimStart: %w", err)
		}
	}
	d.mark()
	return d, nil
}

// mark notes where a block begins.
func (d *device) mark() {
	for i, at := range d.at {
		d.since[i] = d.machine.State(0)[at]
	}
}

// Sense fills the input of the next call; it is false when the window is over
// or the simulator failed.
func (d *device) Sense(in []uint64) bool {
	for d.failed == nil && d.now < len(d.columns[0]) {
		if !d.begun {
			d.begin()
			continue
		}
		if d.isDue() {
			d.calls++
			d.note("SimSense", d.machine.Call(d.sense, nil, in))
			return d.failed == nil
		}
		d.end()
	}
	return false
}

func (d *device) begin() {
	for i, c := range d.columns {
		d.row[i] = uint64(int64(c[d.now]))
	}
	d.begun, d.calls = true, 0
	d.note("SimTick", d.machine.Call(d.tick, d.row, nil))
}

// isDue reports whether the module is called again in this tick.
func (d *device) isDue() bool {
	if d.due == nil {
		return d.calls == 0
	}
	d.note("SimDue", d.machine.Call(d.due, nil, d.answer[:]))
	if d.answer[0] != 0 && d.calls == maxCalls {
		d.note(fmt.Sprintf("after %d calls", maxCalls), errEndless)
	}
	return d.failed == nil && d.answer[0] != 0
}

func (d *device) end() {
	d.begun = false
	d.now++
	if d.failed == nil && d.now%d.blockTicks == 0 {
		d.blocks = append(d.blocks, d.block())
		d.mark()
	}
}

func (d *device) block() sim.Block {
	b := make(sim.Block, len(d.at))
	for i, at := range d.at {
		b[i] = int64(d.machine.State(0)[at] - d.since[i])
	}
	return b
}

func (d *device) note(where string, err error) {
	if err != nil && d.failed == nil {
		d.failed = fmt.Errorf("simulator: tick %d: %s: %w", d.now, where, err)
	}
}

// Act hands results to the simulator.
func (d *device) Act(out []uint64) error {
	if err := d.machine.Call(d.react, out, nil); err != nil {
		d.failed = fmt.Errorf("simulator: tick %d: SimReact: %w: %w", d.now, sim.ErrResult, err)
	}
	return d.failed
}

// Alarm says why the simulator cannot go on; "" when it can.
func (d *device) Alarm() string {
	if d.failed == nil {
		return ""
	}
	return d.failed.Error()
}

// Inject knows no faults.
func (d *device) Inject(fault string) error {
	if fault == "" {
		return nil
	}
	return fmt.Errorf("simulator: %.40q: %w: it has none", fault, sim.ErrFault)
}

// Blocks are the counters of each block; the last may be unfinished.
func (d *device) Blocks() []sim.Block {
	if d.now%d.blockTicks == 0 && !d.begun {
		return d.blocks
	}
	return append(d.blocks[:len(d.blocks):len(d.blocks)], d.block())
}
