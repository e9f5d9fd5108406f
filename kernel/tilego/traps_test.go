package tilego

import (
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
	"github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"
	"github.com/genesis-network/genesis/kernel/tilego/testdata/traps"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

var native = map[string]any{
	"ArgumentOrder": traps.ArgumentOrder, "CallsInOrder": traps.CallsInOrder, "ReverseAssign32": traps.ReverseAssign32,
	"Wrap8": traps.Wrap8, "NamedTypes": traps.NamedTypes, "Division": traps.Division, "Division8": traps.Division8,
	"Division64": traps.Division64, "DivideByConstants": traps.DivideByConstants, "ShiftPrecedence": traps.ShiftPrecedence,
	"SignedShift": traps.SignedShift, "ShiftConstants": traps.ShiftConstants, "ShiftTypedLeft": traps.ShiftTypedLeft,
	"Precedence": traps.Precedence, "Bitwise": traps.Bitwise, "Compare": traps.Compare, "Convert": traps.Convert,
	"ShortCircuit": traps.ShortCircuit, "Swap": traps.Swap, "OldValue": traps.OldValue, "Early": traps.Early,
	"EarlyWithState": traps.EarlyWithState, "Switch": traps.Switch, "Sum": traps.Sum, "Find": traps.Find,
	"Break": traps.Break, "Nested": traps.Nested, "MixedLeaves": traps.MixedLeaves, "NeverRuns": traps.NeverRuns,
	"Push": traps.Push, "Histogram": traps.Histogram, "Copies": traps.Copies, "Local": traps.Local,
	"Structs": traps.Structs, "Bits": traps.Bits, "MinMax": traps.MinMax, "Constants": traps.Constants,
	"Panics": traps.Panics, "Input16": traps.Input16, "Calls": traps.Calls, "Zero": traps.Zero,
	"Redeclare": traps.Redeclare, "Grids": traps.Grids, "Rows": traps.Rows, "Slots": traps.Slots, "Boards": traps.Boards, "Outside": traps.Outside,
}

// scalars are the scalars of v in the order of the engines, which keep an array
// for each leaf.
func scalars(v reflect.Value) []reflect.Value { return slices.Concat(leavesOf(v)...) }

func leavesOf(v reflect.Value) (out [][]reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			out = append(out, leavesOf(v.Field(i))...)
		}
	case reflect.Array:
		for i := range v.Len() {
			for k, l := range leavesOf(v.Index(i)) {
				if i == 0 {
					out = append(out, nil)
				}
				out[k] = append(out[k], l...)
			}
		}
	default:
		return [][]reflect.Value{{v}}
	}
	return out
}

// flatten appends the scalars of v as the engine keeps them.
func flatten(out []uint64, v reflect.Value) []uint64 {
	for _, s := range scalars(v) {
		switch {
		case s.Kind() == reflect.Bool && s.Bool():
			out = append(out, 1)
		case s.Kind() == reflect.Bool:
			out = append(out, 0)
		case s.CanUint():
			out = append(out, s.Uint())
		default:
			out = append(out, uint64(s.Int()))
		}
	}
	return out
}

// fill sets the scalars of v and returns the rest of in.
func fill(v reflect.Value, in []uint64) []uint64 {
	for _, s := range scalars(v) {
		switch {
		case s.Kind() == reflect.Bool:
			s.SetBool(in[0] != 0)
		case s.CanUint():
			s.SetUint(in[0])
		default:
			s.SetInt(int64(in[0]))
		}
		in = in[1:]
	}
	return in
}

// outcome is what a call leaves behind.
type outcome struct {
	Panic   string
	State   []uint64
	Results []uint64
}

// runNative calls a Go function on flattened values.
func runNative(fn any, state, input, params []uint64) (out outcome) {
	defer func() {
		if r := recover(); r != nil {
			out = outcome{Panic: goPanic(r)}
		}
	}()
	v := reflect.ValueOf(fn)
	var args []reflect.Value
	var s *traps.State
	for i := range v.Type().NumIn() {
		a := reflect.New(v.Type().In(i)).Elem()
		switch {
		case a.Type() == reflect.TypeFor[*traps.State]():
			s = new(traps.State)
			fill(reflect.ValueOf(s).Elem(), state)
			a = reflect.ValueOf(s)
		case a.Type() == reflect.TypeFor[*thermo.Input]():
			in := new(thermo.Input)
			fill(reflect.ValueOf(in).Elem(), input)
			a = reflect.ValueOf(in)
		default:
			params = fill(a, params)
		}
		args = append(args, a)
	}
	for _, r := range v.Call(args) {
		out.Results = flatten(out.Results, r)
	}
	if s != nil {
		out.State = flatten(nil, reflect.ValueOf(s).Elem())
	}
	return out
}

func goPanic(r any) string {
	err, ok := r.(runtime.Error)
	switch {
	case ok && strings.Contains(err.Error(), "divide by zero"):
		return ir.DivisionByZero.String()
	case ok && strings.Contains(err.Error(), "index out of range"):
		return ir.IndexOutOfRange.String()
	}
	panic(r)
}

// runVM calls the same function of a compiled unit.
func runVM(t interface{ Fatal(...any) }, u *ir.Unit, p *vm.Program, name string, state, input, params []uint64) outcome {
	f, _ := u.Func(name)
	h, err := p.Func(name)
	if err != nil {
		t.Fatal(err)
	}
	frame := &vm.Frame{Params: params, Results: make([]uint64, len(f.Results))}
	frame.State[0], frame.Input[0] = slices.Clone(state), input
	if err := p.Machine().Run(h, frame); err != nil {
		return outcome{Panic: strings.TrimPrefix(err.Error(), "tilego: panic: ")}
	}
	out := outcome{Results: slices.Concat(frame.Results)} // nil when empty
	if f.States > 0 {
		out.State = frame.State[0]
	}
	return out
}

func trapsUnit(t testing.TB) *ir.Unit {
	t.Helper()
	_, s := thermoSurface(t)
	u, err := Compile(readFile(t, "testdata/traps/traps.go"), s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestGoAgrees runs what other translators of Go got wrong natively and by the
// reference engine.
func TestGoAgrees(t *testing.T) {
	t.Parallel()
	u := trapsUnit(t)
	p, err := vm.New(u)
	if err != nil {
		t.Fatal(err)
	}
	for i := range u.Funcs {
		if name := u.Funcs[i].Name; name != "Inv" && name != "Step" && name[0] <= 'Z' && native[name] == nil {
			t.Errorf("%s is not run natively", name)
		}
	}
	for name, fn := range native {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := u.Func(name)
			if f == nil {
				t.Fatalf("%s is not compiled", name)
			}
			rapid.Check(t, func(t *rapid.T) {
				state := irgen.Values(u.State).Draw(t, "state")
				input := irgen.Values(u.Input).Draw(t, "input")
				params := irgen.Args(f.Params).Draw(t, "params")
				want := runNative(fn, state, input, params)
				got := runVM(t, u, p, name, state, input, params)
				if d := cmp.Diff(want, got); d != "" {
					t.Fatalf("Go and the reference engine differ (-go +engine):\n%s", d)
				}
			})
		})
	}
}
