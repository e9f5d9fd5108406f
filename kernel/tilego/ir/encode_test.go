package ir_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
)

var (
	anyUnit  = rapid.OneOf(irgen.Module(irgen.Options{}), irgen.Contract(irgen.Options{}))
	sameUnit = cmp.Options{
		cmpopts.EquateEmpty(),
		cmpopts.IgnoreFields(ir.Var{}, "Name"),
		cmp.Comparer(func(a, b ir.CExpr) bool { return bytes.Equal(exprKey(a), exprKey(b)) }),
	}
)

// exprKey is an injective text of a constant expression.
func exprKey(e ir.CExpr) []byte {
	out := []byte{'(', byte('a' + e.Op), byte('0' + e.Ref)}
	if e.Lit != nil {
		out = append(out, e.Lit.String()...)
	}
	for _, sub := range []*ir.CExpr{e.A, e.B} {
		if sub != nil {
			out = append(out, exprKey(*sub)...)
		}
	}
	return append(out, ')')
}

func TestEveryGeneratedUnitIsValid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		if err := ir.Check(anyUnit.Draw(t, "unit")); err != nil {
			t.Fatal(err)
		}
	})
}

func TestDecodeInvertsEncode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u := anyUnit.Draw(t, "unit")
		b, err := ir.Encode(u)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ir.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(u, got, sameUnit); diff != "" {
			t.Fatalf("decoded unit differs (-encoded +decoded):\n%s", diff)
		}
	})
}

func TestNamesOfLocalsAreNotEncoded(t *testing.T) {
	t.Parallel()
	u := irgen.Governor()
	before, err := ir.Encode(u)
	if err != nil {
		t.Fatal(err)
	}
	for i := range u.Funcs {
		for j := range u.Funcs[i].Vars {
			u.Funcs[i].Vars[j].Name = "renamed"
		}
	}
	after, err := ir.Encode(u)
	if err != nil || !bytes.Equal(before, after) {
		t.Fatalf("encoding moved with the names of locals (%v)", err)
	}
}

func TestRenumberKeepsCanonicalUnits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u := anyUnit.Draw(t, "unit")
		before, err := ir.Encode(u)
		if err != nil {
			t.Fatal(err)
		}
		c := u.Clone()
		for i := range c.Funcs {
			c.Renumber(&c.Funcs[i])
		}
		after, err := ir.Encode(c)
		if err != nil || !bytes.Equal(before, after) {
			t.Fatalf("renumbering moved a unit that was in order (%v)", err)
		}
	})
}

// acceptedIsCanonical is the property of the decoder for arbitrary bytes.
func acceptedIsCanonical(t interface{ Fatalf(string, ...any) }, b []byte) {
	u, err := ir.Decode(b)
	if err != nil {
		return
	}
	again, err := ir.Encode(u)
	if err != nil || !bytes.Equal(again, b) {
		t.Fatalf("accepted bytes encode differently: %x, then %x (%v)", b, again, err)
	}
}

func TestDecodeOfDamagedBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b, err := ir.Encode(anyUnit.Draw(t, "unit"))
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 3).Draw(t, "flips") {
			i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			b[i] = rapid.Byte().Draw(t, "byte")
		}
		acceptedIsCanonical(t, b[:rapid.IntRange(0, len(b)).Draw(t, "cut")])
		acceptedIsCanonical(t, b)
	})
}

func TestDecodeRefusesTrailingBytesAndPadding(t *testing.T) {
	t.Parallel()
	b, err := ir.Encode(irgen.Governor())
	if err != nil {
		t.Fatal(err)
	}
	padded := append([]byte{b[0], b[1], b[2] | 0x80, 0}, b[3:]...) // length of the slot's name in two bytes
	for name, bad := range map[string][]byte{
		"empty": nil, "trailing": append(bytes.Clone(b), 0), "padded number": padded,
		"version": append([]byte{9}, b[1:]...), "huge": make([]byte, ir.MaxEncoded+1),
	} {
		if _, err := ir.Decode(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	b, err := ir.Encode(irgen.Governor())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	for seed := range 20 {
		if b, err := ir.Encode(anyUnit.Example(seed)); err == nil {
			f.Add(b)
		}
	}
	for _, b := range vectors(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { acceptedIsCanonical(t, b) })
}

func BenchmarkDecode(b *testing.B) {
	enc, err := ir.Encode(irgen.Governor())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(enc)))
	for b.Loop() {
		if _, err := ir.Decode(enc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	u := irgen.Governor()
	b.ReportAllocs()
	for b.Loop() {
		if err := ir.Check(u); err != nil {
			b.Fatal(err)
		}
	}
}
