package joint_test

import (
	"errors"
	"math/big"
	"testing"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
	"github.com/genesis-network/genesis/kernel/tilego/joint/jointtest"
)

func TestFixturesAreValidUnits(t *testing.T) {
	t.Parallel()
	for name, u := range map[string]*ir.Unit{
		"governor": jointtest.Governor(), "careless": jointtest.Careless(), "reckless": jointtest.Reckless(),
		"contract": jointtest.Contract(), "plant": jointtest.Plant(),
	} {
		if err := ir.Check(u); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSystemFindsItsRoles(t *testing.T) {
	t.Parallel()
	s, err := joint.New(jointtest.Governor(), jointtest.Contract(), jointtest.Plant(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range s.Checks() {
		names = append(names, c.Name())
	}
	want := []string{"SmallIntegers", "Surroundings", "NoPanic", "Post", "Inv", "SafeHard"}
	if len(names) != len(want) {
		t.Fatalf("checks %v, want %v", names, want)
	}
	for i := range want {
		if names[i] != want[i] {
			t.Errorf("check %d is %s, want %s", i, names[i], want[i])
		}
	}
	if s.Choices != 6 || s.InitChoices != 2 {
		t.Errorf("choices %d and %d, want 6 and 2", s.Choices, s.InitChoices)
	}
}

func TestConstantsAreReplacedWhereTheContractDeclaresThem(t *testing.T) {
	t.Parallel()
	m := jointtest.Governor()
	m.Consts = append(m.Consts, ir.Const{Name: "Own", Expr: ir.CExpr{Op: ir.CLit, Lit: big.NewInt(1)}})
	small := map[string]*big.Int{"Choices": big.NewInt(3), "Own": big.NewInt(9)}
	s, err := joint.New(m, jointtest.Contract(), jointtest.Plant(), small)
	if err != nil {
		t.Fatal(err)
	}
	if s.Choices != 3 {
		t.Errorf("choices %d, want 3", s.Choices)
	}
	if _, ok := s.Consts(m)["Own"]; ok {
		t.Error("a constant of the module itself is replaced")
	}
}

func TestUnitsThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	type units struct{ module, contract, env *ir.Unit }
	for name, change := range map[string]func(*units){
		"no step":                func(u *units) { u.module.Funcs[0].Name = "Stop" },
		"no sense":               func(u *units) { u.env.Funcs[1].Name = "Feel" },
		"no surroundings":        func(u *units) { u.env = nil },
		"another result":         func(u *units) { u.module.Funcs[0].Results[0].Type = ir.U16 },
		"two results":            func(u *units) { u.module.Funcs[0].Results = append(u.module.Funcs[0].Results, ir.Param{Type: ir.U8}) },
		"another input":          func(u *units) { u.contract.Input[0].Name = "other" },
		"array input":            func(u *units) { u.module.Input[0].Len = 3 },
		"nothing to be alike":    func(u *units) { u.env.Consts[7].Name = "Symmetric" },
		"sense writes":           func(u *units) { u.env.Funcs[1].Mode = ir.WriteState },
		"step is parametrised":   func(u *units) { u.module.Funcs[0].Params = []ir.Param{{Type: ir.U8}} },
		"post is no predicate":   func(u *units) { u.contract.Funcs[1].Results[0].Type = ir.U8 },
		"too many choices":       func(u *units) { u.env.Consts[7].Expr.Lit = big.NewInt(257) },
		"no choice":              func(u *units) { u.env.Consts[7].Expr.Lit = big.NewInt(0) },
		"constant has no value":  func(u *units) { u.env.Consts[7].Expr = ir.CExpr{Op: ir.CRef, Ref: 99} },
		"safe is no predicate":   func(u *units) { u.env.Funcs[3].Results = nil },
		"react has other params": func(u *units) { u.env.Funcs[2].Params[1].Type = ir.I8 },
	} {
		u := units{jointtest.Governor(), jointtest.Contract(), jointtest.Plant()}
		change(&u)
		if _, err := joint.New(u.module, u.contract, u.env, nil); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !errors.Is(err, joint.ErrShape) && !errors.Is(err, ir.ErrConst) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
