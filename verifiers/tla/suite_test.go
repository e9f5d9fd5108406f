package tla

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/joint"
	"github.com/genesis-network/genesis/kernel/tilego/tlagen"
)

var update = flag.Bool("update", false, "rewrite the golden results; those of TLC need TLC_JAR")

// pair is a module with its surroundings, and what is known of them.
type pair struct {
	name   string
	broken string // the invariant that is violated; "" when all hold
	sys    *joint.System
}

const yaml = `apiVersion: genesis/v1
kind: Contract
name: %[1]s
slot: %[1]s
version: 1
import: github.com/genesis-network/genesis/verifiers/tla/testdata/suite/%[1]s
summary: For tests of model checking.
cost: {budget: 4000}
limits: {source: 65536, state: 65536}
metrics:
  - {name: none_joules, unit: J, direction: min, counter: none, about: nothing is measured}
model: {maxStates: 100000}
`

// suite reads the pairs of testdata/suite.
func suite(t testing.TB) []pair {
	t.Helper()
	files, err := filepath.Glob("testdata/suite/*.txtar")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d specifications, want 12 (%v)", len(files), err)
	}
	out := make([]pair, len(files))
	for i, f := range files {
		out[i] = readPair(t, f)
	}
	return out
}

func readPair(t testing.TB, file string, edits ...string) pair {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for _, f := range a.Files {
		fsys[f.Name] = &fstest.MapFile{Data: []byte(strings.NewReplacer(edits...).Replace(string(f.Data)))}
	}
	p := pair{name: strings.TrimSuffix(filepath.Base(file), ".txtar")}
	slot, _, _ := strings.Cut(p.name, "-")
	fsys["contract.yaml"] = &fstest.MapFile{Data: fmt.Appendf(nil, yaml, slot)}
	verdict, _, _ := strings.Cut(string(a.Comment), "\n")
	p.broken = strings.TrimPrefix(strings.TrimPrefix(verdict, "holds"), "violated: ")
	c, err := contract.Load(fsys)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	u, err := tilego.Compile(fsys["module.go"].Data, c.Surface())
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if p.sys, err = joint.New(u, c.Unit, c.Env, c.Model.Consts); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return p
}

// shipped are the modules of the lineages with the shipped contract.
func shipped(t testing.TB) []pair {
	t.Helper()
	var out []pair
	for _, lineage := range []string{"alder", "birch"} {
		s := thermal(t, lineage)
		sys, err := joint.New(s.Unit, s.Contract.Unit, s.Contract.Env, s.Contract.Model.Consts)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, pair{name: "thermal-" + lineage, sys: sys})
	}
	return out
}

// found is what an engine found of a specification, as it is kept.
type found struct {
	verdict, broken            string
	trace, distinct, generated int
}

func (f found) String() string {
	return fmt.Sprintf("%-9s %-10s %5d %8d %9d", f.verdict, f.broken, f.trace, f.distinct, f.generated)
}

func (p pair) explore(t testing.TB) found {
	t.Helper()
	r, err := p.sys.Explore(t.Context(), joint.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	f := found{"holds", "-", 0, r.States, r.Steps}
	if v := r.Violation; v != nil {
		f = found{"violated", v.Name, len(v.Trace), r.Distinct, r.Generated}
	}
	return f
}

// ask has an engine of TLA+ look at the printed pair.
func (p pair) ask(t testing.TB, e engine) (found, string) {
	t.Helper()
	spec, err := tlagen.Generate(p.sys)
	if err != nil {
		t.Fatal(err)
	}
	a, err := e.Check(t.Context(), printed(spec), joint.DefaultMaxStates)
	if err != nil {
		t.Fatal(err)
	}
	f := found{a.Verdict.String(), "-", a.Trace, a.Distinct, a.Generated}
	if a.Verdict == Violated {
		f.broken = spec.Checks[a.Broken].Name()
	}
	if a.Verdict == Unable {
		t.Errorf("%s: %s has no verdict: %s", p.name, e.name(), a.Reason)
	}
	return f, a.Version
}

// What TLC found is kept, so that the engines are compared on every machine. The
// explorer counts all that TLC counts; tla-checker does not count transitions.
func TestEnginesAgreeWithTLC(t *testing.T) {
	t.Parallel()
	golden := readGolden(t, suiteResults)
	pairs := append(suite(t), shipped(t)...)
	if len(golden) != len(pairs) {
		t.Errorf("%d results of TLC for %d specifications: %s", len(golden), len(pairs), howToUpdate)
	}
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			want, ok := golden[p.name]
			if !ok {
				t.Fatal("no result of TLC: " + howToUpdate)
			}
			got := p.explore(t)
			if p.sys.Symmetric > 1 && want.verdict == "violated" { // it stops earlier, having seen as much
				got.distinct, got.generated = want.distinct, want.generated
			}
			if got != want {
				t.Errorf("explorer: %s\nTLC:      %s", got, want)
			}
			got, _ = p.ask(t, checker(t))
			if got.generated = want.generated; got != want {
				t.Errorf("tla-checker: %s\nTLC:         %s", got, want)
			}
		})
	}
}

// The known answers are written beside the specifications, by hand.
func TestSuiteHasItsKnownAnswers(t *testing.T) {
	t.Parallel()
	violated := 0
	for _, p := range suite(t) {
		want := p.broken
		if want == "" {
			want = "-"
		} else {
			violated++
		}
		if got := p.explore(t); got.broken != want {
			t.Errorf("%s: %s, want broken %s", p.name, got, want)
		}
	}
	if violated < 6 {
		t.Errorf("%d specifications are violated", violated)
	}
}

// The alarm over promises that say nothing, in the names of the contract.
func TestClausesThatSayNothing(t *testing.T) {
	t.Parallel()
	known := map[string][]joint.Clause{
		"unlock": {{Promise: "Post", Text: "open"}, {Promise: "SafeExit", Text: "return open"}},
		"still":  {{Promise: "Post", Text: "Tick"}},
		// Nobody ever waits so long: three threads are served in turn.
		"sched": {{Promise: "Post", Text: "Wait[...] < Bound"}, {Promise: "Post", Text: "Ready[...]"}},
		// Two of three sensors always agree, so each part alone could go.
		"vote": {{Promise: "Post", Text: "value == A"}, {Promise: "Post", Text: "value == B"}, {Promise: "Post", Text: "value == C"}},
	}
	for _, p := range append(suite(t), shipped(t)...) {
		r, err := p.sys.Explore(t.Context(), joint.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(known[p.name], r.Vacuous); d != "" {
			t.Errorf("%s (-want +got):\n%s", p.name, d)
		}
	}
}

const crowd = "testdata/suite/crowd.txtar"

// Things that are alike make the search smaller by their orders, and its answer
// no other.
func TestSymmetryVisitsLessAndSaysTheSame(t *testing.T) {
	t.Parallel()
	with, without := readPair(t, crowd), readPair(t, crowd, "Symmetric   = Clients", "Some = Clients")
	a, err := with.sys.Explore(t.Context(), joint.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := without.sys.Explore(t.Context(), joint.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if a.Distinct >= b.Distinct/4 || a.States != b.Distinct || a.Steps != b.Generated || a.Depth != b.Depth || !a.Complete {
		t.Errorf("%d states stand for %d of %d, %d of %d steps, depth %d of %d", a.Distinct, a.States, b.Distinct, a.Steps, b.Generated, a.Depth, b.Depth)
	}
}

// A declaration that is not true is found out.
func TestThingsThatAreNotAlike(t *testing.T) {
	t.Parallel()
	for name, edits := range map[string][]string{
		"the first is let in first":     {"if open && e.waits[who] {", "if open && e.waits[0] && who > 0 {"},
		"one may not leave":             {"if e.inside[who] {", "if e.inside[who] && who < 3 {"},
		"a promise about one of them":   {"n <= 1 }", "n <= 1 && !e.inside[2] }", "return n <= 1", "return n <= 1 && !e.inside[2]"},
		"what is seen depends on which": {"if e.inside[i] {\n\t\t\tsome", "if e.inside[i] && i > 0 {\n\t\t\tsome"},
	} {
		r, err := readPair(t, crowd, edits...).sys.Explore(t.Context(), joint.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Lopsided || r.Complete || r.Violation != nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TLC itself, where it is installed, says what is kept.
func TestTLCSaysWhatIsKept(t *testing.T) {
	e := tlc(t)
	k := keeping(t, suiteResults)
	for _, p := range append(suite(t), shipped(t)...) {
		t.Run(p.name, func(t *testing.T) {
			got, version := p.ask(t, e)
			k.compare(t, p.name, got, version, howToUpdate)
		})
	}
	k.write(t)
}

const suiteResults = "testdata/suite/tlc.golden"

// kept are results of TLC in a file: a line each, in the order of their names.
type kept struct {
	path    string
	results map[string]found
	version string
}

func keeping(t testing.TB, path string) *kept { return &kept{path: path, results: readGolden(t, path)} }

// compare compares a result with what is kept, or keeps it.
func (k *kept) compare(t testing.TB, name string, got found, version, hint string) {
	t.Helper()
	if *update {
		k.results[name], k.version = got, version
	} else if got != k.results[name] {
		t.Errorf("TLC says %s, kept is %s: %s", got, k.results[name], hint)
	}
}

func (k *kept) write(t testing.TB) {
	t.Helper()
	if k.version == "" {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# TLC2 %s; verdict, invariant, states of the trace, distinct states, generated states\n", k.version)
	for _, name := range slices.Sorted(maps.Keys(k.results)) {
		fmt.Fprintf(&b, "%-18s %s\n", name, k.results[name])
	}
	if err := os.WriteFile(k.path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

const howToUpdate = "run TLC_JAR=... go test ./verifiers/tla -run TLCSays -update, and review what changed"

func readGolden(t testing.TB, path string) map[string]found {
	t.Helper()
	out := map[string]found{}
	for line := range strings.Lines(read(t, path)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var name string
		var f found
		if _, err := fmt.Sscan(line, &name, &f.verdict, &f.broken, &f.trace, &f.distinct, &f.generated); err != nil {
			t.Fatalf("%s: %q: %v", path, line, err)
		}
		out[name] = f
	}
	return out
}
