package host_test

import (
	"slices"
	"testing"
	"time"

	"github.com/genesis-network/genesis/kernel/host"
)

func BenchmarkStep(b *testing.B) {
	f := newFixture(b)
	i := f.instance(b, cautious)
	in, out := slices.Clone(cool), results()
	b.ReportAllocs()
	for b.Loop() {
		if err := i.Step(in, out); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSwapperStep(b *testing.B) {
	f := newFixture(b)
	s := host.NewSwapper(f.instance(b, cautious))
	in, out := slices.Clone(cool), results()
	for b.Loop() {
		if err := s.Step(in, out); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMonitoredStep(b *testing.B) {
	f := newFixture(b)
	i := f.instance(b, cautious)
	m, err := i.Module().Monitor()
	if err != nil {
		b.Fatal(err)
	}
	i.Watch(m)
	in, out := slices.Clone(cool), results()
	b.ReportAllocs()
	for b.Loop() {
		if err := i.Step(in, out); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	f := newFixture(b)
	encoded := f.encoded(b, cautious)
	for b.Loop() {
		m, err := host.Load(b.Context(), encoded, f.Contract, host.WithRuntime(f.runtime))
		if err != nil {
			b.Fatal(err)
		}
		if err := m.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInstance(b *testing.B) {
	f := newFixture(b)
	m := f.instance(b, cautious).Module()
	for b.Loop() {
		i, err := m.Instance(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if err := i.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSwap swaps under a caller that does nothing but call.
func BenchmarkSwap(b *testing.B) {
	f := newFixture(b)
	s := host.NewSwapper(f.instance(b, cautious))
	next := f.instance(b, moody)
	_, stop := spin(b, s)
	var pauses, work []time.Duration
	for b.Loop() {
		r, err := s.Swap(b.Context(), next)
		if err != nil {
			b.Fatal(err)
		}
		next = s.Previous()
		pauses, work = append(pauses, r.Pause), append(work, r.Work)
	}
	stop()
	slices.Sort(pauses)
	slices.Sort(work)
	b.ReportMetric(at(pauses, 50), "pause-p50-ns")
	b.ReportMetric(at(pauses, 99), "pause-p99-ns")
	b.ReportMetric(at(pauses, 100), "pause-max-ns")
	b.ReportMetric(at(work, 99), "work-p99-ns")
}

// at is a percentile of sorted durations, in nanoseconds.
func at(d []time.Duration, percent int) float64 {
	return float64(d[(len(d)-1)*percent/100].Nanoseconds())
}
