package wasm_test

import (
	"errors"
	"testing"

	"github.com/genesis-network/genesis/kernel/wasm"
)

// fixedAdder is the adder with a memory that cannot grow.
var fixedAdder = []byte("\x00asm\x01\x00\x00\x00" +
	"\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f" +
	"\x03\x02\x01\x00" +
	"\x05\x04\x01\x01\x01\x01" + // memory of one page, at most one
	"\x07\x10\x02\x03add\x00\x00\x06memory\x02\x00" +
	"\x0a\x09\x01\x07\x00\x20\x00\x20\x01\x6a\x0b")

func engines(t *testing.T, run func(t *testing.T, r *wasm.Runtime)) {
	for name, e := range map[string]wasm.Engine{"auto": wasm.Auto, "compiler": wasm.Compiler, "interpreter": wasm.Interpreter} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := wasm.NewRuntime(t.Context(), e)
			if err != nil {
				t.Skipf("no such engine on this machine: %v", err)
			}
			defer r.Close(t.Context())
			run(t, r)
		})
	}
}

func TestRuntimeCalls(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, r *wasm.Runtime) {
		m, err := r.Compile(t.Context(), fixedAdder)
		if err != nil {
			t.Fatal(err)
		}
		a, err := m.Instance(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, err := m.Instance(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		a.Memory()[9] = 7
		if len(a.Memory()) != 1<<16 || b.Memory()[9] != 0 {
			t.Errorf("%d bytes of memory, instances share it: %t", len(a.Memory()), b.Memory()[9] != 0)
		}
		add, err := a.Func("add")
		if err != nil {
			t.Fatal(err)
		}
		stack := []uint64{40, 2}
		if err := add.Call(t.Context(), stack); err != nil || stack[0] != 42 {
			t.Errorf("add(40, 2) = %d, %v", stack[0], err)
		}
		if p, n := add.Arity(); p != 2 || n != 1 {
			t.Errorf("arity %d, %d", p, n)
		}
		if _, err := a.Func("sub"); !errors.Is(err, wasm.ErrModule) {
			t.Errorf("missing function: %v", err)
		}
	})
}

func TestRuntimeRefuses(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, r *wasm.Runtime) {
		for name, code := range map[string][]byte{"no wasm": []byte("hello"), "imports": importer, "growing memory": adder} {
			m, err := r.Compile(t.Context(), code)
			if err == nil {
				_, err = m.Instance(t.Context())
			}
			if !errors.Is(err, wasm.ErrModule) {
				t.Errorf("%s: got %v, want ErrModule", name, err)
			}
		}
	})
}
