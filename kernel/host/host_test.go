package host_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/wasm"
)

const header = `package m
import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"
`

// Modules for the contract in testdata.
const (
	// cautious keeps the fan high; it counts calls.
	cautious = header + `
type State struct { calls uint32; last int16 }
func Init(s *State) { s.calls = 7 }
func Inv(s *State) bool { return s.calls >= 7 }
func Step(s *State, in *Input) (fan, throttle uint8) {
	s.calls++
	s.last = in.Temp
	return MaxFan, MaxThrottle
}`
	// moody has the same state, and lets the fan stand when it is cool.
	moody = header + `
type State struct { calls uint32; last int16 }
func Inv(s *State) bool { return true }
func Step(s *State, in *Input) (fan, throttle uint8) {
	s.calls++
	s.last = in.Temp
	if in.Fault || in.Temp >= Critical { return MaxFan, MaxThrottle }
	return 0, 0
}`
	// faulty breaks its promise when it is hot, and divides by the load.
	faulty = header + `
type State struct { calls uint32; last int16 }
func Inv(s *State) bool { return s.calls <= 50 }
func Step(s *State, in *Input) (fan, throttle uint8) {
	s.calls += 50
	return uint8(MaxFan / max(in.Load, 0) * 0), 0
}`
	// other has another state.
	other = header + `
type State struct { calls uint64 }
func Inv(s *State) bool { return true }
func Step(s *State, in *Input) (fan, throttle uint8) { return MaxFan, MaxThrottle }`
)

type fixture struct {
	*testing.T
	surface *tilego.Surface
	host.Contract
	runtime *wasm.Runtime
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	c, err := contract.Load(os.DirFS("../tilego/testdata/thermo"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := wasm.NewRuntime(t.Context(), wasm.Auto)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(context.Background()) })
	f := &fixture{surface: c.Surface(), Contract: host.Contract{Unit: c.Unit, Budget: uint64(c.Budget)}, runtime: r}
	f.T, _ = t.(*testing.T)
	return f
}

func (f *fixture) encoded(t testing.TB, source string) []byte {
	t.Helper()
	u, err := tilego.Compile([]byte(source), f.surface)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ir.Encode(u)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (f *fixture) instance(t testing.TB, source string) *host.Instance {
	t.Helper()
	m, err := host.Load(t.Context(), f.encoded(t, source), f.Contract, host.WithRuntime(f.runtime))
	if err != nil {
		t.Fatal(err)
	}
	i, err := m.Instance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// Inputs: temperature, load, fault.
var (
	cool    = []uint64{300, 10, 0}
	hot     = []uint64{1000, 10, 0}
	idle    = []uint64{300, 0, 0}
	beyond  = []uint64{uint64(ir.I16.Wrap(2000)), 10, 0}
	results = func() []uint64 { return make([]uint64, 2) }
)

func TestLoadAndStep(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	i := f.instance(t, cautious)
	out := results()
	if err := i.Step(cool, out); err != nil || out[0] != 10 || out[1] != 4 {
		t.Fatalf("step: %v, %v", out, err)
	}
	state := make([]uint64, 2)
	if i.Values(state); state[0] != 8 || state[1] != 300 {
		t.Errorf("state after Init and a step: %v", state)
	}
	if err := i.Step(cool[:1], out); !errors.Is(err, host.ErrArity) {
		t.Errorf("too few inputs: %v", err)
	}
	if i.Module().Costs["Step"] == nil || len(i.Module().Schema) != 64 {
		t.Error("module without cost or schema")
	}
}

func TestStateRoundTrip(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.instance(t, cautious), f.instance(t, cautious)
	if err := a.Step(hot, results()); err != nil {
		t.Fatal(err)
	}
	saved := a.State()
	if err := b.SetState(saved); err != nil || string(b.State()) != string(saved) {
		t.Errorf("state %x, want %x (%v)", b.State(), saved, err)
	}
	if err := b.SetState(saved[1:]); err == nil {
		t.Error("took a state that is too short")
	}
	saved[0]++
	if string(a.State()) == string(saved) {
		t.Error("State is no copy")
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	good := f.encoded(t, cautious)
	spoilt := func(change func(*ir.Unit)) []byte {
		u, err := ir.Decode(good)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		b, err := ir.Encode(u)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	rename := func(name, to string) []byte {
		return spoilt(func(u *ir.Unit) { fn, _ := u.Func(name); fn.Name = to })
	}
	poor := f.Contract
	poor.Budget = 3
	for name, c := range map[string]struct {
		encoded  []byte
		contract host.Contract
		want     error
	}{
		"damaged":           {good[:len(good)-1], f.Contract, ir.ErrEncoding},
		"too dear":          {good, poor, host.ErrBudget},
		"no contract":       {good, host.Contract{Budget: 1000}, host.ErrRefused},
		"no entry":          {rename("Step", "Stop"), f.Contract, host.ErrRefused},
		"other slot":        {spoilt(func(u *ir.Unit) { u.Slot = "sched" }), f.Contract, host.ErrRefused},
		"other input":       {spoilt(func(u *ir.Unit) { u.Input[0].Name = "Humidity" }), f.Contract, host.ErrRefused},
		"forged constant":   {spoilt(forge), f.Contract, host.ErrRefused},
		"unknown import":    {spoilt(func(u *ir.Unit) { imported(u).Name = "Unheard" }), f.Contract, host.ErrRefused},
		"Init with results": {spoilt(func(u *ir.Unit) { swapNames(u, "Init", "Inv") }), f.Contract, host.ErrRefused},
	} {
		if _, err := host.Load(t.Context(), c.encoded, c.contract); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if _, err := host.Load(t.Context(), good, host.Contract{Budget: 1000}, host.WithoutContract("test")); err != nil {
		t.Errorf("without contract, said so: %v", err)
	}
}

func imported(u *ir.Unit) *ir.Const {
	for i := range u.Consts {
		if u.Consts[i].Imported {
			return &u.Consts[i]
		}
	}
	panic("fixture imports no constant")
}

// forge changes the value of a constant that the contract declares.
func forge(u *ir.Unit) {
	c := imported(u)
	one := c.Expr
	c.Expr = ir.CExpr{Op: ir.CSub, A: &one, B: &one}
}

func swapNames(u *ir.Unit, a, b string) {
	f, _ := u.Func(a)
	g, _ := u.Func(b)
	f.Name, g.Name = g.Name, f.Name
}

func TestPanicMakesTheStateUntrusted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	i := f.instance(t, faulty)
	saved := i.State()
	err := i.Step(idle, results())
	var p *ir.Panic
	if !errors.As(err, &p) || p.Kind != ir.DivisionByZero {
		t.Fatalf("division by zero gave %v", err)
	}
	if err := i.Step(cool, results()); !errors.Is(err, host.ErrFailed) {
		t.Errorf("after a panic: %v", err)
	}
	if err := i.SetState(saved); err != nil {
		t.Fatal(err)
	}
	if err := i.Step(cool, results()); err != nil || i.Failed() != nil {
		t.Errorf("with a state again: %v", err)
	}
}

func TestMonitor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, c := range map[string]struct {
		source string
		inputs [][]uint64
		want   string // of the last input; the others pass
	}{
		"kept":              {cautious, [][]uint64{cool, hot, cool}, ""},
		"promise":           {faulty, [][]uint64{hot}, "Post does not hold after"},
		"invariant":         {faulty, [][]uint64{cool, cool}, "Inv does not hold after"},
		"input":             {cautious, [][]uint64{cool, beyond}, "Wf does not hold before"},
		"panic, no verdict": {faulty, [][]uint64{idle}, "division by zero"},
	} {
		i := f.instance(t, c.source)
		m, err := i.Module().Monitor()
		if err != nil {
			t.Fatal(err)
		}
		i.Watch(m)
		for k, in := range c.inputs {
			err := i.Step(in, results())
			want := ""
			if k == len(c.inputs)-1 {
				want = c.want
			}
			if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: call %d gave %v, want %q", name, k, err, want)
			}
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	f := newFixture(t)
	plain, watched := f.instance(t, cautious), f.instance(t, cautious)
	m, err := watched.Module().Monitor()
	if err != nil {
		t.Fatal(err)
	}
	watched.Watch(m)
	s := host.NewSwapper(f.instance(t, cautious))
	out := results()
	for name, step := range map[string]func([]uint64, []uint64) error{"instance": plain.Step, "monitor": watched.Step, "swapper": s.Step} {
		if n := testing.AllocsPerRun(100, func() { _ = step(cool, out) }); n != 0 {
			t.Errorf("%s: %v allocations per call", name, n)
		}
	}
}
