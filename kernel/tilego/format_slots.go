package tilego

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// change is what a slot held, or where a variable was read, before a change.
type change struct {
	slot  *slot // held holds
	holds ir.Atom
	v     ir.VarID // if slot is nil, was read from home
	home  *slot
}

// hold lets a slot hold an atom.
func (g *fnPrinter) hold(s *slot, a ir.Atom) {
	g.journal = append(g.journal, change{slot: s, holds: s.holds})
	s.holds = a
}

// house lets a variable be read from a slot.
func (g *fnPrinter) house(v ir.VarID, s *slot) {
	g.journal = append(g.journal, change{v: v, home: g.of[v]})
	g.of[v] = s
	if s != nil {
		s.homes = append(s.homes, v)
	}
}

// revert takes back the changes since the journal had n entries, and closes the
// slots that were declared since there were that many.
func (g *fnPrinter) revert(n, slots int) {
	for len(g.journal) > n {
		c := g.journal[len(g.journal)-1]
		g.journal = g.journal[:len(g.journal)-1]
		if c.slot != nil {
			c.slot.holds = c.holds
		} else {
			g.of[c.v] = c.home
		}
	}
	for _, s := range g.slots[slots:] {
		g.close(s)
	}
}

// close ends the scope of a slot; its name is free again.
func (g *fnPrinter) close(s *slot) {
	if !s.closed {
		s.closed = true
		delete(g.taken, s.name)
	}
}

// set lets a slot hold an atom, which is read from there if from nowhere else.
func (g *fnPrinter) set(s *slot, a ir.Atom) {
	g.hold(s, a)
	if a.Kind == ir.AVar && g.of[a.Index] == nil {
		g.house(ir.VarID(a.Index), s)
	}
}

// rebind lets a slot hold a variable that is defined by a join, loop or call.
func (g *fnPrinter) rebind(s *slot, v ir.VarID) {
	g.hold(s, g.atomOf(v))
	g.house(v, s)
}

// live lists the variables that are read from a slot and may still be after pos.
func (g *fnPrinter) live(s *slot, pos int) []ir.VarID {
	var out []ir.VarID
	kept := s.homes[:0]
	for _, v := range s.homes {
		at := g.uses[v].at
		if g.trying == 0 && (len(at) == 0 || at[len(at)-1] < g.at) {
			continue // for good: positions only rise
		}
		kept = append(kept, v)
		if g.of[v] == s && g.later(v, pos) {
			out = append(out, v)
		}
	}
	s.homes = kept
	return out
}

// dead reports whether nothing that is read from s is needed after pos.
func (g *fnPrinter) dead(s *slot, pos int) bool { return len(g.live(s, pos)) == 0 }

// free makes a slot ready to be overwritten: what is read from it after pos
// moves to another slot.
func (g *fnPrinter) free(s *slot, pos int) {
	for _, v := range g.live(s, pos) {
		if g.of[v] == s {
			g.alias(v)
		}
	}
}

// alias moves a variable to a slot of its own.
func (g *fnPrinter) alias(v ir.VarID) {
	from := g.of[v]
	g.house(v, g.declare(v, g.atomOf(v), func(name string) string { return name + " := " + g.readSlot(from) }))
}
