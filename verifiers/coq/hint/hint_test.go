package hint_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen/coqgentest"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/verifiers/coq/hint"
)

var update = flag.Bool("update", false, "write the golden files")

// sample is a module, its contract, and the file of its proof.
type sample struct {
	name             string
	module, contract *ir.Unit
}

// samples are the modules that are built by hand, and one small module per form
// of the language, from source.
func samples(t *testing.T) []sample {
	t.Helper()
	out := []sample{
		{"hysteresis", coqgentest.Hysteresis(900), coqgentest.Thermal()},
		{"pi", coqgentest.PI(900), coqgentest.Thermal()},
		{"ring", coqgentest.Ring(), coqgentest.Averaging()},
		{"counter", coqgentest.Counter(), coqgentest.Counting()},
	}
	files, err := filepath.Glob("testdata/forms/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no forms: %v", err)
	}
	for _, file := range files {
		out = append(out, form(t, file))
	}
	return out
}

const formYAML = `{apiVersion: genesis/v1, kind: Contract, name: form, slot: form, version: 1, import: example.org/form, summary: A form.,
  cost: {budget: 200000}, limits: {source: 65536, state: 65536}, model: {},
  metrics: [{name: m, unit: "1", direction: min, counter: c, about: nothing}]}`

func form(t *testing.T, file string) sample {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := contract.Load(fstest.MapFS{"contract.go": {Data: archive.Files[0].Data}, "contract.yaml": {Data: []byte(formYAML)}})
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	u, err := tilego.Compile(archive.Files[1].Data, c.Surface())
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return sample{strings.TrimSuffix(filepath.Base(file), ".txtar"), u, c.Unit}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			got, err := hint.Proof(s.module, s.contract)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", "proofs", s.name+".v")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs; run the test with -update and review the difference\n%s", path, got)
			}
		})
	}
}

// The tactic library closes all of them with these proofs.
func TestProofsGoThrough(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: takes a quarter of a minute")
	}
	if _, err := exec.LookPath("coqc"); err != nil {
		t.Skip("SKIPPED, nothing was proven: no coqc; run: apt-get install coq")
	}
	t.Parallel()
	theory := t.TempDir()
	for _, name := range []string{"GoSem", "GoRules", "GoSolve"} {
		text, err := os.ReadFile(filepath.Join("..", "theory", name+".v"))
		if err != nil {
			t.Fatal(err)
		}
		compile(t, theory, name, text, theory)
	}
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			proves(t, s, theory)
		})
	}
}

func proves(t *testing.T, s sample, theory string) {
	t.Helper()
	example := make([]uint64, ir.Flat(s.contract.Input))
	for i := range example {
		example[i] = 1
	}
	c, err1 := coqgen.Contract(s.contract)
	m, err2 := coqgen.Model(s.module, s.contract)
	spec, err3 := coqgen.Spec(s.module, s.contract, example)
	proof, err4 := hint.Proof(s.module, s.contract)
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	compile(t, dir, "Contract", c, theory)
	compile(t, dir, "Model", m, theory)
	compile(t, dir, "Spec", spec, theory)
	compile(t, dir, "Proof", proof, theory)
}

func compile(t *testing.T, dir, name string, text []byte, theory string) {
	t.Helper()
	file := filepath.Join(dir, name+".v")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	args := []string{"-q", "-noglob", "-Q", theory, "K"}
	if dir != theory {
		args = append(args, "-Q", dir, "K")
	}
	cmd := exec.CommandContext(ctx, "coqc", append(args, file)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s.v: %v\n%.2000s\n%s", name, err, out, text)
	}
}
