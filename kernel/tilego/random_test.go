package tilego

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
	"github.com/genesis-network/genesis/kernel/tilego/vm"
)

// withContract makes a random module importable: names of its input start with a
// capital, and either all or none of its constants and tables come from a
// contract, which is compiled from source as well.
func withContract(t *rapid.T, u *ir.Unit) (*ir.Unit, *Surface) {
	u = u.Clone()
	for i := range u.Input {
		parts := strings.Split(u.Input[i].Name, ".")
		for j, p := range parts {
			parts[j] = strings.ToUpper(p[:1]) + p[1:]
		}
		u.Input[i].Name = strings.Join(parts, ".")
	}
	imported := rapid.Bool().Draw(t, "imported")
	c := &ir.Unit{Kind: ir.Contract, Slot: u.Slot, Input: u.Input}
	for i := range u.Consts {
		u.Consts[i].Imported = imported && u.Consts[i].Name != ""
	}
	for i := range u.Tables {
		u.Tables[i].Imported = imported
		u.Tables[i].Name = strings.ToUpper(u.Tables[i].Name)
	}
	if imported {
		c = c.Clone()
		own := u.Clone()
		c.Consts, c.Tables = own.Consts, own.Tables
		for i := range c.Consts {
			c.Consts[i].Imported = false
		}
		for i := range c.Tables {
			c.Tables[i].Imported = false
		}
	}
	src, err := Format(c, "", "contract")
	if errors.Is(err, ErrFormat) {
		t.Skip(err)
	}
	p, err := CompileContract(u.Slot, thermoPath, src, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	return u, &Surface{Slot: u.Slot, Import: thermoPath, Package: p.Types, Unit: p.Contract}
}

// again compiles what Format prints of u.
func again(t *rapid.T, u *ir.Unit, s *Surface) (*ir.Unit, []byte) {
	src, err := Format(u, s.Import, "again")
	if errors.Is(err, ErrFormat) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	rep := compileLoose(src, s)
	if rep.err != nil {
		t.Fatalf("%v\n%s\n%s", rep.err, src, ir.Text(u))
	}
	return rep.u, src
}

// TestFormatMeansTheSame: whatever valid unit is printed, the source means the
// same, and from then on printing and compiling changes no byte.
func TestFormatMeansTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u, s := withContract(t, irgen.Module(irgen.Options{}).Draw(t, "unit"))
		v, src := again(t, u, s)
		sameMeaning(t, u, v, src)
		w, src2 := again(t, v, s)
		sameMeaning(t, v, w, src2)
		if d := cmp.Diff(strings.Split(dumpBare(v), "\n"), strings.Split(dumpBare(w), "\n")); d != "" && !wholeArrays(v) {
			t.Fatalf("compiled again, it is another unit:\n%s\n%s\n%s", d, src, src2)
		}
	})
}

// wholeArrays reports whether an array is made inside of a branch or loop: which
// of several dead variables it was assigned to is not known from the IR.
func wholeArrays(u *ir.Unit) bool {
	var in func(b *ir.Block, nested bool) bool
	in = func(b *ir.Block, nested bool) bool {
		for _, s := range b.Stmts {
			switch s := s.(type) {
			case ir.Zero, ir.Copy:
				if nested {
					return true
				}
			case ir.If:
				if in(&s.Then, true) || in(&s.Else, true) {
					return true
				}
			case ir.For:
				if in(&s.Body, true) {
					return true
				}
			}
		}
		br, ok := b.Term.(ir.Branch)
		return ok && (in(&br.Then, nested) || in(&br.Else, nested))
	}
	for i := range u.Funcs {
		if in(&u.Funcs[i].Body, false) {
			return true
		}
	}
	return false
}

// TestFormatOfScalars is the same without arrays: there are no exceptions.
func TestFormatOfScalars(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u, s := withContract(t, irgen.Module(irgen.Options{Scalars: true}).Draw(t, "unit"))
		v, src := again(t, u, s)
		sameMeaning(t, u, v, src)
		w, _ := again(t, v, s)
		if d := cmp.Diff(strings.Split(dumpBare(v), "\n"), strings.Split(dumpBare(w), "\n")); d != "" {
			t.Fatalf("compiled again, it is another unit:\n%s\n%s", d, src)
		}
	})
}

func sameMeaning(t *rapid.T, u, v *ir.Unit, src []byte) {
	p, err := vm.New(u)
	if err != nil {
		t.Fatal(err)
	}
	q, err := vm.New(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Init", "Inv", "Step"} {
		for range 8 {
			state := irgen.Values(u.State).Draw(t, "state")
			input := irgen.Values(u.Input).Draw(t, "input")
			a, b := runVM(t, u, p, name, state, input, nil), runVM(t, v, q, name, state, input, nil)
			if d := cmp.Diff(a, b); d != "" {
				t.Fatalf("%s does something else:\n%s\n%s\n%s", name, d, ir.Text(u), src)
			}
		}
	}
}
