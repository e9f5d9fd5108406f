package nucleus_test

import (
	"slices"
	"testing"

	"github.com/genesis-network/genesis/kernel/nucleus"
)

func TestCallRunsTheServerOnTheStackOfTheCaller(t *testing.T) {
	t.Parallel()
	n := tile(t)
	serve(t, n, nucleus.Read, echo)
	m := word(41)
	must(t, n.Root().Call(door, m, nucleus.NoPlace, nucleus.NoPlace))
	if m.Words[0] != 42 || m.Len != 1 {
		t.Errorf("reply: %+v", m)
	}
	if ran := run(t, n); ran != 0 {
		t.Errorf("the scheduler was asked for %d threads of a direct call", ran)
	}
	if !n.Check() {
		t.Error("the invariant is broken")
	}
}

// A server that works keeps callers waiting; each gets its own reply, the highest
// priority first, and within it the one that came first.
func TestQueuedCallsAreServedInOrder(t *testing.T) {
	t.Parallel()
	n := tile(t)
	root := n.Root()
	must(t, root.Retype(nucleus.RootMemory, door, nucleus.Endpoint, 1))
	const clients = 4
	got := map[uint64]uint64{}
	for i := range uint8(clients) {
		client := func(c nucleus.Context, m *nucleus.Message) {
			if m.Len == 0 {
				if code := c.Call(inDoor, word(uint64(i)), nucleus.NoPlace, nucleus.NoPlace); code != nucleus.Blocked {
					t.Errorf("client %d: %v", i, code)
				}
				return
			}
			got[uint64(i)] = m.Words[0]
		}
		must(t, root.Retype(nucleus.RootMemory, guest, nucleus.Domain, 1))
		must(t, root.Retype(nucleus.RootMemory, hand, nucleus.Thread, 1))
		must(t, root.Give(guest, door, inDoor, nucleus.Write))
		must(t, root.Load(guest, client))
		must(t, root.Start(hand, guest, i/2, 1000))
		must(t, root.Move(guest, bell+2*i))
		must(t, root.Move(hand, bell+2*i+1))
		run(t, n)
	}
	var order []uint64
	join(t, n, nucleus.Read, func(c nucleus.Context, m *nucleus.Message) {
		if m.Len == 0 {
			if c.Receive(inDoor, m, nucleus.NoPlace) != nucleus.OK {
				t.Error("nobody waited for the server")
			}
		}
		order = append(order, m.Words[0])
		m.Words[0] += 100
		must(t, c.Reply(m, nucleus.NoPlace))
	})
	if want := []uint64{2, 3, 0, 1}; !slices.Equal(order, want) {
		t.Errorf("served %v, want %v", order, want)
	}
	for i := range uint64(clients) {
		if got[i] != i+100 {
			t.Errorf("client %d got %d", i, got[i])
		}
	}
	if !n.Check() {
		t.Error("the invariant is broken")
	}
}

func TestSendWaitsForAReceiver(t *testing.T) {
	t.Parallel()
	n := tile(t)
	root := n.Root()
	must(t, root.Retype(nucleus.RootMemory, door, nucleus.Endpoint, 1))
	must(t, root.Mint(door, spare, nucleus.Write, 7))
	if code := root.TrySend(spare, word(1), nucleus.NoPlace); code != nucleus.WouldBlock {
		t.Fatalf("nobody receives: %v", code)
	}
	if code := root.Send(spare, word(5), nucleus.NoPlace); code != nucleus.Blocked {
		t.Fatalf("nobody receives: %v", code)
	}
	if code := root.Signal(door); code != nucleus.Bad {
		t.Fatalf("a thread that waits did a system call: %v", code)
	}
}

func TestBadgesTellWhoSent(t *testing.T) {
	t.Parallel()
	n := tile(t)
	var seen []uint64
	serve(t, n, nucleus.Read, func(c nucleus.Context, m *nucleus.Message) {
		if m.Len == 0 {
			c.Receive(inDoor, m, nucleus.NoPlace)
			return
		}
		seen = append(seen, m.Badge)
	})
	root := n.Root()
	must(t, root.Mint(door, spare, nucleus.Write, 7))
	must(t, root.Send(spare, &nucleus.Message{Len: 1, Badge: 99}, nucleus.NoPlace))
	run(t, n)
	must(t, root.Send(door, word(0), nucleus.NoPlace))
	run(t, n)
	if !slices.Equal(seen, []uint64{7, 0}) {
		t.Errorf("badges %v, want 7 and 0", seen)
	}
}

func TestSignalsAreRememberedAndInterruptsSignal(t *testing.T) {
	t.Parallel()
	n := tile(t)
	root := n.Root()
	must(t, root.Retype(nucleus.RootMemory, bell, nucleus.Notification, 1))
	if code := n.Interrupt(3); code != nucleus.Gone {
		t.Fatalf("interrupt that nothing is bound to: %v", code)
	}
	must(t, root.Bind(nucleus.RootInterrupt+3, bell))
	must(t, root.Mint(bell, spare, nucleus.Write, 1))
	must(t, root.Signal(spare))
	must(t, n.Interrupt(3))
	set, code := root.Wait(bell)
	if must(t, code); set != 1|1<<3 {
		t.Errorf("bits %b", set)
	}
	if _, code := root.Wait(bell); code != nucleus.Blocked {
		t.Fatalf("bits were taken twice: %v", code)
	}
	must(t, n.Interrupt(3))
	run(t, n)
	if m, code := root.Mail(); code != nucleus.OK || m.Badge != 1<<3 {
		t.Errorf("woken with %+v, %v", m, code)
	}
}

// A message that carries a capability gives the receiver a derived one; the
// sender can take it back.
func TestCapabilitiesTravelAndAreRevoked(t *testing.T) {
	t.Parallel()
	n := tile(t)
	var worked []nucleus.Code
	serve(t, n, nucleus.Read|nucleus.Write, func(c nucleus.Context, m *nucleus.Message) {
		if m.Len > 0 {
			worked = append(worked, c.Map(inAccept, nucleus.Read))
			c.Reply(m, nucleus.NoPlace)
			return
		}
		c.Receive(inDoor, m, inAccept)
	})
	root := n.Root()
	must(t, root.Retype(nucleus.RootMemory, frame, nucleus.Frame, 1))
	must(t, root.Call(door, word(1), frame, nucleus.NoPlace))
	must(t, root.Call(door, word(2), nucleus.NoPlace, nucleus.NoPlace))
	must(t, root.Revoke(frame))
	must(t, root.Call(door, word(3), nucleus.NoPlace, nucleus.NoPlace))
	if want := []nucleus.Code{nucleus.OK, nucleus.Busy, nucleus.NoCap}; !slices.Equal(worked, want) {
		t.Errorf("mapped %v, want %v", worked, want)
	}
	must(t, root.Map(frame, nucleus.Read|nucleus.Write))
}

// What made a tile can take all of it back: objects end, who waits is told, and
// the memory is whole again.
func TestRevokingMemoryEndsWhatWasMadeOfIt(t *testing.T) {
	t.Parallel()
	n := tile(t)
	root := n.Root()
	for range 3 {
		serve(t, n, nucleus.Read, echo)
		must(t, root.Call(door, word(1), nucleus.NoPlace, nucleus.NoPlace))
		must(t, root.Revoke(nucleus.RootMemory))
		if code := root.Call(door, word(1), nucleus.NoPlace, nucleus.NoPlace); code != nucleus.NoCap {
			t.Fatalf("endpoint that is gone: %v", code)
		}
		if !n.Check() {
			t.Fatal("the invariant is broken")
		}
	}
	must(t, root.Retype(nucleus.RootMemory, spare, nucleus.Untyped, 1022))
}

func TestAClientIsToldWhenItsServerIsStopped(t *testing.T) {
	t.Parallel()
	n := tile(t)
	root := n.Root()
	lazy := func(c nucleus.Context, m *nucleus.Message) {
		if m.Len == 0 {
			c.Receive(inDoor, m, nucleus.NoPlace)
		}
		c.Wait(inSpare) // never replies
	}
	must(t, root.Retype(nucleus.RootMemory, bell, nucleus.Notification, 1))
	serve(t, n, nucleus.Read, func(c nucleus.Context, m *nucleus.Message) {
		if m.Len == 0 {
			c.Receive(inDoor, m, nucleus.NoPlace)
			return
		}
		lazy(c, m)
	})
	must(t, root.Give(guest, bell, inSpare, nucleus.Read))
	must(t, root.Copy(hand, another, nucleus.Write))
	stopper := nucleus.Program(func(c nucleus.Context, m *nucleus.Message) { must(t, c.Stop(inOther)) })
	must(t, root.Retype(nucleus.RootMemory, spare, nucleus.Domain, 1))
	must(t, root.Retype(nucleus.RootMemory, spare+2, nucleus.Thread, 1))
	must(t, root.Give(spare, another, inOther, nucleus.Write))
	must(t, root.Load(spare, stopper))
	must(t, root.Start(spare+2, spare, 1, 100))
	if code := root.Call(door, word(1), nucleus.NoPlace, nucleus.NoPlace); code != nucleus.Blocked {
		t.Fatalf("a server that does not reply: %v", code)
	}
	run(t, n)
	if m, code := root.Mail(); code != nucleus.OK || m.Code != nucleus.Gone {
		t.Errorf("the client was told %v, %v", m.Code, code)
	}
}

func TestBudgetsAreKept(t *testing.T) {
	t.Parallel()
	now, ran := int64(0), 0
	n := nucleus.New(alder(t), func() int64 { now += 400_000; return now })
	serve(t, n, nucleus.Read, func(c nucleus.Context, m *nucleus.Message) {
		ran++
		c.Receive(inDoor, m, nucleus.NoPlace)
	})
	for range 5 {
		n.Root().TrySend(door, word(1), nucleus.NoPlace)
		run(t, n)
	}
	if ran != 3 { // 1000 us, 400 us each
		t.Errorf("ran %d times on a budget for 3", ran)
	}
	n.Refill()
	run(t, n)
	if ran != 4 {
		t.Errorf("ran %d times with a new budget, want 4", ran)
	}
}

func TestTheClockTakesACapability(t *testing.T) {
	t.Parallel()
	root := tile(t).Root()
	if now, code := root.Now(nucleus.RootClock); code != nucleus.OK || now != 42 {
		t.Errorf("now %d, %v", now, code)
	}
	if _, code := root.Now(nucleus.RootMemory); code != nucleus.WrongKind {
		t.Errorf("memory tells the time: %v", code)
	}
}
