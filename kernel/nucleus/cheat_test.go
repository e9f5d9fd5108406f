package nucleus_test

import (
	"testing"

	"github.com/genesis-network/genesis/kernel/nucleus"
)

// A cheat is a domain that tries what it may not do. It has an endpoint to write
// to in place 0 (without the right to grant) and a frame to read in place 1.
type cheat struct {
	name string
	try  func(c nucleus.Context) nucleus.Code
	want nucleus.Code
}

var cheats = []cheat{
	{"forge: an empty place", func(c nucleus.Context) nucleus.Code { return c.Send(9, word(1), nucleus.NoPlace) }, nucleus.NoCap},
	{"forge: a place outside of the table", func(c nucleus.Context) nucleus.Code { return c.Send(200, word(1), nucleus.NoPlace) }, nucleus.Bad},
	{"forge: a frame used as an endpoint", func(c nucleus.Context) nucleus.Code { return c.Send(inSpare, word(1), nucleus.NoPlace) }, nucleus.WrongKind},
	{"forge: a frame used as memory", func(c nucleus.Context) nucleus.Code { return c.Retype(inSpare, 9, nucleus.Frame, 1) }, nucleus.WrongKind},
	{"forge: a clock", func(c nucleus.Context) nucleus.Code { _, code := c.Now(inDoor); return code }, nucleus.WrongKind},
	{"rights: receive from an endpoint to write to", func(c nucleus.Context) nucleus.Code {
		return c.Receive(inDoor, &nucleus.Message{}, nucleus.NoPlace)
	}, nucleus.Denied},
	{"rights: a copy that may more", func(c nucleus.Context) nucleus.Code { return c.Copy(inDoor, 9, nucleus.All) }, nucleus.Denied},
	{"rights: map a frame writable that may be read", func(c nucleus.Context) nucleus.Code {
		return c.Map(inSpare, nucleus.Read|nucleus.Write)
	}, nucleus.Denied},
	{"rights: map a frame executable", func(c nucleus.Context) nucleus.Code { return c.Map(inSpare, nucleus.Read|nucleus.Run) }, nucleus.Denied},
	{"rights: map a frame without a right", func(c nucleus.Context) nucleus.Code { return c.Map(inSpare, 0) }, nucleus.Bad},
	{"badge: another one", func(c nucleus.Context) nucleus.Code { return c.Mint(inDoor, 9, nucleus.Write, 8) }, nucleus.Denied},
	{"transfer without grant", func(c nucleus.Context) nucleus.Code { return c.Send(inDoor, word(1), inSpare) }, nucleus.Denied},
	{"message: too long", func(c nucleus.Context) nucleus.Code {
		return c.Send(inDoor, &nucleus.Message{Len: 9}, nucleus.NoPlace)
	}, nucleus.Bad},
	{"reply without a call", func(c nucleus.Context) nucleus.Code { return c.Reply(word(1), nucleus.NoPlace) }, nucleus.NoReply},
	{"place: over another capability", func(c nucleus.Context) nucleus.Code { return c.Copy(inDoor, inSpare, nucleus.Write) }, nucleus.NoRoom},
	{"place: move over another capability", func(c nucleus.Context) nucleus.Code { return c.Move(inDoor, inSpare) }, nucleus.NoRoom},
	{"thread: stop an endpoint", func(c nucleus.Context) nucleus.Code { return c.Stop(inDoor) }, nucleus.WrongKind},
	{"domain: load a program into an endpoint", func(c nucleus.Context) nucleus.Code { return c.Load(inDoor, echo) }, nucleus.WrongKind},
	{"unmap what is not mapped here", func(c nucleus.Context) nucleus.Code { return c.Unmap(inSpare) }, nucleus.Denied},
}

func TestCheatsAreRefusedAndChangeNothing(t *testing.T) {
	t.Parallel()
	for _, tc := range cheats {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := tile(t)
			tried := false
			root := n.Root()
			must(t, root.Retype(nucleus.RootMemory, frame, nucleus.Frame, 1))
			must(t, root.Retype(nucleus.RootMemory, spare, nucleus.Endpoint, 1))
			must(t, root.Mint(spare, door, nucleus.Write|nucleus.Read, 7))
			must(t, root.Retype(nucleus.RootMemory, guest, nucleus.Domain, 1))
			must(t, root.Retype(nucleus.RootMemory, hand, nucleus.Thread, 1))
			must(t, root.Give(guest, door, inDoor, nucleus.Write))
			must(t, root.Give(guest, frame, inSpare, nucleus.Read))
			must(t, root.Load(guest, func(c nucleus.Context, m *nucleus.Message) {
				tried = true
				refused(t, n, func() nucleus.Code { return tc.try(c) }, tc.want)
			}))
			must(t, root.Start(hand, guest, 3, 1000))
			run(t, n)
			if !tried {
				t.Error("the domain did not run")
			}
		})
	}
}

// refused tries a system call that must not succeed, nor leave a trace.
func refused(t *testing.T, n *nucleus.Nucleus, try func() nucleus.Code, want nucleus.Code) {
	t.Helper()
	before := n.Digest()
	if code := try(); code != want {
		t.Errorf("got %q, want %q", code, want)
	}
	if n.Digest() != before {
		t.Error("a refused call changed the state")
	}
	if !n.Check() {
		t.Error("the invariant is broken")
	}
}

// A deputy acts on what came along with the message, never on a place of its own
// that a client names; and a client can send along only what it has.
func TestADeputyIsNotConfused(t *testing.T) {
	t.Parallel()
	n := tile(t)
	serve(t, n, nucleus.Read, func(c nucleus.Context, m *nucleus.Message) {
		if m.Len == 0 {
			c.Receive(inDoor, m, inAccept)
			return
		}
		m.Words[0] = uint64(c.Map(inAccept, nucleus.Read))
		c.Reply(m, nucleus.NoPlace)
	})
	root := n.Root()
	must(t, root.Retype(nucleus.RootMemory, frame, nucleus.Frame, 1))
	must(t, root.Retype(nucleus.RootMemory, spare, nucleus.Frame, 1))
	must(t, root.Give(guest, frame, inSpare, nucleus.All)) // the deputy's own

	m := word(inSpare)
	must(t, root.Call(door, m, nucleus.NoPlace, nucleus.NoPlace))
	if got := nucleus.Code(m.Words[0]); got != nucleus.NoCap {
		t.Errorf("without a capability the deputy got %v", got)
	}
	refused(t, n, func() nucleus.Code { return root.Call(door, word(1), 31, nucleus.NoPlace) }, nucleus.NoCap)
	refused(t, n, func() nucleus.Code { return root.Call(door, word(1), nucleus.RootMemory, nucleus.NoPlace) }, nucleus.WrongKind)
	must(t, root.Call(door, m, spare, nucleus.NoPlace))
	if got := nucleus.Code(m.Words[0]); got != nucleus.OK {
		t.Errorf("with one it got %v", got)
	}
	refused(t, n, func() nucleus.Code { return root.Call(door, word(1), spare, nucleus.NoPlace) }, nucleus.NoRoom)
}

// A capability that was revoked is gone in every domain, and its place can be
// filled with another object without the old one coming back.
func TestUseAfterRevoke(t *testing.T) {
	t.Parallel()
	n := tile(t)
	var kept nucleus.Context
	tries := func(c nucleus.Context, m *nucleus.Message) {
		kept = c
		if m.Len == 0 {
			c.Receive(inDoor, m, nucleus.NoPlace)
			return
		}
		refused(t, n, func() nucleus.Code { return c.Map(inSpare, nucleus.Read) }, nucleus.NoCap)
		c.Reply(m, nucleus.NoPlace)
	}
	serve(t, n, nucleus.Read, tries)
	root := n.Root()
	must(t, root.Retype(nucleus.RootMemory, frame, nucleus.Frame, 1))
	must(t, root.Give(guest, frame, inSpare, nucleus.Read))
	must(t, root.Revoke(frame))
	must(t, root.Call(door, word(1), nucleus.NoPlace, nucleus.NoPlace))
	refused(t, n, func() nucleus.Code { return kept.Delete(inDoor) }, nucleus.Bad) // it does not run
}

// Objects run out in every domain at once, and no place or memory is lost by
// trying on.
func TestExhaustionIsRefused(t *testing.T) {
	t.Parallel()
	const guests = 3 // each is a domain and a thread
	for _, tc := range []struct {
		name string
		kind nucleus.Kind
		made int
	}{
		{"threads", nucleus.Thread, 64 - 1 - guests},
		{"domains", nucleus.Domain, 16 - 1 - guests},
		{"endpoints", nucleus.Endpoint, 64},
		{"notifications", nucleus.Notification, 64},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := tile(t)
			made := 0
			for g := range uint8(guests) {
				fill(t, n, g, func(c nucleus.Context, place uint8) nucleus.Code {
					if made == tc.made {
						refused(t, n, func() nucleus.Code { return c.Retype(0, place, tc.kind, 1) }, nucleus.NoRoom)
						return nucleus.NoRoom
					}
					made++
					return c.Retype(0, place, tc.kind, 1)
				})
			}
			run(t, n)
			if made != tc.made {
				t.Errorf("made %d, want %d", made, tc.made)
			}
		})
	}
}

// fill makes a domain with some memory in place 0, which will do something with
// each of its other places until it is refused.
func fill(t *testing.T, n *nucleus.Nucleus, number uint8, try func(nucleus.Context, uint8) nucleus.Code) {
	t.Helper()
	root := n.Root()
	d, h := 20+2*number, 21+2*number
	must(t, root.Retype(nucleus.RootMemory, d, nucleus.Domain, 1))
	must(t, root.Retype(nucleus.RootMemory, h, nucleus.Thread, 1))
	must(t, root.Retype(nucleus.RootMemory, another, nucleus.Untyped, 100))
	must(t, root.Give(d, another, 0, nucleus.All))
	must(t, root.Load(d, func(c nucleus.Context, _ *nucleus.Message) {
		for place := uint8(1); place < nucleus.NoPlace; place++ {
			if code := try(c, place); code != nucleus.OK {
				return
			}
		}
	}))
	must(t, root.Start(h, d, 3, 1000))
}

func TestMemoryRunsOutAndComesBack(t *testing.T) {
	t.Parallel()
	n := tile(t)
	root := n.Root()
	must(t, root.Retype(nucleus.RootMemory, spare, nucleus.Untyped, 3))
	for range 3 {
		must(t, root.Retype(spare, frame, nucleus.Frame, 1))
		must(t, root.Delete(frame))
	}
	refused(t, n, func() nucleus.Code { return root.Retype(spare, frame, nucleus.Frame, 1) }, nucleus.NoMemory)
	must(t, root.Revoke(spare))
	must(t, root.Retype(spare, frame, nucleus.Frame, 1))
	refused(t, n, func() nucleus.Code { return root.Retype(spare, another, nucleus.Untyped, 3) }, nucleus.NoMemory)
	refused(t, n, func() nucleus.Code { return root.Retype(spare, another, nucleus.Untyped, 0) }, nucleus.Bad)
}

func TestPlacesAreExhausted(t *testing.T) {
	t.Parallel()
	n := tile(t)
	root := n.Root()
	for p := uint8(20); p < nucleus.NoPlace; p++ {
		must(t, root.Copy(nucleus.RootClock, p, nucleus.Read))
	}
	refused(t, n, func() nucleus.Code { return root.Copy(nucleus.RootClock, 20, nucleus.Read) }, nucleus.NoRoom)
	refused(t, n, func() nucleus.Code { return root.Copy(nucleus.RootClock, nucleus.NoPlace, nucleus.Read) }, nucleus.NoRoom)
	must(t, root.Revoke(nucleus.RootClock))
	must(t, root.Copy(nucleus.RootClock, 20, nucleus.Read))
}

// liar is a module that answers what it likes.
type liar func(out []uint64)

func (l liar) Step(_, out []uint64) error { l(out); return nil }

// The nucleus believes no module: an answer that breaks the contract of its slot
// is refused, and the tables stay as they were.
func TestLyingModulesChangeNothing(t *testing.T) {
	t.Parallel()
	yes := liar(func(out []uint64) { clear(out) })
	all := liar(func(out []uint64) {
		for i := range out {
			out[i] = 1<<64 - 1
		}
	})
	for _, tc := range []struct {
		name string
		lies nucleus.Modules
		try  func(n *nucleus.Nucleus) nucleus.Code
		want nucleus.Code
	}{
		{"cap permits an empty place", nucleus.Modules{Cap: yes}, func(n *nucleus.Nucleus) nucleus.Code { return n.Root().Delete(31) }, nucleus.BadModule},
		{"cap permits another kind", nucleus.Modules{Cap: yes}, func(n *nucleus.Nucleus) nucleus.Code { return n.Root().Signal(nucleus.RootClock) }, nucleus.BadModule},
		{"cap has rights grow", nucleus.Modules{Cap: yes}, func(n *nucleus.Nucleus) nucleus.Code { return n.Root().Copy(spare, another, nucleus.All) }, nucleus.BadModule},
		{"cap copies memory", nucleus.Modules{Cap: yes}, func(n *nucleus.Nucleus) nucleus.Code {
			return n.Root().Copy(nucleus.RootMemory, another, nucleus.All)
		}, nucleus.BadModule},
		{"cap has an endpoint pass for a domain", nucleus.Modules{Cap: yes}, func(n *nucleus.Nucleus) nucleus.Code {
			return n.Root().Give(door, frame, 31, nucleus.Read)
		}, nucleus.BadModule},
		{"mem gives pages that it has not", nucleus.Modules{Mem: yes}, func(n *nucleus.Nucleus) nucleus.Code {
			return n.Root().Retype(nucleus.RootMemory, another, nucleus.Frame, 1)
		}, nucleus.BadModule},
		{"mem maps writable and executable", nucleus.Modules{Mem: yes}, func(n *nucleus.Nucleus) nucleus.Code {
			return n.Root().Map(frame, nucleus.Write|nucleus.Run)
		}, nucleus.BadModule},
		{"ipc finds a peer where none is", nucleus.Modules{IPC: liar(func(out []uint64) { clear(out); out[1] = 1 })}, func(n *nucleus.Nucleus) nucleus.Code {
			return n.Root().Send(door, word(1), nucleus.NoPlace)
		}, nucleus.BadModule},
		{"sched runs what is not ready", nucleus.Modules{Sched: yes}, func(n *nucleus.Nucleus) nucleus.Code { _, code := n.Decide(); return code }, nucleus.BadModule},
		{"cap talks nonsense", nucleus.Modules{Cap: all}, func(n *nucleus.Nucleus) nucleus.Code { return n.Root().Delete(frame) }, nucleus.BadModule},
		{"mem talks nonsense", nucleus.Modules{Mem: all}, func(n *nucleus.Nucleus) nucleus.Code { return n.Root().Map(frame, nucleus.Read) }, nucleus.BadModule},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := tile(t)
			root := n.Root()
			must(t, root.Retype(nucleus.RootMemory, frame, nucleus.Frame, 1))
			must(t, root.Retype(nucleus.RootMemory, door, nucleus.Endpoint, 1))
			must(t, root.Copy(frame, spare, nucleus.Read))
			n.Replace(tc.lies)
			refused(t, n, func() nucleus.Code { return tc.try(n) }, tc.want)
			if n.Faults() == 0 {
				t.Error("the fault was not counted")
			}
		})
	}
}
