package joint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// runner runs the roles of a system on three machines. The state before a step
// is in module and env; the state behind it in the machines.
type runner struct {
	sys    *System
	checks []Check

	m, c, e *vm.Machine // module, contract, surroundings

	begin, step, envInit, sense, react bound
	wf, post, frame                    bound
	predicates                         []bound // of the checks, where they have one

	module, env []uint64 // the state before the step
	input       []uint64 // of the last step
	sensed      []uint64 // its scalars
	inputs      []part   // where its parts come from
	results     []uint64
	params      []uint64 // choice and results, for React
	verdict     []uint64 // of a predicate

	widths []uint8 // bytes per word of the packed state
	stride int     // bytes of the packed state
}

// bound is a role on its machine; the zero value is an absent role.
type bound struct {
	machine *vm.Machine
	fn      *vm.Func
	name    string
}

func (s *System) newRunner() (*runner, error) {
	r := &runner{sys: s, checks: s.Checks()}
	if err := r.bind(); err != nil {
		return nil, fmt.Errorf("joint: %w", err)
	}
	r.module, r.env = make([]uint64, ir.Flat(s.Module.State)), make([]uint64, ir.Flat(s.Env.State))
	r.input, r.sensed = make([]uint64, ir.Flat(s.Module.Input)), make([]uint64, len(scalars(s.Module.Input)))
	r.inputs = s.parts()
	r.results = make([]uint64, len(s.Step.Func.Results))
	r.params = make([]uint64, 1+len(r.results))
	r.verdict = make([]uint64, 1)
	r.widths = wordSizes(append(slices.Clone(s.Module.State), s.Env.State...))
	for _, w := range r.widths {
		r.stride += int(w)
	}
	return r, nil
}

// bind compiles the three units and puts each role on its machine.
func (r *runner) bind() error {
	s := r.sys
	r.predicates = make([]bound, len(r.checks))
	programs := make(map[*ir.Unit]*vm.Program)
	machines := map[*ir.Unit]**vm.Machine{s.Module: &r.m, s.Contract: &r.c, s.Env: &r.e}
	for u, m := range machines {
		p, err := vm.New(u, vm.WithConsts(s.Consts(u)))
		if err != nil {
			return err
		}
		programs[u], *m = p, p.Machine()
	}
	roles := map[*bound]Fn{&r.begin: s.Init, &r.step: s.Step, &r.envInit: s.EnvInit, &r.sense: s.Sense,
		&r.react: s.React, &r.wf: s.Wf, &r.post: s.Post, &r.frame: s.Frame}
	for i, c := range r.checks {
		roles[&r.predicates[i]] = c.Fn
	}
	for to, f := range roles {
		if !f.Present() {
			continue
		}
		fn, err := programs[f.Unit].Func(f.Func.Name)
		if err != nil {
			return err
		}
		*to = bound{*machines[f.Unit], fn, f.Func.Name}
	}
	return nil
}

func wordSizes(fields []ir.Field) []uint8 {
	var out []uint8
	for _, f := range fields {
		for range f.Elems() {
			out = append(out, uint8(f.Type.Size()))
		}
	}
	return out
}

// call runs a role if it is present. The detail is empty unless it panicked.
func (b bound) call(params, results []uint64) (detail string) {
	if b.fn == nil {
		return ""
	}
	err := b.machine.Call(b.fn, params, results)
	if err == nil {
		return ""
	}
	var p *vm.Panic
	if errors.As(err, &p) {
		return p.Kind.String() + " in " + b.name
	}
	panic(fmt.Sprintf("joint: %v", err)) // New has checked the shapes
}

// holds runs a predicate; an absent one holds.
func (r *runner) holds(b bound, params []uint64) (ok bool, detail string) {
	if b.fn == nil {
		return true, ""
	}
	detail = b.call(params, r.verdict)
	return detail == "" && r.verdict[0] != 0, detail
}

// initial makes the initial state of a choice.
func (r *runner) initial(choice int) (Fault, string) {
	clear(r.m.State(0))
	clear(r.e.State(0))
	clear(r.module)
	clear(r.env)
	if d := r.begin.call(nil, nil); d != "" {
		return Panic, d
	}
	r.params[0] = uint64(choice)
	if d := r.envInit.call(r.params[:1], nil); d != "" {
		return EnvPanic, d
	}
	return None, ""
}

// advance makes the successor of (module, env) for a choice.
func (r *runner) advance(choice int) (Fault, string) {
	copy(r.e.State(0), r.env)
	r.params[0] = uint64(choice)
	if d := r.sense.call(r.params[:1], r.sensed); d != "" {
		return EnvPanic, d
	}
	r.assemble()
	copy(r.c.Input(0), r.input)
	if fault, d := r.demand(r.wf, nil, BadInput); fault != None {
		return fault, d
	}
	copy(r.m.Input(0), r.input)
	copy(r.m.State(0), r.module)
	if d := r.step.call(nil, r.results); d != "" {
		return Panic, d
	}
	if fault, d := r.promised(); fault != None {
		return fault, d
	}
	copy(r.params[1:], r.results)
	if d := r.react.call(r.params, nil); d != "" {
		return EnvPanic, d
	}
	return None, ""
}

// part is a field of the input: the next scalar that was sensed, or words of the
// surroundings' state from at on.
type part struct{ at, words int }

const sensed = -1 // at of a scalar

func (s *System) parts() []part {
	out := make([]part, len(s.Module.Input))
	for i, f := range s.Module.Input {
		out[i] = part{at: sensed, words: f.Elems()}
		at := 0
		for _, e := range s.Env.State {
			if f.Len > 0 && e == f {
				out[i].at = at
			}
			at += e.Elems()
		}
	}
	return out
}

// assemble puts the input together.
func (r *runner) assemble() {
	in, scalars := r.input, r.sensed
	for _, p := range r.inputs {
		if p.at == sensed {
			in[0], scalars = scalars[0], scalars[1:]
		} else {
			copy(in, r.e.State(0)[p.at:p.at+p.words])
		}
		in = in[p.words:]
	}
}

// promised checks what the contract says of one step.
func (r *runner) promised() (Fault, string) {
	if fault, d := r.demand(r.post, r.results, Post); fault != None {
		return fault, d
	}
	if r.frame.fn == nil {
		return None, ""
	}
	copy(r.c.State(0), r.module)
	copy(r.c.State(1), r.m.State(0))
	return r.demand(r.frame, nil, Frame)
}

// demand gives the fault unless the predicate holds; one that panics is the
// contract's mistake.
func (r *runner) demand(b bound, params []uint64, fault Fault) (Fault, string) {
	ok, d := r.holds(b, params)
	switch {
	case ok:
		return None, ""
	case d != "":
		return EnvPanic, d
	}
	return fault, ""
}

// broken finds the first invariant that the state in the machines breaks, or
// -1. Predicates read the state and leave it as it is.
func (r *runner) broken() (check int, detail string) {
	for i, b := range r.predicates {
		if ok, d := r.holds(b, nil); !ok {
			return i, d
		}
	}
	return -1, ""
}

func (r *runner) checkOf(f Fault) int {
	return slices.IndexFunc(r.checks, func(c Check) bool { return slices.Contains(c.Faults, f) })
}

// replay repeats one step of a trace from the state that the last replay left.
func (r *runner) replay(choice int, first bool) Step {
	out := Step{Choice: choice}
	var fault Fault
	if first {
		r.initial(choice)
	} else {
		fault, _ = r.advance(choice)
		out.Input = slices.Clone(r.input)
		if fault != Panic && fault != EnvPanic && fault != BadInput {
			out.Results = slices.Clone(r.results)
		}
	}
	if fault == None {
		copy(r.module, r.m.State(0))
		copy(r.env, r.e.State(0))
	}
	out.Module, out.Env = slices.Clone(r.module), slices.Clone(r.env)
	return out
}

// pack appends the state in the machines, narrow and little-endian.
func (r *runner) pack(to []byte) []byte {
	i := 0
	for _, words := range [][]uint64{r.m.State(0), r.e.State(0)} {
		for _, w := range words {
			to = appendWord(to, w, r.widths[i])
			i++
		}
	}
	return to
}

func appendWord(to []byte, w uint64, size uint8) []byte {
	switch size {
	case 1:
		return append(to, byte(w))
	case 2:
		return binary.LittleEndian.AppendUint16(to, uint16(w))
	case 4:
		return binary.LittleEndian.AppendUint32(to, uint32(w))
	}
	return binary.LittleEndian.AppendUint64(to, w)
}

// unpack makes a packed state the one before the step.
func (r *runner) unpack(key []byte) {
	key = r.unpackWords(key, r.module, r.sys.Module.State)
	r.unpackWords(key, r.env, r.sys.Env.State)
}

func (r *runner) unpackWords(key []byte, to []uint64, fields []ir.Field) []byte {
	i := 0
	for _, f := range fields {
		for range f.Elems() {
			n := f.Type.Size()
			to[i] = f.Type.Wrap(word(key[:n]))
			key = key[n:]
			i++
		}
	}
	return key
}

func word(b []byte) (w uint64) {
	for i, x := range b {
		w |= uint64(x) << (8 * i)
	}
	return w
}
