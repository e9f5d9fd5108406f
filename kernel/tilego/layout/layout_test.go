package layout_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
	"github.com/genesis-network/genesis/kernel/tilego/layout"
)

var mixed = []ir.Field{
	{Name: "a", Type: ir.U8}, {Name: "b", Type: ir.I64}, {Name: "c.d", Type: ir.Bool, Len: 3}, {Name: "e", Type: ir.U16}, {Name: "f", Type: ir.I32, Len: 2},
}

func TestOffsets(t *testing.T) {
	t.Parallel()
	l := layout.Of(&ir.Unit{State: mixed, Input: mixed[:1]})
	want := []int{64, 72, 80, 84, 88}
	for i, s := range l.State.Slots {
		if s.Offset != want[i] {
			t.Errorf("%s at %d, want %d", s.Name, s.Offset, want[i])
		}
	}
	if l.State.Size != 32 || l.Input.Offset != 128 || l.Input.Size != 1 || l.End != 192 {
		t.Errorf("state %d bytes, input %d bytes at %d, end %d", l.State.Size, l.Input.Size, l.Input.Offset, l.End)
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	want := "genesis/schema/v1\na 0 uint8\nb 0 int64\nc.d 3 bool\ne 0 uint16\nf 2 int32\n"
	if got := layout.Schema(mixed); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// SHA-256 of the text above, so that the format cannot drift unseen.
	if got := layout.Digest(mixed); got != "dd31111916fc9fd78d73b92886d3af4dccc568e24ea5eed59a1c81243bc16717" {
		t.Errorf("digest %s", got)
	}
}

func TestDigestTellsSchemasApart(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, change := range map[string]func([]ir.Field){
		"same":   func([]ir.Field) {},
		"name":   func(f []ir.Field) { f[0].Name = "z" },
		"type":   func(f []ir.Field) { f[0].Type = ir.I8 },
		"length": func(f []ir.Field) { f[0].Len = 1 },
		"order":  func(f []ir.Field) { f[0], f[3] = f[3], f[0] },
	} {
		fields := slices.Clone(mixed)
		change(fields)
		d := layout.Digest(fields)
		if other, ok := seen[d]; ok {
			t.Errorf("%s and %s have the same digest", name, other)
		}
		seen[d] = name
	}
}

func TestLoadInvertsStore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u := irgen.Module(irgen.Options{}).Draw(t, "unit")
		l := layout.Of(u)
		mem := make([]byte, l.End)
		want := irgen.Values(u.State).Draw(t, "state")
		l.State.Store(mem, want)
		got := make([]uint64, len(want))
		l.State.Load(got, mem)
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		if err := l.State.Check(mem[l.State.Offset:][:l.State.Size]); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCheckRefusesOtherBytes(t *testing.T) {
	t.Parallel()
	l := layout.Of(&ir.Unit{State: mixed})
	for name, spoil := range map[string]func([]byte) []byte{
		"short":   func(b []byte) []byte { return b[1:] },
		"bool":    func(b []byte) []byte { b[80-64] = 2; return b },
		"padding": func(b []byte) []byte { b[1] = 1; return b },
	} {
		if err := l.State.Check(spoil(make([]byte, l.State.Size))); !errors.Is(err, layout.ErrBytes) {
			t.Errorf("%s: got %v, want ErrBytes", name, err)
		}
	}
}
