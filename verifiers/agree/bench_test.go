package agree

import (
	"context"
	"fmt"
	"testing"

	"github.com/genesis-network/genesis/pipeline"
)

// BenchmarkStation is the whole station on a shipped module, all five engines,
// with the number of trials that a search makes and with that of an adoption.
func BenchmarkStation(b *testing.B) {
	s := shipped(b, "alder")
	for _, n := range []int{300, 20_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			o := all(b)
			o.Trials, o.CoqTrials = n, n
			for b.Loop() {
				st, err := Check(b.Context(), s, o)
				if err != nil || st.Outcome != pipeline.Pass {
					b.Fatal(st.Summary, err)
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "trials/s")
		})
	}
}

// BenchmarkEngines is how many trials each engine makes in a second, start of
// its process included; one run makes 20,000.
func BenchmarkEngines(b *testing.B) {
	s := shipped(b, "alder")
	o := all(b).orDefault()
	c := &check{subject: s, options: o, dir: b.TempDir()}
	c.st.Notes = map[string]string{}
	defer c.close()
	if refused, err := c.assemble(b.Context()); err != nil || refused {
		b.Fatal(refused, err)
	}
	batch := newPlan(c.predicate, s.Contract, s.Unit, DefaultSeed).trials(c.predicate, DefaultTrials)
	for _, e := range append([]Engine{c.reference}, c.engines...) {
		b.Run(e.Name(), func(b *testing.B) {
			for b.Loop() {
				if _, err := e.Digest(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*DefaultTrials)/b.Elapsed().Seconds(), "trials/s")
		})
	}
}
