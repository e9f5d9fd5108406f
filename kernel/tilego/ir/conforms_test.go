package ir_test

import (
	"errors"
	"testing"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// slotPair is a module and a contract that fit each other: the module imports
// Limit = 9 and the table curve.
func slotPair() (module, contract *ir.Unit) {
	nine := ir.Const{Name: "Limit", Expr: number(9)}
	curve := ir.Table{Name: "curve", Type: ir.U8, Elems: []ir.Atom{lit(ir.U8, 1), k(ir.U8, 0)}}
	input := []ir.Field{{Name: "temp", Type: ir.I16}}
	contract = &ir.Unit{Kind: ir.Contract, Slot: "test", Input: input, Consts: []ir.Const{nine}, Tables: []ir.Table{curve}}
	nine.Imported, nine.Expr = true, bin(ir.CAdd, number(4), number(5)) // the value counts, not how it is written
	curve.Imported = true
	module = &ir.Unit{
		Kind: ir.Module, Slot: "test", Input: input, Tables: []ir.Table{curve},
		Consts: []ir.Const{nine, {Name: "own", Expr: number(1)}}, State: []ir.Field{{Name: "n", Type: ir.U8}},
	}
	return module.Clone(), contract.Clone()
}

func TestConforms(t *testing.T) {
	t.Parallel()
	if err := ir.Conforms(slotPair()); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(m, c *ir.Unit){
		"no module":             func(m, c *ir.Unit) { m.Kind = ir.Env },
		"slot":                  func(m, c *ir.Unit) { m.Slot = "other" },
		"input":                 func(m, c *ir.Unit) { m.Input[0].Type = ir.I32 },
		"state of the contract": func(m, c *ir.Unit) { c.State = []ir.Field{{Name: "n", Type: ir.U16}} },
		"value":                 func(m, c *ir.Unit) { m.Consts[0].Expr = number(8) },
		"type":                  func(m, c *ir.Unit) { m.Consts[0].Type = ir.U8 },
		"unknown name":          func(m, c *ir.Unit) { m.Consts[0].Name = "Other" },
		"unknown table":         func(m, c *ir.Unit) { m.Tables[0].Name = "other" },
		"element":               func(m, c *ir.Unit) { m.Tables[0].Elems[0] = lit(ir.U8, 2) },
		"type of a table":       func(m, c *ir.Unit) { c.Tables[0].Type = ir.U16 },
	} {
		m, c := slotPair()
		spoil(m, c)
		if err := ir.Conforms(m, c); !errors.Is(err, ir.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}
