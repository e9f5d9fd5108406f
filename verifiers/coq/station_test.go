package coq

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen/coqgentest"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
)

func codes(st pipeline.Statement) []string {
	var out []string
	for _, f := range st.Findings {
		out = append(out, f.Code)
	}
	return out
}

func want(t *testing.T, r Result, outcome pipeline.Outcome, findings ...string) {
	t.Helper()
	if r.Statement.Outcome != outcome || !slices.Equal(codes(r.Statement), findings) {
		t.Fatalf("%s %v, want %s %v: %s\n%+v\n%v", r.Statement.Outcome, codes(r.Statement), outcome, findings, r.Statement.Summary, r.Statement.Findings, r.Statement.Notes)
	}
}

func TestALadderIsClimbedAndItsVerdictRemembered(t *testing.T) {
	t.Parallel()
	o := options(t)
	kept := map[string][]byte{}
	o.Keep = func(name string, content []byte) error { kept[name] = content; return nil }
	s := counter(t)
	s.Proof = []byte("From K Require Import GoSem Contract Model Spec GoSolve.\n\nTheorem main : contract.\nProof.\n  split.\n  lia.\nQed.\n")
	r := prove(t, s, o)
	want(t, r, pipeline.Pass)
	if r.Rung != RungHint || r.Statement.Notes["rung.own"] != "coq.goal" {
		t.Errorf("rung %s, %v", r.Rung, r.Statement.Notes)
	}
	ref := s.Ref
	ref.Proof = pipeline.SumBytes(r.Proof)
	if r.Statement.Subject.Digest != ref.Digest() {
		t.Error("the statement is not about the module with the accepted proof")
	}
	if d := pipeline.SumBytes(kept["Proof.v"]); d != ref.Proof || d != r.Statement.Attachments["Proof.v"] {
		t.Error("the proof that was kept is not the accepted one")
	}
	if diff := cmp.Diff(Inputs(s, o), r.Statement.Inputs); diff != "" {
		t.Errorf("inputs were not known beforehand: %s", diff)
	}
	theory := filepath.Join(o.Cache, "theory")
	if err := os.RemoveAll(theory); err != nil {
		t.Fatal(err)
	}
	first := slices.Sorted(maps.Keys(kept))
	clear(kept)
	if diff := cmp.Diff(r, prove(t, s, o)); diff != "" {
		t.Errorf("another verdict the second time: %s", diff)
	}
	if diff := cmp.Diff(first, slices.Sorted(maps.Keys(kept))); diff != "" {
		t.Errorf("other attachments the second time: %s", diff)
	}
	if _, err := os.Stat(theory); err == nil {
		t.Error("Coq was asked although the verdict was known")
	}
}

func TestShippedModulesAreProven(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: takes a quarter of a minute")
	}
	t.Parallel()
	o := options(t)
	for _, lineage := range []string{"alder", "birch"} {
		t.Run(lineage, func(t *testing.T) {
			t.Parallel()
			r := prove(t, thermal(t, lineage+"/thermal/module.go"), o)
			want(t, r, pipeline.Pass)
			t.Logf("%s by rung %s", lineage, r.Rung)
		})
	}
}

// A run that breaks a clause ends the matter, and Coq computes the same of it.
func TestWrongModulesAreRefutedAndCoqConfirms(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.RefuteSteps = 200_000
	for mutant, clause := range map[string]refute.Clause{
		"ignores_critical":         refute.Post,
		"panics":                   refute.Panic,
		"breaks_invariant":         refute.Inv,
		"starts_outside_invariant": refute.Init,
		"fan_not_monotone":         refute.RelPost,
	} {
		t.Run(mutant, func(t *testing.T) {
			t.Parallel()
			s := thermal(t, "testdata/mutants/"+mutant+".go")
			s.Proof = cheats()["axiom.v"] // refuted all the same
			r := prove(t, s, o)
			want(t, r, pipeline.Fail, "coq.refuted")
			f := r.Statement.Findings[0]
			if !strings.HasSuffix(f.Where, " "+string(clause)) || !strings.Contains(f.Where, ".go:") || f.Witness == "" || r.Statement.Notes["witness"] != "confirmed by Coq" {
				t.Errorf("%+v, %v", f, r.Statement.Notes)
			}
		})
	}
}

func TestAnInvariantThatIsTooWeakRefutesNoModule(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.RefuteSteps = 100_000
	r := prove(t, thermal(t, "alder/thermal/module.go", "s.Fan <= FanTop && ", ""), o)
	want(t, r, pipeline.Inconclusive, "coq.invariant")
}

func TestWithoutCoq(t *testing.T) {
	t.Parallel()
	o := Options{Coqc: "/nowhere/coqc", Cache: t.TempDir(), RefuteSteps: 200_000}
	r := prove(t, counter(t), o)
	want(t, r, pipeline.Inconclusive, "coq.missing")
	for worker, want := range map[string]string{"": "--address URL", "https://genesis.example": "have it proven at https://genesis.example"} {
		o.Worker = worker
		r = prove(t, counter(t), o)
		if hint := r.Statement.Findings[0].Hint; !strings.Contains(hint, want) || !strings.Contains(hint, "apt-get install") {
			t.Errorf("%s: %q", worker, hint)
		}
	}
	r = prove(t, thermal(t, "testdata/mutants/ignores_critical.go"), o)
	want(t, r, pipeline.Fail, "coq.refuted")
	if !strings.Contains(r.Statement.Notes["witness"], "not installed") {
		t.Errorf("%v", r.Statement.Notes)
	}
	s := counter(t)
	s.Proof = cheats()["axiom.v"]
	want(t, prove(t, s, o), pipeline.Fail, "coq.cheat")
}

func TestWhatDoesNotBelongTogether(t *testing.T) {
	t.Parallel()
	s, o := counter(t), Options{Coqc: "/nowhere/coqc", Cache: t.TempDir(), Model: []byte("Definition Step := 0.\n")}
	want(t, prove(t, s, o), pipeline.Fail, "coq.model")
	other, err := ir.Encode(coqgentest.Ring())
	if err != nil {
		t.Fatal(err)
	}
	s.IR = other
	if _, err := Prove(t.Context(), s, o); err == nil {
		t.Error("a unit that is not the subject's IR was judged")
	}
	s.IR, s.Unit = nil, coqgentest.Ring()
	if _, err := Prove(t.Context(), s, o); err == nil {
		t.Error("a module of another contract was judged")
	}
}

func TestShortages(t *testing.T) {
	t.Parallel()
	o := options(t)
	p, shop := settled(t, o)
	cases := map[string]struct {
		limit func(*prover)
		proof string
	}{
		"coq.timeout": {func(p *prover) { p.timeout = 3 * time.Second }, "Theorem main : contract.\nProof.\n  let y := eval cbv in (Pos.iter negb true 1099511627776%positive) in pose y.\nQed.\n"},
		"coq.memory":  {func(p *prover) { p.memory = 400 << 20 }, "Ltac grow x := grow (x, x, x, x).\nTheorem main : contract.\nProof.\n  let x := eval compute in (Nat.pow 2 16) in let y := eval compute in (repeat x 4000) in pose y.\nQed.\n"},
	}
	for code, c := range cases {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			limited := *p
			c.limit(&limited)
			got, err := limited.attempt(t.Context(), shop, rung{RungOwn, []byte(honestStart + "From Coq Require Import ZArith List Bool Lia.\n" + c.proof)}, o)
			if err != nil {
				t.Fatal(err)
			}
			if got.accepted || got.hostile || got.finding.Code != code {
				t.Errorf("%+v", got.finding)
			}
		})
	}
}

func TestAnOpenGoalIsShown(t *testing.T) {
	t.Parallel()
	o := options(t)
	p, shop := settled(t, o)
	text := honestStart + "(* a comment *)\nTheorem main : contract.\nProof.\n  split.\n  - assert (1 = 2)%nat. (* no *) reflexivity.\nQed.\n"
	got, err := p.attempt(t.Context(), shop, rung{RungOwn, []byte(text)}, o)
	if err != nil || got.failed == nil {
		t.Fatalf("%+v, %v", got.finding, err)
	}
	f, err := p.diagnose(t.Context(), shop, got)
	if err != nil {
		t.Fatal(err)
	}
	if f.Code != "coq.goal" || f.Where != "Proof.v:6" || !strings.Contains(f.Message, "reflexivity.") || !strings.Contains(f.Witness, "1 = 2") || len(f.Witness) > maxGoal {
		t.Errorf("%+v", f)
	}
}

func TestATouchedTheoryIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	vo := filepath.Join(dir, "GoSem.vo")
	if err := os.WriteFile(vo, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := seal(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.intact(); err != nil {
		t.Errorf("untouched: %v", err)
	}
	if err := os.WriteFile(vo, []byte("b"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.intact(); !errors.Is(err, errTouched) {
		t.Errorf("touched: %v", err)
	}
}

func TestAContextThatEndsIsAnError(t *testing.T) {
	t.Parallel()
	o := options(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := Prove(ctx, counter(t), o); !errors.Is(err, context.Canceled) {
		t.Errorf("%s, %v", r.Statement.Outcome, err)
	}
}

func TestTextOfCoqchk(t *testing.T) {
	t.Parallel()
	clean := "\n" + strings.Join(summary, "\n  \n") + "\n"
	libraries := strings.Replace(clean, "* Axioms: <none>", "* Axioms:\n    "+strings.Join(admitted, "\n    "), 1)
	for name, c := range map[string]struct {
		text string
		full bool
		ok   bool
	}{
		"clean, full":          {clean, true, true},
		"clean":                {clean, false, true},
		"libraries admitted":   {libraries, false, true},
		"libraries, full":      {libraries, true, false},
		"an axiom":             {strings.Replace(libraries, "* Axioms:\n", "* Axioms:\n    K.Proof.bad\n", 1), false, false},
		"type-in-type":         {strings.Replace(clean, "type-in-type: <none>", "type-in-type:\n    K.Proof.bad", 1), true, false},
		"unguarded":            {strings.Replace(clean, "fixpoints: <none>", "fixpoints:\n    K.Proof.bad", 1), true, false},
		"impredicative":        {strings.Replace(clean, "predicative", "impredicative", 1), true, false},
		"nothing":              {"", true, false},
		"cut short":            {clean[:len(clean)/2], true, false},
		"something behind":     {clean + "* Surprise: 1\n", true, false},
		"axiom after the list": {libraries + "    K.Proof.bad\n", false, false},
	} {
		assumed := admitted
		if c.full {
			assumed = nil
		}
		if got := unknownLine(c.text, assumed); (got == "") != c.ok {
			t.Errorf("%s: %q", name, got)
		}
	}
}
