package foreign_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/genesis-network/genesis/kernel/wasm"
	"github.com/genesis-network/genesis/kernel/wasm/foreign"
)

var runOnly = foreign.ABI{Exports: map[string]foreign.Signature{"run": {Params: []foreign.ValType{foreign.I32}, Results: []foreign.ValType{foreign.I32}}}}

// small are limits that keep a single input cheap.
var small = foreign.Limits{Bytes: 1 << 16, Body: 1 << 14, Locals: 200, Funcs: 100, Pages: 4, Table: 100}

// holds checks what is said of any bytes: an error that says so, or a module
// that the engine takes exactly if it takes the original, and that ends.
func holds(t *testing.T, r *wasm.Runtime, code []byte) {
	m, err := foreign.Meter(code, runOnly, small)
	if err != nil {
		if !errors.Is(err, foreign.ErrRefused) || m != nil {
			t.Fatalf("an error of another kind: %v", err)
		}
		return
	}
	if again, err := foreign.Meter(code, runOnly, small); err != nil || !bytes.Equal(again.Code, m.Code) {
		t.Fatalf("other bytes the second time: %v", err)
	}
	sum := sha256.Sum256(code)
	g, errPlain := wasm.NewGuest(t.Context(), code, hex.EncodeToString(sum[:]), 8<<20)
	if errPlain == nil {
		g.Close(t.Context())
	}
	c, err := r.Metered(t.Context(), m)
	if (err == nil) != (errPlain == nil) {
		t.Fatalf("the engine says %v of the metered module, and %v of the original", err, errPlain)
	}
	if err != nil {
		return
	}
	defer c.Close(t.Context())
	i, err := c.Instance(t.Context(), nil)
	if err != nil {
		return // data outside of the memory
	}
	defer i.Close(t.Context())
	f, err := i.Func("run")
	if err != nil {
		t.Fatal(err)
	}
	left, err := f.Call(20_000, []uint64{3})
	if left > 20_000 || left < 0 && !errors.Is(err, wasm.ErrExhausted) {
		t.Fatalf("%d of 20000 left: %v", left, err)
	}
}

func seeds() [][]byte {
	var out [][]byte
	for _, p := range programs {
		out = append(out, p.module.Bytes())
	}
	return out
}

func FuzzMeter(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	r, err := wasm.NewRuntime(f.Context(), wasm.Interpreter)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = r.Close(context.WithoutCancel(f.Context())) })
	f.Fuzz(func(t *testing.T, code []byte) { holds(t, r, code) })
}

// TestChangedBytesAreRefusedOrHarmless changes bytes of the test programs, each
// time anew.
func TestChangedBytesAreRefusedOrHarmless(t *testing.T) {
	t.Parallel()
	r := runtimes(t)["interpreter"]
	rounds := 150
	if testing.Short() {
		rounds = 20
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	admitted := 0
	for _, s := range seeds() {
		for range rounds {
			code := bytes.Clone(s)
			for range 1 + random.IntN(3) {
				code[8+random.IntN(len(code)-8)] = byte(random.Uint32())
			}
			if _, err := foreign.Meter(code, runOnly, small); err == nil {
				admitted++
			}
			holds(t, r, code)
		}
	}
	if admitted < len(seeds()) {
		t.Errorf("only %d changed modules were admitted: the test says little", admitted)
	}
	t.Logf("%d of %d were admitted", admitted, rounds*len(seeds()))
}
