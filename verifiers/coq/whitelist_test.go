package coq

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen/coqgentest"
	"github.com/genesis-network/genesis/verifiers/coq/hint"
)

const honestStart = "From K Require Import GoSem Contract Model Spec GoSolve.\n"

func TestHonestProofsAreLetThrough(t *testing.T) {
	t.Parallel()
	hinted, err := hint.Proof(coqgentest.PI(900), coqgentest.Thermal())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"default":       string(coqgen.DefaultProof()),
		"hinted":        string(hinted),
		"no imports":    "Theorem main : contract.\nProof.\n go_solve.\nQed.\n",
		"comments":      honestStart + "(* a (* nested *) one. *) Theorem main : contract. (* Axiom *)\nProof. go_solve. Qed.",
		"lemmas":        honestStart + "Lemma a : forall (s : State) (x : Z), 0 <= x -> x - 1 < x.\nProof. intros. lia. Qed.\nTheorem main : contract.\nProof.\n  go_solve.\nQed.",
		"bullets":       honestStart + "Theorem main : contract.\nProof.\n  split.\n  - { go_solve. }\n  - split; [ go_solve | ].\n    + all: go_solve.\n    + 1: go_solve. 2: go_solve.\nQed.",
		"tactics":       honestStart + "Ltac close := first [ lia | go_solve ].\nTheorem main : contract.\nProof.\n  (split; [> close .. ]).\nQed.",
		"qualified":     honestStart + "Theorem main : contract.\nProof.\n  pose proof (Z.le_refl 1%Z). go_solve.\nQed.",
		"match in Ltac": honestStart + "Ltac inv f v ::= lazymatch constr:((f, v)) with (1, 8) => constr:(fun (x : Z) => 0 <= x) end.\nTheorem main : contract.\nProof. go_solve. Qed.",
	} {
		c := whitelist([]byte(text))
		if name == "tactics" {
			if c == nil || c.Token != ".." { // the price of a simple rule
				t.Errorf("%s: %v", name, c)
			}
			continue
		}
		if c != nil {
			t.Errorf("%s: %v", name, c)
		}
	}
}

func TestRefusalsPointAtTheirCause(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Cheat{
		"Lemma a : True.\nProof.\n exact I.\n Axiom b : False.\nQed.":        {Line: 4, Token: "Axiom"},
		"Lemma a : True.\nProof.\n { Show. exact I. }\nQed.":                 {Line: 3, Token: "Show"},
		"Lemma a : True.\nProof using.\n exact I.\nQed.":                     {Line: 2, Token: "Proof"},
		"Lemma a : True.\nProof.\n Lemma b : True.\nQed.":                    {Line: 3, Token: "Lemma"},
		"Definition a : nat.\n":                                              {Line: 1, Token: "Definition"},
		"Definition a := x@{Set}.":                                           {Line: 1, Token: "Set"},
		"Definition a := x@ {u}.":                                            {Line: 1, Token: "@{"},
		"Fact a : True.\nProof. exact I. Qed.":                               {Line: 1, Token: "Fact"},
		"exact I.":                                                           {Line: 1, Token: "exact"},
		"- Lemma a : True.":                                                  {Line: 1, Token: "Lemma"},
		"Lemma a : True.\nProof.\n repeat (\n  change_no_check True).\nQed.": {Line: 4, Token: "change_no_check"},
		"Definition a := 1":                                                  {Line: 1, Token: "Definition a := 1"},
		"Definition a := 1.\n*) ":                                            {Line: 2, Token: "*)"},
		"Definition a := f.\r\n":                                             {Line: 1, Token: "\\x0d"},
		"Import ListNotations":                                               {Line: 1, Token: "Import ListNotations"},
		"Import  ListNotations.\nImport Foo.":                                {Line: 2, Token: "Import"},
	} {
		c := whitelist([]byte(text))
		if c == nil && strings.HasPrefix(text, "Import  ") {
			t.Errorf("%q is let through", text)
			continue
		}
		if c == nil || c.Line != want.Line || c.Token != want.Token {
			t.Errorf("%q: %+v, want line %d, token %q", text, c, want.Line, want.Token)
		}
	}
}

func TestSizeIsBounded(t *testing.T) {
	t.Parallel()
	if whitelist(bytes.Repeat([]byte(" "), maxProof+1)) == nil {
		t.Error("a text beyond the bound is let through")
	}
}

// Wherever a denied word stands, outside comments, the text is refused.
func TestDeniedWordsAreRefusedEverywhere(t *testing.T) {
	t.Parallel()
	if len(denied) < 120 {
		t.Errorf("%d denied words", len(denied))
	}
	for word, reason := range denied {
		for _, frame := range []string{"Definition a := %.", "Lemma a : %.\nProof. exact I. Qed.", "Lemma a : True.\nProof.\n  idtac; try %.\nQed.", "Ltac a := %.", "%.", "Lemma a : True.\nProof.\n - %.\nQed.", "Definition a := Coq.%.b."} {
			if c := whitelist([]byte(strings.ReplaceAll(frame, "%", word))); c == nil || !strings.Contains(c.Token+c.Reason, word) && c.Reason != reason && frame[0] != '%' {
				t.Errorf("%q in %q: %v", word, frame, c)
			}
		}
	}
}

func TestStrippingKeepsPlaces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{"(*", "*)", "(", ")", "*", " ", "\n", "x", ".", "Axiom"})).Draw(t, "parts")
		text := strings.Join(parts, "")
		out, c := stripComments([]byte(text))
		if c != nil {
			return
		}
		if len(out) != len(text) || strings.Contains(out, "(*") || strings.Contains(out, "*)") {
			t.Fatalf("%q became %q", text, out)
		}
		for i := range out {
			if (out[i] == '\n') != (text[i] == '\n') {
				t.Fatalf("%q became %q: a line moved", text, out)
			}
			if out[i] != text[i] && out[i] != ' ' {
				t.Fatalf("%q became %q", text, out)
			}
		}
	})
}

func FuzzWhitelist(f *testing.F) {
	f.Add(coqgen.DefaultProof())
	for _, text := range cheats() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if whitelist(text) == nil && bytes.ContainsAny(text, "\"#`$\x00") {
			t.Errorf("let through: %q", text)
		}
	})
}
