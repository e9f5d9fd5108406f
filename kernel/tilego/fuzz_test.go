package tilego

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

// slowest is far above what any source within the limits takes to compile, on a
// loaded machine with the race detector.
const slowest = time.Minute

// FuzzCompile: any source is compiled or refused, soon, and what is compiled is
// valid, can be printed and comes back the same.
func FuzzCompile(f *testing.F) {
	for _, glob := range []string{"testdata/*.go", "testdata/*/*.go"} {
		files, err := filepath.Glob(glob)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			f.Add(readFile(f, file))
		}
	}
	f.Add([]byte("package m\nfunc f(x uint8) uint8 { return " + strings.Repeat("-", 5000) + "x }"))
	f.Add([]byte("package m\nconst a = 1 << 511 << 511"))
	f.Add([]byte("package m\ntype a [2]b\ntype b [2]a"))
	_, s := thermoSurface(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		start := time.Now()
		u, err := Compile(src, s)
		if d := time.Since(start); d > slowest {
			t.Errorf("took %v", d)
		}
		if err != nil {
			var refused Refusals
			if !errors.As(err, &refused) || len(refused) == 0 {
				t.Fatalf("error that is no refusal: %v", err)
			}
			return
		}
		if err := ir.Check(u); err != nil {
			t.Fatal(err)
		}
		if again, err := Format(u, s.Import, "again"); err == nil {
			v, err := Compile(again, s)
			if err != nil {
				t.Fatalf("%v\n%s", err, again)
			}
			if !wholeArrays(u) && string(encode(t, u)) != string(encode(t, v)) {
				t.Fatalf("another unit:\n%s", again)
			}
		}
	})
}
