package flow_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego/flow"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

func TestGovernor(t *testing.T) {
	t.Parallel()
	u := irgen.Governor()
	all := flow.Analyze(u)
	for _, c := range []struct {
		name         string
		used, writes []bool
	}{
		{"Init", []bool{false, false, false, false}, []bool{true, false, false, false}},
		{"Inv", []bool{true, true, true, false}, nil},
		{"Step", []bool{true, true, true, true, true, true, true}, []bool{true, true, true, true}},
	} {
		_, i := u.Func(c.name)
		if f := all[i]; !slices.Equal(f.Used, c.used) || !slices.Equal(f.Writes, c.writes) || f.Called {
			t.Errorf("%s: %+v, want used %v, writes %v", c.name, f, c.used, c.writes)
		}
	}
}

// passOn is a unit in which g calls f, which uses the first field and writes
// the second one, and then hands everything back.
func passOn() *ir.Unit {
	v := func(i int) ir.Atom { return ir.Atom{Kind: ir.AVar, Type: ir.U8, Index: i} }
	u := &ir.Unit{Kind: ir.Module, Slot: "test", State: []ir.Field{{Name: "a", Type: ir.U8}, {Name: "b", Type: ir.U8}, {Name: "c", Type: ir.U8}}}
	u.Funcs = []ir.Func{
		{Name: "f", Mode: ir.WriteState, States: 1, Body: ir.Block{Term: ir.Return{State: []ir.Atom{v(0), v(0), v(2)}}}},
		{Name: "g", Mode: ir.WriteState, States: 1, Vars: make([]ir.Var, 3), Body: ir.Block{
			Stmts: []ir.Stmt{ir.Call{Func: 0, State: []ir.Atom{v(0), v(1), v(2)}, Dst: []ir.VarID{3, 4, 5}}},
			Term:  ir.Return{State: []ir.Atom{v(3), v(4), v(5)}},
		}},
	}
	for i := range u.Funcs {
		f := &u.Funcs[i]
		f.Vars = append(u.LeadingVars(f), slices.Repeat([]ir.Var{{Type: ir.U8}}, len(f.Vars))...)
	}
	return u
}

func TestFieldsPassedThroughACall(t *testing.T) {
	t.Parallel()
	u := passOn()
	if err := ir.Check(u); err != nil {
		t.Fatal(err)
	}
	all := flow.Analyze(u)
	if !all[0].Called || all[1].Called {
		t.Error("who is called")
	}
	for i := range all {
		if f := all[i]; !slices.Equal(f.Writes, []bool{false, true, false}) || !f.Used[0] || f.Used[2] || f.Touches(2) {
			t.Errorf("%s: %+v", u.Funcs[i].Name, f)
		}
	}
}

// TestUntouchedFieldsDoNotMatter gives untouched fields other values: nothing
// but they may come out different, and fields that are not written come out as
// they were.
func TestUntouchedFieldsDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u := irgen.Module(irgen.Options{Scalars: true}).Draw(t, "unit")
		p, err := vm.New(u)
		if err != nil {
			t.Fatal(err)
		}
		for i, facts := range flow.Analyze(u) {
			if f := &u.Funcs[i]; f.States == 1 {
				disturb(t, u, p, f, &facts)
			}
		}
	})
}

func disturb(t *rapid.T, u *ir.Unit, p *vm.Program, f *ir.Func, facts *flow.Facts) {
	h, err := p.Func(f.Name)
	if err != nil {
		t.Fatal(err)
	}
	run := func(c vm.Frame) (vm.Frame, error) {
		c.State[0], c.Results = slices.Clone(c.State[0]), make([]uint64, len(f.Results))
		return c, p.Machine().Run(h, &c)
	}
	a := vm.Frame{Params: irgen.Args(f.Params).Draw(t, "params")}
	a.State[0], a.Input[0] = irgen.Values(u.State).Draw(t, "state"), irgen.Values(u.Input).Draw(t, "input")
	b := a
	b.State[0] = irgen.Values(u.State).Draw(t, "other state")
	for k := range b.State[0] {
		if facts.Touches(k) {
			b.State[0][k] = a.State[0][k]
		}
	}
	x, errX := run(a)
	y, errY := run(b)
	if (errX == nil) != (errY == nil) || !slices.Equal(x.Results, y.Results) {
		t.Fatalf("%s: untouched fields moved the outcome: %v %v, %v %v", f.Name, x.Results, errX, y.Results, errY)
	}
	for k := range u.State {
		if !facts.Write(k) && x.State[0][k] != a.State[0][k] {
			t.Fatalf("%s: field %d was written", f.Name, k)
		}
	}
}
