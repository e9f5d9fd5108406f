package tilego

import (
	"bytes"
	"go/format"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
)

const thermoPath = "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// golden compares text with a file, or writes the file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(string(readFile(t, file)), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", file, d)
	}
}

func thermoSurface(t testing.TB) (*Package, *Surface) {
	t.Helper()
	p, err := CompileContract("thermo", thermoPath, readFile(t, "testdata/thermo/contract.go"), readFile(t, "testdata/thermo/env.go"))
	if err != nil {
		t.Fatal(err)
	}
	s := &Surface{Slot: "thermo", Import: thermoPath, Package: p.Types, Unit: p.Contract,
		Entries: []Entry{{Name: "Step", Results: []ir.Param{{Name: "fan", Type: ir.U8}, {Name: "throttle", Type: ir.U8}}}}}
	return p, s
}

type loose struct {
	u   *ir.Unit
	err error
}

// compileLoose compiles a module whose Inv need not be a pure predicate.
func compileLoose(src []byte, s *Surface) loose {
	u, err := compileWith(src, s, func(*builder) {})
	return loose{u, err}
}

// TestIR shows what sources compile to: a change of these files is a change of
// the meaning of the compiler's version.
func TestIR(t *testing.T) {
	t.Parallel()
	p, s := thermoSurface(t)
	golden(t, "testdata/thermo/contract.ir", ir.Text(p.Contract))
	golden(t, "testdata/thermo/env.ir", ir.Text(p.Env))
	for _, name := range []string{"testdata/steps", "testdata/traps/traps"} {
		u, err := Compile(readFile(t, name+".go"), s)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".ir", ir.Text(u))
	}
}

// TestLayoutAndNamesDoNotMatter: the encoding does not depend on comments,
// white space, or names of variables and types.
func TestLayoutAndNamesDoNotMatter(t *testing.T) {
	t.Parallel()
	_, s := thermoSurface(t)
	src := string(readFile(t, "testdata/steps.go"))
	u, err := Compile([]byte(src), s)
	if err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]*strings.Replacer{
		"comments":    strings.NewReplacer("func Step", "/* step */ func Step", "\tt := ", "\t// nothing\n\tt := "),
		"white space": strings.NewReplacer("\n\n", "\n", " := ", ":="),
		"locals":      strings.NewReplacer("want := ", "x := ", "want >=", "x >=", "= want\n", "= x\n"),
		"types":       strings.NewReplacer("level uint8", "level lev", "type State", "type lev uint8\n\ntype State", "t := uint8(0)", "t := lev(0)", "return s.level, t", "return uint8(s.level), uint8(t)", "want := wanted(in.Temp)", "want := lev(wanted(in.Temp))", "t = MaxThrottle / 2", "t = lev(MaxThrottle / 2)"),
		"numbers":     strings.NewReplacer("t / 200", "t / 0xc8"),
		"brackets":    strings.NewReplacer("in.Fault || in.Temp >= Critical", "(in.Fault) || ((in.Temp) >= Critical)"),
		"order":       strings.NewReplacer("if want >= s.level {", "if (want >= s.level) {"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			edited := edit.Replace(src)
			if edited == src {
				t.Fatal("nothing was edited")
			}
			v, err := Compile([]byte(edited), s)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(encode(t, u), encode(t, v)) {
				t.Errorf("-before +after:\n%s", cmp.Diff(dumpBare(u), dumpBare(v)))
			}
		})
	}
}

// TestConstantsStayNamed: a knob moves everything that the source derives from it.
func TestConstantsStayNamed(t *testing.T) {
	t.Parallel()
	_, s := thermoSurface(t)
	u, err := Compile(readFile(t, "testdata/steps.go"), s)
	if err != nil {
		t.Fatal(err)
	}
	moved, err := u.ConstValues(map[string]*big.Int{"Margin": big.NewInt(100), "MaxFan": big.NewInt(7), "holdTime": big.NewInt(9)})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for i, c := range u.Consts {
		got[c.Name+" "+c.Expr.Text(u)] = moved[i].String()
	}
	want := map[string]string{
		"Critical 950": "950", "Margin 20": "100", "MaxFan 10": "7", "Warn (Critical - (2 * Margin))": "750",
		"MaxThrottle 4": "4", "holdTime 5": "9", " (MaxFan - 1)": "6", " (MaxThrottle / 2)": "2",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestFormatIsGofmt: what is printed needs no formatting.
func TestFormatIsGofmt(t *testing.T) {
	t.Parallel()
	_, s := thermoSurface(t)
	src, err := Format(trapsUnit(t), s.Import, "again")
	if err != nil {
		t.Fatal(err)
	}
	formatted, err := format.Source(src)
	if err != nil || !bytes.Equal(src, formatted) {
		t.Errorf("%v: %s", err, cmp.Diff(string(src), string(formatted)))
	}
	golden(t, "testdata/traps/printed.txt", string(src))
}
