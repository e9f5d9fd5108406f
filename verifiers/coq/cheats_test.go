package coq

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/pipeline"
)

func TestEveryCheatIsRefusedByItsText(t *testing.T) {
	t.Parallel()
	all := cheats()
	if len(all) < 40 {
		t.Errorf("only %d cheats", len(all))
	}
	for name, text := range all {
		c := whitelist(text)
		if c == nil {
			t.Errorf("%s is let through", name)
			continue
		}
		t.Logf("%s: %v", name, c)
	}
}

func TestSelfTest(t *testing.T) {
	t.Parallel()
	if err := SelfTest(t.Context(), options(t)); err != nil {
		t.Error(err)
	}
	o := Options{Coqc: "/nowhere/coqc"}
	if err := SelfTest(t.Context(), o); !errors.Is(err, ErrMissing) {
		t.Errorf("without Coq: %v", err)
	}
}

// behind is what is said of each cheat when the whitelist is off: which of the
// later layers catches it, as the table in docs/proofs.md has it.
// "" is a proof that is accepted then. It is so for two reasons. Some attack
// nothing: the text is odd and the proof is honest. And the faults of Coq's
// guard checker are shared by coqchk, so that the whitelist alone stands against
// them.
var behind = map[string]string{
	// reported by Print Assumptions
	"exported_option.v":           "coq.axiom",
	"global_option.v":             "coq.axiom",
	"admit_in_lemma.v":            "coq.axiom",
	"admitted.v":                  "coq.axiom",
	"axiom.v":                     "coq.axiom",
	"bypass_check.v":              "coq.axiom",
	"declare_module.v":            "coq.axiom",
	"obligation.v":                "coq.axiom",
	"positivity.v":                "coq.axiom",
	"primitive_integers.v":        "coq.axiom",
	"sealed_module.v":             "coq.axiom",
	"string_in_comment.v":         "coq.goal",
	"universes.v":                 "coq.axiom",
	"unset_guard.v":               "coq.axiom",
	"variable_at_top.v":           "coq.axiom",
	"bullet_hides_axiom.v":        "coq.axiom",
	"guard_in_section.v":          "coq.goal", // refused by coqc
	"section_variable.v":          "coq.gate",
	"module_shadowing.v":          "coq.gate",
	"module_k_shadowing.v":        "coq.gate",
	"definition_shadowing.v":      "coq.gate",
	"notation_abbreviation.v":     "coq.gate",
	"no_main.v":                   "coq.gate",
	"other_import.v":              "coq.coqchk", // axioms of what is imported, used or not
	"program_import.v":            "coq.coqchk",
	"reals_import.v":              "coq.coqchk",
	"redirect.v":                  "coq.goal", // the sandbox lets it write nothing
	"extraction.v":                "coq.goal",
	"load.v":                      "coq.goal",
	"redirect_beside.v":           "coq.stray",
	"native_compute.v":            "coq.goal", // its compiler is not installed
	"no_check.v":                  "coq.goal", // Qed checks
	"open_comment.v":              "coq.goal",
	"unfinished.v":                "coq.goal",
	"guard_mutual_theorem.v":      "coq.goal",
	"rocq_20555_inner_fixpoint.v": "coq.goal", // not accepted by 8.16.1
	// only coqchk sees it
	"rocq_12155_parameter_inline_universe.v": "coq.coqchk",
	"rocq_16646_functor_universe.v":          "coq.coqchk",
	"rocq_22366_parameter_inline_guard.v":    "coq.coqchk",
	// no layer but the whitelist sees it
	"rocq_18503_primitive_in_module_type.v": "",
	"rocq_20413_other_argument.v":           "",
	"rocq_20455_fix_tactic.v":               "",
	"rocq_20455_fixpoint.v":                 "",
	"rocq_22389_nested_cofixpoint.v":        "",
	// harmless as they stand
	"declare_ml.v":          "",
	"defined.v":             "",
	"hint.v":                "",
	"late_import.v":         "",
	"ltac2.v":               "",
	"not_ascii.v":           "",
	"notation.v":            "",
	"record.v":              "",
	"stop_before_comment.v": "coq.goal",
	"timeout.v":             "",
	"vm_compute.v":          "",
}

// because is what Coq says of those that it does not compile, so that none is
// counted as caught for a slip in its text.
var because = map[string]string{
	"redirect.v":                  "Permission denied",
	"extraction.v":                "Permission denied",
	"load.v":                      "Permission denied",
	"guard_in_section.v":          "Changing typing flags inside sections is not allowed",
	"guard_mutual_theorem.v":      "instead of a subterm",
	"rocq_20555_inner_fixpoint.v": "Recursive definition of around is ill-formed",
	"no_check.v":                  `has type "True" while it is expected to have type "False"`,
	"string_in_comment.v":         "The reference bad was not found", // Coq takes the axiom for a comment too
	"open_comment.v":              "Unterminated comment",
	"stop_before_comment.v":       "Syntax error",
	"unfinished.v":                "pending proofs",
	"native_compute.v":            "Native compiler exited",
}

// shown are those that every run tries: a row of the table each that the
// self-test does not try already.
var shown = []string{"unset_guard.v", "other_import.v", "rocq_20455_fix_tactic.v", "module_k_shadowing.v"}

// With the whitelist switched off, each later layer catches what the table in
// docs/proofs.md gives it, and only the whitelist stands against
// the faults of Coq's guard checker.
func TestLayersBehindTheWhitelist(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.layers.noWhitelist = true
	outside := filepath.Join(t.TempDir(), "written")
	kept := outside + "-kept.v" // what a proof may try to read
	if err := os.WriteFile(kept, []byte("Axiom bad : False."), 0o600); err != nil {
		t.Fatal(err)
	}
	p, shop := settled(t, o)
	for name, text := range cheats() {
		want, ok := behind[name]
		if !ok {
			t.Errorf("%s is in no row", name)
		}
		if os.Getenv("GENESIS_NIGHTLY") == "" && !slices.Contains(shown, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := bytes.ReplaceAll(text, []byte("OUTSIDE"), []byte(outside))
			got, err := p.attempt(t.Context(), shop, rung{RungOwn, text}, o)
			if err != nil || got.accepted != (want == "") || got.finding.Code != want {
				t.Errorf("accepted %t, %q, want %q: %v %s\n%s", got.accepted, got.finding.Code, want, err, got.finding.Message, got.finding.Witness)
			}
			if why := because[name]; want == "coq.goal" && (why == "" || !strings.Contains(got.finding.Message, why)) {
				t.Errorf("not compiled for another reason than %q: %s", why, got.finding.Message)
			}
			if left, err := filepath.Glob(outside + "*"); err != nil || !slices.Equal(left, []string{kept}) {
				t.Errorf("%v was written outside the sandbox", left)
			}
		})
	}
}

// settled is a prover with the model of the counter compiled.
func settled(t *testing.T, o Options) (*prover, *workshop) {
	t.Helper()
	p, err := newProver(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	shop, err := newWorkshop()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(shop.close)
	texts, err := print(counter(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := shop.settle(t.Context(), p, texts); err != nil {
		t.Fatal(err)
	}
	return p, shop
}

func TestAHostileProofEndsTheMatter(t *testing.T) {
	t.Parallel()
	o := options(t)
	s := counter(t)
	s.Proof = cheats()["axiom.v"]
	r := prove(t, s, o)
	if r.Statement.Outcome != pipeline.Fail || len(r.Statement.Findings) != 1 || r.Statement.Findings[0].Code != "coq.cheat" || r.Statement.Findings[0].Where != "Proof.v:3" {
		t.Errorf("%s %+v", r.Statement.Outcome, r.Statement.Findings)
	}
}
