package evolve

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// vary makes a child of an elite; no operators means that nothing could be
// changed.
func (s *Search) vary(parent Elite, grammar []Operator, rng *rand.Rand) (*ir.Unit, []Operator) {
	u := parent.Unit.Clone()
	n := 1
	for n < maxEdits && rng.IntN(3) == 0 {
		n++
	}
	var done []Operator
	for range n {
		if op := s.operator(grammar, rng); s.applyTo(u, op, rng) && !slices.Contains(done, op) {
			done = append(done, op)
		}
	}
	return u, done
}

// knobOperators are the operators that only move constants.
var knobOperators = []Operator{KnobStep, KnobMix, TableStep}

var allOperators = append(slices.Clone(knobOperators), codeOperators...)

// grammar is what a draw may use: constants only in the first part of the
// budget, because they give most of the gain for least of the cost; all once
// the neighbourhood of the elites is used up.
func (s *Search) grammar(try int) []Operator {
	early := s.cfg.Strategy == Evolve && s.evaluations < s.cfg.Evaluations/knobShare && try < drawsEach/2
	if early || len(s.cfg.Edit) == 0 {
		return knobOperators
	}
	return allOperators
}

// operator draws one by how often it improved, with a floor so that none dies.
func (s *Search) operator(ops []Operator, rng *rand.Rand) Operator {
	weights, sum := make([]int, len(ops)), 0
	for i, op := range ops {
		weights[i] = s.weight(op)
		sum += weights[i]
	}
	pick := rng.IntN(sum)
	for i, w := range weights {
		if pick -= w; pick < 0 {
			return ops[i]
		}
	}
	return ops[0]
}

// weight is proportional to the share of improvements, smoothed as if each
// operator had improved once in eight tries.
func (s *Search) weight(op Operator) int {
	t := s.tallies[op]
	if t == nil || !s.cfg.Strategy.learns() {
		return 125
	}
	return 50 + 1000*(t.Improved+1)/(t.Tried+8)
}

func (s *Search) applyTo(u *ir.Unit, op Operator, rng *rand.Rand) bool {
	switch op {
	case KnobStep:
		return s.stepKnobs(u, rng)
	case KnobMix:
		return s.mixKnobs(u, rng)
	case TableStep:
		return s.stepTable(u, rng)
	}
	return s.editCode(u, op, rng)
}

func (s *Search) editCode(u *ir.Unit, op Operator, rng *rand.Rand) bool {
	values, err := u.ConstValues(nil)
	if err != nil || len(s.cfg.Edit) == 0 {
		return false
	}
	f, _ := u.Func(s.cfg.Edit[rng.IntN(len(s.cfg.Edit))])
	if f == nil {
		return false
	}
	e := editor{u: u, f: f, values: values, rng: rng}
	return e.apply(op)
}

// Knobs are the constants of a module that a search may move: its own, named,
// written as one integer.
func Knobs(u *ir.Unit) []int {
	var out []int
	for i, c := range u.Consts {
		if c.Name != "" && !c.Imported && c.Type != ir.Bool && c.Expr.Op == ir.CLit {
			out = append(out, i)
		}
	}
	return out
}

func (s *Search) stepKnobs(u *ir.Unit, rng *rand.Rand) bool {
	knobs := Knobs(u)
	if len(knobs) == 0 {
		return false
	}
	for range 1 + rng.IntN(min(3, len(knobs))) {
		c := &u.Consts[knobs[rng.IntN(len(knobs))]]
		c.Expr.Lit = s.moved(c.Type, c.Expr.Lit, rng)
	}
	return true
}

// moved is a normal step of relative size sigma, at least 1 either way.
func (s *Search) moved(t ir.Type, v *big.Int, rng *rand.Rand) *big.Int {
	scale := math.Max(math.Abs(float64(v.Int64())), 4) * float64(s.sigma) / 1000
	step := int64(math.Round(rng.NormFloat64() * scale))
	if step == 0 {
		step = 1 - 2*int64(rng.IntN(2))
	}
	next := new(big.Int).Add(v, big.NewInt(step))
	if t != ir.Untyped {
		next = t.Value(clamped(t, next))
	}
	return next
}

// mixKnobs takes about half of the differing constants from another elite.
func (s *Search) mixKnobs(u *ir.Unit, rng *rand.Rand) bool {
	other := s.archive[rng.IntN(len(s.archive))].Unit
	if s.cfg.Strategy != Evolve || len(other.Consts) != len(u.Consts) {
		return false
	}
	changed := false
	for _, i := range Knobs(u) {
		from := other.Consts[i]
		if from.Name != u.Consts[i].Name || from.Expr.Op != ir.CLit || rng.IntN(2) == 0 {
			continue
		}
		changed = changed || from.Expr.Lit.Cmp(u.Consts[i].Expr.Lit) != 0
		u.Consts[i].Expr.Lit = new(big.Int).Set(from.Expr.Lit)
	}
	return changed
}

// stepTable moves one literal of one of the module's own tables.
func (s *Search) stepTable(u *ir.Unit, rng *rand.Rand) bool {
	var own []int
	for i, t := range u.Tables {
		if !t.Imported && len(t.Elems) > 0 && t.Type != ir.Bool {
			own = append(own, i)
		}
	}
	if len(own) == 0 {
		return false
	}
	t := &u.Tables[own[rng.IntN(len(own))]]
	a := &t.Elems[rng.IntN(len(t.Elems))]
	if a.Kind != ir.ALit {
		return false
	}
	a.Bits = clamped(t.Type, s.moved(t.Type, t.Type.Value(a.Bits), rng))
	return true
}

// adaptSigma is the one-fifth success rule (Rechenberg 1973), damped, between
// 2 and 40 percent. Success is counted among those that were not raced out.
// Where most draws repeat known code, the steps are too small.
func (s *Search) adaptSigma(improved, scored int, stale bool) {
	if stale || improved*5 > scored {
		s.sigma = min(s.sigma*6/5, 400)
	} else {
		s.sigma = max(s.sigma*19/20, 20)
	}
}

// Editable are the functions of a module that edits may change: all but its
// invariant, its initial state, and what those two call.
func Editable(u *ir.Unit) []string {
	kept := make([]bool, len(u.Funcs))
	for i := len(u.Funcs) - 1; i >= 0; i-- { // callers come after their callees
		f := &u.Funcs[i]
		kept[i] = kept[i] || f.Name == "Inv" || f.Name == "Init"
		if kept[i] {
			walk(u, f, hooks{stmt: func(_ []ir.VarID, s ir.Stmt) []ir.Stmt {
				if c, ok := s.(ir.Call); ok {
					kept[c.Func] = true
				}
				return []ir.Stmt{s}
			}})
		}
	}
	var out []string
	for i, f := range u.Funcs {
		if !kept[i] {
			out = append(out, f.Name)
		}
	}
	return out
}
