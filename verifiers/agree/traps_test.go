package agree

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

// trapsModule is a module whose step calls one of the functions in which
// translators of Go are known to go wrong, chosen and fed by input and state.
func trapsModule(t testing.TB) verifiers.Subject {
	t.Helper()
	c := load(t, "../../kernel/tilego/testdata/thermo")
	c.Budget = 1 << 20
	raw, err := os.ReadFile("../../kernel/tilego/testdata/traps/traps.go")
	if err != nil {
		t.Fatal(err)
	}
	src := string(raw)
	u := compile(t, c, src)
	const oldStep = "func Step(s *State, in *Input) (fan, throttle uint8) { return 0, 0 }"
	if !strings.Contains(src, oldStep) || !strings.Contains(src, "Hist [5]int32\n}") {
		t.Fatal("the traps have changed")
	}
	src = strings.Replace(src, "Hist [5]int32\n}", "Hist [5]int32\n\tMix uint64\n}", 1)
	return subject(t, c, strings.Replace(src, oldStep, trapsStep(u), 1))
}

func trapsStep(u *ir.Unit) string {
	var traps []*ir.Func
	for i := range u.Funcs {
		f := &u.Funcs[i]
		if f.Name != "Inv" && f.Name != "Step" && f.Name[0] >= 'A' && f.Name[0] <= 'Z' {
			traps = append(traps, f)
		}
	}
	var b strings.Builder
	for k, f := range traps {
		b.WriteString(trapCall(k, f))
	}
	b.WriteString("func Step(s *State, in *Input) (fan, throttle uint8) {\n" +
		"\ta := s.Mix*6364136223846793005 + uint64(in.Temp)*1442695040888963407 + uint64(in.Load)\n" +
		"\tif in.Load&1 != 0 {\n\t\ta &= 0x0703070307030703\n\t}\n\ts.Mix ^= a>>29 + 1\n")
	fmt.Fprintf(&b, "\tk := uint8(a>>40 ^ a>>3) %% %d\n", len(traps))
	for k := range traps {
		if k%20 == 0 {
			b.WriteString(map[bool]string{true: "", false: "\t}\n"}[k == 0] + "\tswitch k {\n")
		}
		fmt.Fprintf(&b, "\tcase %d:\n\t\ttrap%d(s, in, a)\n", k, k)
	}
	b.WriteString("\t}\n\treturn uint8(s.Mix), k\n}\n")
	return b.String()
}

// trapCall is a function that feeds a trap from a number and mixes what it
// gives into the state.
func trapCall(k int, f *ir.Func) string {
	var b strings.Builder
	fmt.Fprintf(&b, "func trap%d(s *State, in *Input, a uint64) {\n", k)
	var args, results []string
	if f.States > 0 {
		args = append(args, "s")
	}
	if f.Inputs > 0 {
		args = append(args, "in")
	}
	for i, p := range f.Params {
		args = append(args, fmt.Sprintf("%s(a >> %d)", p.Type, 7*i))
	}
	for i := range f.Results {
		results = append(results, fmt.Sprintf("r%d", i))
	}
	call := fmt.Sprintf("%s(%s)", f.Name, strings.Join(args, ", "))
	if len(results) > 0 {
		call = strings.Join(results, ", ") + " := " + call
	}
	fmt.Fprintf(&b, "\t%s\n", call)
	for i, r := range f.Results {
		if r.Type == ir.Bool {
			fmt.Fprintf(&b, "\tif r%d {\n\t\ts.Mix++\n\t}\n", i)
		} else {
			fmt.Fprintf(&b, "\ts.Mix = s.Mix*31 + uint64(r%d)\n", i)
		}
	}
	b.WriteString("\ts.Mix ^= uint64(in.Load)\n}\n\n")
	return b.String()
}

func TestTrapsAgree(t *testing.T) {
	t.Parallel()
	o := all(t)
	o.CoqTrials = 3000
	s := trapsModule(t)
	st, err := Check(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(st.Summary, st.Figures)
	if st.Outcome != pipeline.Pass || !strings.HasPrefix(st.Summary, "5 engines agree") {
		t.Errorf("%s: %s %v", st.Outcome, st.Summary, st.Findings)
	}
}
