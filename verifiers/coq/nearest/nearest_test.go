package nearest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const model = `Definition mk1_9 (v0 : Z) : res Z :=
 lt (u8 v0) (fun v9 => Ok v9).
Definition mf1 (v0 : Z) : res Z :=
 join 1 7 (Ok (Z.min v0 4)) (fun v7 =>
 join 1 9 (Ok (Z.max v7 0)) (fun v9 => mk1_9 v9)).
`

// later is the model with a line before all others, by which numbers move.
var later = strings.NewReplacer("mk1_9", "mk1_12", "join 1 7", "join 1 10", "join 1 9", "join 1 12", "v7", "v10", "v9", "v12").
	Replace(strings.Replace(model, " join 1 7", " lt (i32 (v0 - 1)) (fun v3 =>\n join 1 7", 1))

const proof = `From K Require Import GoSem Contract Model Spec GoSolve.

Ltac inv f v ::= lazymatch constr:((f, v)) with
  | (1, 7) => constr:(fun (x : Z) => x <= 4)
  | (1, 9) => constr:(fun (x : Z) => 0 <= x)
  end.

Lemma bound : forall x, x <= 4 -> mk1_9 x = mk1_9 x.
Proof. reflexivity. Qed.

Theorem main : contract.
Proof.
  go_solve.
Qed.
`

func TestDistance(t *testing.T) {
	t.Parallel()
	if d := Distance(model, model); d != 0 {
		t.Errorf("from itself %d", d)
	}
	if d := Distance(model, later); d != 1 {
		t.Errorf("one line more is %d away:\n%s", d, later)
	}
}

// It is a distance: symmetric, 0 for equal texts, and no shorter by a detour.
func TestDistanceIsADistance(t *testing.T) {
	t.Parallel()
	texts := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "join 1 2", "v3"}), 1, 8)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) string { return strings.Join(texts.Draw(t, name), "\n") }
		a, b, c := draw("a"), draw("b"), draw("c")
		if Distance(a, a) != 0 || Distance(a, b) != Distance(b, a) || Distance(a, c) > Distance(a, b)+Distance(b, c) {
			t.Fatalf("%d %d %d", Distance(a, b), Distance(b, a), Distance(b, c))
		}
	})
}

func TestPatches(t *testing.T) {
	t.Parallel()
	library := strings.Replace(strings.Replace(proof, "x <= 4)", "x <= 8)", 1), "(1, 7)", "(1, 10)", 1)
	got := Entry{Model: model, Proof: proof}.Patches(later, []byte(library))
	if len(got) != 3 || string(got[0]) != proof {
		t.Fatalf("%d patches", len(got))
	}
	renamed := string(got[1])
	for _, want := range []string{"(1, 10) => constr:(fun (x : Z) => x <= 4)", "(1, 12) =>", "mk1_12 x = mk1_12 x"} {
		if !strings.Contains(renamed, want) {
			t.Errorf("renamed has no %q:\n%s", want, renamed)
		}
	}
	derived := string(got[2])
	if strings.Count(derived, "Ltac inv") != 1 || !strings.Contains(derived, "(1, 10) => constr:(fun (x : Z) => x <= 8)") || !strings.Contains(derived, "Lemma bound") {
		t.Errorf("derived anew:\n%s", derived)
	}
	if again := (Entry{Model: model, Proof: proof}).Patches(model, nil); len(again) != 1 {
		t.Errorf("%d patches for the same model, want the proof alone", len(again))
	}
}

func TestTheNearestOfTheSameContractIsFound(t *testing.T) {
	t.Parallel()
	s := Store(t.TempDir())
	far := later + "Definition mf2 := 0.\nDefinition mf3 := 0.\n"
	for _, e := range []Entry{{"far", far, "far"}, {"near", later, "near"}, {"itself", model, "itself"}} {
		if err := s.Put("thermal", e); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Put("other", Entry{"other", model, "other"}); err != nil {
		t.Fatal(err)
	}
	if e, ok := s.Find("thermal", "itself", model); !ok || e.Proof != "near" {
		t.Errorf("found %+v", e)
	}
	if _, ok := s.Find("nothing", "itself", model); ok {
		t.Error("found a proof of a contract without any")
	}
	paths, err := filepath.Glob(filepath.Join(s.folder("thermal"), "*.json"))
	if err != nil || len(paths) != 3 {
		t.Fatal(paths, err)
	}
	for _, p := range paths {
		if err := os.WriteFile(p, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := s.Find("thermal", "itself", model); ok {
		t.Error("found a proof in damaged files")
	}
}
