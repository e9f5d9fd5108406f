package coq

import (
	"testing"

	"github.com/genesis-network/genesis/pipeline"
)

// BenchmarkProve proves a shipped module: cold without a remembered verdict but
// with the compiled theory and contract, warm with all. The rung is reported by
// its place on the ladder's list: own 0, incumbent 1, nearest 2, hint 3, default 4.
func BenchmarkProve(b *testing.B) {
	for _, lineage := range []string{"alder", "birch"} {
		for _, warm := range []bool{false, true} {
			name := lineage + "/cold"
			if warm {
				name = lineage + "/warm"
			}
			b.Run(name, func(b *testing.B) { benchmarkProve(b, lineage, warm) })
		}
	}
}

func benchmarkProve(b *testing.B, lineage string, warm bool) {
	s, o := thermal(b, lineage+"/thermal/module.go"), options(b)
	if warm {
		prove(b, s, o)
	}
	var rung string
	for b.Loop() {
		if !warm {
			b.StopTimer()
			o = options(b)
			b.StartTimer()
		}
		r := prove(b, s, o)
		if r.Statement.Outcome != pipeline.Pass {
			b.Fatal(r.Statement.Summary)
		}
		rung = r.Rung
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/proof")
	b.ReportMetric(float64(map[string]int{RungOwn: 0, RungIncumbent: 1, RungNearest: 2, RungHint: 3, RungDefault: 4}[rung]), "rung")
}

// BenchmarkSelfTest is what a machine does before its Coq is trusted.
func BenchmarkSelfTest(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		o := options(b)
		b.StartTimer()
		if err := SelfTest(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
}
