package nucleus_test

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/nucleus"
)

// traffic is a tile under full load: one goroutine that does nothing but direct
// calls, queued calls, decisions and mappings, while others swap its modules.
type traffic struct {
	tb       testing.TB
	n        *nucleus.Nucleus
	swappers [4]*host.Swapper
	next     [4]*host.Instance
	sent     uint64 // messages
	served   uint64
	wrong    uint64 // messages that came out of turn: lost, or twice
	end      atomic.Bool
	done     chan struct{}
}

func newTraffic(tb testing.TB) *traffic {
	tb.Helper()
	f := &traffic{tb: tb, done: make(chan struct{})}
	var m nucleus.Modules
	for slot, to := range []*nucleus.Module{&m.Sched, &m.IPC, &m.Cap, &m.Mem} {
		name := nucleus.Slot(slot).String()
		f.swappers[slot], f.next[slot] = host.NewSwapper(instance(tb, name)), instance(tb, name)
		*to = f.swappers[slot]
	}
	f.n = nucleus.New(m, func() int64 { return 0 })
	serve(tb, f.n, nucleus.Read, f.serve)
	root := f.n.Root()
	must(tb, root.Retype(nucleus.RootMemory, bell, nucleus.Notification, 1))
	must(tb, root.Retype(nucleus.RootMemory, frame, nucleus.Frame, 1))
	must(tb, root.Retype(nucleus.RootMemory, spare, nucleus.Domain, 1))
	must(tb, root.Retype(nucleus.RootMemory, another, nucleus.Thread, 1))
	must(tb, root.Give(spare, door, inDoor, nucleus.Write))
	must(tb, root.Give(spare, bell, inSpare, nucleus.Read))
	must(tb, root.Load(spare, f.client))
	must(tb, root.Start(another, spare, 1, 1<<27))
	run(tb, f.n)
	go f.run()
	return f
}

// serve takes each message once and in order.
func (f *traffic) serve(c nucleus.Context, m *nucleus.Message) {
	if m.Len == 0 {
		c.Receive(inDoor, m, nucleus.NoPlace)
		return
	}
	if m.Words[0] != f.served {
		f.wrong++
	}
	f.served++
	m.Words[0]++
	c.Reply(m, nucleus.NoPlace)
}

// client is woken through queue and scheduler, and calls.
func (f *traffic) client(c nucleus.Context, _ *nucleus.Message) {
	f.call(c, inDoor)
	for {
		if _, code := c.Wait(inSpare); code != nucleus.OK {
			return
		}
		f.call(c, inDoor)
	}
}

func (f *traffic) call(c nucleus.Context, place uint8) {
	m := word(f.sent)
	f.sent++
	if code := c.Call(place, m, nucleus.NoPlace, nucleus.NoPlace); code != nucleus.OK || m.Words[0] != f.sent {
		f.wrong++
	}
}

func (f *traffic) run() {
	defer close(f.done)
	root := f.n.Root()
	for !f.end.Load() {
		f.call(root, door)
		ok := root.Map(frame, nucleus.Read) == nucleus.OK && root.Unmap(frame) == nucleus.OK && root.Signal(bell) == nucleus.OK
		if _, err := f.n.Run(4); err != nil || !ok {
			f.wrong++
		}
	}
}

// stop ends the load and demands that nothing was lost, changed or served twice.
func (f *traffic) stop() {
	f.tb.Helper()
	f.end.Store(true)
	<-f.done
	if f.wrong != 0 || f.sent != f.served || f.sent == 0 || f.n.Faults() != 0 || !f.n.Check() {
		f.tb.Errorf("%d messages sent, %d served, %d wrong; %d faults", f.sent, f.served, f.wrong, f.n.Faults())
	}
}

// swap swaps a slot's module once.
func (f *traffic) swap(slot nucleus.Slot) time.Duration {
	f.tb.Helper()
	r, err := f.swappers[slot].Swap(f.tb.Context(), f.next[slot])
	if err != nil {
		f.tb.Fatal(err)
	}
	f.next[slot] = f.swappers[slot].Previous()
	return r.Pause
}

// Every slot is swapped from another goroutine while the tile works; nothing is
// lost or served twice. By night each is swapped 10,000 times.
func TestSlotsAreSwappedUnderTraffic(t *testing.T) {
	times := 300
	if os.Getenv("GENESIS_NIGHTLY") != "" {
		times = 10_000
	}
	f := newTraffic(t)
	for range times {
		for slot := nucleus.Sched; slot <= nucleus.Mem; slot++ {
			f.swap(slot)
		}
	}
	f.stop()
	t.Logf("%d swaps of each slot, %d messages", times, f.sent)
}

// BenchmarkSwapUnderTraffic is the pause of a swap of each slot, beside what the
// machine does to a goroutine that only reads the clock for as long: the gaps
// between two readings, and the time that other machines stole.
func BenchmarkSwapUnderTraffic(b *testing.B) {
	for slot := nucleus.Sched; slot <= nucleus.Mem; slot++ {
		b.Run(slot.String(), func(b *testing.B) {
			f := newTraffic(b)
			stolen, begin := stolenTicks(b), time.Now()
			var pauses []time.Duration
			for b.Loop() {
				pauses = append(pauses, f.swap(slot))
			}
			took := time.Since(begin)
			b.ReportMetric(float64(stolenTicks(b)-stolen)*10, "stolen-ms") // 100 ticks a second
			f.stop()
			report(b, "pause", pauses)
			report(b, "peer-gap", gaps(took, len(pauses)))
		})
	}
}

// gaps are the longest gaps of a goroutine that only reads the clock: of as many
// parts of the given time as there were swaps, the longest of each.
func gaps(took time.Duration, parts int) []time.Duration {
	out := make([]time.Duration, 0, parts)
	last := time.Now()
	for range parts {
		longest, end := time.Duration(0), last.Add(took/time.Duration(parts))
		for last.Before(end) {
			now := time.Now()
			longest, last = max(longest, now.Sub(last)), now
		}
		out = append(out, longest)
	}
	return out
}

func report(b *testing.B, what string, d []time.Duration) {
	b.Helper()
	slices.Sort(d)
	for _, p := range []struct {
		name string
		at   int
	}{{"p50", len(d) / 2}, {"p99", len(d) * 99 / 100}, {"max", len(d) - 1}} {
		b.ReportMetric(float64(d[p.at].Nanoseconds()), what+"-"+p.name+"-ns")
	}
}

// stolenTicks is the time that the hypervisor gave to others, of all processors;
// 0 where the system does not say.
func stolenTicks(tb testing.TB) uint64 {
	tb.Helper()
	file, err := os.Open("/proc/stat")
	if err != nil {
		return 0
	}
	defer file.Close()
	line, err := bufio.NewReader(file).ReadString('\n')
	if err != nil {
		tb.Fatal(err)
	}
	var name string
	var n [8]uint64
	if _, err := fmt.Fscan(strings.NewReader(line), &name, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &n[7]); err != nil {
		tb.Fatal(err)
	}
	return n[7]
}
