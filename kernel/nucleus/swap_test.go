package nucleus_test

import (
	"testing"

	"github.com/genesis-network/genesis/kernel/host"
	"github.com/genesis-network/genesis/kernel/nucleus"
)

// pair is two instances of a module that take turns; the state goes along.
type pair struct{ now, next *host.Instance }

func (p *pair) swap(tb testing.TB) nucleus.Module {
	tb.Helper()
	if err := p.next.SetState(p.now.State()); err != nil {
		tb.Fatal(err)
	}
	p.now, p.next = p.next, p.now
	return p.now
}

// Between any two system calls, also those of a server that was entered on the
// stack of its client, every slot can get another module; no call is lost or
// served twice.
func TestModulesAreReplacedUnderLoad(t *testing.T) {
	t.Parallel()
	slots := map[string]*pair{}
	for _, slot := range []string{"sched", "ipc", "cap", "mem"} {
		slots[slot] = &pair{instance(t, slot), instance(t, slot)}
	}
	var n *nucleus.Nucleus
	replace := func() {
		n.Replace(nucleus.Modules{Sched: slots["sched"].swap(t), IPC: slots["ipc"].swap(t), Cap: slots["cap"].swap(t), Mem: slots["mem"].swap(t)})
	}
	n = nucleus.New(nucleus.Modules{}, func() int64 { return 0 })
	replace()
	served := map[uint64]int{}
	serve(t, n, nucleus.Read, func(c nucleus.Context, m *nucleus.Message) {
		if m.Len > 0 {
			served[m.Words[0]]++
		}
		replace()
		echo(c, m)
	})
	const rounds = 500
	answered := 0
	client(t, n, func(c nucleus.Context, _ *nucleus.Message) {
		for i := range uint64(rounds) {
			m := word(1_000_000 + i)
			if c.Call(inDoor, m, nucleus.NoPlace, nucleus.NoPlace) == nucleus.OK && m.Words[0] == 1_000_001+i {
				answered++
			}
			replace()
		}
	})
	root := n.Root()
	for i := range uint64(rounds) {
		m := word(i)
		must(t, root.Call(door, m, nucleus.NoPlace, nucleus.NoPlace))
		if m.Words[0] != i+1 {
			t.Fatalf("call %d was answered with %d", i, m.Words[0])
		}
		replace()
	}
	for id, times := range served {
		if times != 1 {
			t.Errorf("message %d was served %d times", id, times)
		}
	}
	if len(served) != 2*rounds || answered != rounds || n.Faults() != 0 || !n.Check() {
		t.Errorf("%d messages served, %d and %d were answered; %d faults", len(served), rounds, answered, n.Faults())
	}
}
