package diversity

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
	"github.com/genesis-network/genesis/pipeline"
)

// The probe set that lineages are compared on: as many runs from the initial
// state, each of so many calls.
const (
	DefaultSeed  = 1
	DefaultRuns  = 128
	DefaultCalls = 64
)

// ErrProbes says that no inputs can be drawn for a contract, or that a module
// does not fit it.
var ErrProbes = errors.New("no probes")

// Probes is a set of inputs: runs of calls, each run from a module's initial
// state. It is immutable and may be shared.
type Probes struct {
	contract *contract.Contract
	runs     [][][]uint64 // run, call, fields
	Digest   pipeline.Digest
}

// Draw makes the probe set of a contract: fields between the contract's own
// constants and the ends of their types, as far as Wf holds. About half the
// fields stay from one call to the next, as they do in the world.
func Draw(c *contract.Contract, seed uint64, runs, calls int) (*Probes, error) {
	d, err := newDrawer(c, seed)
	if err != nil {
		return nil, err
	}
	p := &Probes{contract: c}
	var bytes []byte
	for range runs {
		run := make([][]uint64, calls)
		for i := range run {
			if !d.next() {
				return nil, fmt.Errorf("diversity: contract %s: %w: Wf refused all of %d inputs", c.Name, ErrProbes, attempts)
			}
			run[i] = slices.Clone(d.in)
			for _, v := range run[i] {
				bytes = binary.BigEndian.AppendUint64(bytes, v)
			}
		}
		p.runs = append(p.runs, run)
	}
	p.Digest = pipeline.SumBytes(bytes)
	return p, nil
}

// Calls is the number of decisions that the set asks for.
func (p *Probes) Calls() int {
	n := 0
	for _, run := range p.runs {
		n += len(run)
	}
	return n
}

// drawer draws inputs that can occur.
type drawer struct {
	fields []ir.Type // of each scalar
	rng    *rand.Rand
	marks  []int64 // the contract's constants, and 0
	m      *vm.Machine
	wf     *vm.Func
	in     []uint64 // the last one that can occur
	answer [1]uint64
}

func newDrawer(c *contract.Contract, seed uint64) (*drawer, error) {
	p, err := vm.New(c.Unit)
	if err != nil {
		return nil, fmt.Errorf("diversity: contract %s: %w: %w", c.Name, ErrProbes, err)
	}
	d := &drawer{rng: rand.New(rand.NewPCG(seed, 0x646976657273)), m: p.Machine(), marks: []int64{0}}
	if f, err := p.Func("Wf"); err == nil {
		d.wf = f
	}
	for _, f := range c.Unit.Input {
		for range f.Elems() {
			d.fields = append(d.fields, f.Type)
		}
	}
	values, err := c.Unit.ConstValues(nil)
	if err != nil {
		return nil, fmt.Errorf("diversity: contract %s: %w: %w", c.Name, ErrProbes, err)
	}
	for _, v := range values {
		if v.IsInt64() {
			d.marks = append(d.marks, v.Int64())
		}
	}
	d.in = make([]uint64, len(d.fields))
	return d, nil
}

// attempts is how often an input is drawn until one can occur. Those that
// change one field of the last input come first to succeed.
const attempts = 4096

// next draws an input: each field anew with probability one half, and after
// failures only one, until Wf holds.
func (d *drawer) next() bool {
	last := slices.Clone(d.in)
	for n := range attempts {
		copy(d.in, last)
		for i, t := range d.fields {
			if n < attempts/2 && d.rng.IntN(2) == 0 {
				d.in[i] = d.value(t)
			}
		}
		if n >= attempts/2 {
			i := d.rng.IntN(len(d.fields))
			d.in[i] = d.value(d.fields[i])
		}
		if d.occurs() {
			return true
		}
	}
	copy(d.in, last)
	return false
}

func (d *drawer) occurs() bool {
	copy(d.m.Input(0), d.in)
	return d.wf == nil || d.m.Call(d.wf, nil, d.answer[:]) == nil && d.answer[0] == 1
}

// value is anywhere between two marks of a type.
func (d *drawer) value(t ir.Type) uint64 {
	if !t.IsInt() {
		return uint64(d.rng.IntN(2))
	}
	low, high := d.mark(t), d.mark(t)
	if low > high {
		low, high = high, low
	}
	return t.Wrap(uint64(low) + d.rng.Uint64N(uint64(high)-uint64(low)+1))
}

// mark is one of the contract's constants that the type holds, or an end of it.
func (d *drawer) mark(t ir.Type) int64 {
	low, high := int64(t.Min()), int64(t.Max())
	if !t.IsSigned() && t.Max() > math.MaxInt64 {
		high = math.MaxInt64 - 1
	}
	switch n := d.rng.IntN(len(d.marks) + 2); {
	case n == len(d.marks):
		return low
	case n == len(d.marks)+1:
		return high
	default:
		return min(max(d.marks[n], low), high)
	}
}

// Decisions is what a module answers to a probe set.
type Decisions struct {
	results int      // of each call
	values  []uint64 // one for each result of each call, and one that says whether it panicked
}

// Ask puts the probes to a module. A call that panics is a decision of its own,
// after which the module goes on from the state that it left.
func (p *Probes) Ask(u *ir.Unit) (Decisions, error) {
	program, err := vm.New(u)
	if err != nil {
		return Decisions{}, fmt.Errorf("diversity: %w: %w", ErrProbes, err)
	}
	step, err := program.Func(p.contract.Entry.Name)
	if err != nil || len(p.contract.Unit.Input) != len(u.Input) {
		return Decisions{}, fmt.Errorf("diversity: %w: the module does not fit contract %s", ErrProbes, p.contract.Name)
	}
	d := Decisions{results: len(p.contract.Entry.Results)}
	out := make([]uint64, d.results)
	for _, run := range p.runs {
		m := program.Machine()
		if begin, err := program.Func("Init"); err == nil {
			if err := m.Call(begin, nil, nil); err != nil {
				return d, fmt.Errorf("diversity: %w: Init: %w", ErrProbes, err)
			}
		}
		for _, in := range run {
			copy(m.Input(0), in)
			panicked := uint64(0)
			if m.Call(step, nil, out) != nil {
				clear(out)
				panicked = 1
			}
			d.values = append(append(d.values, out...), panicked)
		}
	}
	return d, nil
}

// Differ is how many calls two modules decide differently, and how many they
// were asked. Of results it counts by which of them they differ.
func (d Decisions) Differ(o Decisions) (differ, calls int, results []int) {
	width := d.results + 1
	results = make([]int, d.results)
	for at := 0; at+width <= len(d.values) && at+width <= len(o.values); at += width {
		calls++
		if slices.Equal(d.values[at:at+width], o.values[at:at+width]) {
			continue
		}
		differ++
		for i := range results {
			if d.values[at+i] != o.values[at+i] {
				results[i]++
			}
		}
	}
	return differ, calls, results
}
