package score_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/refute"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/mutate"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers/score"
)

const (
	lineages = "../../lineages/"
	thermo   = "../../kernel/tilego/testdata/thermo"
	steps    = "../../kernel/tilego/testdata/steps.go"
)

// load reads a contract folder, with some texts replaced: file, old, new.
func load(t testing.TB, folder string, edits ...string) *contract.Contract {
	t.Helper()
	fsys := fstest.MapFS{}
	for _, name := range []string{"contract.go", "contract.yaml", "env.go"} {
		b, err := fs.ReadFile(os.DirFS(folder), name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for i := 0; i < len(edits); i += 3 {
			if edits[i] == name {
				text = strings.Replace(text, edits[i+1], edits[i+2], 1)
			}
		}
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := contract.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// module compiles a file; nil when the language refuses it.
func module(t testing.TB, c *contract.Contract, file string) *ir.Unit {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	u, err := tilego.Compile(src, c.Surface())
	if _, refused := errors.AsType[tilego.Refusals](err); err != nil && !refused {
		t.Fatal(err)
	}
	return u
}

func shipped(t testing.TB, c *contract.Contract, names ...string) (out []score.Module) {
	t.Helper()
	for _, name := range names {
		out = append(out, score.Module{Name: name, Unit: module(t, c, lineages+name+"/thermal/module.go")})
	}
	return out
}

func seeds(t testing.TB, c *contract.Contract) (out []score.Module) {
	t.Helper()
	files, err := filepath.Glob(lineages + "testdata/mutants/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if u := module(t, c, f); u != nil {
			out = append(out, score.Module{Name: strings.TrimSuffix(path.Base(f), ".go"), Unit: u})
		}
	}
	return out
}

func run(t testing.TB, c *contract.Contract, o score.Options) score.Report {
	t.Helper()
	o.Decide.Time = 5 * time.Minute // so that a busy machine does not decide
	r, err := score.Run(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// raced says that the race detector watches, under which a solver takes twenty
// times as long.
var raced bool

// The contract of the shipped slot: nothing is left open, and each clause has a
// mutant that breaks it and no other. By night with both lineages.
func TestTheShippedContractIsTestedWellEnough(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("SKIPPED: takes some seconds, and two minutes under the race detector; `make test` runs it without")
	}
	t.Parallel()
	names := []string{"alder"}
	if os.Getenv("GENESIS_NIGHTLY") != "" {
		names = append(names, "birch")
	}
	c := load(t, "../../hal/thermal")
	accepted := shipped(t, c, names...)
	r := run(t, c, score.Options{Accepted: accepted, Seeds: seeds(t, c)})
	if len(r.Problems) > 0 {
		t.Errorf("problems: %q", r.Problems)
	}
	if r.Refuted == 0 || r.Accepted == 0 || r.Equivalent == 0 || r.Total != r.Refuted+r.Accepted+r.Equivalent+r.Undecided {
		t.Errorf("%d mutants, %d refuted, %d accepted, %d equivalent, %d undecided", r.Total, r.Refuted, r.Accepted, r.Equivalent, r.Undecided)
	}
	unrefuted(t, c, accepted, r)
}

// unrefuted attacks what was accepted or called equivalent: by random runs, which
// know nothing of circuits.
func unrefuted(t *testing.T, c *contract.Contract, accepted []score.Module, r score.Report) {
	t.Helper()
	refuter, err := refute.New(c)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]score.Mutant{}
	for _, m := range r.Mutants {
		if verdicts[m.Name] = m; m.Verdict == score.Refuted && (m.Witness == "" || len(m.Broken) == 0) {
			t.Errorf("%s is refuted by nothing: %+v", m.Name, m)
		}
	}
	for _, a := range accepted {
		made, err := mutate.All(a.Unit)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range made {
			m := verdicts[a.Name+"#"+itoa(i+1)]
			w, err := refuter.Search(x.Unit, 7, 2000)
			if err != nil {
				t.Fatal(err)
			}
			if w != nil && m.Verdict != score.Refuted {
				t.Errorf("%s is %s, but %s", m.Name, m.Verdict, w)
			}
			if w != nil && m.Verdict == score.Refuted && w.Reachable && !slices.Contains(m.Broken, string(w.Clause)) {
				t.Errorf("%s breaks %v, but %s", m.Name, m.Broken, w)
			}
		}
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

// A clause that promises nothing of its own is found out.
func TestAClauseWithoutAKillerIsNamed(t *testing.T) {
	t.Parallel()
	c := load(t, thermo, "env.go", "func Safe", "func SafeAnyway(e *Env) bool { return true }\n\nfunc Safe")
	r := run(t, c, score.Options{Accepted: []score.Module{{Name: "steps", Unit: module(t, c, steps)}}})
	if !slices.ContainsFunc(r.Problems, func(p string) bool { return strings.Contains(p, "no mutant breaks SafeAnyway alone") }) {
		t.Errorf("problems: %q", r.Problems)
	}
}

func TestAModuleThatBreaksTheContractIsNoMeasure(t *testing.T) {
	t.Parallel()
	c := load(t, "../../hal/thermal")
	u := module(t, c, lineages+"testdata/mutants/ignores_critical.go")
	if _, err := score.Run(t.Context(), c, score.Options{Accepted: []score.Module{{Name: "wrong", Unit: u}}}); !errors.Is(err, score.ErrModule) {
		t.Error(err)
	}
}

// A prover that believes everything is found out by every mutant that breaks the
// theorem; one that believes nothing proves nothing.
func TestUnsoundProversAreFoundOut(t *testing.T) {
	t.Parallel()
	c := load(t, thermo)
	accepted := []score.Module{{Name: "steps", Unit: module(t, c, steps)}}
	for _, outcome := range []pipeline.Outcome{pipeline.Pass, pipeline.Inconclusive} {
		r := run(t, c, score.Options{Accepted: accepted, Proofs: score.All,
			Prover: func(context.Context, string, *ir.Unit) (pipeline.Outcome, error) { return outcome, nil }})
		believes := outcome == pipeline.Pass
		if r.CoqRefuted == 0 || r.CoqAccepted == 0 || (r.CoqUnsound == r.CoqRefuted) != believes || (r.CoqProven == r.CoqAccepted) != believes {
			t.Errorf("%s: %d of %d wrong ones proven, %d of %d right ones", outcome, r.CoqUnsound, r.CoqRefuted, r.CoqProven, r.CoqAccepted)
		}
		if said := strings.Contains(strings.Join(r.Problems, "\n"), "unsound"); said != believes {
			t.Errorf("%s: problems %q", outcome, r.Problems)
		}
	}
}

// Asked about all wrong mutants, Coq is asked about no other.
func TestAllWrongMutantsAreAskedAbout(t *testing.T) {
	t.Parallel()
	c := load(t, thermo)
	r := run(t, c, score.Options{Accepted: []score.Module{{Name: "steps", Unit: module(t, c, steps)}}, Proofs: score.AllWrong,
		Prover: func(context.Context, string, *ir.Unit) (pipeline.Outcome, error) { return pipeline.Pass, nil }})
	wrong := 0
	for _, m := range r.Mutants {
		theorem := slices.ContainsFunc(m.Broken, func(name string) bool { return !strings.HasPrefix(name, "Safe") })
		if theorem {
			wrong++
		}
		if (m.Coq == pipeline.Pass) != theorem {
			t.Errorf("%s breaks %q, asked about: %q", m.Name, m.Broken, m.Coq)
		}
	}
	if wrong == 0 || r.CoqRefuted != wrong || r.CoqUnsound != wrong || r.CoqAccepted != 0 {
		t.Errorf("%d wrong, asked about %d and %d", wrong, r.CoqRefuted, r.CoqAccepted)
	}
}

func TestReportsDoNotDependOnWorkers(t *testing.T) {
	t.Parallel()
	c := load(t, thermo)
	report := func(workers int) (score.Report, []string) {
		var asked []string
		r := run(t, c, score.Options{
			Accepted: []score.Module{{Name: "steps", Unit: module(t, c, steps)}}, Workers: workers, Proofs: 6,
			Prover: func(context.Context, string, *ir.Unit) (pipeline.Outcome, error) { return pipeline.Inconclusive, nil },
			Meter: func(_ context.Context, _ string, u *ir.Unit) ([]score.Effect, error) {
				return []score.Effect{{Metric: "m", After: pipeline.Decimal(len(u.Consts)), Worse: true}}, nil
			},
		})
		for _, m := range r.Mutants {
			if m.Coq != "" {
				asked = append(asked, m.Name)
			}
		}
		return r, asked
	}
	one, asked := report(1)
	three, _ := report(3)
	if diff := cmp.Diff(one, three, cmpopts.IgnoreUnexported(score.Mutant{})); diff != "" {
		t.Error(diff)
	}
	if len(asked) != 6 || one.CoqRefuted != 3 {
		t.Errorf("asked about %v, %d of them wrong", asked, one.CoqRefuted)
	}
}
