// Package jointtest has small systems for the tests of the explorer, the TLA+
// printer and the model checkers.
//
// The governor steps a fan up and down with hysteresis and hold times; its
// plant heats with the load and cools with the fan, and the sensor is one step
// late and may fail. It has 171 reachable joint states and 1,028 transitions,
// initial states included: the figures of a specification written by hand that
// was checked by TLC.
package jointtest

import (
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Indices into the constant table of every unit of the governor.
const (
	top = iota
	crit
	holdUp
	holdDown
	hyst
	hard
	tempMax
	choices
	initChoices
)

func consts(imported bool) []ir.Const {
	var out []ir.Const
	for _, c := range []struct {
		name  string
		value int64
	}{
		{"Top", 2}, {"Crit", 5}, {"HoldUp", 1}, {"HoldDown", 3}, {"Hyst", 1}, {"Hard", 7}, {"TempMax", 8}, {"Choices", 6}, {"InitChoices", 2},
	} {
		out = append(out, ir.Const{Name: c.name, Imported: imported, Expr: ir.CExpr{Op: ir.CLit, Lit: big.NewInt(c.value)}})
	}
	return out
}

// V is a variable as an atom.
func V(t ir.Type, id int) ir.Atom { return ir.Atom{Kind: ir.AVar, Type: t, Index: id} }

// C is a constant of the table as an atom.
func C(t ir.Type, index int) ir.Atom { return ir.Atom{Kind: ir.AConst, Type: t, Index: index} }

// L is a literal as an atom.
func L(t ir.Type, v int64) ir.Atom { return ir.Lit(t, uint64(v)) }

func cmp(op ir.CondOp, a, b ir.Atom) ir.Cond { return ir.Cond{Op: op, A: a, B: b} }
func is(a ir.Atom) ir.Cond                   { return ir.Cond{Op: ir.CondAtom, A: a} }
func not(c ir.Cond) ir.Cond                  { return ir.Cond{Op: ir.CondNot, X: &c} }
func both(a, b ir.Cond) ir.Cond              { return ir.Cond{Op: ir.CondAnd, X: &a, Y: &b} }
func either(a, b ir.Cond) ir.Cond            { return ir.Cond{Op: ir.CondOr, X: &a, Y: &b} }

func yield(vals ...ir.Atom) ir.Term { return ir.Yield{Vals: vals} }

func variables(of ...ir.Type) []ir.Var {
	out := make([]ir.Var, len(of))
	for i, t := range of {
		out[i].Type = t
	}
	return out
}

func predicate(f ir.Func, c ir.Cond) ir.Func {
	dst := ir.VarID(len(f.Vars))
	f.Vars = append(f.Vars, ir.Var{Type: ir.Bool})
	f.Results = []ir.Param{{Type: ir.Bool}}
	f.Body = ir.Block{
		Stmts: []ir.Stmt{ir.Test{Dst: dst, Cond: c}},
		Term:  ir.Return{Results: []ir.Atom{V(ir.Bool, int(dst))}},
	}
	return f
}

func input() []ir.Field {
	return []ir.Field{{Name: "temp", Type: ir.I16}, {Name: "fault", Type: ir.Bool}}
}

// Governor is the module: full speed when critical or faulty, else one level up
// or down by a table of thresholds.
func Governor() *ir.Unit {
	hot := either(is(V(ir.Bool, 3)), cmp(ir.Ge, V(ir.I16, 2), C(ir.I16, crit)))
	return module(ir.Branch{
		Cond: hot,
		Then: ir.Block{Term: ir.Return{State: []ir.Atom{C(ir.U8, top), C(ir.U8, holdDown)}, Results: []ir.Atom{C(ir.U8, top)}}},
		Else: ladder(),
	})
}

// Careless is a governor that ignores the critical temperature and the sensor's
// fault.
func Careless() *ir.Unit {
	b := ladder()
	u := module(b.Term)
	u.Funcs[0].Body = b
	return u
}

// Reckless is a governor whose threshold lookup runs out of its table: it does
// not check the level before it steps up.
func Reckless() *ir.Unit {
	u := Careless()
	up := u.Funcs[0].Body.Stmts[3].(ir.If)
	up.Cond = cmp(ir.Ge, V(ir.I16, 2), V(ir.I16, 6))
	u.Funcs[0].Body.Stmts[3] = up
	u.Funcs = u.Funcs[:1] // without Inv, which would be broken first
	return u
}

func module(end ir.Term) *ir.Unit {
	state := []ir.Field{{Name: "level", Type: ir.U8}, {Name: "hold", Type: ir.U8}}
	elems := []ir.Atom{L(ir.I16, 2), L(ir.I16, 3), L(ir.I16, 4)}
	step := ir.Func{Name: "Step", Mode: ir.WriteState, States: 1, Inputs: 1,
		Results: []ir.Param{{Name: "fan", Type: ir.U8}},
		Vars:    variables(ir.U8, ir.U8, ir.I16, ir.Bool, ir.U8, ir.U8, ir.I16, ir.I16, ir.U8, ir.U8, ir.U8, ir.U8, ir.U8, ir.U8),
		Body:    ir.Block{Term: end}}
	inv := predicate(ir.Func{Name: "Inv", Mode: ir.ReadState, States: 1, Vars: variables(ir.U8, ir.U8)},
		both(cmp(ir.Le, V(ir.U8, 0), C(ir.U8, top)), cmp(ir.Le, V(ir.U8, 1), C(ir.U8, holdDown))))
	return &ir.Unit{Kind: ir.Module, Slot: "thermal", Consts: consts(true),
		Tables: []ir.Table{{Name: "up", Type: ir.I16, Elems: elems}},
		State:  state, Input: input(), Funcs: []ir.Func{step, inv}}
}

// ladder is the part of Step for ordinary temperatures. Variables: 0 level,
// 1 hold, 2 temp, 3 fault, 5 hold after this step, 6 threshold, 7 lower threshold.
func ladder() ir.Block {
	level, hold, temp := V(ir.U8, 0), V(ir.U8, 1), V(ir.I16, 2)
	count := ir.If{Dst: []ir.VarID{5}, Cond: cmp(ir.Gt, hold, L(ir.U8, 0)),
		Then: ir.Block{Stmts: []ir.Stmt{ir.Arith{Dst: 4, Op: ir.Sub, A: hold, B: L(ir.U8, 1)}}, Term: yield(V(ir.U8, 4))},
		Else: ir.Block{Term: yield(hold)}}
	down := ir.If{Dst: []ir.VarID{10, 11},
		Cond: both(cmp(ir.Lt, temp, V(ir.I16, 7)), both(cmp(ir.Eq, V(ir.U8, 5), L(ir.U8, 0)), cmp(ir.Gt, level, L(ir.U8, 0)))),
		Then: ir.Block{Stmts: []ir.Stmt{ir.Arith{Dst: 9, Op: ir.Sub, A: level, B: L(ir.U8, 1)}}, Term: yield(V(ir.U8, 9), C(ir.U8, holdDown))},
		Else: ir.Block{Term: yield(level, V(ir.U8, 5))}}
	up := ir.If{Dst: []ir.VarID{12, 13},
		Cond: both(cmp(ir.Ge, temp, V(ir.I16, 6)), cmp(ir.Lt, level, C(ir.U8, top))),
		Then: ir.Block{Stmts: []ir.Stmt{ir.Arith{Dst: 8, Op: ir.Add, A: level, B: L(ir.U8, 1)}}, Term: yield(V(ir.U8, 8), C(ir.U8, holdUp))},
		Else: ir.Block{Stmts: []ir.Stmt{down}, Term: yield(V(ir.U8, 10), V(ir.U8, 11))}}
	return ir.Block{
		Stmts: []ir.Stmt{count, ir.Lookup{Dst: 6, Table: 0, Index: level}, ir.Arith{Dst: 7, Op: ir.Sub, A: V(ir.I16, 6), B: C(ir.I16, hyst)}, up},
		Term:  ir.Return{State: []ir.Atom{V(ir.U8, 12), V(ir.U8, 13)}, Results: []ir.Atom{V(ir.U8, 12)}},
	}
}

// Contract promises full speed when critical or faulty, and a level in range.
func Contract() *ir.Unit {
	leading := variables(ir.I16, ir.Bool)
	wf := predicate(ir.Func{Name: "Wf", Inputs: 1, Vars: leading},
		both(cmp(ir.Ge, V(ir.I16, 0), L(ir.I16, 0)), cmp(ir.Le, V(ir.I16, 0), L(ir.I16, 100))))
	hot := either(is(V(ir.Bool, 1)), cmp(ir.Ge, V(ir.I16, 0), C(ir.I16, crit)))
	post := predicate(ir.Func{Name: "Post", Inputs: 1, Params: []ir.Param{{Name: "fan", Type: ir.U8}}, Vars: variables(ir.I16, ir.Bool, ir.U8)},
		both(cmp(ir.Le, V(ir.U8, 2), C(ir.U8, top)), either(not(hot), cmp(ir.Eq, V(ir.U8, 2), C(ir.U8, top)))))
	return &ir.Unit{Kind: ir.Contract, Slot: "thermal", Consts: consts(false), Input: input(), Funcs: []ir.Func{wf, post}}
}

// Plant is the surroundings: 0 temp, 1 seen (what the sensor tells), 2 load,
// 3 stuck; a choice is 2*load + fault.
func Plant() *ir.Unit {
	state := []ir.Field{{Name: "temp", Type: ir.I16}, {Name: "seen", Type: ir.I16}, {Name: "load", Type: ir.U8}, {Name: "stuck", Type: ir.Bool}}
	choice := ir.Param{Name: "choice", Type: ir.U8}
	begin := ir.Func{Name: "EnvInit", Mode: ir.WriteState, States: 1, Params: []ir.Param{choice},
		Vars: variables(ir.I16, ir.I16, ir.U8, ir.Bool, ir.U8, ir.I16),
		Body: ir.Block{Stmts: []ir.Stmt{ir.Convert{Dst: 5, A: V(ir.U8, 4)}},
			Term: ir.Return{State: []ir.Atom{V(ir.I16, 5), V(ir.I16, 5), V(ir.U8, 2), V(ir.Bool, 3)}}}}
	safe := predicate(ir.Func{Name: "SafeHard", Mode: ir.ReadState, States: 1, Vars: variables(ir.I16, ir.I16, ir.U8, ir.Bool)},
		cmp(ir.Le, V(ir.I16, 0), C(ir.I16, hard)))
	return &ir.Unit{Kind: ir.Env, Slot: "thermal", Consts: consts(false), State: state, Input: input(),
		Funcs: []ir.Func{begin, sense(choice), react(choice), safe}}
}

func sense(choice ir.Param) ir.Func {
	return ir.Func{Name: "Sense", Mode: ir.ReadState, States: 1, Params: []ir.Param{choice},
		Results: []ir.Param{{Type: ir.I16}, {Type: ir.Bool}},
		Vars:    variables(ir.I16, ir.I16, ir.U8, ir.Bool, ir.U8, ir.U8, ir.Bool),
		Body: ir.Block{
			Stmts: []ir.Stmt{
				ir.Arith{Dst: 5, Op: ir.Rem, A: V(ir.U8, 4), B: L(ir.U8, 2)},
				ir.Test{Dst: 6, Cond: cmp(ir.Eq, V(ir.U8, 5), L(ir.U8, 1))},
			},
			Term: ir.Return{Results: []ir.Atom{V(ir.I16, 1), V(ir.Bool, 6)}},
		}}
}

func react(choice ir.Param) ir.Func {
	return ir.Func{Name: "React", Mode: ir.WriteState, States: 1, Params: []ir.Param{choice, {Name: "fan", Type: ir.U8}},
		Vars: variables(ir.I16, ir.I16, ir.U8, ir.Bool, ir.U8, ir.U8,
			ir.U8, ir.I16, ir.I16, ir.I16, ir.I16, ir.I16, ir.I16, ir.U8, ir.Bool),
		Body: ir.Block{
			Stmts: []ir.Stmt{
				ir.Arith{Dst: 6, Op: ir.Quo, A: V(ir.U8, 4), B: L(ir.U8, 2)},
				ir.Convert{Dst: 7, A: V(ir.U8, 6)},
				ir.Convert{Dst: 8, A: V(ir.U8, 5)},
				ir.Arith{Dst: 9, Op: ir.Add, A: V(ir.I16, 0), B: V(ir.I16, 7)},
				ir.Arith{Dst: 10, Op: ir.Sub, A: V(ir.I16, 9), B: V(ir.I16, 8)},
				ir.Arith{Dst: 11, Op: ir.Min, A: C(ir.I16, tempMax), B: V(ir.I16, 10)},
				ir.Arith{Dst: 12, Op: ir.Max, A: L(ir.I16, 0), B: V(ir.I16, 11)},
				ir.Arith{Dst: 13, Op: ir.Rem, A: V(ir.U8, 4), B: L(ir.U8, 2)},
				ir.Test{Dst: 14, Cond: cmp(ir.Eq, V(ir.U8, 13), L(ir.U8, 1))},
			},
			Term: ir.Return{State: []ir.Atom{V(ir.I16, 12), V(ir.I16, 0), V(ir.U8, 6), V(ir.Bool, 14)}},
		}}
}
