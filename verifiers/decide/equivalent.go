package decide

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-air/gini/z"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// Sameness is how two modules compare.
type Sameness string

// The ways in which two modules compare.
const (
	Same      Sameness = "same"      // no sequence of inputs tells them apart
	Different Sameness = "different" // some state inside Inv and input do; whether the state is reached is not asked
	Undecided Sameness = "undecided" // a limit was met, or no simple relation between the states was found
)

// Comparison is the answer of [Equivalent].
type Comparison struct {
	Sameness Sameness
	Reason   Reason   // of Undecided, when a limit was met
	Fields   []string // of Same: fields of the state that always have equal values
	State    []uint64 // of Different: inside the first module's Inv
	Input    []uint64
}

// Equivalent compares two modules of one contract.
//
// Modules with the same State are first compared state by state: they are Same
// when from each state inside the first one's Inv, on each input inside Wf, both
// panic or both give equal results and equal states, and both start in the same
// state. If the first module keeps its Inv, which is for the caller to know, then
// no sequence of inputs tells them apart.
//
// Otherwise the largest set of fields is looked for that both modules share and
// keep equal, starting from all fields of equal name and type and leaving out
// what a counter-example shows to differ (as Houdini does with invariants;
// Flanagan and Leino, 2001). If results are always equal when these fields are,
// the modules are Same, provided that each keeps its own Inv.
func Equivalent(ctx context.Context, c *contract.Contract, a, b *ir.Unit, o Options) (Comparison, error) {
	r, err := Identical(ctx, c, a, b, o)
	if r.Sameness == Same || err != nil {
		return r, err
	}
	p := &pairing{o: o, c: c, a: a, b: b}
	related, err := p.related(ctx)
	if related.Sameness == Undecided && related.Reason == "" && err == nil {
		return r, nil
	}
	return related, err
}

// Identical is the first part of [Equivalent] alone: state by state. Modules with
// different States are Undecided.
func Identical(ctx context.Context, c *contract.Contract, a, b *ir.Unit, o Options) (Comparison, error) {
	if !slices.Equal(a.State, b.State) {
		return Comparison{Sameness: Undecided}, nil
	}
	p := &pairing{o: o, c: c, a: a, b: b}
	return p.statewise(ctx)
}

// pairing compares two modules.
type pairing struct {
	o    Options
	c    *contract.Contract
	a, b *ir.Unit
}

// product is one step of both modules in one circuit, from states that are equal
// in some fields.
type product struct {
	k          *circuit
	ta, tb     *theorem
	sa, sb, in []value
	aa, ab     []value // states afterwards
	assume     z.Lit
	tells      z.Lit // panics or results differ
}

// step makes the product; equal[i] is the field of b that field i of a shares,
// or -1.
func (p *pairing) step(equal []int, invOfB bool) (m *product, met Reason, err error) {
	m = &product{k: newCircuit(p.o)}
	met = guarded(func() {
		if m.ta, err = state(m.k, p.c, p.a, p.o); err != nil {
			return
		}
		if m.tb, err = state(m.k, p.c, p.b, p.o); err != nil {
			return
		}
		m.sa, m.sb = m.ta.unknown(p.a.State), m.tb.unknown(p.b.State)
		for i, j := range equal {
			if j >= 0 {
				m.sb[j] = m.sa[i]
			}
		}
		m.run(invOfB)
	})
	return m, met, err
}

func (m *product) run(invOfB bool) {
	k := m.k
	m.in = m.ta.unknown(m.ta.module.u.Input)
	m.assume = k.and(m.ta.inv(m.sa), m.ta.wf(m.in))
	if invOfB {
		m.assume = k.and(m.assume, m.tb.inv(m.sb))
	}
	var ra, rb []word
	var pa, pb z.Lit
	m.aa, ra, pa = m.ta.step(m.sa, m.in)
	m.ab, rb, pb = m.tb.step(m.sb, m.in)
	m.tells = k.and(m.assume, k.or(k.xor(pa, pb), k.and(pa.Not(), k.differ(ra, rb))))
	m.assume = k.and(m.assume, k.and(pa.Not(), pb.Not()))
}

// apart says when two fields differ afterwards.
func (m *product) apart(i, j int) z.Lit { return m.k.differ(m.aa[i], m.ab[j]) }

func (c *circuit) differ(a, b value) z.Lit {
	d := c.F
	for i := range a {
		d = c.or(d, c.equal(a[i], b[i]).Not())
	}
	return d
}

// identity pairs each field with itself.
func identity(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// statewise compares modules with the same State.
func (p *pairing) statewise(ctx context.Context) (Comparison, error) {
	m, met, err := p.step(identity(len(p.a.State)), false)
	if err != nil || met != "" {
		return Comparison{Sameness: Undecided, Reason: met}, err
	}
	bad := m.tells
	met = guarded(func() {
		for i := range m.aa {
			bad = m.k.or(bad, m.k.and(m.assume, m.apart(i, i)))
		}
		bad = m.k.or(bad, m.start(identity(len(p.a.State))))
	})
	if met != "" {
		return Comparison{Sameness: Undecided, Reason: met}, nil
	}
	s := newSolver(m.k)
	f, err := s.satisfy(ctx, bad, p.o.time())
	switch {
	case err != nil:
		return Comparison{}, fmt.Errorf("decide: %w", err)
	case f == open:
		return Comparison{Sameness: Undecided, Reason: OutOfTime}, nil
	case f == always:
		return Comparison{Sameness: Same, Fields: p.names(identity(len(p.a.State)))}, nil
	}
	r := Comparison{Sameness: Different, State: s.flat(p.a.State, m.sa), Input: s.flat(p.a.Input, m.in)}
	return r, p.confirm(r, m.start(identity(len(p.a.State))) == m.k.T)
}

// start says whether the initial states differ in shared fields; it is constant.
func (m *product) start(equal []int) z.Lit {
	differ := m.k.xor(m.ta.stuck, m.tb.stuck)
	for i, j := range equal {
		if j >= 0 {
			differ = m.k.or(differ, m.k.differ(m.ta.initial[i], m.tb.initial[j]))
		}
	}
	return differ
}

// related looks for fields that stay equal and decide the results.
func (p *pairing) related(ctx context.Context) (Comparison, error) {
	equal := p.shared()
	for {
		m, met, err := p.step(equal, true)
		if err != nil || met != "" {
			return Comparison{Sameness: Undecided, Reason: met}, err
		}
		s := newSolver(m.k)
		dropped, met, err := p.drop(ctx, s, m, equal)
		if err != nil || met != "" {
			return Comparison{Sameness: Undecided, Reason: met}, err
		}
		if !dropped {
			return p.told(ctx, s, m, equal)
		}
	}
}

// drop leaves out fields that are not equal at the start or do not stay equal.
func (p *pairing) drop(ctx context.Context, s *solver, m *product, equal []int) (dropped bool, met Reason, err error) {
	for i, j := range equal {
		if j < 0 {
			continue
		}
		var apart z.Lit
		if met = guarded(func() {
			apart = m.k.or(m.k.differ(m.ta.initial[i], m.tb.initial[j]), m.k.and(m.assume, m.apart(i, j)))
		}); met != "" {
			return dropped, met, nil
		}
		switch f, err := s.satisfy(ctx, apart, p.o.time()); {
		case err != nil:
			return dropped, "", fmt.Errorf("decide: %w", err)
		case f == open:
			return dropped, OutOfTime, nil
		case f == found:
			equal[i], dropped = -1, true
		}
	}
	return dropped, "", nil
}

// told says whether modules that stay equal in some fields give equal results.
func (p *pairing) told(ctx context.Context, s *solver, m *product, equal []int) (Comparison, error) {
	f, err := s.satisfy(ctx, m.tells, p.o.time())
	switch {
	case err != nil:
		return Comparison{}, fmt.Errorf("decide: %w", err)
	case f == open:
		return Comparison{Sameness: Undecided, Reason: OutOfTime}, nil
	case f == found || m.ta.stuck != m.tb.stuck:
		return Comparison{Sameness: Undecided}, nil
	}
	return Comparison{Sameness: Same, Fields: p.names(equal)}, nil
}

// shared pairs fields of equal name and shape.
func (p *pairing) shared() []int {
	out := make([]int, len(p.a.State))
	for i, f := range p.a.State {
		out[i] = slices.Index(p.b.State, f)
	}
	return out
}

func (p *pairing) names(equal []int) []string {
	out := []string{}
	for i, j := range equal {
		if j >= 0 {
			out = append(out, p.a.State[i].Name)
		}
	}
	return out
}

// confirm has the reference engine run both modules: a difference that it does
// not see is an error.
func (p *pairing) confirm(r Comparison, atStart bool) error {
	if atStart {
		return nil
	}
	var after [2][]uint64
	for i, u := range []*ir.Unit{p.a, p.b} {
		prog, err := vm.New(u)
		if err != nil {
			return fmt.Errorf("%w: %w", refute.ErrModule, err)
		}
		step, err := prog.Func(p.c.Entry.Name)
		if err != nil {
			return fmt.Errorf("%w: %w", refute.ErrModule, err)
		}
		m := prog.Machine()
		copy(m.State(0), r.State)
		copy(m.Input(0), r.Input)
		results := make([]uint64, len(p.c.Entry.Results))
		if m.Call(step, nil, results) == nil {
			after[i] = append(slices.Clone(m.State(0)), results...)
		}
	}
	if slices.Equal(after[0], after[1]) {
		return fmt.Errorf("%w: two modules from state %v on input %v", ErrEngines, r.State, r.Input)
	}
	return nil
}
