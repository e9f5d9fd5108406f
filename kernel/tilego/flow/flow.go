// Package flow finds out which fields of the state a function touches, so that
// engines pass only those in calls and store only those at exits.
//
// It is conservative: a field that is said to be untouched, or not written, is
// so in every run. It looks at checked units only (see [ir.Check]).
package flow

import "github.com/genesis-network/genesis/kernel/tilego/ir"

// Facts are about one function.
type Facts struct {
	// Used has an entry per variable that the function starts with (see
	// ir.Unit.Leading): something reads it, not counting a return that hands a
	// field of the state back in its own place.
	Used []bool
	// Writes has an entry per field when the function writes state: some return
	// hands back something else than the field's first value.
	Writes []bool
	// Called reports whether another function of the unit calls this one.
	Called bool
}

// Touches reports whether variable i of the state must be passed to the function.
func (f *Facts) Touches(i int) bool { return f.Used[i] || f.Write(i) }

// Write reports whether the function may change state variable i.
func (f *Facts) Write(i int) bool { return i < len(f.Writes) && f.Writes[i] }

// Analyze gives the facts of every function of a checked unit.
func Analyze(u *ir.Unit) []Facts {
	all := make([]Facts, len(u.Funcs))
	for i := range u.Funcs {
		f := &u.Funcs[i]
		w := walker{unit: u, all: all, facts: &all[i], leading: u.Leading(f)}
		w.facts.Used = make([]bool, w.leading)
		if f.Mode == ir.WriteState {
			w.facts.Writes = make([]bool, len(u.State))
		}
		w.same = make([]int32, len(f.Vars))
		for v := range w.same {
			w.same[v] = int32(v)
		}
		w.block(&f.Body)
	}
	return all
}

type walker struct {
	unit    *ir.Unit
	all     []Facts
	facts   *Facts
	leading int     // variables below are those that the function starts with
	same    []int32 // same[v] is the variable that v is another name of
}

func (w *walker) use(v ir.VarID) {
	if r := w.same[v]; int(r) < w.leading {
		w.facts.Used[r] = true
	}
}

func (w *walker) atoms(as ...ir.Atom) {
	for _, a := range as {
		if a.Kind == ir.AVar {
			w.use(ir.VarID(a.Index))
		}
	}
}

func (w *walker) cond(c *ir.Cond) {
	if c == nil {
		return
	}
	w.atoms(c.A, c.B)
	w.cond(c.X)
	w.cond(c.Y)
}

func (w *walker) block(b *ir.Block) {
	for _, s := range b.Stmts {
		w.stmt(s)
	}
	switch t := b.Term.(type) {
	case ir.Return:
		w.returns(&t)
	case ir.Yield:
		w.atoms(t.Vals...)
	case ir.Branch:
		w.cond(&t.Cond)
		w.block(&t.Then)
		w.block(&t.Else)
	}
}

func (w *walker) returns(t *ir.Return) {
	w.atoms(t.Results...)
	for i, a := range t.State {
		if a.Kind != ir.AVar || int(w.same[a.Index]) != i {
			w.facts.Writes[i] = true
			w.atoms(a)
		}
	}
}

func (w *walker) stmt(s ir.Stmt) {
	switch s := s.(type) {
	case ir.Arith:
		w.atoms(s.A, s.B)
	case ir.Convert:
		w.atoms(s.A)
	case ir.Bits:
		w.atoms(s.A)
	case ir.Test:
		w.cond(&s.Cond)
	case ir.Lookup:
		w.atoms(s.Index)
	case ir.Get:
		w.use(s.Arr)
		w.atoms(s.Index)
	case ir.Set:
		w.use(s.Arr)
		w.atoms(s.Index, s.Val)
	case ir.Copy:
		w.use(s.Src)
	case ir.Call:
		w.call(&s)
	case ir.If:
		w.cond(&s.Cond)
		w.block(&s.Then)
		w.block(&s.Else)
	case ir.For:
		w.atoms(s.Init...)
		w.block(&s.Body)
	}
}

// call passes on what the callee touches; what it does not touch comes back
// under a new name.
func (w *walker) call(s *ir.Call) {
	w.atoms(s.Args...)
	callee := &w.all[s.Func]
	callee.Called = true
	for i, a := range s.State {
		if callee.Touches(i) {
			w.atoms(a)
		}
		if i < len(callee.Writes) && !callee.Writes[i] && a.Kind == ir.AVar {
			w.same[s.Dst[i]] = w.same[a.Index]
		}
	}
}
