package foreign_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"
	"time"

	"github.com/genesis-network/genesis/kernel/wasm"
	"github.com/genesis-network/genesis/kernel/wasm/foreign"
)

const (
	checkerFile = "../../../deploy/npm/node_modules/tla-checker/tla_checker_bg.wasm"
	spec        = `---- MODULE Count ----
EXTENDS Naturals
VARIABLES x, y
Init == x = 0 /\ y = 0
Next == \/ x < 60 /\ x' = x + 1 /\ y' = y
        \/ y < 60 /\ y' = y + 1 /\ x' = x
Small == x + y <= 120
====
`
	config = "INIT Init\nNEXT Next\nINVARIANT Small\n"
)

var (
	n       = foreign.I32
	checker = foreign.ABI{Exports: map[string]foreign.Signature{
		"__wbindgen_add_to_stack_pointer": {Params: []foreign.ValType{n}, Results: []foreign.ValType{n}},
		"__wbindgen_export":               {Params: []foreign.ValType{n, n}, Results: []foreign.ValType{n}},
		"check_spec_with_cfg":             {Params: []foreign.ValType{n, n, n, n, n, n, n, n, n, n, n}},
	}}
)

// rust is what calling the model checker takes: the same with fuel and without.
type rust struct {
	call  func(name string, stack []uint64) error
	write func(at uint64, b string)
	read  func(at, size uint64) []byte
}

// check asks for the states of the specification, in the convention of
// wasm-bindgen, and returns the answer.
func (c rust) check(t *testing.T) string {
	t.Helper()
	do := func(name string, args ...uint64) uint64 {
		if err := c.call(name, args); err != nil {
			t.Fatal(err)
		}
		return args[0]
	}
	result := do("__wbindgen_add_to_stack_pointer", 1<<32-16)
	args := []uint64{result}
	for _, s := range []string{spec, config, "{}"} {
		at := do("__wbindgen_export", uint64(len(s)), 1)
		c.write(at, s)
		args = append(args, at, uint64(len(s)))
	}
	do("check_spec_with_cfg", append(args, 100_000, 1<<30, 1, 0)...)
	place := c.read(result, 8)
	word := func(b []byte) uint64 {
		return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24
	}
	return string(c.read(word(place), word(place[4:])))
}

// TestRustWithFuel runs a megabyte of what the Rust compiler made, a model
// checker with 4,000 states to find, with fuel and without.
func TestRustWithFuel(t *testing.T) {
	if os.Getenv("GENESIS_NIGHTLY") == "" {
		t.Skip("LEFT OUT: set GENESIS_NIGHTLY=1 to compile a large module twice")
	}
	t.Parallel()
	code, err := os.ReadFile(checkerFile)
	if err != nil {
		t.Skip("SKIPPED: tla-checker is not installed; run: npm ci --prefix deploy/npm")
	}
	sum := sha256.Sum256(code)
	guest, err := wasm.NewGuest(t.Context(), code, hex.EncodeToString(sum[:]), 8<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer guest.Close(t.Context())
	plain, err := guest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	want := rust{
		call: func(name string, stack []uint64) error {
			out, err := plain.Call(t.Context(), name, stack...)
			copy(stack, out)
			return err
		},
		write: func(at uint64, b string) { must(t, plain.Write(uint32(at), []byte(b))) },
		read:  func(at, size uint64) []byte { b, err := plain.Read(uint32(at), uint32(size)); must(t, err); return b },
	}.check(t)
	without := time.Since(began)

	limits := foreign.DefaultLimits
	limits.Bytes, limits.Body, limits.Pages = 4<<20, 1<<20, 128
	began = time.Now()
	m, err := foreign.Meter(code, checker, limits)
	must(t, err)
	rewriting := time.Since(began)
	fuelled := start(t, runtimes(t)["compiler"], m)
	began, spent := time.Now(), int64(0)
	got := rust{
		call: func(name string, stack []uint64) error {
			f, err := fuelled.Func(name)
			must(t, err)
			left, err := f.Call(plenty, stack)
			spent += plenty - left
			return err
		},
		write: func(at uint64, b string) { copy(fuelled.Memory()[at:], b) },
		read:  func(at, size uint64) []byte { return bytes.Clone(fuelled.Memory()[at : at+size]) },
	}.check(t)
	if got != want || spent < 1_000_000 {
		t.Errorf("with fuel %.200s, without %.200s; %d spent", got, want, spent)
	}
	t.Logf("%d bytes became %d in %v; %v without fuel, %v with, %d spent; %.100s", len(code), len(m.Code), rewriting, without, time.Since(began), spent, got)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
