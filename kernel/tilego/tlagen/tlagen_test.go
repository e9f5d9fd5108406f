package tlagen_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
	"github.com/genesis-network/genesis/kernel/tilego/joint/jointtest"
	"github.com/genesis-network/genesis/kernel/tilego/tlagen"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func generate(t *testing.T, module *ir.Unit) *tlagen.Spec {
	t.Helper()
	sys, err := joint.New(module, jointtest.Contract(), jointtest.Plant(), nil)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := tlagen.Generate(sys)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, d)
	}
}

func TestGovernorIsPrintedAsBefore(t *testing.T) {
	t.Parallel()
	spec := generate(t, jointtest.Governor())
	golden(t, "governor.tla", spec.Text)
	golden(t, "governor.cfg", spec.Config)
}

// thermo is the hot box of the language's tests, with a module written in Go.
func thermo(t *testing.T, module string) *tlagen.Spec {
	t.Helper()
	c, err := contract.Load(os.DirFS("../testdata/thermo"))
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(module)
	if err != nil {
		t.Fatal(err)
	}
	u, err := tilego.Compile(src, c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	sys, err := joint.New(u, c.Unit, c.Env, c.Model.Consts)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := tlagen.Generate(sys)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestWindowIsPrintedAsBefore(t *testing.T) {
	t.Parallel()
	golden(t, "window.tla", thermo(t, "testdata/window.go").Text)
}

func TestPrintingIsRepeatable(t *testing.T) {
	t.Parallel()
	if d := cmp.Diff(thermo(t, "testdata/window.go"), thermo(t, "testdata/window.go"), cmpopts.IgnoreFields(tlagen.Spec{}, "Checks")); d != "" {
		t.Error(d)
	}
}

// What proposers write never reaches the text: it holds no letters but those of
// the printer's own vocabulary.
func TestVocabularyIsClosed(t *testing.T) {
	t.Parallel()
	word := regexp.MustCompile(`[A-Za-z][A-Za-z0-9_]*`)
	own := regexp.MustCompile(`^(MODULE|Joint|EXTENDS|Integers|VARIABLE|RECURSIVE|LET|IN|IF|THEN|ELSE|EXCEPT|TRUE|FALSE|Init|Next|` +
		`div|in|E|lo|hi|mid|[JZzscdkiofprnwabex]|H[A-Z][a-z]+|[MCE]T?[0-9]+|[MCE][0-9]+[Lvxyqw][0-9]+|[mesrK][0-9]+)$`)
	for _, text := range []string{thermo(t, "testdata/window.go").Text, generate(t, jointtest.Governor()).Text} {
		for _, w := range word.FindAllString(text, -1) {
			if !own.MatchString(w) {
				t.Errorf("the text contains %q", w)
			}
		}
	}
}

// An argument that names a parameter of the callee has the callee's value in
// tla-checker.
func TestNoTwoFunctionsBindAName(t *testing.T) {
	t.Parallel()
	operator := regexp.MustCompile(`(?m)^(?:RECURSIVE )?([MCE][0-9]+)[(L ]`)
	local := regexp.MustCompile(`\b([MCE][0-9]+|)[vxyqw][0-9]+\b`)
	for _, text := range []string{thermo(t, "testdata/window.go").Text, generate(t, jointtest.Governor()).Text} {
		starts := append(operator.FindAllStringSubmatchIndex(text, -1), []int{len(text)})
		for i, s := range starts[:len(starts)-1] {
			name, body := text[s[2]:s[3]], text[s[0]:starts[i+1][0]]
			for _, l := range local.FindAllStringSubmatch(body, -1) {
				if l[1] != name {
					t.Errorf("%s has the name %s", name, l[0])
				}
			}
		}
	}
}

// A constant beyond the range compares as the next number beyond it does; one
// that becomes the value of a variable is refused.
func TestLargeConstants(t *testing.T) {
	t.Parallel()
	large := ir.Lit(ir.U32, 4_000_000_000)
	for name, tc := range map[string]struct {
		stmt    func(x, dst ir.VarID) ir.Stmt
		prints  string
		refused bool
	}{
		"compared": {func(x, dst ir.VarID) ir.Stmt {
			return ir.Test{Dst: dst, Cond: ir.Cond{Op: ir.Lt, A: jointtest.V(ir.U32, int(x)), B: large}}
		}, "< 1073741824 )", false},
		"yielded": {func(x, dst ir.VarID) ir.Stmt {
			return ir.If{Dst: []ir.VarID{dst}, Cond: ir.Cond{Op: ir.Eq, A: jointtest.V(ir.U32, int(x)), B: ir.Lit(ir.U32, 7)},
				Then: ir.Block{Term: ir.Yield{Vals: []ir.Atom{large}}}, Else: ir.Block{Term: ir.Yield{Vals: []ir.Atom{ir.Lit(ir.U32, 1)}}}}
		}, "", true},
	} {
		u := jointtest.Governor()
		f := &u.Funcs[0]
		n := ir.VarID(len(f.Vars))
		kind := ir.Bool
		if tc.refused {
			kind = ir.U32
		}
		f.Vars = append(f.Vars, ir.Var{Type: ir.U32}, ir.Var{Type: kind})
		f.Body = ir.Block{Stmts: []ir.Stmt{ir.Convert{Dst: n, A: jointtest.V(ir.U8, 0)}, tc.stmt(n, n+1)}, Term: f.Body.Term}
		u.Renumber(f)
		sys, err := joint.New(u, jointtest.Contract(), jointtest.Plant(), nil)
		if err != nil {
			t.Fatal(err)
		}
		spec, err := tlagen.Generate(sys)
		if errors.Is(err, tlagen.ErrRange) != tc.refused || !tc.refused && !strings.Contains(spec.Text, tc.prints) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWeightGrowsWithWork(t *testing.T) {
	t.Parallel()
	light, heavy := thermo(t, "../testdata/steps.go").Weight, thermo(t, "testdata/window.go").Weight
	if light <= 0 || heavy <= light {
		t.Errorf("weights %d and %d", light, heavy)
	}
}

func TestNoNameOfTheSourceIsPrinted(t *testing.T) {
	t.Parallel()
	text := generate(t, jointtest.Governor()).Text
	for _, name := range []string{"level", "hold", "temp", "fault", "Step", "Sense", "Safe", "Top", "Crit", "up"} {
		if strings.Contains(text, name) {
			t.Errorf("the text contains %q", name)
		}
	}
}
