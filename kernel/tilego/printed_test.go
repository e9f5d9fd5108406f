package tilego_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/tilego/cost"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/layout"
	"github.com/genesis-network/genesis/kernel/tilego/wasmgen"
)

func vector(t *testing.T, name string) *ir.Unit {
	t.Helper()
	text, err := os.ReadFile("testdata/v1/" + name + ".hex")
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	u, err := ir.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// printed is what every printer makes of a module, by digest.
func printed(t *testing.T, name string) string {
	t.Helper()
	u := vector(t, name)
	wasm, err := wasmgen.Generate(u)
	if err != nil {
		t.Fatal(err)
	}
	bounds, err := cost.Module(wasm)
	if err != nil {
		t.Fatal(err)
	}
	model, err := coqgen.Model(u, vector(t, "contract"))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s\n  wasm   %x\n  coq    %x\n  schema %s\n  cost   %s of Step\n",
		name, sha256.Sum256(wasm.Bytes()), sha256.Sum256(model), layout.Digest(u.State), bounds["Step"])
}

// TestPrintersGiveTheSameBytes: what is printed of the frozen vectors moves only
// on purpose. When Wasm, layout or cost move, tiles compute other digests for
// released modules: raise tilego.CompilerVersion.
func TestPrintersGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for _, name := range []string{"steps", "tiny", "traps"} {
		one := printed(t, name)
		if again := printed(t, name); again != one {
			t.Errorf("printed twice, it differs:\n%s%s", one, again)
		}
		got.WriteString(one)
	}
	const file = "testdata/v1/printed.golden"
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("%s (-want +got):\n%s", file, d)
	}
}
