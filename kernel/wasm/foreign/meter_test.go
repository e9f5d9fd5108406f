package foreign_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/genesis-network/genesis/kernel/wasm"
	"github.com/genesis-network/genesis/kernel/wasm/foreign"
	asm "github.com/genesis-network/genesis/kernel/wasm/foreign/foreigntest"
)

const plenty = int64(1) << 40

// runtimes are both engines, each closed with the test.
func runtimes(t testing.TB) map[string]*wasm.Runtime {
	t.Helper()
	out := map[string]*wasm.Runtime{}
	for name, e := range map[string]wasm.Engine{"compiler": wasm.Compiler, "interpreter": wasm.Interpreter} {
		r, err := wasm.NewRuntime(t.Context(), e)
		if err != nil {
			t.Logf("LEFT OUT: %s: %v", name, err)
			continue
		}
		t.Cleanup(func() { _ = r.Close(context.WithoutCancel(t.Context())) })
		out[name] = r
	}
	return out
}

// failer is a *testing.T or a *rapid.T.
type failer interface {
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Helper()
	Context() context.Context
}

func meter(t failer, code []byte, a foreign.ABI) *foreign.Metered {
	t.Helper()
	m, err := foreign.Meter(code, a, foreign.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// start makes an instance of a metered module.
func start(t failer, r *wasm.Runtime, m *foreign.Metered) *wasm.MeteredInstance {
	t.Helper()
	code, err := r.Metered(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	i, err := code.Instance(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// spend calls run and returns what it gave and what it cost.
func spend(t failer, i *wasm.MeteredInstance, fuel int64, args ...uint64) (result uint64, spent int64, err error) {
	t.Helper()
	f, err := i.Func("run")
	if err != nil {
		t.Fatal(err)
	}
	stack := append([]uint64{}, args...)
	left, err := f.Call(fuel, stack)
	return stack[0], fuel - left, err
}

func TestProgramsComputeTheSame(t *testing.T) {
	t.Parallel()
	rs := runtimes(t)
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			m := meter(t, p.module.Bytes(), abi(&p.module))
			costs := map[string][]int64{}
			for name, r := range rs {
				for _, c := range p.calls {
					got, spent, err := spend(t, start(t, r, m), plenty, c.args...)
					if err != nil || got != c.want {
						t.Errorf("%s: run%v = %d, %v, want %d", name, c.args, got, err, c.want)
					}
					costs[name] = append(costs[name], spent)
					exact(t, r, m, c, spent)
				}
			}
			for name, c := range costs {
				for i := range c {
					if c[i] != costs["interpreter"][i] {
						t.Errorf("%s spent %v, the interpreter %v", name, c, costs["interpreter"])
					}
				}
			}
		})
	}
}

// exact: what a call spent is enough for it, and less is not.
func exact(t *testing.T, r *wasm.Runtime, m *foreign.Metered, c call, spent int64) {
	t.Helper()
	if got, again, err := spend(t, start(t, r, m), spent, c.args...); err != nil || got != c.want || again != spent {
		t.Errorf("with exactly %d: run%v = %d, spent %d, %v", spent, c.args, got, again, err)
	}
	for _, less := range []int64{spent - 1, spent / 2, 0} {
		if _, _, err := spend(t, start(t, r, m), less, c.args...); !errors.Is(err, wasm.ErrExhausted) {
			t.Errorf("with %d of %d: %v, want %v", less, spent, err, wasm.ErrExhausted)
		}
	}
}

func TestEndlessProgramsEnd(t *testing.T) {
	t.Parallel()
	rs := runtimes(t)
	for _, tc := range []struct {
		name string
		code asm.Module
		want error
	}{
		{"a loop", asm.Module{Pages: 1, Funcs: []asm.Func{run(nil, `loop br 0 end unreachable`)}}, wasm.ErrExhausted},
		{"a loop that jumps by table", asm.Module{Pages: 1, Funcs: []asm.Func{run(nil, `loop i32.const 7 br_table 1 0 0 end unreachable`)}}, wasm.ErrExhausted},
		{"recursion", asm.Module{Pages: 1, Funcs: []asm.Func{run(nil, `local.get 0 call run`)}}, wasm.ErrTooDeep},
		{"recursion through a table", asm.Module{Pages: 1, Table: []string{"run"}, Funcs: []asm.Func{run(nil, `local.get 0 i32.const 0 call_indirect run`)}}, wasm.ErrTooDeep},
		{"recursion that doubles", asm.Module{Pages: 1, Funcs: []asm.Func{run(nil,
			`local.get 0 i32.const 60 i32.gt_u if local.get 0 return end
			local.get 0 i32.const 1 i32.add call run drop local.get 0 i32.const 1 i32.add call run`)}}, wasm.ErrExhausted},
		{"memory that is filled again and again", asm.Module{Pages: 1, Funcs: []asm.Func{run(nil,
			`loop i32.const 0 i32.const 1 i32.const 65536 memory.fill br 0 end unreachable`)}}, wasm.ErrExhausted},
		{"memory that grows for ever", asm.Module{Pages: 1, Funcs: []asm.Func{run(nil, `loop i32.const 1 memory.grow drop br 0 end unreachable`)}}, wasm.ErrExhausted},
		{"growth by more than there is", asm.Module{Pages: 1, Funcs: []asm.Func{run(nil, `i32.const -1 memory.grow`)}}, wasm.ErrExhausted},
		{"no endless one: a trap", asm.Module{Pages: 1, Funcs: []asm.Func{run(nil, `i32.const 1 i32.const 0 i32.div_u`)}}, wasm.ErrTrapped},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := meter(t, tc.code.Bytes(), abi(&tc.code))
			for name, r := range rs {
				i := start(t, r, m)
				if _, _, err := spend(t, i, 1_000_000, 1); !errors.Is(err, tc.want) {
					t.Errorf("%s: %v, want %v", name, err, tc.want)
				}
				if n := len(i.Memory()); n > int(foreign.DefaultLimits.Pages)<<16 {
					t.Errorf("%s: %d bytes of memory", name, n)
				}
			}
		})
	}
}

// Depth is counted on the way out too, by each way out.
func TestDepthComesBack(t *testing.T) {
	t.Parallel()
	m := asm.Module{Pages: 1, Funcs: []asm.Func{
		run([]asm.Type{i32}, `loop local.get 1 i32.const 3 i32.rem_u call leaves drop
			local.get 1 i32.const 1 i32.add local.tee 1 i32.const 3000 i32.lt_u br_if 0 end local.get 1`),
		{Name: "leaves", Params: one, Results: one, Code: `local.get 0 i32.eqz if i32.const 1 return end
			local.get 0 local.get 0 i32.const 1 i32.eq br_if 0 drop call leaf`},
		{Name: "leaf", Results: one, Code: `i32.const 5`}}}
	for name, r := range runtimes(t) {
		if got, _, err := spend(t, start(t, r, meter(t, m.Bytes(), abi(&m))), plenty, 0); err != nil || got != 3000 {
			t.Errorf("%s: %d, %v", name, got, err)
		}
	}
}

func TestSameModuleSameBytes(t *testing.T) {
	t.Parallel()
	for _, p := range programs {
		a, b := meter(t, p.module.Bytes(), abi(&p.module)), meter(t, p.module.Bytes(), abi(&p.module))
		if !bytes.Equal(a.Code, b.Code) {
			t.Errorf("%s: other bytes", p.name)
		}
	}
}

// A metered module is foreign again: what it names is its own, and it is charged
// twice, not for nothing.
func TestMeteringTwice(t *testing.T) {
	t.Parallel()
	rs := runtimes(t)
	for _, p := range programs {
		once := meter(t, p.module.Bytes(), abi(&p.module))
		twice := meter(t, once.Code, abi(&p.module))
		for name, r := range rs {
			_, _, err := spend(t, start(t, r, twice), plenty, p.calls[0].args...)
			if !errors.Is(err, wasm.ErrExhausted) && !errors.Is(err, wasm.ErrTrapped) {
				t.Errorf("%s: %s: the counters of the first time are 0: %v", p.name, name, err)
			}
		}
	}
}
