package coq

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

// script is a writer that gives prepared answers and keeps what it was asked.
type script struct {
	answers []string
	asked   []Question
}

func (s *script) WriteProof(_ context.Context, q Question) ([]byte, error) {
	s.asked = append(s.asked, q)
	if len(s.asked) > len(s.answers) {
		return nil, errors.New("no more answers")
	}
	return []byte(s.answers[len(s.asked)-1]), nil
}

func asking(t *testing.T, o Options) (*job, *prover, *workshop) {
	t.Helper()
	p, shop := settled(t, o)
	s := counter(t)
	texts, err := print(s)
	if err != nil {
		t.Fatal(err)
	}
	return &job{s: s, o: o, texts: texts, st: begin(s, o), files: map[string][]byte{}}, p, shop
}

// A writer is told why each answer was not accepted. Its cheats are refused like
// anybody's, and are no fault of the module's.
func TestAWriterLearnsFromItsAttempts(t *testing.T) {
	t.Parallel()
	o := options(t)
	open := honestStart + "Theorem main : contract.\nProof.\n  split.\nQed.\n"
	w := &script{answers: []string{string(cheats()["axiom.v"]), open, string(coqgen.DefaultProof())}}
	o.Writer = w
	j, p, shop := asking(t, o)
	accepted, err := j.ask(t.Context(), p, shop)
	if err != nil || !accepted || j.rung != RungWriter || j.st.Outcome != pipeline.Pass {
		t.Fatalf("accepted %t by %s, %s: %v", accepted, j.rung, j.st.Outcome, err)
	}
	if len(w.asked) != 3 {
		t.Fatalf("asked %d times", len(w.asked))
	}
	told := w.asked[2].Attempts
	if len(told) != 2 || told[0].Finding.Code != "coq.cheat" || told[1].Finding.Code != "coq.goal" {
		t.Fatalf("was told %+v", told)
	}
	if !strings.Contains(string(w.asked[0].Spec), "Definition contract : Prop") || string(told[1].Proof) != open {
		t.Error("a question without the theorem, or without what was tried")
	}
}

func TestAWriterMayGiveUp(t *testing.T) {
	t.Parallel()
	j := &job{o: Options{Writer: &script{}}, texts: &printed{}, st: pipeline.Statement{Notes: map[string]string{}}}
	accepted, err := j.ask(t.Context(), nil, nil)
	if accepted || err != nil || j.st.Notes["rung.writer"] != "the writer gave up" {
		t.Errorf("%t, %v, %v", accepted, err, j.st.Notes)
	}
}

// What was accepted is tried on the next module of the contract, as it is and
// patched; what the library finds by itself is not kept.
func TestAcceptedProofsAreTriedOnOthers(t *testing.T) {
	t.Parallel()
	o := Options{Cache: t.TempDir()}
	first := thermal(t, "alder/thermal/module.go")
	texts, err := print(first)
	if err != nil {
		t.Fatal(err)
	}
	j := &job{s: first, o: o, texts: texts}
	j.remember(rung{RungHint, []byte("of the library")})
	proof := []byte(honestStart + "Lemma help : True.\nProof. exact I. Qed.\nTheorem main : contract.\nProof.\n  go_solve.\nQed.\n")
	j.remember(rung{RungOwn, proof})
	named := func(s verifiers.Subject) (texts []string) {
		for _, r := range rungs(s, o) {
			if r.name == RungNearest {
				texts = append(texts, string(r.text))
			}
		}
		return texts
	}
	if got := named(first); len(got) != 0 {
		t.Errorf("a module is offered its own proof: %q", got)
	}
	got := named(thermal(t, "alder/thermal/module.go", "Hyst = 20", "Hyst = 25"))
	if len(got) != 1 || got[0] != string(proof) {
		t.Errorf("the next module is offered %q", got)
	}
}

// climbing counts up to nine and looks a level up. Its invariant admits states
// from which it would panic.
const climbing = `package g

import . "github.com/genesis-network/genesis/kernel/tilego/testdata/thermo"

type State struct{ N uint8 }

var levels = [10]uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}

func Inv(s *State) bool { return s.N <= 200 }

func Step(s *State, in *Input) (fan, throttle uint8) {
	if s.N < 9 {
		s.N++
	}
	if in.Fault || in.Temp >= Critical {
		return MaxFan, MaxThrottle
	}
	return levels[s.N], 1
}
`

// A module that is right and whose invariant is too weak is proven with another
// invariant, and the result is about the module that has it.
func TestAnotherInvariantIsTried(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.RefuteSteps = 20_000
	c, err := contract.Load(os.DirFS("../../kernel/tilego/testdata/thermo"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := tilego.Compile([]byte(climbing), c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	code, err := ir.Encode(u)
	if err != nil {
		t.Fatal(err)
	}
	s := verifiers.Subject{Contract: c, Source: []byte(climbing), Unit: u, IR: code,
		Ref: pipeline.ModuleRef{Code: pipeline.Code{Slot: c.Slot, Contract: pipeline.ContractDigest(c.Files), IR: pipeline.SumBytes(code)}}}
	r, proven, err := Settle(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	want(t, r, pipeline.Pass)
	if proven.Ref.Code.IR == s.Ref.Code.IR || !strings.Contains(string(proven.Source), "s.N <= 9") {
		t.Errorf("proven was\n%s", proven.Source)
	}
	ref := proven.Ref
	ref.Proof = pipeline.SumBytes(r.Proof)
	if r.Statement.Subject.Digest != ref.Digest() {
		t.Error("the statement is about another module")
	}
	again, err := tilego.Compile(proven.Source, c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := ir.Encode(again); err != nil || pipeline.SumBytes(raw) != proven.Ref.Code.IR {
		t.Errorf("its source compiles to other code: %v", err)
	}
}
