package wasm_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/kernel/wasm"
)

// adder exports a memory of one page and add(a, b) = a + b.
var adder = []byte("\x00asm\x01\x00\x00\x00" +
	"\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f" + // type (i32, i32) -> i32
	"\x03\x02\x01\x00" + // one function of it
	"\x05\x03\x01\x00\x01" + // memory of one page
	"\x07\x10\x02\x03add\x00\x00\x06memory\x02\x00" +
	"\x0a\x09\x01\x07\x00\x20\x00\x20\x01\x6a\x0b")

// importer imports env.f: () -> ().
var importer = []byte("\x00asm\x01\x00\x00\x00" +
	"\x01\x04\x01\x60\x00\x00" +
	"\x02\x09\x01\x03env\x01f\x00\x00")

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func TestGuestComputes(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	g, err := wasm.NewGuest(ctx, adder, sum(adder), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close(ctx)
	for range 2 { // instances are independent
		i, err := g.Start(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := i.Call(ctx, "add", 40, 2); err != nil || out[0] != 42 {
			t.Errorf("add(40, 2) = %v, %v", out, err)
		}
		if b, err := i.Read(7, 2); err != nil || string(b) != "\x00\x00" {
			t.Errorf("fresh memory holds %q, %v", b, err)
		}
		if err := i.Write(7, []byte("hi")); err != nil {
			t.Error(err)
		}
		if err := i.Write(1<<16-1, []byte("hi")); err == nil {
			t.Error("wrote beyond the memory")
		}
		if _, err := i.Call(ctx, "add", 1); err == nil {
			t.Error("called with too few arguments")
		}
		if _, err := i.Call(ctx, "sub", 1, 2); err == nil {
			t.Error("called a function that does not exist")
		}
		if err := i.Close(ctx); err != nil {
			t.Error(err)
		}
	}
}

func TestGuestIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code   []byte
		digest string
		want   string
	}{
		"other bytes": {append(adder[:len(adder)-2:len(adder)-2], 0x6b, 0x0b), sum(adder), "SHA-256"},
		"imports":     {importer, sum(importer), "1 imports"},
		"no wasm":     {[]byte("hello"), sum([]byte("hello")), "compile"},
	} {
		g, err := wasm.NewGuest(t.Context(), c.code, c.digest, 1<<20)
		if err == nil {
			g.Close(t.Context())
			t.Errorf("%s: accepted", name)
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if name != "no wasm" && !errors.Is(err, wasm.ErrGuest) {
			t.Errorf("%s: %v is not ErrGuest", name, err)
		}
	}
}
