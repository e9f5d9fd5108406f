package checks_test

import (
	"context"
	"testing"
	"time"

	"github.com/genesis-network/genesis/cmd/genesis/checks"
	"github.com/genesis-network/genesis/hal"
	"github.com/genesis-network/genesis/lineages"
	"github.com/genesis-network/genesis/pipeline"
	"github.com/genesis-network/genesis/verifiers"
	"github.com/genesis-network/genesis/workflows/activities"
)

// BenchmarkStation is what one shipped module costs each station: cold with an
// empty cache, in which tools are built, theories compiled and the prover is
// tested; warm when that was done before; remembered when the same was asked
// before. Fuzzing takes a second as asked for, and what it takes beside.
func BenchmarkStation(b *testing.B) {
	for _, lineage := range []string{"alder", "birch"} {
		s := shipped(b, lineage)
		for _, station := range checks.Stations() {
			b.Run(lineage+"/"+string(station)+"/cold", func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					cache := b.TempDir()
					b.StartTimer()
					run(b, find(b, cache, false, station), station, s)
				}
			})
			for name, again := range map[string]bool{"warm": true, "remembered": false} {
				b.Run(lineage+"/"+string(station)+"/"+name, func(b *testing.B) {
					tools := find(b, b.TempDir(), again, station)
					run(b, tools, station, s)
					for b.Loop() {
						run(b, tools, station, s)
					}
				})
			}
		}
	}
}

func shipped(tb testing.TB, lineage string) verifiers.Subject {
	tb.Helper()
	const slot = "thermal"
	s, ok := hal.Lookup(slot)
	if !ok {
		tb.Fatalf("no slot %s", slot)
	}
	g, err := lineages.Load(lineage, slot)
	if err != nil {
		tb.Fatal(err)
	}
	m, err := g.Compile(s.Contract)
	if err != nil {
		tb.Fatal(err)
	}
	return activities.Subject(m, nil)
}

func find(tb testing.TB, cache string, again bool, station pipeline.Station) *checks.Tools {
	tb.Helper()
	tools, err := checks.Find(tb.Context(), checks.Config{Root: "../../..", Cache: cache, Again: again}, station)
	if err != nil {
		tb.Fatal(err)
	}
	if missing := tools.Missing(); len(missing) > 0 {
		tb.Skipf("missing: %v", missing)
	}
	tb.Cleanup(func() { _ = tools.Close(context.Background()) })
	return tools
}

func run(tb testing.TB, tools *checks.Tools, station pipeline.Station, s verifiers.Subject) {
	tb.Helper()
	st, _, err := tools.Run(tb.Context(), station, s, checks.Effort{For: time.Second})
	if err != nil || st.Outcome != pipeline.Pass {
		tb.Fatalf("%s: %s %s, %v", station, st.Outcome, st.Summary, err)
	}
}
