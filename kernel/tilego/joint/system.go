package joint

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// ErrShape says that module, contract and surroundings do not fit together: a
// function is missing or has other parameters or results than its role needs.
var ErrShape = errors.New("module, contract and surroundings do not fit together")

// Fault says which promise a step broke. Faults are checked in this order
// within a step, but for Size, which only engines with small integers report.
type Fault uint8

// The faults of a step.
const (
	None     Fault = iota
	EnvPanic       // EnvInit, Sense or React panicked: the contract's mistake
	BadInput       // Sense made an input that Wf excludes: the contract's mistake
	Panic          // Init or Step panicked
	Post           // the results break Post
	Frame          // the step touched state that Frame protects
	_
	Size // a value left the range that the engine can count in: no verdict
)

// Fn is a function in a role. The zero Fn is an absent one.
type Fn struct {
	Unit  *ir.Unit
	Func  *ir.Func
	Index int // in Unit.Funcs
}

// Present reports whether the unit has the function.
func (f Fn) Present() bool { return f.Func != nil }

// System is a module with its contract and surroundings.
type System struct {
	Module, Contract, Env *ir.Unit

	Init, Step, Inv      Fn // of the module; Init and Inv may be absent
	Wf, Post, Frame      Fn // of the contract; each may be absent
	EnvInit, Sense       Fn // of the surroundings; EnvInit may be absent
	React                Fn // may be absent
	Safe                 []Fn
	InitChoices, Choices int // 1..256
	Symmetric            int // things in the surroundings that are alike; 1 is none declared

	consts map[string]*big.Int
}

// New finds the roles in the three units. A nil contract promises nothing but
// the absence of panics. consts replaces constants of the contract, in each
// unit that declares or imports them, by smaller ones.
func New(module, contract, env *ir.Unit, consts map[string]*big.Int) (*System, error) {
	if module == nil || env == nil {
		return nil, fmt.Errorf("joint: no module or no surroundings: %w", ErrShape)
	}
	if contract == nil {
		contract = &ir.Unit{Kind: ir.Contract, Slot: module.Slot}
	}
	s := &System{Module: module, Contract: contract, Env: env, consts: consts}
	s.find()
	if err := s.findChoices(); err != nil {
		return nil, err
	}
	if err := s.checkShapes(); err != nil {
		return nil, err
	}
	return s, nil
}

// Consts are the replaced constants that a unit has under the contract's name:
// its own in the contract and the surroundings, imported ones in the module.
func (s *System) Consts(u *ir.Unit) map[string]*big.Int {
	out := make(map[string]*big.Int)
	for _, c := range u.Consts {
		if v, ok := s.consts[c.Name]; ok && c.Name != "" && (c.Imported || u.Kind != ir.Module) {
			out[c.Name] = v
		}
	}
	return out
}

func (s *System) find() {
	s.Init, s.Step, s.Inv = role(s.Module, "Init"), role(s.Module, "Step"), role(s.Module, "Inv")
	s.Wf, s.Post, s.Frame = role(s.Contract, "Wf"), role(s.Contract, "Post"), role(s.Contract, "Frame")
	s.EnvInit, s.Sense, s.React = role(s.Env, "EnvInit"), role(s.Env, "Sense"), role(s.Env, "React")
	for i := range s.Env.Funcs {
		if strings.HasPrefix(s.Env.Funcs[i].Name, "Safe") {
			s.Safe = append(s.Safe, Fn{s.Env, &s.Env.Funcs[i], i})
		}
	}
}

func role(u *ir.Unit, name string) Fn {
	for i := range u.Funcs {
		if u.Funcs[i].Name == name {
			return Fn{u, &u.Funcs[i], i}
		}
	}
	return Fn{}
}

func (s *System) findChoices() error {
	vals, err := s.Env.ConstValues(s.Consts(s.Env))
	if err != nil {
		return fmt.Errorf("joint: surroundings: %w", err)
	}
	s.InitChoices, s.Choices, s.Symmetric = 1, 1, 1
	for i, c := range s.Env.Consts {
		var to *int
		switch c.Name {
		case "InitChoices":
			to = &s.InitChoices
		case "Choices":
			to = &s.Choices
		case "Symmetric":
			to = &s.Symmetric
		default:
			continue
		}
		if !vals[i].IsInt64() || vals[i].Int64() < 1 || vals[i].Int64() > 256 {
			return fmt.Errorf("joint: %s is %s, want 1 to 256: %w", c.Name, vals[i], ErrShape)
		}
		*to = int(vals[i].Int64())
	}
	return s.checkSymmetry()
}

func (s *System) checkShapes() error {
	results := types(s.Step)
	choice := []ir.Type{ir.U8}
	for _, w := range []want{
		{fn: s.Step, name: "Step", needed: true, states: 1, inputs: 1, writes: true, results: results},
		{fn: s.Init, name: "Init", states: 1, writes: true},
		{fn: s.Inv, name: "Inv", states: 1, results: boolean},
		{fn: s.Wf, name: "Wf", inputs: 1, results: boolean},
		{fn: s.Post, name: "Post", inputs: 1, params: results, results: boolean},
		{fn: s.Frame, name: "Frame", states: 2, results: boolean},
		{fn: s.EnvInit, name: "EnvInit", states: 1, writes: true, params: choice},
		{fn: s.Sense, name: "Sense", needed: true, states: 1, params: choice, results: scalars(s.Module.Input)},
		{fn: s.React, name: "React", states: 1, writes: true, params: append(choice, results...)},
	} {
		if err := w.check(); err != nil {
			return err
		}
	}
	for _, f := range s.Safe {
		if err := (want{fn: f, name: f.Func.Name, states: 1, results: boolean}).check(); err != nil {
			return err
		}
	}
	return s.checkFields()
}

func (s *System) checkFields() error {
	for _, f := range s.Module.Input {
		if f.Len > 0 && !slices.Contains(s.Env.State, f) {
			return fmt.Errorf("joint: input field %s is an array, and Env has no field [%d]%s of that name: %w", f.Name, f.Len, f.Type, ErrShape)
		}
	}
	if (s.Wf.Present() || s.Post.Present()) && !slices.Equal(s.Contract.Input, s.Module.Input) {
		return fmt.Errorf("joint: the module was compiled against another Input: %w", ErrShape)
	}
	if s.Frame.Present() && !slices.Equal(s.Contract.State, s.Module.State) {
		return fmt.Errorf("joint: the module's State is not the contract's: %w", ErrShape)
	}
	return nil
}

var boolean = []ir.Type{ir.Bool}

// want is the shape that a role needs: at most so many states and inputs, and
// exactly these parameters and results.
type want struct {
	fn              Fn
	name            string
	needed          bool
	states, inputs  int
	writes          bool // may write its state
	params, results []ir.Type
}

func (w want) check() error {
	if !w.fn.Present() {
		if w.needed {
			return fmt.Errorf("joint: no function %s: %w", w.name, ErrShape)
		}
		return nil
	}
	f := w.fn.Func
	switch {
	case f.States > w.states || f.Inputs > w.inputs:
		return fmt.Errorf("joint: %s takes %d states and %d inputs, want at most %d and %d: %w",
			w.name, f.States, f.Inputs, w.states, w.inputs, ErrShape)
	case f.Mode == ir.WriteState && !w.writes:
		return fmt.Errorf("joint: %s must not change the state: %w", w.name, ErrShape)
	case !slices.Equal(paramTypes(f.Params), w.params):
		return fmt.Errorf("joint: %s has parameters %v, want %v: %w", w.name, paramTypes(f.Params), w.params, ErrShape)
	case !slices.Equal(paramTypes(f.Results), w.results):
		return fmt.Errorf("joint: %s has results %v, want %v: %w", w.name, paramTypes(f.Results), w.results, ErrShape)
	}
	return nil
}

func types(f Fn) []ir.Type {
	if !f.Present() {
		return nil
	}
	return paramTypes(f.Func.Results)
}

func paramTypes(ps []ir.Param) []ir.Type {
	out := make([]ir.Type, len(ps))
	for i, p := range ps {
		out[i] = p.Type
	}
	return out
}

func scalars(fs []ir.Field) []ir.Type {
	var out []ir.Type
	for _, f := range fs {
		if f.Len == 0 {
			out = append(out, f.Type)
		}
	}
	return out
}
