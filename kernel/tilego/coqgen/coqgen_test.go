package coqgen_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen/coqgentest"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

var update = flag.Bool("update", false, "write the golden files")

var modules = []struct {
	name             string
	module, contract *ir.Unit
	example          []uint64
}{
	{"hysteresis", coqgentest.Hysteresis(900), coqgentest.Thermal(), []uint64{600, 0, 50}},
	{"pi", coqgentest.PI(900), coqgentest.Thermal(), []uint64{600, 0, 50}},
	{"ring", coqgentest.Ring(), coqgentest.Averaging(), []uint64{1}},
	{"counter", coqgentest.Counter(), coqgentest.Counting(), []uint64{1, 0}},
}

// printed is what the three printers make of a module.
func printed(t *testing.T, m, c *ir.Unit, example []uint64) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	var err error
	if out["Contract.v"], err = coqgen.Contract(c); err != nil {
		t.Fatal(err)
	}
	if out["Model.v"], err = coqgen.Model(m, c); err != nil {
		t.Fatal(err)
	}
	if out["Spec.v"], err = coqgen.Spec(m, c, example); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, tt := range modules {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, u := range []*ir.Unit{tt.module, tt.contract} {
				if err := ir.Check(u); err != nil {
					t.Fatal(err)
				}
			}
			for name, got := range printed(t, tt.module, tt.contract, tt.example) {
				compare(t, filepath.Join("testdata", tt.name, name), got)
			}
		})
	}
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what is printed; run the test with -update and review the difference\n%s", path, got)
	}
}

// Nothing that a proposer wrote reaches the text: only the names of the contract's
// functions mean something.
func TestNamesAreNotPrinted(t *testing.T) {
	t.Parallel()
	for _, tt := range modules {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := printed(t, tt.module, tt.contract, tt.example)
			got := printed(t, hostile(tt.module), hostile(tt.contract), tt.example)
			for name := range want {
				if !bytes.Equal(got[name], want[name]) {
					t.Errorf("%s depends on names:\n%s", name, got[name])
				}
			}
		})
	}
}

// hostile renames all that may be renamed to text that would change the meaning
// of a Coq file.
func hostile(u *ir.Unit) *ir.Unit {
	const evil = "*) Axiom a : False. (*"
	u = u.Clone()
	u.Slot = evil
	for i := range u.Consts {
		u.Consts[i].Name = evil
	}
	for i := range u.Tables {
		u.Tables[i].Name = evil
	}
	for _, fields := range [][]ir.Field{u.State, u.Input} {
		for i := range fields {
			fields[i].Name = evil
		}
	}
	for i := range u.Funcs {
		f := &u.Funcs[i]
		for _, params := range [][]ir.Param{f.Params, f.Results} {
			for k := range params {
				params[k].Name = evil
			}
		}
		for k := range f.Vars {
			f.Vars[k].Name = evil
		}
	}
	return u
}

func TestMisfitsAreRefused(t *testing.T) {
	t.Parallel()
	other := coqgentest.Counter()
	other.Funcs[1].Results[0].Type = ir.U8
	for _, tt := range []struct {
		name             string
		module, contract *ir.Unit
	}{
		{"another input", coqgentest.Ring(), coqgentest.Thermal()},
		{"other results", other, coqgentest.Counting()},
		{"no step", coqgentest.Thermal(), coqgentest.Thermal()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := coqgen.Model(tt.module, tt.contract); !errors.Is(err, coqgen.ErrShape) {
				t.Errorf("Model: error %v, want %v", err, coqgen.ErrShape)
			}
		})
	}
	if _, err := coqgen.Spec(coqgentest.Ring(), coqgentest.Averaging(), nil); !errors.Is(err, coqgen.ErrShape) {
		t.Errorf("Spec without an example: error %v, want %v", err, coqgen.ErrShape)
	}
}
