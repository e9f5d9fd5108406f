package fuzz

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego"
	"github.com/genesis-network/genesis/kernel/tilego/ir"
	"github.com/genesis-network/genesis/kernel/tilego/ir/irgen"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/agree"
	"github.com/genesis-network/genesis/verifiers/native"
)

// module is a module of the thermal slot from a file.
func module(t testing.TB, path string) verifiers.Subject {
	t.Helper()
	c, err := contract.Load(os.DirFS("../../hal/thermal"))
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(filepath.Join("../../lineages", path))
	if err != nil {
		t.Fatal(err)
	}
	u, err := tilego.Compile(src, c.Surface())
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := ir.Encode(u)
	if err != nil {
		t.Fatal(err)
	}
	ref := pipeline.ModuleRef{Code: pipeline.Code{Slot: c.Slot, Contract: pipeline.ContractDigest(c.Files), IR: pipeline.SumBytes(encoded)}}
	return verifiers.Subject{Contract: c, Source: src, IR: encoded, Unit: u, Ref: ref}
}

// tools are the toolchain and both fuzzers, from caches that tests share.
func tools(t testing.TB) (*native.Toolchain, []Engine) {
	t.Helper()
	tool, err := native.Find(t.Context())
	if err != nil {
		t.Skip(err)
	}
	user, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	g, err := Install(t.Context(), tool, "../../deploy/fuzz", filepath.Join(user, "genesis"))
	if err != nil {
		t.Skipf("without go-fuzz: %v", err)
	}
	return tool, []Engine{g, GoTest{Version: tool.Version}}
}

// refused are mutants that break a promise on an input, and which.
var refused = map[string]string{
	"ignores_critical":         "Post",
	"trusts_sensor":            "Post",
	"out_of_range":             "Post",
	"panics":                   "Panic",
	"breaks_invariant":         "Inv",
	"fan_not_monotone":         "RelPost",
	"throttle_not_monotone":    "RelPost",
	"starts_outside_invariant": "Init",
}

func TestMutantsAreRefutedWithoutGoFuzz(t *testing.T) {
	t.Parallel()
	for name, clause := range refused {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkRefuted(t, name, clause, Options{For: time.Second})
		})
	}
}

func TestEnginesRefute(t *testing.T) {
	t.Parallel()
	tool, engines := tools(t)
	for i, names := range [][]string{{"ignores_critical"}, {"fan_not_monotone", "breaks_invariant"}} {
		for _, name := range names {
			t.Run(engines[i].Tool().Name+" "+name, func(t *testing.T) {
				t.Parallel()
				checkRefuted(t, name, refused[name], Options{Go: tool, Engines: engines[i : i+1], For: time.Minute})
			})
		}
	}
}

func checkRefuted(t *testing.T, name, clause string, o Options) {
	t.Helper()
	s := module(t, "testdata/mutants/"+name+".go")
	var kept []byte
	o.Keep = func(_ string, content []byte) error { kept = content; return nil }
	st, err := Check(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	if st.Outcome != pipeline.Fail || !strings.HasSuffix(st.Findings[0].Where, " "+clause) || st.Findings[0].Hint == "" {
		t.Fatalf("%s: %s %v, want %s", st.Outcome, st.Summary, st.Findings, clause)
	}
	t.Log(st.Summary, "-", st.Findings[0].Witness)
	if pipeline.SumBytes(kept) != st.Attachments[WitnessFile] {
		t.Error("the attachment is not what was kept")
	}
	known, err := verifiers.DecodeCase(kept)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Check(t.Context(), s, Options{Corpus: []verifiers.Case{known}, For: time.Nanosecond})
	if err != nil || again.Outcome != pipeline.Fail || again.Findings[0].Where != st.Findings[0].Where {
		t.Errorf("the regression corpus does not refute it: %s %s, %v", again.Outcome, again.Summary, err)
	}
}

func TestEnginesRunUntilTheySayWhatTheyDid(t *testing.T) {
	t.Parallel()
	some := []Engine{&GoFuzz{}, GoTest{}}
	for name, c := range map[string]struct{ with, want Options }{
		"too short":    {Options{Engines: some, For: time.Second}, Options{For: LeastFor}},
		"long":         {Options{Engines: some, For: time.Minute}, Options{For: time.Minute}},
		"not said":     {Options{Engines: some}, Options{For: DefaultFor}},
		"starts fast":  {Options{Engines: some[1:], For: time.Second}, Options{For: time.Second}},
		"counts steps": {Options{For: time.Second}, Options{For: time.Second}},
	} {
		if got := c.with.orDefault().For; got != c.want.For {
			t.Errorf("%s: %s, want %s", name, got, c.want.For)
		}
	}
}

// A shipped module passes both fuzzers at once: the statement says of each what
// it did, which statements were reached and which were not, and how the module
// differs from another one; what was learned seeds the next run.
func TestShippedModulePasses(t *testing.T) {
	t.Parallel()
	tool, engines := tools(t)
	s := module(t, "alder/thermal/module.go")
	s.Incumbent = module(t, "birch/thermal/module.go").Unit
	strange, err := agree.Cases(module(t, "birch/thermal/module.go"), 5, 4, 8) // two with states of another shape
	if err != nil {
		t.Fatal(err)
	}
	var learned []verifiers.Case
	o := Options{Go: tool, Engines: engines, For: LeastFor, Seeds: strange, Learn: func(c []verifiers.Case) error { learned = c; return nil }}
	begin := time.Now()
	st, err := Check(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(begin), st.Summary, st.Figures, st.Notes)
	if st.Outcome != pipeline.Pass || st.Notes["engine"] != "go-fuzz, go-test" || len(st.Tools) != 2 {
		t.Fatalf("%s: %s %v %v", st.Outcome, st.Summary, st.Findings, st.Notes)
	}
	for _, name := range []string{"go-fuzz.executions", "go-fuzz.corpus", "go-test.executions", "go-test.corpus", "statements", "statements.reached", "corpus", "incumbent.calls", "incumbent.differs"} {
		if figure(st, name) == 0 {
			t.Errorf("%s: %v", name, st.Figures)
		}
	}
	if !strings.Contains(st.Notes["coverage.Step"], "statements") || !strings.Contains(st.Notes["incumbent.first"], "of the incumbent") {
		t.Errorf("%v", st.Notes)
	}
	if len(learned) != figure(st, "corpus") || !slices.ContainsFunc(learned, func(c verifiers.Case) bool { return string(c.Encode()) == string(strange[1].Encode()) }) {
		t.Errorf("learned %d cases, and forgot what it knew", len(learned))
	}
}

// Shipped modules stand longer fuzzing, by night.
func TestShippedModulesPassForLong(t *testing.T) {
	if os.Getenv("GENESIS_NIGHTLY") == "" {
		t.Skip("by night: set GENESIS_NIGHTLY=1")
	}
	tool, engines := tools(t)
	for _, lineage := range []string{"alder", "birch", "cedar"} {
		st, err := Check(t.Context(), module(t, lineage+"/thermal/module.go"), Options{Go: tool, Engines: engines, For: 5 * time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		t.Log(st.Summary, st.Figures)
		if st.Outcome != pipeline.Pass || figure(st, "statements.reached") < figure(st, "statements") {
			t.Errorf("%s: %s %s %v %v", lineage, st.Outcome, st.Summary, st.Findings, st.Notes)
		}
	}
}

func figure(st pipeline.Statement, name string) int {
	for _, f := range st.Figures {
		if f.Name == name {
			return number([]byte(f.Value))
		}
	}
	return 0
}

func TestShippedModulesPassWithoutGoFuzz(t *testing.T) {
	t.Parallel()
	for _, lineage := range []string{"alder", "birch", "cedar"} {
		st, err := Check(t.Context(), module(t, lineage+"/thermal/module.go"), Options{For: time.Second, Missing: map[string]string{GoTestName: "no Go toolchain"}})
		if err != nil {
			t.Fatal(err)
		}
		if st.Outcome != pipeline.Pass || st.Notes["engine.go-test"] != "missing: no Go toolchain" || st.Notes["engine"] != "refute" || st.Tools[0].Name != "refute" || !strings.Contains(st.Summary, "no fuzzer was there") {
			t.Errorf("%s: %s: %s %v", lineage, st.Outcome, st.Summary, st.Notes)
		}
	}
}

// No process of the fuzzer outlives the station, whether it ends by itself or
// is cut short.
func TestNoProcessSurvives(t *testing.T) {
	tool, engines := tools(t)
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := Check(ctx, module(t, "alder/thermal/module.go"), Options{Go: tool, Engines: engines, For: time.Hour})
		ended <- err
	}()
	for len(processesUnder(tmp)) < 2 && len(ended) == 0 { // a fuzzer and its target
		<-time.After(20 * time.Millisecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	for len(processesUnder(tmp)) > 0 && t.Context().Err() == nil {
		<-time.After(20 * time.Millisecond)
	}
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// processesUnder are the living processes that work in a folder.
func processesUnder(dir string) []string {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	var out []string
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil && strings.HasPrefix(to, dir) {
			out = append(out, l)
		}
	}
	return out
}

func TestDeadlineIsInconclusive(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	st, err := Check(ctx, module(t, "alder/thermal/module.go"), Options{})
	if err != nil || st.Outcome != pipeline.Inconclusive {
		t.Errorf("%s, %v", st.Outcome, err)
	}
}

// What is encoded for the fuzzer decodes to the same case.
func TestBytesKeepCases(t *testing.T) {
	t.Parallel()
	u := module(t, "alder/thermal/module.go").Unit
	rapid.Check(t, func(t *rapid.T) {
		c := verifiers.Case{Inputs: rapid.SliceOfN(irgen.Values(u.Input), 0, maxCalls).Draw(t, "inputs")}
		if rapid.Bool().Draw(t, "given") {
			c.State = irgen.Values(u.State).Draw(t, "state")
		}
		got := decode(u, encode(u, c))
		if string(got.Encode()) != string(c.Encode()) {
			t.Fatalf("got %s, want %s", got.Encode(), c.Encode())
		}
	})
}

// Whatever bytes the fuzzer makes are a case of the module's shape.
func TestAnyBytesAreACase(t *testing.T) {
	t.Parallel()
	u := module(t, "birch/thermal/module.go").Unit
	rapid.Check(t, func(t *rapid.T) {
		c := decode(u, rapid.SliceOf(rapid.Byte()).Draw(t, "data"))
		for _, in := range c.Inputs {
			if !canonical(u.Input, in) {
				t.Fatalf("%v is no input", in)
			}
		}
	})
}

// A large regression corpus costs every candidate next to nothing.
func BenchmarkReplay(b *testing.B) {
	s := module(b, "alder/thermal/module.go")
	cases, err := agree.Cases(s, 1, 1000, 8)
	if err != nil {
		b.Fatal(err)
	}
	judge, err := newOracle(s)
	if err != nil {
		b.Fatal(err)
	}
	c := &check{subject: s, oracle: judge, options: Options{Corpus: cases}}
	for b.Loop() {
		if v, from := c.replay(); v != nil {
			b.Fatalf("%s: %s", from, v.clause)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(cases))/b.Elapsed().Seconds(), "cases/s")
}

// What a candidate waits for before its first execution, with warm caches; each
// time the module is another one.
func BenchmarkBuild(b *testing.B) {
	tool, engines := tools(b)
	s := module(b, "alder/thermal/module.go")
	for name, build := range map[string]func(*Target) error{
		"tests":   func(t *Target) error { return t.build(b.Context()) },
		"go-fuzz": func(t *Target) error { return engines[0].(*GoFuzz).prepare(b.Context(), t, t.Dir) },
	} {
		n := time.Now().UnixNano()
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				n++
				t := &Target{Subject: s, Go: tool, Dir: b.TempDir(), tamper: func(dir string) error {
					return tamper(dir, "", fmt.Sprintf("func Genesis_Fresh() int64 { return %d }\n", n))
				}}
				if err := build(t); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Executions for each second that a fuzzer is asked for, on shipped modules.
func BenchmarkEngines(b *testing.B) {
	tool, engines := tools(b)
	for _, lineage := range []string{"alder", "birch"} {
		s := module(b, lineage+"/thermal/module.go")
		for _, e := range engines {
			b.Run(lineage+"/"+e.Tool().Name, func(b *testing.B) {
				executions := 0
				for b.Loop() {
					st, err := Check(b.Context(), s, Options{Go: tool, Engines: []Engine{e}, For: 10 * time.Second})
					if err != nil {
						b.Fatal(err)
					}
					executions += figure(st, e.Tool().Name+".executions")
				}
				b.ReportMetric(float64(executions)/float64(b.N)/10, "executions/s")
			})
		}
	}
}

// A witness is as small as it can be made step by step: no call and no number of
// it can be dropped or brought nearer to zero.
func TestWitnessesAreMinimal(t *testing.T) {
	t.Parallel()
	for name, clause := range refused {
		s := module(t, "testdata/mutants/"+name+".go")
		judge, err := newOracle(s)
		if err != nil {
			t.Fatal(err)
		}
		cases, err := agree.Cases(s, 7, 200, 40)
		if err != nil {
			t.Fatal(err)
		}
		small := 0
		for _, c := range cases {
			v := judge.judge(c)
			if v == nil || string(v.clause) != clause {
				continue
			}
			v = judge.shrink(v)
			for _, less := range judge.simpler(v.shown) {
				if w := judge.judge(less); w != nil && w.clause == v.clause {
					t.Fatalf("%s: %s is not minimal: %s is one, too", name, v.shown.Encode(), less.Encode())
				}
			}
			small++
		}
		if small == 0 && clause != "RelPost" {
			t.Errorf("%s: none of %d cases breaks %s", name, len(cases), clause)
		}
		t.Logf("%s: %d witnesses made small", name, small)
	}
}

// A bound anywhere in the type is found, not approached one by one.
func TestNumbersShrinkToTheirBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bound := rapid.Uint64().Draw(t, "bound")
		v := rapid.Uint64Range(bound, 1<<64-1).Draw(t, "value")
		steps := 0
		for again := true; again; {
			again = false
			for _, how := range nearer {
				steps++
				if w := how(ir.U64, v); w < v && w >= bound {
					v, again = w, true
					break
				}
			}
		}
		if v != bound || steps > maxRuns {
			t.Fatalf("%d after %d steps, want %d", v, steps, bound)
		}
	})
}
