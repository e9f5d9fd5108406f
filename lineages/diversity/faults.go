package diversity

import (
	"errors"
	"fmt"
	"slices"

	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/hal/sim"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// DefaultMoments is at how many places of the telemetry each fault strikes, and
// lengths is how many lengths a fault has (see length). No module survives a
// long fault of a part that everything depends on; how long one holds out is
// what tells two apart.
const (
	DefaultMoments = 24
	lengths        = 24
)

// length is how long the i-th fault lasts, in ticks: the longest is a quarter of
// a block, and three shorter ones are half as long (a ratio of the cube root of
// two).
func length(quarter, i int) int {
	shorter := lengths - 1 - i%lengths
	permille := [3]int{1000, 794, 630}[shorter%3]
	return max(quarter*permille/1000>>(shorter/3), 1)
}

// Trial is one injected fault: a part of the device that fails at a moment and
// is mended later.
type Trial struct {
	Fault string `json:"fault"`
	From  int    `json:"from"`  // tick of the window at which the simulation begins
	After int    `json:"after"` // ticks until the part fails
	For   int    `json:"for"`   // ticks until it is mended; After more follow
}

// Window is recorded telemetry that can be cut.
type Window interface {
	sim.Window
	Cut(from, ticks int) (sim.Window, error)
}

// Trials spreads every fault of a slot over the telemetry, at so many places:
// an eighth of a block without a fault, then the fault, then an eighth without.
func Trials(slot hal.Slot, w sim.Window, moments int) []Trial {
	eighth := w.BlockTicks() / 8
	span := w.Len() - 4*eighth
	if eighth == 0 || span < 0 || moments < 1 {
		return nil
	}
	var out []Trial
	for _, fault := range slot.Faults {
		for i := range moments {
			out = append(out, Trial{Fault: fault, From: span * i / moments, After: eighth, For: length(2*eighth, i)})
		}
	}
	return out
}

// Survives tries a module under each fault. It survives one when it answers
// every call, the actuators take every answer, and no counter of harm
// (hal.Slot.Hazards) rises once the part has failed.
func Survives(slot hal.Slot, w Window, trials []Trial, u *ir.Unit) ([]bool, error) {
	p, err := vm.New(u)
	if err != nil {
		return nil, fmt.Errorf("diversity: slot %s: %w", slot.Name, err)
	}
	out := make([]bool, len(trials))
	for i, t := range trials {
		if out[i], err = survives(slot, w, t, p); err != nil {
			return nil, fmt.Errorf("diversity: slot %s: %s at tick %d: %w", slot.Name, t.Fault, t.From+t.After, err)
		}
	}
	return out, nil
}

func survives(slot hal.Slot, w Window, t Trial, p *vm.Program) (bool, error) {
	part, err := w.Cut(t.From, 2*t.After+t.For)
	if err != nil {
		return false, err
	}
	device, err := slot.Simulator.Open(part)
	if err != nil {
		return false, err
	}
	stepper, err := hal.Interpret(p)
	if err != nil {
		return false, err
	}
	r := run{device: device, stepper: stepper, in: make([]uint64, ir.Flat(slot.Contract.Unit.Input)), out: make([]uint64, len(slot.Contract.Entry.Results))}
	if !r.steps(t.After) {
		return false, nil
	}
	before := harm(slot, device)
	if err := device.Inject(t.Fault); err != nil {
		return false, err
	}
	if !r.steps(t.For) {
		return false, nil
	}
	if err := device.Inject(""); err != nil {
		return false, err
	}
	return r.steps(t.After) && harm(slot, device) == before, nil
}

// run is a module beside its device.
type run struct {
	device  sim.Device
	stepper sim.Stepper
	in, out []uint64
}

// steps goes on for some ticks, or to the window's end; it is false when the
// module gives no answer, or one that no actuator has.
func (r *run) steps(ticks int) bool {
	for n := 0; n < ticks && r.device.Sense(r.in); n++ {
		if r.stepper.Step(r.in, r.out) != nil || r.device.Act(r.out) != nil {
			return false
		}
	}
	return true
}

// harm is the sum of the slot's hazards so far.
func harm(slot hal.Slot, d sim.Device) int64 {
	sum := int64(0)
	for i, name := range slot.Simulator.Counters() {
		if !slices.Contains(slot.Hazards, name) {
			continue
		}
		for _, b := range d.Blocks() {
			sum += b[i]
		}
	}
	return sum
}

// ErrTrials says that two lineages were not tried under the same faults.
var ErrTrials = errors.New("not the same trials")

// Survival counts the trials of one fault by which of two modules survives them.
type Survival struct {
	Fault   string `json:"fault"`
	Trials  int    `json:"trials"`
	Both    int    `json:"both"`
	First   int    `json:"first"`   // only the first
	Second  int    `json:"second"`  // only the second
	Neither int    `json:"neither"` // their common weakness
}

// Overlap sorts the trials by who survives them, fault by fault.
func Overlap(trials []Trial, first, second []bool) ([]Survival, error) {
	if len(first) != len(trials) || len(second) != len(trials) {
		return nil, fmt.Errorf("diversity: %w: %d and %d answers to %d", ErrTrials, len(first), len(second), len(trials))
	}
	var out []Survival
	for i, t := range trials {
		if len(out) == 0 || out[len(out)-1].Fault != t.Fault {
			out = append(out, Survival{Fault: t.Fault})
		}
		out[len(out)-1].count(first[i], second[i])
	}
	return out, nil
}

func (s *Survival) count(first, second bool) {
	s.Trials++
	switch {
	case first && second:
		s.Both++
	case first:
		s.First++
	case second:
		s.Second++
	default:
		s.Neither++
	}
}
