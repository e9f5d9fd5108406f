package irgen

import (
	"math/big"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// Governor is a small unit with a meaning: a fan governor with hysteresis and a
// hold time. It has three inputs, two results, four fields of state, five named
// constants and the functions Init, Inv and Step:
//
//	const (HOT = 800; COLD = 600; CRITICAL = 950; HOLD = 3; FULL = 4)
//	type State struct{ fan, throttle uint8; hold uint16; peak int16 }
//	type Input struct{ temp int16; load uint8; fault bool }
//
//	func Init(s *State) { s.fan = 1 }
//	func Inv(s *State) bool { return s.fan <= FULL && s.throttle <= FULL && s.hold <= HOLD }
//	func Step(s *State, in *Input) (fan, throttle uint8) {
//		if in.fault || in.temp >= CRITICAL {
//			s.fan, s.throttle = FULL, FULL
//			return FULL, FULL
//		}
//		s.peak = max(s.peak, in.temp)
//		if in.temp > HOT {
//			s.fan, s.hold = min(s.fan+1, FULL), HOLD
//		} else if in.temp < COLD && s.hold == 0 {
//			s.fan = max(s.fan, 1) - 1
//		}
//		if s.hold > 0 { s.hold-- }
//		if s.throttle > 0 && in.load < 200 { s.throttle-- }
//		return s.fan, s.throttle
//	}
func Governor() *ir.Unit {
	u := &ir.Unit{
		Kind: ir.Module, Slot: "governor",
		State: []ir.Field{{Name: "fan", Type: ir.U8}, {Name: "throttle", Type: ir.U8}, {Name: "hold", Type: ir.U16}, {Name: "peak", Type: ir.I16}},
		Input: []ir.Field{{Name: "temp", Type: ir.I16}, {Name: "load", Type: ir.U8}, {Name: "fault", Type: ir.Bool}},
	}
	for _, c := range []struct {
		name  string
		value int64
	}{{"HOT", 800}, {"COLD", 600}, {"CRITICAL", 950}, {"HOLD", 3}, {"FULL", 4}} {
		u.Consts = append(u.Consts, ir.Const{Name: c.name, Expr: ir.CExpr{Op: ir.CLit, Lit: big.NewInt(c.value)}})
	}
	u.Funcs = []ir.Func{governorInit(), governorInv(), governorStep()}
	for i := range u.Funcs {
		f := &u.Funcs[i]
		f.Vars = append(u.LeadingVars(f), f.Vars...)
	}
	return u
}

// Constants, and variables that Step starts with.
const (
	hot, cold, critical, hold, full       = 0, 1, 2, 3, 4
	vFan, vThrottle, vHold, vPeak         = 0, 1, 2, 3
	vTemp, vLoad, vFault, governorLeading = 4, 5, 6, 7
	boolT, byteT, wordT, tempT            = ir.Bool, ir.U8, ir.U16, ir.I16
)

func v(t ir.Type, i int) ir.Atom { return ir.Atom{Kind: ir.AVar, Type: t, Index: i} }
func k(t ir.Type, i int) ir.Atom { return ir.Atom{Kind: ir.AConst, Type: t, Index: i} }

func compare(op ir.CondOp, a, b ir.Atom) ir.Cond { return ir.Cond{Op: op, A: a, B: b} }
func both(a, b ir.Cond) ir.Cond                  { return ir.Cond{Op: ir.CondAnd, X: &a, Y: &b} }
func either(a, b ir.Cond) ir.Cond                { return ir.Cond{Op: ir.CondOr, X: &a, Y: &b} }

func governorInit() ir.Func {
	return ir.Func{Name: "Init", Mode: ir.WriteState, States: 1, Body: ir.Block{
		Term: ir.Return{State: []ir.Atom{ir.Lit(byteT, 1), v(byteT, vThrottle), v(wordT, vHold), v(tempT, vPeak)}},
	}}
}

func governorInv() ir.Func {
	inRange := both(compare(ir.Le, v(byteT, vFan), k(byteT, full)), compare(ir.Le, v(byteT, vThrottle), k(byteT, full)))
	return ir.Func{
		Name: "Inv", Mode: ir.ReadState, States: 1, Results: []ir.Param{{Type: boolT}},
		Vars: []ir.Var{{Name: "ok", Type: boolT}},
		Body: ir.Block{
			Stmts: []ir.Stmt{ir.Test{Dst: 4, Cond: both(inRange, compare(ir.Le, v(wordT, vHold), k(wordT, hold)))}},
			Term:  ir.Return{Results: []ir.Atom{v(boolT, 4)}},
		},
	}
}

func governorStep() ir.Func {
	alarm := ir.Return{
		State:   []ir.Atom{k(byteT, full), k(byteT, full), v(wordT, vHold), v(tempT, vPeak)},
		Results: []ir.Atom{k(byteT, full), k(byteT, full)},
	}
	f := ir.Func{
		Name: "Step", Mode: ir.WriteState, States: 1, Inputs: 1,
		Results: []ir.Param{{Name: "fan", Type: byteT}, {Name: "throttle", Type: byteT}},
	}
	b := body{f: &f}
	normal := b.normal()
	f.Body = ir.Block{Term: ir.Branch{
		Cond: either(ir.Cond{Op: ir.CondAtom, A: v(boolT, vFault)}, compare(ir.Ge, v(tempT, vTemp), k(tempT, critical))),
		Then: ir.Block{Term: alarm},
		Else: normal,
	}}
	return f
}

// body numbers the local variables of Step.
type body struct{ f *ir.Func }

func (b body) local(t ir.Type, name string) int {
	b.f.Vars = append(b.f.Vars, ir.Var{Name: name, Type: t})
	return governorLeading + len(b.f.Vars) - 1
}

func (b body) arith(out *ir.Block, t ir.Type, op ir.BinOp, x, y ir.Atom) ir.Atom {
	dst := b.local(t, "x")
	out.Stmts = append(out.Stmts, ir.Arith{Dst: ir.VarID(dst), Op: op, A: x, B: y})
	return v(t, dst)
}

func (b body) normal() ir.Block {
	var out ir.Block
	peak := b.arith(&out, tempT, ir.Max, v(tempT, vPeak), v(tempT, vTemp))
	join := ir.If{Cond: compare(ir.Gt, v(tempT, vTemp), k(tempT, hot))}
	up := b.arith(&join.Then, byteT, ir.Add, v(byteT, vFan), ir.Lit(byteT, 1))
	up = b.arith(&join.Then, byteT, ir.Min, up, k(byteT, full))
	join.Then.Term = ir.Yield{Vals: []ir.Atom{up, k(wordT, hold)}}
	join.Else.Term = ir.Branch{
		Cond: both(compare(ir.Lt, v(tempT, vTemp), k(tempT, cold)), compare(ir.Eq, v(wordT, vHold), ir.Lit(wordT, 0))),
		Then: b.slower(), Else: ir.Block{Term: ir.Yield{Vals: []ir.Atom{v(byteT, vFan), v(wordT, vHold)}}},
	}
	fan, held := b.local(byteT, "fan"), b.local(wordT, "hold")
	join.Dst = []ir.VarID{ir.VarID(fan), ir.VarID(held)}
	out.Stmts = append(out.Stmts, join)
	left := b.countDown(&out, compare(ir.Gt, v(wordT, held), ir.Lit(wordT, 0)), wordT, held)
	throttle := b.countDown(&out, both(compare(ir.Gt, v(byteT, vThrottle), ir.Lit(byteT, 0)),
		compare(ir.Lt, v(byteT, vLoad), ir.Lit(byteT, 200))), byteT, vThrottle)
	out.Term = ir.Return{State: []ir.Atom{v(byteT, fan), throttle, left, peak}, Results: []ir.Atom{v(byteT, fan), throttle}}
	return out
}

func (b body) slower() ir.Block {
	var out ir.Block
	x := b.arith(&out, byteT, ir.Max, v(byteT, vFan), ir.Lit(byteT, 1))
	x = b.arith(&out, byteT, ir.Sub, x, ir.Lit(byteT, 1))
	out.Term = ir.Yield{Vals: []ir.Atom{x, v(wordT, vHold)}}
	return out
}

// countDown is: if cond { x-- }.
func (b body) countDown(out *ir.Block, cond ir.Cond, t ir.Type, x int) ir.Atom {
	s := ir.If{Cond: cond, Else: ir.Block{Term: ir.Yield{Vals: []ir.Atom{v(t, x)}}}}
	less := b.arith(&s.Then, t, ir.Sub, v(t, x), ir.Lit(t, 1))
	s.Then.Term = ir.Yield{Vals: []ir.Atom{less}}
	dst := b.local(t, "left")
	s.Dst = []ir.VarID{ir.VarID(dst)}
	out.Stmts = append(out.Stmts, s)
	return v(t, dst)
}
