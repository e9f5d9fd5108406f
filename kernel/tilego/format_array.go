package tilego

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// arrayTargets finds the slots of the arrays that a join or loop assigns. An
// array has the slot of its class. When every branch gives it another array, it
// was declared before with one that nothing reads any more: that is searched,
// and what is found must be in the order of declaration.
func (g *fnPrinter) arrayTargets(dst []ir.VarID, forced []*slot, end int) []*slot {
	m := matching{out: make([]*slot, len(dst)), best: map[[2]int]int{}}
	for i, v := range dst {
		if g.f.Vars[v].Len > 0 {
			m.at = append(m.at, i)
			m.options = append(m.options, g.arrayOptions(v, forced[i], end))
		}
	}
	m.choose(0, 0)
	for i, v := range dst {
		if g.f.Vars[v].Len == 0 {
			continue
		}
		if m.out[i] == nil {
			t := arrayOf(g.f.Vars[v].Type, g.f.Vars[v].Len)
			m.out[i] = g.declare(v, ir.Atom{}, func(name string) string { return "var " + name + " " + t })
		}
		g.classes[g.find(v)] = m.out[i]
	}
	return m.out
}

// option is a slot that an array may take.
type option struct {
	slot *slot
	cost int // the less the better
}

// declareCost is the cost of a new variable, which the unit did not have.
const declareCost = 1000

func (g *fnPrinter) arrayOptions(v ir.VarID, forced *slot, end int) []option {
	if forced != nil {
		return []option{{forced, 0}}
	}
	if s := g.classes[g.find(v)]; s != nil && !s.closed && !s.fixed && g.assignable(s) && g.dead(s, end) {
		return []option{{s, 0}}
	}
	var out []option
	for _, s := range g.slots {
		if s.fixed || s.closed || !g.isArray(s, g.f.Vars[v]) || !g.assignable(s) || !g.dead(s, end) {
			continue
		}
		cost := 1 // the branches read it
		switch {
		case g.dead(s, g.at):
			cost = 0
		case g.takenUntil(s, end):
			cost = -1 // they update it
		}
		out = append(out, option{s, cost})
	}
	return out
}

// takenUntil reports whether the array that s holds is updated or handed on up
// to position end.
func (g *fnPrinter) takenUntil(s *slot, end int) bool {
	taken := g.uses[s.holds.Index].taken
	return len(taken) > 0 && taken[0] <= end
}

func (g *fnPrinter) isArray(s *slot, t ir.Var) bool {
	if s.holds.Kind != ir.AVar {
		return false
	}
	v := g.f.Vars[s.holds.Index]
	return v.Len == t.Len && v.Type == t.Type
}

// matching gives each array a slot, in rising order of declaration.
type matching struct {
	at      []int // per array, its index in out
	options [][]option
	out     []*slot
	best    map[[2]int]int // from an array on, after an order: least cost
}

// cost is the least cost of the arrays from i on, with slots declared at order
// or later.
func (m *matching) cost(i, order int) int {
	if i == len(m.options) {
		return 0
	}
	key := [2]int{i, order}
	if c, ok := m.best[key]; ok {
		return c
	}
	best := declareCost * (len(m.options) - i)
	for _, o := range m.options[i] {
		if o.slot.order >= order {
			best = min(best, o.cost+m.cost(i+1, o.slot.order+1))
		}
	}
	m.best[key] = best
	return best
}

// choose notes a choice of least cost.
func (m *matching) choose(i, order int) {
	if i == len(m.options) {
		return
	}
	want := m.cost(i, order)
	for _, o := range m.options[i] {
		if o.slot.order >= order && o.cost+m.cost(i+1, o.slot.order+1) == want {
			m.out[m.at[i]] = o.slot
			m.choose(i+1, o.slot.order+1)
			return
		}
	}
}
