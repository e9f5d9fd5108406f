// Package refute looks for a witness that a module breaks its contract: an
// input, and a state, on which running module and predicates shows a broken
// promise. It is cheap (microseconds a step) and finds most wrong candidates
// before a prover is asked.
//
// It walks from the initial state along random inputs, and it also starts from
// states inside the module's own invariant, because an invariant that is not
// kept can never be proven. A [Witness] says which of the two it was: one that
// is reachable refutes the module, one that is not refutes the invariant.
//
// Inputs are drawn from the boundaries that contract and module name (their
// constants, one more, one less, the ends of the types) and at random.
//
// What it keeps true: every witness was run and is repeatable; equal input and
// seed give the same answer. What it does not do: finding none proves nothing.
package refute

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// Clause is the promise that a witness breaks.
type Clause string

// The clauses.
const (
	Init    Clause = "Init"    // the initial state is outside the invariant, or Init panics
	Panic   Clause = "Panic"   // index out of range or division by zero
	Post    Clause = "Post"    // the promise on the results
	Inv     Clause = "Inv"     // the state behind the step is outside the invariant
	Frame   Clause = "Frame"   // the step touched what it must leave alone
	RelPost Clause = "RelPost" // the promise on two related runs
)

// advice is what to do about a broken promise.
var advice = map[Clause]string{
	Init:    "let Init, or the zero state, satisfy Inv",
	Panic:   "guard the index or the divisor, so that no input inside Wf and no state inside Inv can make it panic",
	Post:    "read the contract's Post for this input, and let Step return what it promises",
	Inv:     "keep Inv at every exit of Step, or widen Inv to what Step really keeps",
	Frame:   "leave alone what the contract's Frame says must not be touched",
	RelPost: "let results follow the order of inputs: from one state, the second input must not get less than the first",
}

// Advice says what to try when the clause is broken; "" for what is no clause.
func (c Clause) Advice() string { return advice[c] }

// Witness is an input on which a promise is broken.
type Witness struct {
	Clause    Clause
	Reachable bool     // the state was reached from the initial one
	State     []uint64 // before the step
	Input     []uint64
	Results   []uint64 // nil after a panic
	Input2    []uint64 // of the second run, for RelPost
	Results2  []uint64
	text      string
}

// String is the witness with the names of fields and results.
func (w *Witness) String() string { return w.text }

// Refuter holds a contract's predicates and the values at its boundaries. It
// is immutable and may be shared.
type Refuter struct {
	c       *contract.Contract
	program *vm.Program
	wf      *vm.Func
	post    *vm.Func
	rel     *vm.Func
	relPost *vm.Func
	frame   *vm.Func
	values  []uint64 // of the contract's constants, as 64-bit integers
}

// New prepares a contract's predicates.
func New(c *contract.Contract) (*Refuter, error) {
	p, err := vm.New(c.Unit)
	if err != nil {
		return nil, fmt.Errorf("refute: contract %s: %w", c.Name, err)
	}
	r := &Refuter{c: c, program: p, values: constants(c.Unit)}
	r.wf, r.post, r.rel, r.relPost, r.frame = optional(p, "Wf"), optional(p, "Post"), optional(p, "Rel"), optional(p, "RelPost"), optional(p, "Frame")
	return r, nil
}

func optional(p *vm.Program, name string) *vm.Func {
	f, err := p.Func(name)
	if err != nil {
		return nil
	}
	return f
}

// constants are the values of a unit's named integers.
func constants(u *ir.Unit) []uint64 {
	values, err := u.ConstValues(nil)
	if err != nil {
		return nil
	}
	var out []uint64
	for _, v := range values {
		if v.IsInt64() {
			out = append(out, uint64(v.Int64()))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ErrModule says that a module cannot be run against the contract.
var ErrModule = errors.New("refute: module does not fit the contract")

// Search runs a module for about the given number of steps and returns the
// first witness, or nil.
func (r *Refuter) Search(u *ir.Unit, seed uint64, steps int) (*Witness, error) {
	return r.search(u, seed, steps, 0)
}

// SearchHeld is Search with inputs that are held: each serves for about so many
// steps, and from reached states only. What adds up over many calls is reached
// so, which inputs that change with every step hardly ever do.
func (r *Refuter) SearchHeld(u *ir.Unit, seed uint64, steps, held int) (*Witness, error) {
	return r.search(u, seed, steps, held)
}

func (r *Refuter) search(u *ir.Unit, seed uint64, steps, held int) (*Witness, error) {
	s, err := r.start(u, seed)
	if err != nil {
		return nil, err
	}
	s.held = held
	if w := s.init(); w != nil {
		return w, nil
	}
	for round := range (steps + walk - 1) / walk {
		reachable := held > 0 || round%3 != 2
		if !s.place(reachable) {
			continue
		}
		if w := s.walk(reachable); w != nil {
			return w, nil
		}
		if reachable {
			s.reached = append(s.reached[:0], s.m.State(0)...)
		}
	}
	return nil, nil
}

// walk is the number of steps between two choices of a starting state.
const walk = 16

// search is one run.
type search struct {
	*Refuter
	u         *ir.Unit
	rng       *rand.Rand
	m         *vm.Machine // of the module
	k         *vm.Machine // of the contract
	step, inv *vm.Func
	initial   []uint64
	reached   []uint64
	before    []uint64
	after     []uint64
	out, out2 []uint64
	first     []uint64 // input, while another one is looked at
	both      []uint64 // results of both runs
	held      int      // steps for which an input serves, about; 0 is one
	drawn     bool     // an input that can occur
	answer    []uint64
	values    []uint64
}

func (r *Refuter) start(u *ir.Unit, seed uint64) (*search, error) {
	p, err := vm.New(u)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModule, err)
	}
	step, err := p.Func(r.c.Entry.Name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModule, err)
	}
	s := &search{
		Refuter: r, u: u, rng: rand.New(rand.NewPCG(seed, 0x67656e65736973)),
		m: p.Machine(), k: r.program.Machine(), step: step, inv: optional(p, "Inv"),
		out: make([]uint64, len(r.c.Entry.Results)), out2: make([]uint64, len(r.c.Entry.Results)), answer: make([]uint64, 1),
		values: append(constants(u), r.values...),
	}
	if init := optional(p, "Init"); init != nil {
		err = s.m.Call(init, nil, nil)
	}
	s.initial = slices.Clone(s.m.State(0))
	s.reached = slices.Clone(s.initial)
	if err != nil {
		s.initial = nil
	}
	return s, nil
}

func (s *search) init() *Witness {
	if s.initial == nil || !s.holds(s.m, s.inv, nil) {
		return s.witness(Init, true)
	}
	return nil
}

// place puts the module into the state from which a walk starts: where the
// last one ended, the initial state, or any state inside the invariant.
func (s *search) place(reachable bool) bool {
	if !reachable {
		return s.jump()
	}
	from := s.reached
	if s.rng.IntN(8) == 0 {
		from = s.initial
	}
	copy(s.m.State(0), from)
	return true
}

// holds evaluates a predicate; an absent one holds, one that panics does not.
func (s *search) holds(m *vm.Machine, f *vm.Func, params []uint64) bool {
	if f == nil {
		return true
	}
	return m.Call(f, params, s.answer) == nil && s.answer[0] == 1
}

// walk makes a few steps and checks each.
func (s *search) walk(reachable bool) *Witness {
	for range walk {
		if !s.next() {
			return nil
		}
		s.before = append(s.before[:0], s.m.State(0)...)
		copy(s.m.Input(0), s.k.Input(0))
		if s.m.Call(s.step, nil, s.out) != nil {
			copy(s.m.State(0), s.before)
			return s.witness(Panic, reachable)
		}
		if !s.holds(s.k, s.post, s.out) {
			return s.witness(Post, reachable)
		}
		if !s.holds(s.m, s.inv, nil) {
			return s.witness(Inv, reachable)
		}
		if !s.framed() {
			return s.witness(Frame, reachable)
		}
		if w := s.related(reachable); w != nil {
			return w
		}
	}
	return nil
}

// related runs the step a second time from the same state on a related input.
func (s *search) related(reachable bool) *Witness {
	if s.rel == nil || s.relPost == nil || !s.drawRelated() {
		return nil
	}
	s.after = append(s.after[:0], s.m.State(0)...)
	defer copy(s.m.State(0), s.after)
	if !s.differs() {
		return nil
	}
	return s.witness(RelPost, reachable)
}

// differs makes the step again on the second input, and says whether the two
// runs break their promise. A panic is found by itself, on that input.
func (s *search) differs() bool {
	copy(s.m.State(0), s.before)
	copy(s.m.Input(0), s.k.Input(1))
	if s.m.Call(s.step, nil, s.out2) != nil {
		return false
	}
	s.both = append(append(s.both[:0], s.out...), s.out2...)
	return !s.holds(s.k, s.relPost, s.both)
}

// drawRelated looks for a second input that the contract relates to the first:
// one that differs in one field.
func (s *search) drawRelated() bool {
	other := s.k.Input(1)
	for range 4 {
		copy(other, s.k.Input(0))
		i, field := s.pick(s.u.Input)
		other[i] = s.value(field.Type)
		if s.holds(s.k, s.rel, nil) && s.wellFormed(other) {
			return true
		}
	}
	return false
}

// wellFormed evaluates Wf on an input other than the first.
func (s *search) wellFormed(in []uint64) bool {
	s.first = append(s.first[:0], s.k.Input(0)...)
	copy(s.k.Input(0), in)
	ok := s.holds(s.k, s.wf, nil)
	copy(s.k.Input(0), s.first)
	return ok
}

// next makes the input of a step: mostly the last one, where inputs are held.
func (s *search) next() bool {
	if s.held > 0 && s.drawn && s.rng.IntN(s.held) > 0 {
		return true
	}
	s.drawn = s.draw(s.k.Input(0))
	return s.drawn
}

// draw makes an input that can occur: the last one with some fields changed,
// or a new one.
func (s *search) draw(in []uint64) bool {
	for range 64 {
		if s.rng.IntN(4) == 0 {
			s.fill(s.u.Input, in)
		} else {
			i, field := s.pick(s.u.Input)
			in[i] = s.value(field.Type)
		}
		if s.holds(s.k, s.wf, nil) {
			return true
		}
		s.fill(s.u.Input, in)
	}
	return false
}

// jump puts the module into a state inside its invariant.
func (s *search) jump() bool {
	for range 64 {
		s.fill(s.u.State, s.m.State(0))
		if s.holds(s.m, s.inv, nil) {
			return true
		}
	}
	return false
}

func (s *search) fill(fields []ir.Field, into []uint64) {
	i := 0
	for _, f := range fields {
		for range f.Elems() {
			into[i] = s.value(f.Type)
			i++
		}
	}
}

// pick chooses one scalar of a flat list of fields.
func (s *search) pick(fields []ir.Field) (int, ir.Field) {
	at := s.rng.IntN(ir.Flat(fields))
	for rest, i := at, 0; ; i++ {
		if n := fields[i].Elems(); rest < n {
			return at, fields[i]
		} else {
			rest -= n
		}
	}
}

// value draws a value of a type: at a boundary, small, or anywhere.
func (s *search) value(t ir.Type) uint64 {
	switch s.rng.IntN(8) {
	case 0:
		return t.Min()
	case 1:
		return t.Max()
	case 2:
		return t.Wrap(s.rng.Uint64())
	case 3:
		return t.Wrap(uint64(s.rng.IntN(16)))
	}
	if len(s.values) == 0 {
		return t.Wrap(uint64(s.rng.IntN(1024)))
	}
	return t.Wrap(s.values[s.rng.IntN(len(s.values))] + uint64(s.rng.IntN(5)) - 2)
}

func (s *search) witness(clause Clause, reachable bool) *Witness {
	w := &Witness{Clause: clause, Reachable: reachable}
	if clause != Init {
		w.State, w.Input = slices.Clone(s.before), slices.Clone(s.k.Input(0))
	}
	if clause == Post || clause == Inv || clause == Frame || clause == RelPost {
		w.Results = slices.Clone(s.out)
	}
	if clause == RelPost {
		w.Input2, w.Results2 = slices.Clone(s.k.Input(1)), slices.Clone(s.out2)
	}
	w.text = s.describe(w)
	return w
}

func (s *search) describe(w *Witness) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is broken", w.Clause)
	if !w.Reachable {
		b.WriteString(" (from a state inside Inv that was not reached)")
	}
	results := make([]ir.Field, len(s.c.Entry.Results))
	for i, p := range s.c.Entry.Results {
		results[i] = ir.Field{Name: p.Name, Type: p.Type}
	}
	for _, part := range []struct {
		name   string
		fields []ir.Field
		values []uint64
	}{{"state", s.u.State, w.State}, {"input", s.u.Input, w.Input}, {"results", results, w.Results}, {"second input", s.u.Input, w.Input2}, {"its results", results, w.Results2}} {
		if len(part.values) > 0 {
			fmt.Fprintf(&b, "; %s %s", part.name, Values(part.fields, part.values))
		}
	}
	return b.String()
}

// Values writes flat values with the names of their fields: "Temp=900 Load=3".
// Long arrays are cut.
func Values(fields []ir.Field, values []uint64) string {
	var parts []string
	for _, f := range fields {
		n := f.Elems()
		texts := make([]string, 0, min(n, 16))
		for _, v := range values[:min(n, 16)] {
			texts = append(texts, f.Type.Value(v).String())
		}
		text := strings.Join(texts, ",")
		if n > len(texts) {
			text += ",..."
		}
		parts = append(parts, f.Name+"="+text)
		values = values[n:]
	}
	return strings.Join(parts, " ")
}
