// Package sim says what a simulator of a slot is: a deterministic model of the
// slot's surroundings, driven by recorded telemetry, that turns what a module
// decides into counters.
//
// What every simulator keeps true: it uses integers only, so that equal inputs
// give equal counters on every machine; it holds no clock and no randomness; it
// refuses results that the actuators do not have instead of mending them.
//
// What it does not do: it knows no module language (a module is a [Stepper]),
// no file format (recorded telemetry is a [Window]) and no objective.
package sim

import (
	"errors"
	"time"
)

// Stepper is a module that is being simulated. Step reads the fields of the
// slot's Input and writes the results of the module's entry function, in the
// order of declaration, as canonical bits (see kernel/tilego/ir). Both slices
// belong to the caller.
type Stepper interface {
	Step(in, out []uint64) error
}

// Window is recorded telemetry at the simulator's tick, in blocks.
type Window interface {
	Tick() time.Duration
	Len() int        // ticks
	BlockTicks() int // the last block may be shorter
	// Column is the values of an input, in thousandths of the unit, one a tick.
	Column(input, unit string) ([]int32, error)
}

// Need is a column that a simulator must find in a window.
type Need struct {
	Input, Unit string
}

// Block is the counters of one block, in the order of Simulator.Counters.
type Block []int64

// Simulator is a model of a slot's surroundings. It is immutable: runs may be
// concurrent.
type Simulator interface {
	Needs() []Need
	Counters() []string
	// Run drives a stepper over a window, from a fresh start.
	Run(w Window, s Stepper) ([]Block, error)
	// Open starts the same model for a caller that steps it by itself.
	Open(w Window) (Device, error)
}

// Device is a running model. It is not safe for concurrent use.
type Device interface {
	// Sense fills the fields of the slot's Input for the next tick; it is false
	// when the window is over.
	Sense(in []uint64) bool
	// Act applies results and moves on by a tick.
	Act(out []uint64) error
	// Alarm is what the hardware layer itself notices, such as rotors that do
	// not turn; "" when nothing is wrong.
	Alarm() string
	// Inject makes a part of the device fail from now on, by the name of the
	// fault; "" mends it.
	Inject(fault string) error
	// Blocks are the counters so far; the last one may be unfinished.
	Blocks() []Block
}

// The kinds of failure of a simulator, to be tested with errors.Is.
var (
	ErrResult = errors.New("result that no actuator has")
	ErrFault  = errors.New("unknown fault")
	ErrTick   = errors.New("tick that the model is not made for")
)
