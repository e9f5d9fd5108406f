package tilego

import (
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// call prints a call.
func (g *fnPrinter) call(s ir.Call) {
	f := &g.u.Funcs[s.Func]
	pure := f.Mode == ir.NoState && len(f.Results) == 1
	state := g.provide(f, s, pure)
	w := pending{text: g.callText(f, state, s), panics: true, divide: true, early: true}
	results := s.Dst
	if f.Mode == ir.WriteState {
		g.stateWritten(s.Dst)
		results = s.Dst[len(g.u.State):]
	}
	switch {
	case len(results) != 1:
		g.bindAll(results, w.text.s)
	case pure:
		w.v = results[0]
		g.bind(w)
	default:
		w.v = results[0]
		g.bindNow(w)
	}
}

func (g *fnPrinter) callText(f *ir.Func, state string, s ir.Call) text {
	var args []text
	if f.States > 0 {
		args = append(args, operand(state))
	}
	if f.Inputs > 0 {
		args = append(args, operand(g.inputs[s.Input]))
	}
	for _, a := range s.Args {
		args = append(args, g.operand(a))
	}
	return call(f.Name, args...)
}

// provide prepares the arguments of a call and makes the fields of the state
// hold what the callee is to see. It names the state to pass.
func (g *fnPrinter) provide(f *ir.Func, s ir.Call, keep bool) string {
	if f.States > 1 || f.Inputs > 1 {
		unprintablef("call of %s, which takes two states or inputs", f.Name)
	}
	n, passed := len(g.u.State), -1
	for p := range g.pointer {
		if passed < 0 && g.holdState(p*n, s.State) {
			passed = p
		}
	}
	if f.States > 0 && passed < 0 {
		g.changeState(s)
		return g.pointer[0]
	}
	uses := make([]use, len(s.Args))
	for i, a := range s.Args {
		uses[i] = use{a, true, true}
	}
	g.take(uses, keep)
	if !keep {
		g.flush()
	}
	if f.States == 0 {
		return ""
	}
	return g.pointer[passed]
}

// changeState prints assignments that give the state the fields that a call is
// to see.
func (g *fnPrinter) changeState(s ir.Call) {
	state := g.state[:len(g.u.State)]
	for i, slot := range state {
		if slot.holds == s.State[i] {
			continue
		}
		if slot.fixed || !g.assignable(slot) {
			unprintablef("%s passes on a state that it cannot make", g.f.Name)
		}
		g.flush()
		g.free(slot, g.at)
	}
	g.assign(state, s.State, nil, s.Args)
}

// holdState reports whether the state whose first slot is given holds atoms.
func (g *fnPrinter) holdState(first int, atoms []ir.Atom) bool {
	for i, a := range atoms {
		if g.state[first+i].holds != a {
			return false
		}
	}
	return true
}

// stateWritten notes that a call is about to give the state new values.
func (g *fnPrinter) stateWritten(dst []ir.VarID) {
	for i, s := range g.state {
		if !g.assignable(s) {
			unprintablef("%s changes the state inside a join that does not keep it", g.f.Name)
		}
		g.free(s, g.at)
		g.rebind(s, dst[i])
	}
}

// bindAll prints a call with several results, or none.
func (g *fnPrinter) bindAll(results []ir.VarID, text string) {
	g.flush()
	var names []string
	var slots []*slot
	for _, v := range results {
		if g.uses[v].count == 0 {
			names = append(names, "_")
			continue
		}
		s := g.newSlot(g.fresh(g.f.Vars[v].Name, int(v)), ir.Atom{})
		g.rebind(s, v)
		names = append(names, s.name)
		slots = append(slots, s)
	}
	if len(slots) == 0 {
		g.line("%s", text)
		return
	}
	g.line("%s := %s", strings.Join(names, ", "), text)
	for _, s := range slots {
		s.decl, s.local = len(g.lines), true
	}
}
