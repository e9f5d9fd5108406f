package slots

import (
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// samples is how many inputs and decisions a promise is asked about.
const samples = 5_000

// checkPromise looks for promises that promise nothing. A clause of a predicate
// matters when some input and decision are judged differently without it.
func (c *checker) checkPromise(ctx context.Context) (string, bool) {
	whole, err := newJudge(c.contract.Unit, c.contract.Env)
	if err != nil {
		return c.fail("slot.promise", "contract.go", "", err)
	}
	ss := draw(c.contract, samples)
	if f, bad := whole.empty(c, ss); bad {
		c.add(f)
		return f.Message, false
	}
	clauses, idle := 0, 0
	for _, m := range mutants(c.contract) {
		if ctx.Err() != nil {
			return "", false
		}
		p, err := tilego.CompileContract(c.contract.Slot, c.contract.Import, m.contract, m.env)
		if err != nil {
			continue // the clause cannot be left out by itself
		}
		other, err := newJudge(p.Contract, p.Env)
		if err != nil {
			continue
		}
		clauses++
		if whole.differs(other, ss) {
			continue
		}
		idle++
		c.add(Finding{Code: "slot.clause", File: m.file, Line: m.line, Warning: true,
			Message: fmt.Sprintf("%s: `%s` %s, and none of %d inputs is judged differently", m.function, m.text, m.change, samples),
			Hint:    "another clause says so already, or it is never met: leave it out, or mend it"})
	}
	return fmt.Sprintf("%d clauses, %d of them matter on %d inputs and decisions", clauses, clauses-idle, samples), true
}

// sample is an input, a related one, decisions on both, and a state of the
// surroundings.
type sample struct {
	in, in2  []uint64
	out, two []uint64
	env      []uint64
}

// judge evaluates the predicates of a contract.
type judge struct {
	contract, env          *vm.Machine
	wf, post, rel, relPost *vm.Func
	safe                   []*vm.Func
	verdict                [1]uint64
	unit                   *ir.Unit
}

func newJudge(u, env *ir.Unit) (*judge, error) {
	p, err := vm.New(u)
	if err != nil {
		return nil, err
	}
	j := &judge{contract: p.Machine(), unit: u}
	for name, to := range map[string]**vm.Func{"Wf": &j.wf, "Post": &j.post, "Rel": &j.rel, "RelPost": &j.relPost} {
		if f, err := p.Func(name); err == nil {
			*to = f
		}
	}
	if env == nil {
		return j, nil
	}
	e, err := vm.New(env)
	if err != nil {
		return nil, err
	}
	j.env = e.Machine()
	for i := range env.Funcs {
		if f := &env.Funcs[i]; len(f.Name) > 4 && f.Name[:4] == "Safe" {
			safe, err := e.Func(f.Name)
			if err != nil {
				return nil, err
			}
			j.safe = append(j.safe, safe)
		}
	}
	return j, nil
}

func (j *judge) holds(m *vm.Machine, f *vm.Func, params []uint64) bool {
	return m.Call(f, params, j.verdict[:]) == nil && j.verdict[0] != 0
}

// The bits of an opinion.
const (
	wellFormed = 1 << iota
	kept
	related
	firstSafe
)

// opinion is all that a contract says of a sample.
func (j *judge) opinion(s *sample) uint64 {
	var o uint64
	copy(j.contract.Input(1), s.in2)
	copy(j.contract.Input(0), s.in2)
	second := j.holds(j.contract, j.wf, nil)
	copy(j.contract.Input(0), s.in)
	if j.holds(j.contract, j.wf, nil) {
		o |= wellFormed
		if j.holds(j.contract, j.post, s.out) {
			o |= kept
		}
		if j.rel != nil && second && (!j.holds(j.contract, j.rel, nil) || j.holds(j.contract, j.relPost, append(s.out[:len(s.out):len(s.out)], s.two...))) {
			o |= related
		}
	}
	for i, f := range j.safe {
		copy(j.env.State(0), s.env)
		if j.holds(j.env, f, nil) {
			o |= firstSafe << i
		}
	}
	return o
}

func (j *judge) differs(other *judge, ss []sample) bool {
	for i := range ss {
		if j.opinion(&ss[i]) != other.opinion(&ss[i]) {
			return true
		}
	}
	return false
}

// empty finds predicates that are never met, or always.
func (j *judge) empty(c *checker, ss []sample) (Finding, bool) {
	seen, all := uint64(0), ^uint64(0)
	for i := range ss {
		o := j.opinion(&ss[i])
		seen |= o
		if o&wellFormed != 0 {
			all &= o | ^uint64(kept)
		}
	}
	switch {
	case seen&wellFormed == 0:
		return Finding{Code: "slot.vacuous", File: "contract.go", Line: c.lineOf("contract.go", "Wf"), Message: fmt.Sprintf("Wf admits none of %d inputs: every promise would hold of nothing", samples),
			Hint: "let Wf admit what can occur"}, true
	case seen&kept == 0:
		return Finding{Code: "slot.vacuous", File: "contract.go", Line: c.lineOf("contract.go", "Post"), Message: fmt.Sprintf("Post accepts none of %d decisions: no module can keep it", samples),
			Hint: "let Post accept what a module shall do"}, true
	case all&kept != 0:
		return Finding{Code: "slot.vacuous", File: "contract.go", Line: c.lineOf("contract.go", "Post"), Message: fmt.Sprintf("Post accepts every one of %d decisions: it promises nothing", samples),
			Hint: "say what a module must not do"}, true
	}
	if in, bad := j.unkept(ss); bad {
		return Finding{Code: "slot.vacuous", File: "contract.go", Line: c.lineOf("contract.go", "Post"),
			Message: "no decision at all keeps Post for the input " + refute.Values(j.unit.Input, in), Hint: "no module can keep it: admit a decision, or exclude the input with Wf"}, true
	}
	return Finding{}, false
}

// maxDecisions bounds the decisions that are tried one by one.
const maxDecisions = 1 << 12

// unkept finds an input for which every decision breaks the promise. It only
// looks where there are few decisions.
func (j *judge) unkept(ss []sample) ([]uint64, bool) {
	post, _ := j.unit.Func("Post")
	decisions := [][]uint64{{}}
	for _, p := range post.Params {
		span := new(big.Int).Sub(p.Type.Value(p.Type.Max()), p.Type.Value(p.Type.Min()))
		if !span.IsInt64() || int64(len(decisions))*(span.Int64()+1) > maxDecisions {
			return nil, false
		}
		var wider [][]uint64
		for _, d := range decisions {
			for v := range span.Int64() + 1 {
				wider = append(wider, append(d[:len(d):len(d)], p.Type.Wrap(p.Type.Min()+uint64(v))))
			}
		}
		decisions = wider
	}
	for _, s := range ss[:min(len(ss), 500)] {
		copy(j.contract.Input(0), s.in)
		if j.holds(j.contract, j.wf, nil) && !j.anyKept(decisions) {
			return s.in, true
		}
	}
	return nil, false
}

func (j *judge) anyKept(decisions [][]uint64) bool {
	for _, d := range decisions {
		if j.holds(j.contract, j.post, d) {
			return true
		}
	}
	return false
}

// source draws values at the boundaries that a contract names.
type source struct {
	rng    *rand.Rand
	values []uint64
}

// draw makes samples; equal contracts give equal ones.
func draw(c *contract.Contract, n int) []sample {
	s := &source{rng: rand.New(rand.NewPCG(1, 1))}
	for _, u := range []*ir.Unit{c.Unit, c.Env} {
		s.constants(u)
	}
	var results []ir.Field
	for _, p := range c.Entry.Results {
		results = append(results, ir.Field{Name: p.Name, Type: p.Type})
	}
	var env []ir.Field
	if c.Env != nil {
		env = c.Env.State
	}
	w, err := newJudge(c.Unit, nil)
	ss := make([]sample, n)
	for i := range ss {
		in := s.fill(c.Unit.Input)
		for range 32 { // mostly inputs that can occur
			if err != nil || i%8 == 0 || w.admits(in) {
				break
			}
			in = s.fill(c.Unit.Input)
		}
		out := s.fill(results)
		ss[i] = sample{in: in, in2: s.near(c.Unit.Input, in), out: out, two: s.near(results, out), env: s.fill(env)}
	}
	return ss
}

func (j *judge) admits(in []uint64) bool {
	copy(j.contract.Input(0), in)
	return j.holds(j.contract, j.wf, nil)
}

func (s *source) constants(u *ir.Unit) {
	if u == nil {
		return
	}
	vals, err := u.ConstValues(nil)
	if err != nil {
		return
	}
	for _, v := range vals {
		bits, _ := ir.I64.Bits(v) // what does not fit is no boundary of anything smaller
		s.values = append(s.values, bits)
	}
}

func (s *source) fill(fields []ir.Field) []uint64 {
	out := make([]uint64, 0, ir.Flat(fields))
	for _, f := range fields {
		for range f.Elems() {
			out = append(out, s.value(f.Type))
		}
	}
	return out
}

// near is the same with some values drawn again.
func (s *source) near(fields []ir.Field, from []uint64) []uint64 {
	out := append([]uint64(nil), from...)
	at := 0
	for _, f := range fields {
		for range f.Elems() {
			if s.rng.IntN(3) == 0 {
				out[at] = s.value(f.Type)
			}
			at++
		}
	}
	return out
}

func (s *source) value(t ir.Type) uint64 {
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
	return t.Wrap(s.values[s.rng.IntN(len(s.values))] + uint64(s.rng.IntN(3)) - 1)
}
