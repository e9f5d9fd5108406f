package tilego_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// TestShippedModulesRoundTrip prints and compiles the modules of all lineages
// and what they are compared with: no byte changes.
func TestShippedModulesRoundTrip(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../lineages/*/*/module.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules: %v", err)
	}
	for _, file := range files {
		slot := filepath.Base(filepath.Dir(file))
		t.Run(filepath.Base(filepath.Dir(filepath.Dir(file)))+"/"+slot, func(t *testing.T) {
			t.Parallel()
			c := contractOf(t, slot)
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			u, err := tilego.Compile(src, c.Surface())
			if err != nil {
				t.Fatal(err)
			}
			again(t, u, c, slot)
			bare, err := ir.Decode(encoded(t, u))
			if err != nil {
				t.Fatal(err)
			}
			again(t, bare, c, slot)
		})
	}
}

// contractOf loads the contract of a device slot, or of a kernel slot.
func contractOf(t *testing.T, slot string) *contract.Contract {
	t.Helper()
	dir := "../../hal/" + slot
	if _, err := os.Stat(dir); err != nil {
		dir = "../slots/" + slot
	}
	c, err := contract.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func encoded(t *testing.T, u *ir.Unit) []byte {
	t.Helper()
	b, err := ir.Encode(u)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func again(t *testing.T, u *ir.Unit, c *contract.Contract, slot string) {
	t.Helper()
	src, err := tilego.Format(u, c.Import, slot)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", src)
	v, err := tilego.Compile(src, c.Surface())
	if err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	if !bytes.Equal(encoded(t, u), encoded(t, v)) {
		t.Errorf("another unit after:\n%s", src)
	}
}
