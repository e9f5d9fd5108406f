package nucleus_test

import (
	"slices"
	"testing"
	"time"

	"github.com/genesis-network/genesis/kernel/nucleus"
)

// BenchmarkCallDirect is a call and its reply, the server entered on the stack of
// the caller: three system calls (Call, Reply, Receive), each with its questions
// to the modules in Wasm.
func BenchmarkCallDirect(b *testing.B) {
	n := tile(b)
	serve(b, n, nucleus.Read, echo)
	root, m := n.Root(), word(0)
	b.ReportAllocs()
	var spent []time.Duration
	for b.Loop() {
		begin := time.Now()
		if code := root.Call(door, m, nucleus.NoPlace, nucleus.NoPlace); code != nucleus.OK {
			b.Fatal(code)
		}
		spent = append(spent, time.Since(begin))
	}
	percentiles(b, spent)
}

// BenchmarkCallQueued is a call and its reply through queue and scheduler: the
// server works when the call comes, and both go on when they are chosen.
func BenchmarkCallQueued(b *testing.B) {
	n := tile(b)
	root := n.Root()
	must(b, root.Retype(nucleus.RootMemory, door, nucleus.Endpoint, 1))
	must(b, root.Retype(nucleus.RootMemory, bell, nucleus.Notification, 1))
	rounds := 0
	join(b, n, nucleus.Read, func(c nucleus.Context, m *nucleus.Message) {
		if m.Badge != 0 { // the bell: one call is served
			c.Receive(inDoor, m, nucleus.NoPlace)
			c.Reply(m, nucleus.NoPlace)
		} else if m.Len == 0 { // the start
			c.Receive(inDoor, m, nucleus.NoPlace)
			return
		}
		c.Wait(inSpare)
	})
	must(b, root.Give(guest, bell, inSpare, nucleus.Read))
	must(b, root.Send(door, word(0), nucleus.NoPlace))
	run(b, n)
	client(b, n, func(c nucleus.Context, m *nucleus.Message) {
		rounds++
		c.Call(inDoor, word(1), nucleus.NoPlace, nucleus.NoPlace)
	})
	var spent []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		begin, before := time.Now(), rounds
		if code := root.Signal(bell); code != nucleus.OK {
			b.Fatal(code)
		}
		if _, err := n.Run(16); err != nil {
			b.Fatal(err)
		}
		if rounds != before+1 {
			b.Fatalf("%d rounds instead of one", rounds-before)
		}
		spent = append(spent, time.Since(begin))
	}
	percentiles(b, spent)
}

// client starts a second domain that writes to the endpoint.
func client(tb testing.TB, n *nucleus.Nucleus, p nucleus.Program) {
	tb.Helper()
	root := n.Root()
	must(tb, root.Retype(nucleus.RootMemory, spare, nucleus.Domain, 1))
	must(tb, root.Retype(nucleus.RootMemory, another, nucleus.Thread, 1))
	must(tb, root.Give(spare, door, inDoor, nucleus.Write))
	must(tb, root.Load(spare, p))
	must(tb, root.Start(another, spare, 1, 1<<27))
	run(tb, n)
}

// BenchmarkDecision is a decision among 64 threads of all priorities, some of
// them late, some without budget: the module in Wasm alone.
func BenchmarkDecision(b *testing.B) {
	i := instance(b, "sched")
	in := []uint64{^uint64(0), 0xff00, 0, 0xaaaaaaaaaaaaaaaa, 0xcccccccccccccccc, 0xf0f0f0f0f0f0f0f0}
	out := make([]uint64, 2)
	b.ReportAllocs()
	for b.Loop() {
		if err := i.Step(in, out); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLookUp is a system call that only looks a capability up: the question
// to the module, and the check behind it.
func BenchmarkLookUp(b *testing.B) {
	root := tile(b).Root()
	b.ReportAllocs()
	for b.Loop() {
		if _, code := root.Look(nucleus.RootClock); code != nucleus.OK {
			b.Fatal(code)
		}
	}
}

// BenchmarkQuestion is one question to the modules of ipc and cap.
func BenchmarkQuestion(b *testing.B) {
	for _, tc := range []struct {
		slot string
		in   []uint64
		out  int
	}{
		{"ipc", []uint64{1, 1, 0, 1, 0, 8, 1, 0}, 5},
		{"cap", []uint64{0, 1, 3, 3, 2, 2, 0, 0, 1, 0}, 4},
	} {
		b.Run(tc.slot, func(b *testing.B) {
			i, out := instance(b, tc.slot), make([]uint64, tc.out)
			for b.Loop() {
				if err := i.Step(tc.in, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// percentiles reports the median and the 99th percentile; the clock that is read
// twice for each is in them.
func percentiles(b *testing.B, d []time.Duration) {
	b.Helper()
	slices.Sort(d)
	b.ReportMetric(float64(d[len(d)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(d[len(d)*99/100].Nanoseconds()), "p99-ns")
}
