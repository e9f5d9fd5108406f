package coq

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/coqgen/coqgentest"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
)

// theoryCache is shared by all tests, and by later runs with the same theory.
var theoryCache string

func TestMain(m *testing.M) {
	user, err := os.UserCacheDir()
	if err != nil {
		user = os.TempDir()
	}
	theoryCache = filepath.Join(user, "genesis-test", "coq-"+theoryDigest().Short())
	if err := os.MkdirAll(theoryCache, 0o700); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// options has a cache with the compiled theory and contracts, and no verdicts.
func options(t testing.TB) Options {
	t.Helper()
	o := Options{Cache: theoryCache, RefuteSteps: 3000, Timeout: 3 * time.Minute}
	if _, err := find(o); err != nil {
		t.Skipf("SKIPPED, nothing was proven: %v; run: apt-get install coq", err)
	}
	dir := t.TempDir()
	p, err := newProver(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "theory"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(p.theory.dir, filepath.Join(dir, "theory", filepath.Base(p.theory.dir))); err != nil {
		t.Fatal(err)
	}
	contracts := filepath.Join(theoryCache, "contract")
	if err := os.MkdirAll(contracts, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(contracts, filepath.Join(dir, "contract")); err != nil {
		t.Fatal(err)
	}
	o.Cache = dir
	return o
}

// subject is a module of a contract built by hand.
func subject(t testing.TB, m, c *ir.Unit) verifiers.Subject {
	t.Helper()
	post, _ := c.Func("Post")
	text, err := ir.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	digest := pipeline.SumBytes([]byte("contract"))
	return verifiers.Subject{
		Contract: &contract.Contract{Name: c.Slot, Slot: c.Slot, Unit: c, Entry: tilego.Entry{Name: "Step", Results: post.Params}},
		IR:       text, Unit: m,
		Ref: pipeline.ModuleRef{Code: pipeline.Code{Slot: c.Slot, Contract: digest, IR: pipeline.SumBytes(text)}},
	}
}

// counter is the smallest module that the tactic library proves.
func counter(t testing.TB) verifiers.Subject {
	return subject(t, coqgentest.Counter(), coqgentest.Counting())
}

// thermal is a module of the shipped contract, edited.
func thermal(t testing.TB, file string, edits ...string) verifiers.Subject {
	t.Helper()
	c, err := contract.Load(os.DirFS("../../hal/thermal"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("../../lineages/" + file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(source)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("%s has no %q", file, edits[i])
		}
		text = strings.ReplaceAll(text, edits[i], edits[i+1])
	}
	u, err := tilego.Compile([]byte(text), c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	code, err := ir.Encode(u)
	if err != nil {
		t.Fatal(err)
	}
	ref := pipeline.ModuleRef{Code: pipeline.Code{Slot: c.Slot, Contract: pipeline.ContractDigest(c.Files), IR: pipeline.SumBytes(code)}}
	return verifiers.Subject{Contract: c, Source: []byte(text), IR: code, Unit: u, Ref: ref}
}

// prove runs the station, which must be able to work.
func prove(t testing.TB, s verifiers.Subject, o Options) Result {
	t.Helper()
	r, err := Prove(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
