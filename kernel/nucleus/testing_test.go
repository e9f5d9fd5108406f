package nucleus_test

import (
	"context"
	"sync"
	"testing"

	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/nucleus"
)

// loaded are alder's modules, compiled to Wasm once for all tests.
var loaded = sync.OnceValues(func() (map[string]*host.Module, error) {
	out := map[string]*host.Module{}
	for _, slot := range []string{"sched", "ipc", "cap", "mem"} {
		m, err := load(slot)
		if err != nil {
			return nil, err
		}
		out[slot] = m
	}
	return out, nil
})

func instance(tb testing.TB, slot string) *host.Instance {
	tb.Helper()
	all, err := loaded()
	if err != nil {
		tb.Fatal(err)
	}
	i, err := all[slot].Instance(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = i.Close(context.Background()) }) // only memory is left to free
	return i
}

func alder(tb testing.TB) nucleus.Modules {
	tb.Helper()
	return nucleus.Modules{Sched: instance(tb, "sched"), IPC: instance(tb, "ipc"), Cap: instance(tb, "cap"), Mem: instance(tb, "mem")}
}

// tile is a nucleus whose clock stands still.
func tile(tb testing.TB) *nucleus.Nucleus {
	tb.Helper()
	return nucleus.New(alder(tb), func() int64 { return 42 })
}

// must fails the test unless the system call succeeds.
func must(tb testing.TB, code nucleus.Code) {
	tb.Helper()
	if code != nucleus.OK {
		tb.Fatalf("system call: %v", code)
	}
}

// Places that the tests use in the first domain, behind those of the start.
const (
	door    = 20 // endpoint
	guest   = 21 // domain of a server or an adversary
	hand    = 22 // its thread
	bell    = 23 // notification
	frame   = 24
	spare   = 25
	another = 26
)

// Places in the domain of a guest.
const (
	inDoor   = 0
	inSpare  = 1
	inOther  = 2
	inAccept = 3
)

// serve makes a domain with a program that has the endpoint in its place 0 with
// the given rights, and starts its thread.
func serve(tb testing.TB, n *nucleus.Nucleus, r nucleus.Rights, p nucleus.Program) {
	tb.Helper()
	root := n.Root()
	must(tb, root.Retype(nucleus.RootMemory, door, nucleus.Endpoint, 1))
	join(tb, n, r, p)
}

// join is serve for an endpoint that is there.
func join(tb testing.TB, n *nucleus.Nucleus, r nucleus.Rights, p nucleus.Program) {
	tb.Helper()
	root := n.Root()
	must(tb, root.Retype(nucleus.RootMemory, guest, nucleus.Domain, 1))
	must(tb, root.Retype(nucleus.RootMemory, hand, nucleus.Thread, 1))
	must(tb, root.Give(guest, door, inDoor, r))
	must(tb, root.Load(guest, p))
	must(tb, root.Start(hand, guest, 3, 1000))
	run(tb, n)
}

// run lets every thread go on that can.
func run(tb testing.TB, n *nucleus.Nucleus) int {
	tb.Helper()
	count, err := n.Run(10_000)
	if err != nil {
		tb.Fatal(err)
	}
	return count
}

// echo is a server that replies with what it was sent, plus one.
func echo(c nucleus.Context, m *nucleus.Message) {
	if m.Len == 0 { // the start
		c.Receive(inDoor, m, inAccept)
		return
	}
	m.Words[0]++
	c.Reply(m, nucleus.NoPlace)
}

func word(w uint64) *nucleus.Message { return &nucleus.Message{Words: [8]uint64{w}, Len: 1} }
