package wasmgen_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
	"github.com/genesis-network/genesis/kernel/tilego/wasmgen"
)

var update = flag.Bool("update", false, "write golden files")

// TestGolden holds the bytes of one unit and of the Wasm derived from it. When
// either moves, digests of released code move too: raise tilego.CompilerVersion
// (Wasm), or ir.Version (IR).
func TestGolden(t *testing.T) {
	t.Parallel()
	u := irgen.Governor()
	enc, err := ir.Encode(u)
	if err != nil {
		t.Fatal(err)
	}
	m, err := wasmgen.Generate(u)
	if err != nil {
		t.Fatal(err)
	}
	for file, got := range map[string][]byte{"testdata/governor.ir": enc, "testdata/governor.wasm": m.Bytes()} {
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes differ from the golden file (%v)", file, len(got), err)
		}
	}
}
