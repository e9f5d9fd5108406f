package checks_test

import (
	"math/big"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/genesis-network/genesis/cmd/genesis/checks"
	"github.com/genesis-network/genesis/kernel/contract"
	"github.com/genesis-network/genesis/kernel/tilego/cost"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/verifiers/agree"
	"github.com/genesis-network/genesis/verifiers/coq"
	"github.com/genesis-network/genesis/verifiers/native"
	"github.com/genesis-network/genesis/workflows/activities"
)

// trials are how many inputs a candidate's engines are compared on before it is
// one of few.
const trials = 300

// judged are the modules whose figures are kept.
func judged(tb testing.TB) map[string]verifiers.Subject {
	tb.Helper()
	const folder = "../../../examples/limiter"
	c, err := contract.Load(os.DirFS(folder))
	if err != nil {
		tb.Fatal(err)
	}
	source, err := os.ReadFile(folder + "/lineages/home/module.go")
	if err != nil {
		tb.Fatal(err)
	}
	m, err := lineages.Compile(c, source, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return map[string]verifiers.Subject{
		"alder": shipped(tb, "alder"), "birch": shipped(tb, "birch"), "limiter": activities.Subject(m, nil),
	}
}

// BenchmarkCandidate is what one candidate costs that a search has proven: the
// proof, the bound of its cost, and the agreement of all engines on 300 inputs.
// Theory and contract are compiled and the standard library of Go is built; of
// the candidate nothing is known. cpu-s is processor time, of children too: what
// it takes on one core that nothing else uses.
func BenchmarkCandidate(b *testing.B) {
	for name, s := range judged(b) {
		b.Run(name, func(b *testing.B) {
			proof, agreement := prepared(b, s)
			var used [2]time.Duration
			for b.Loop() {
				b.StopTimer()
				proof.Cache = forgetful(b, proof.Cache)
				b.StartTimer()
				used[0] += processor(b, func() { candidate(b, s, proof) })
				used[1] += processor(b, func() { agreed(b, s, agreement) })
			}
			b.ReportMetric((used[0]+used[1]).Seconds()/float64(b.N), "cpu-s/candidate")
			b.ReportMetric(used[0].Seconds()/float64(b.N), "cpu-s/proof")
			b.ReportMetric(used[1].Seconds()/float64(b.N), "cpu-s/agreement")
		})
	}
}

// prepared are the tools, used once.
func prepared(b *testing.B, s verifiers.Subject) (coq.Options, agree.Options) {
	proof := coq.Options{Cache: b.TempDir()}
	agreement := agree.Options{Trials: trials, CoqTrials: trials}
	var err error
	if agreement.Coq, err = agree.FindCoq(b.Context()); err != nil {
		b.Skip(err)
	}
	if agreement.Go, err = native.Find(b.Context()); err != nil {
		b.Skip(err)
	}
	candidate(b, s, proof)
	agreed(b, s, agreement)
	return proof, agreement
}

// forgetful takes the verdicts out of a cache and leaves what is compiled.
func forgetful(b *testing.B, cache string) string {
	if err := os.RemoveAll(cache + "/verdicts"); err != nil {
		b.Fatal(err)
	}
	return cache
}

func candidate(b *testing.B, s verifiers.Subject, o coq.Options) {
	r, err := coq.Prove(b.Context(), s, o)
	if err != nil || r.Statement.Outcome != pipeline.Pass {
		b.Fatalf("%s, %v", r.Statement.Summary, err)
	}
	bounds, err := cost.Of(s.Unit)
	if err != nil || !bounds.Within("Step", big.NewInt(int64(s.Contract.Budget))) {
		b.Fatalf("cost %v, %v", bounds, err)
	}
}

func agreed(b *testing.B, s verifiers.Subject, o agree.Options) {
	st, err := agree.Check(b.Context(), s, o)
	if err != nil || st.Outcome != pipeline.Pass {
		b.Fatalf("%s, %v", st.Summary, err)
	}
}

// processor is the processor time that work takes, of this process and of those
// that it started and waited for.
func processor(b *testing.B, work func()) time.Duration {
	runtime.GC()
	before := clock(b)
	work()
	return clock(b) - before
}

func clock(b *testing.B) time.Duration {
	var sum time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}

// BenchmarkVerdict is what one module costs at all stations, one after the other,
// with a corpus that is replayed: as a candidate, with the fuzzer that starts at
// once for a second, and as an adoption, with both fuzzers for a second and all
// that the proof stands on checked, the libraries below it among that. Tools are
// built and the prover is tested before.
func BenchmarkVerdict(b *testing.B) {
	for _, lineage := range []string{"alder", "birch"} {
		s := shipped(b, lineage)
		for name, c := range map[string]checks.Config{
			"candidate": {Fuzzers: []string{"go-test"}},
			"adoption":  {Full: true},
		} {
			b.Run(lineage+"/"+name, func(b *testing.B) { verdict(b, s, c) })
		}
	}
}

func verdict(b *testing.B, s verifiers.Subject, c checks.Config) {
	c.Root, c.Cache, c.Corpus, c.Again = "../../..", b.TempDir(), b.TempDir(), true
	tools, err := checks.Find(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	if missing := tools.Missing(); len(missing) > 0 {
		b.Skipf("missing: %v", missing)
	}
	all(b, tools, s) // fills the corpus
	var used time.Duration
	for b.Loop() {
		b.StopTimer()
		forgetful(b, c.Cache+"/coq")
		if err := os.RemoveAll(c.Cache + "/coq/closure"); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		used += processor(b, func() { all(b, tools, s) })
	}
	b.ReportMetric(used.Seconds()/float64(b.N), "cpu-s")
}

func all(b *testing.B, tools *checks.Tools, s verifiers.Subject) {
	for _, station := range checks.Stations() {
		run(b, tools, station, s)
	}
}
