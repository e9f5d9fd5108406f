package coq

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/pipeline"
)

// hostileWords are names and comments that would mean something to Coq, to a
// shell, or to whoever pastes text into a file.
var hostileWords = []string{"Axiom", "Qed", "Admitted", "Fixpoint", "Redirect", "forall", "fix", "Type", "contract", "Spec", "main", "K", "Proof", "lt", "bind", "v0", "mf1", "Step_", "s0"}

var hostileComments = []string{
	"*) Axiom bad : False. (*", "(* (*", `" Redirect "/tmp/x" `, "$(touch /tmp/x)", "`id`", "../../../etc/passwd", "%s%n", "\\n Qed.",
	"From Coq Require Import Classical.", "#[bypass_check(guard)]", "'; DROP TABLE modules; --",
}

// Nothing that a proposer wrote is printed: whatever it calls things and says of
// them, the model is the same to the byte.
func TestNamesAndCommentsReachNoModel(t *testing.T) {
	t.Parallel()
	s := thermal(t, "alder/thermal/module.go")
	want, err := coqgen.Model(s.Unit, s.Contract.Unit)
	if err != nil {
		t.Fatal(err)
	}
	own := []string{"moveFan", "moveThrottle", "temp", "up", "down", "fall", "rise", "Hyst", "HoldFan", "FanRest"}
	rapid.Check(t, func(rt *rapid.T) {
		text := string(s.Source)
		words := rapid.Permutation(hostileWords).Draw(rt, "words")
		for i, name := range own {
			if rapid.Bool().Draw(rt, name) {
				text = regexp.MustCompile(`\b`+name+`\b`).ReplaceAllString(text, words[i])
			}
		}
		lines := strings.SplitAfter(text, "\n")
		for range 3 {
			at := rapid.IntRange(0, len(lines)-1).Draw(rt, "line")
			lines[at] += "// " + rapid.SampledFrom(hostileComments).Draw(rt, "comment") + "\n"
		}
		u, err := tilego.Compile([]byte(strings.Join(lines, "")), s.Contract.Surface())
		if err != nil {
			return // refused, which is as good
		}
		got, err := coqgen.Model(u, s.Contract.Unit)
		if err != nil || !bytes.Equal(got, want) {
			rt.Fatalf("the model moved with the names: %v", err)
		}
	})
}

// hostileProofs try to reach outside. OUTSIDE is a path there.
var hostileProofs = []string{
	`Redirect "OUTSIDE/new" Print nat.`, `Redirect "../escaped" Print nat.`, `Redirect "OUTSIDE/kept" Print nat.`,
	`From Coq Require Extraction. Extraction "OUTSIDE/new.ml" nat.`, `From Coq Require Extraction. Cd "OUTSIDE". Extraction "new.ml" nat.`,
	`Load "OUTSIDE/kept".`, `Declare ML Module "OUTSIDE/kept".`, `Add LoadPath "OUTSIDE" as X. From X Require Import kept.`,
	`Write State "OUTSIDE/new".`, `Set Debug "all". Drop.`, `Ltac2 Eval 1.`, `Print LoadPath.`,
	`Lemma a : True. Proof. native_compute. exact I. Qed.`,
}

// Whatever a proof holds, also where no whitelist looks at it first: of all
// that is outside the folder in which it is compiled, nothing changes, and the
// station gives a verdict.
func TestNoProofChangesWhatIsOutside(t *testing.T) {
	t.Parallel()
	o := options(t)
	p, shop := settled(t, o)
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "kept.v"), []byte("Axiom bad : False."), 0o600); err != nil {
		t.Fatal(err)
	}
	watched := []string{outside, p.theory.dir, shop.contract.dir, shop.model.dir, o.Cache}
	before := snapshot(t, watched...)
	list := hostileProofs
	if os.Getenv("GENESIS_NIGHTLY") == "" {
		list = list[:2]
	}
	for _, text := range list {
		proof := []byte(strings.ReplaceAll(honestStart+text+"\nTheorem main : contract.\nProof.\n  go_solve.\nQed.\n", "OUTSIDE", outside))
		if c := whitelist(proof); c == nil {
			t.Errorf("the whitelist lets through %s", text)
		}
		open := o
		open.layers.noWhitelist = true
		if _, err := p.attempt(t.Context(), shop, rung{RungOwn, proof}, open); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if now := snapshot(t, watched...); !maps.Equal(now, before) {
			t.Fatalf("%s changed what is outside", text)
		}
	}
}

// The same of any text at all, with all layers on: it is refused before Coq sees
// it, or has no way to name a file.
func TestAnyTextIsJudged(t *testing.T) {
	t.Parallel()
	pieces := append(append([]string{"Theorem main : contract.", "Proof.", "Qed.", "go_solve.", "(*", "*)", ".", "\n", " ", "\"", "\x00", "\xff", "Lemma a : True."}, hostileComments...), hostileProofs...)
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(pieces), rapid.String()), 0, 12).Draw(rt, "text"), " ")
		s := counter(t)
		s.Proof = []byte(text)
		r, err := Prove(t.Context(), s, Options{Coqc: "/nowhere/coqc", Cache: t.TempDir(), RefuteSteps: 16})
		if err != nil {
			rt.Fatal(err)
		}
		if text != "" && whitelist([]byte(text)) != nil && r.Statement.Outcome != pipeline.Fail {
			rt.Fatalf("%q is refused by its text, and the verdict is %s", text, r.Statement.Outcome)
		}
		if strings.ContainsAny(text, `"#`) && r.Statement.Outcome != pipeline.Fail {
			rt.Fatalf("%q could name a file or switch off a check, and the verdict is %s", text, r.Statement.Outcome)
		}
	})
}

// snapshot is the content of every file below some folders.
func snapshot(t *testing.T, roots ...string) map[string]pipeline.Digest {
	t.Helper()
	out := map[string]pipeline.Digest{}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(path)
			out[path] = pipeline.SumBytes(raw)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}
