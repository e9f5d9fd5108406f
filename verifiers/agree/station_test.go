package agree

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/native"
)

func load(t testing.TB, folder string) *contract.Contract {
	t.Helper()
	c, err := contract.Load(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func compile(t testing.TB, c *contract.Contract, src string) *ir.Unit {
	t.Helper()
	u, err := tilego.Compile([]byte(src), c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func subject(t testing.TB, c *contract.Contract, src string) verifiers.Subject {
	t.Helper()
	u := compile(t, c, src)
	encoded, err := ir.Encode(u)
	if err != nil {
		t.Fatal(err)
	}
	ref := pipeline.ModuleRef{Code: pipeline.Code{Slot: c.Slot, Contract: pipeline.ContractDigest(c.Files), IR: pipeline.SumBytes(encoded), Compiler: tilego.CompilerVersion}}
	return verifiers.Subject{Contract: c, Source: []byte(src), IR: encoded, Unit: u, Ref: ref}
}

func shipped(t testing.TB, lineage string) verifiers.Subject {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("../../lineages", lineage, "thermal/module.go"))
	if err != nil {
		t.Fatal(err)
	}
	return subject(t, load(t, "../../hal/thermal"), string(src))
}

// all are the options with every engine that is installed.
func all(t testing.TB) Options {
	t.Helper()
	var o Options
	var err error
	if o.Go, err = native.Find(t.Context()); err != nil {
		t.Skip(err)
	}
	if o.Coq, err = FindCoq(t.Context()); err != nil {
		t.Skip(err)
	}
	return o
}

func TestShippedModulesAgree(t *testing.T) {
	t.Parallel()
	for _, lineage := range []string{"alder", "birch", "cedar"} {
		t.Run(lineage, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			st, err := Check(t.Context(), shipped(t, lineage), all(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%v: %s; %v %v", time.Since(begin), st.Summary, st.Figures, st.Notes)
			if st.Outcome != pipeline.Pass || len(st.Findings) > 0 || !strings.HasPrefix(st.Summary, "5 engines agree") {
				t.Errorf("%s: %s %v", st.Outcome, st.Summary, st.Findings)
			}
		})
	}
}
