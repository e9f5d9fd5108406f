package agent

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/genesis-network/genesis/lineages"
)

// BenchmarkSwapPause orders and commits one release after the other on a tile
// that calls its module 200 times a second, while simulations keep every
// processor busy, and shows the pauses that the tile reports. Run it with
// -benchtime 200x or more.
func BenchmarkSwapPause(b *testing.B) {
	w := newWorld(b)
	n := w.node(b, b.TempDir())
	ctx, stop := context.WithCancel(b.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if err := n.bay.run(ctx, DefaultPeriod); err != nil {
			b.Error(err)
		}
	})
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() { busy(ctx, b, n) })
	}
	b.Cleanup(func() { stop(); all.Wait() })
	base, next := w.home, w.cooler()
	var pauses []int64
	for range b.N {
		b.StopTimer()
		c := w.story(base, next).Chain()
		b.StartTimer()
		if _, err := n.take(ctx, c); err != nil {
			b.Fatal(err)
		}
		pauses = append(pauses, n.snapshot().PauseNanos)
		if err := n.commit(w.digest(c), w.commit(c)); err != nil {
			b.Fatal(err)
		}
		base, next = next, base
	}
	slices.Sort(pauses)
	for name, per100 := range map[string]int{"p50-pause-ns": 50, "p99-pause-ns": 99, "max-pause-ns": 100} {
		b.ReportMetric(float64(pauses[max(0, (len(pauses)*per100+99)/100-1)]), name)
	}
}

// busy simulates until the context ends.
func busy(ctx context.Context, b *testing.B, n *node) {
	g, err := lineages.Load("birch", n.w.slot.Name)
	if err != nil {
		b.Error(err)
		return
	}
	m, err := g.Compile(n.w.slot.Contract)
	if err != nil {
		b.Error(err)
		return
	}
	s, err := jar{m.Ref, m.IR}.seat(ctx, n.w.slot)
	if err != nil {
		b.Error(err)
		return
	}
	defer s.close()
	for ctx.Err() == nil {
		if _, err := n.w.slot.Simulator.Run(n.bay.window, s.instance); err != nil {
			b.Error(err)
			return
		}
	}
}
