// Package core is the nucleus's own step, in Tile Go: the tables of a tile, what
// system calls and events do to them, and the invariant of the whole system. It
// is compiled into the nucleus as it stands; the same text is what theorem and
// refuter are about.
//
// Every call checks the capability first, and changes nothing unless it
// succeeds. Answers of modules are checked here against the tables, so that the
// invariant rests on no module. It is one file because a module is one.
package core

import (
	"math/bits"

	. "github.com/genesis-network/genesis/kernel/nucleus/abi"
)

// State is a tile's tables. An entry is a place of a domain: domain * Places +
// place. An object is named by its first page; an interrupt by its number.
type State struct {
	// Capabilities.
	Kind     [Entries]uint8
	Object   [Entries]uint16
	Parent   [Entries]uint16 // entry that it was derived from; Entries for none
	Depth    [Entries]uint8
	MayRead  [Entries]bool
	MayWrite [Entries]bool
	MayRun   [Entries]bool
	MayGive  [Entries]bool
	Badge    [Entries]uint32
	Size     [Entries]uint16 // of untyped memory
	Used     [Entries]uint16 // of it, given away

	// Pages.
	Holds  [Pages]uint8 // kind of the object; Empty when it is nobody's
	Index  [Pages]uint8 // of the object in the tables below
	Mapped [Pages]uint8 // domain + 1 that sees the frame; 0 for none
	MapW   [Pages]bool
	MapX   [Pages]bool

	// Threads.
	Where  [Threads]uint8
	Home   [Threads]uint8 // domain
	On     [Threads]uint8 // queue, when it is in one
	Prio   [Threads]uint8
	Came   [Threads]uint64 // ticket of its place in the queue
	Client [Threads]uint8  // thread that it owes a reply; Threads for none
	Server [Threads]uint8  // thread that owes it a reply; Threads for none
	Accept [Threads]uint8  // place for a capability that it is sent
	Gives  [Threads]bool   // its replies may carry one
	Result [Threads]uint8  // code of the call that it waited in
	Bits   [Threads]uint64 // badges that it was sent
	Budget [Threads]uint32 // microseconds that are left of this period
	Quota  [Threads]uint32 // of each period
	Slot   [Threads]bool   // a thread object owns it

	// Sets of threads.
	ReadySet uint64
	Spent    uint64
	Late     uint64
	Seen     uint64 // ready for a whole epoch of WaitTop decisions
	High     uint64
	Mid      uint64
	Low      uint64
	Queue    [Queues]uint64 // who waits there
	Taken    uint64         // queues in use
	Pending  [Queues]uint64 // bits of a notification that nobody took
	Alive    [Domains]bool

	Wakes  [Interrupts]uint16 // page of the notification; Pages for none
	Epoch  uint8
	Ticket uint64
}

// Init makes the first domain, with all memory in place 0, the clock in place 1,
// itself in place 2, its first thread in place 3, and interrupt i in 4 + i.
func Init(s *State) {
	for i := range Entries {
		s.Parent[i] = Entries
	}
	for i := range Interrupts {
		s.Wakes[i] = Pages
	}
	for i := range Threads {
		s.Client[i] = Threads
		s.Server[i] = Threads
		s.Accept[i] = Places
	}
	root(s, 0, Untyped, 2)
	s.Size[0] = Pages - 2
	root(s, 1, Clock, 0)
	root(s, 2, Domain, 0)
	root(s, 3, Thread, 1)
	for i := range Interrupts {
		root(s, uint16(i)+4, Interrupt, uint16(i))
	}
	s.Holds[0] = Domain
	s.Holds[1] = Thread
	s.Alive[0] = true
	s.Slot[0] = true
	s.Where[0] = Running
	s.Quota[0] = 4294967295
	s.Budget[0] = 4294967295
}

// root makes a capability that is derived from none.
func root(s *State, e uint16, kind uint8, what uint16) {
	s.Kind[e] = kind
	s.Object[e] = what
	s.MayRead[e] = true
	s.MayWrite[e] = true
	s.MayRun[e] = true
	s.MayGive[e] = true
}

// Step does what a thread asked for, or what happened.
func Step(s *State, in *Input) (code, peer uint8, value uint64) {
	if in.Op > CallTop {
		c, p := event(s, in)
		return c, p, 0
	}
	t := in.Thread
	if t >= Threads || s.Where[t] != Running || in.Place >= Places {
		return Bad, Threads, 0
	}
	e := Entry(s, t, in.Place)
	if in.Op == Reply {
		c, p := reply(s, in, t)
		return c, p, 0
	}
	c := capability(s, in, e)
	if c != OK {
		return c, Threads, 0
	}
	if in.Op <= Wait {
		c2, p, v := message(s, in, t, e)
		return c2, p, v
	}
	if in.Op <= Revoke {
		c3 := derive(s, in, t, e)
		return c3, Threads, 0
	}
	c4, v2 := object(s, in, t, e)
	return c4, Threads, v2
}

// Entry is a place in the domain of a thread.
func Entry(s *State, t, place uint8) uint16 {
	return uint16(s.Home[t&(Threads-1)]&(Domains-1))*Places + uint16(place&(Places-1))
}

// capability checks the right to do what is asked, before anything else. The
// module was asked the same; if it says yes and this says no, it is wrong.
func capability(s *State, in *Input, e uint16) uint8 {
	c := permitted(s, in, e)
	if in.CapCode != OK {
		return min(in.CapCode, CodeTop)
	}
	if c != OK {
		return Module
	}
	return OK
}

// permitted says whether the entry is of the kind, and has the rights, that the
// system call needs.
func permitted(s *State, in *Input, e uint16) uint8 {
	k := s.Kind[e&(Entries-1)]
	if k == Empty {
		return NoCap
	}
	need := Needs(in.Op)
	if need != Empty && need != k {
		return WrongKind
	}
	if Reads(in.Op) && !s.MayRead[e&(Entries-1)] {
		return Denied
	}
	if Writes(in.Op) && !s.MayWrite[e&(Entries-1)] {
		return Denied
	}
	if in.Op == Give && !s.MayGive[e&(Entries-1)] {
		return Denied
	}
	return OK
}

// Needs is the kind of object that a system call is about; Empty for any.
func Needs(op uint8) uint8 {
	switch op {
	case Send, Call, Receive:
		return Endpoint
	case Signal, Wait:
		return Notification
	case Retype:
		return Untyped
	case Map, Unmap:
		return Frame
	case Start, Stop:
		return Thread
	case Give:
		return Domain
	case Bind:
		return Interrupt
	case Now:
		return Clock
	}
	return Empty
}

// Reads and [Writes] are the rights that a system call takes.
func Reads(op uint8) bool { return op == Receive || op == Wait || op == Now }

// Writes: see [Reads].
func Writes(op uint8) bool {
	return op == Send || op == Call || op == Signal || op == Start || op == Stop || op == Give || op == Bind
}

// --- Messages ---

// message does what the slot ipc decided about an endpoint or a notification.
func message(s *State, in *Input, t uint8, e uint16) (code, peer uint8, value uint64) {
	if in.IpcCode != OK {
		return min(in.IpcCode, CodeTop), Threads, 0
	}
	if in.Carry < Places && in.Op != Send && in.Op != Call {
		return Bad, Threads, 0
	}
	q := s.Index[s.Object[e&(Entries-1)]&(Pages-1)] & (Queues - 1)
	if in.Words > WordsTop || (in.Carry < Places && !s.MayGive[e&(Entries-1)]) {
		return Module, Threads, 0
	}
	if in.Op == Wait && s.Pending[q] != 0 {
		return take(s, in, q)
	}
	set := Opposite(s, in.Op, q)
	if set == 0 {
		return alone(s, in, t, e, q)
	}
	first := Highest(s, set)
	p := Oldest(s, first)
	if in.Act != Match || in.Level != s.Prio[p&(Threads-1)] {
		return Module, Threads, 0
	}
	return meet(s, in, t, e, p)
}

// take gives the bits of a notification to who asks for them.
func take(s *State, in *Input, q uint8) (code, peer uint8, value uint64) {
	if in.Act != Match {
		return Module, Threads, 0
	}
	v := s.Pending[q&(Queues-1)]
	s.Pending[q&(Queues-1)] = 0
	return OK, Threads, v
}

// Opposite is the set of threads that wait on the other side of a queue.
func Opposite(s *State, op, q uint8) uint64 {
	set := s.Queue[q&(Queues-1)]
	if set == 0 {
		return 0
	}
	w := s.Where[uint8(bits.TrailingZeros64(set))&(Threads-1)]
	if op == Receive && (w == Sending || w == Calling) {
		return set
	}
	if (op == Send || op == Call) && w == Receiving {
		return set
	}
	if op == Signal && w == Waiting {
		return set
	}
	return 0
}

// Highest is the threads of the highest priority in a set.
func Highest(s *State, set uint64) uint64 {
	first := set
	if first&s.High != 0 {
		first &= s.High
	}
	if first&s.Mid != 0 {
		first &= s.Mid
	}
	if first&s.Low != 0 {
		first &= s.Low
	}
	return first
}

// Oldest is the thread of a set that came first to its queue.
func Oldest(s *State, set uint64) uint8 {
	rest := set
	best := uint8(bits.TrailingZeros64(set)) & (Threads - 1)
	for i := range Threads {
		if rest == 0 || i >= Threads {
			break
		}
		t := uint8(bits.TrailingZeros64(rest)) & (Threads - 1)
		if s.Came[t] < s.Came[best] {
			best = t
		}
		rest &= rest - 1
	}
	return best
}

// alone is what happens when there is no peer: the thread waits, or a signal is
// remembered.
func alone(s *State, in *Input, t uint8, e uint16, q uint8) (code, peer uint8, value uint64) {
	if in.Op == Signal {
		if in.Act != Keep {
			return Module, Threads, 0
		}
		s.Pending[q&(Queues-1)] |= bitsOf(s.Badge[e&(Entries-1)])
		return OK, Threads, 0
	}
	if in.Act != Block || !in.Patient || in.Carry < Places {
		return Module, Threads, 0
	}
	s.Bits[t&(Threads-1)] = uint64(s.Badge[e&(Entries-1)])
	s.Accept[t&(Threads-1)] = in.To
	if in.Op == Receive {
		s.Gives[t&(Threads-1)] = s.MayGive[e&(Entries-1)]
		abandon(s, t)
	}
	enqueue(s, t, q, queued(in.Op))
	return OK, Threads, 0
}

// queued is what a thread does that waits in a system call.
func queued(op uint8) uint8 {
	switch op {
	case Send:
		return Sending
	case Call:
		return Calling
	case Receive:
		return Receiving
	}
	return Waiting
}

// bitsOf is what a signal with a badge sets; without one, bit 0.
func bitsOf(badge uint32) uint64 {
	if badge == 0 {
		return 1
	}
	return uint64(badge)
}

// meet hands a message, or the bits of a signal, from one side to the other. A
// capability that goes along is derived first: the message passes whole or not
// at all.
func meet(s *State, in *Input, t uint8, e uint16, p uint8) (code, peer uint8, value uint64) {
	if in.Carry < Places {
		c := pass(s, in, t, p)
		if c != OK {
			return c, Threads, 0
		}
	}
	badge := s.Badge[e&(Entries-1)]
	if in.Op == Receive {
		s.Accept[t&(Threads-1)] = in.To
		s.Gives[t&(Threads-1)] = s.MayGive[e&(Entries-1)]
		abandon(s, t)
		from := s.Bits[p&(Threads-1)]
		s.Bits[t&(Threads-1)] = from
		called := s.Where[p&(Threads-1)] == Calling
		settle(s, p, Ready)
		if called {
			await(s, p, t)
		}
		return OK, p, from
	}
	s.Bits[p&(Threads-1)] = uint64(badge)
	if in.Op == Signal {
		s.Bits[p&(Threads-1)] = bitsOf(badge)
	}
	wake(s, p, in.Direct)
	if in.Op == Call {
		s.Accept[t&(Threads-1)] = in.To
		await(s, t, p)
	}
	return OK, p, 0
}

// await has a client wait for the reply of a server.
func await(s *State, client, server uint8) {
	settle(s, client, Awaiting)
	s.Server[client&(Threads-1)] = server & (Threads - 1)
	s.Client[server&(Threads-1)] = client & (Threads - 1)
}

// abandon tells the client of a thread, if it has one, that there will be no
// reply.
func abandon(s *State, t uint8) {
	c := s.Client[t&(Threads-1)]
	s.Client[t&(Threads-1)] = Threads
	if c < Threads {
		s.Server[c] = Threads
		s.Result[c] = Gone
		settle(s, c, Ready)
	}
}

// reply answers the client of a thread. It is used once: then it is owed none.
func reply(s *State, in *Input, t uint8) (code, peer uint8) {
	if in.IpcCode != OK {
		return min(in.IpcCode, CodeTop), Threads
	}
	c := s.Client[t&(Threads-1)]
	if c >= Threads || in.Act != Match || in.Words > WordsTop {
		return Module, Threads
	}
	if in.Carry < Places {
		if !s.Gives[t&(Threads-1)] {
			return Module, Threads
		}
		k := pass(s, in, t, c)
		if k != OK {
			return k, Threads
		}
	}
	s.Client[t&(Threads-1)] = Threads
	s.Server[c] = Threads
	wake(s, c, in.Direct)
	return OK, c
}

// pass derives the capability that a message carries for its receiver, with
// the same rights.
func pass(s *State, in *Input, t, to uint8) uint8 {
	place := s.Accept[to&(Threads-1)]
	if in.PassCode != OK {
		return min(in.PassCode, CodeTop)
	}
	if place >= Places {
		return NoRoom
	}
	from := Entry(s, t, in.Carry)
	target := Entry(s, to, place)
	if !derivable(s, from) || s.Kind[target&(Entries-1)] != Empty {
		return Module
	}
	child(s, from, target)
	return OK
}

// wake has a thread go on: on this stack, or when the scheduler chooses it.
func wake(s *State, t uint8, direct bool) {
	s.Result[t&(Threads-1)] = OK
	if direct {
		settle(s, t, Running)
	} else {
		settle(s, t, Ready)
	}
}

// settle takes a thread out of the queue that it is in, and puts it where it
// belongs when it does something that needs no queue.
func settle(s *State, t, where uint8) {
	bit := uint64(1) << (t & 63)
	w := s.Where[t&(Threads-1)]
	if w >= Sending && w <= Waiting {
		s.Queue[s.On[t&(Threads-1)]&(Queues-1)] &^= bit
	}
	s.ReadySet &^= bit
	s.Late &^= bit
	s.Seen &^= bit
	if where == Ready {
		s.ReadySet |= bit
	}
	s.Where[t&(Threads-1)] = where
}

// enqueue puts a thread at the end of a queue.
func enqueue(s *State, t, q, where uint8) {
	settle(s, t, where)
	s.On[t&(Threads-1)] = q & (Queues - 1)
	s.Came[t&(Threads-1)] = s.Ticket
	s.Ticket++
	s.Queue[q&(Queues-1)] |= uint64(1) << (t & 63)
}

// --- Capabilities ---

// derivable: the entry holds a capability that another can be derived from.
func derivable(s *State, e uint16) bool {
	k := s.Kind[e&(Entries-1)]
	return k != Empty && k != Untyped && s.Depth[e&(Entries-1)] < DepthTop
}

// child derives a capability with the same rights and badge.
func child(s *State, from, to uint16) {
	f := from & (Entries - 1)
	e := to & (Entries - 1)
	s.Kind[e] = s.Kind[f]
	s.Object[e] = s.Object[f]
	s.Parent[e] = f
	s.Depth[e] = s.Depth[f] + 1
	s.MayRead[e] = s.MayRead[f]
	s.MayWrite[e] = s.MayWrite[f]
	s.MayRun[e] = s.MayRun[f]
	s.MayGive[e] = s.MayGive[f]
	s.Badge[e] = s.Badge[f]
	s.Size[e] = 0
	s.Used[e] = 0
}

// derive does the system calls on capabilities.
func derive(s *State, in *Input, t uint8, e uint16) uint8 {
	if in.Op == Delete {
		return remove(s, e)
	}
	if in.Op == Revoke {
		revoke(s, e)
		return OK
	}
	if in.To >= Places {
		return Bad
	}
	to := Entry(s, t, in.To)
	if in.Op == Move {
		return move(s, e, to)
	}
	f := e & (Entries - 1)
	able := derivable(s, f)
	if !able || s.Kind[to&(Entries-1)] != Empty {
		return Module
	}
	if exceeds(s, in, f) {
		return Module
	}
	if in.Op == Mint && (s.Badge[f] != 0 || in.Arg == 0) {
		return Module
	}
	child(s, f, to)
	limit(s, in, to)
	if in.Op == Mint {
		s.Badge[to&(Entries-1)] = in.Arg
	}
	return OK
}

// exceeds: a right is asked for that the entry lacks.
func exceeds(s *State, in *Input, e uint16) bool {
	f := e & (Entries - 1)
	return (in.Read && !s.MayRead[f]) || (in.Write && !s.MayWrite[f]) || (in.Run && !s.MayRun[f]) || (in.Grant && !s.MayGive[f])
}

// limit leaves a new capability the rights that are asked for.
func limit(s *State, in *Input, to uint16) {
	e := to & (Entries - 1)
	s.MayRead[e] = s.MayRead[e] && in.Read
	s.MayWrite[e] = s.MayWrite[e] && in.Write
	s.MayRun[e] = s.MayRun[e] && in.Run
	s.MayGive[e] = s.MayGive[e] && in.Grant
}

// move puts a capability elsewhere; what was derived from it stays so.
func move(s *State, from, to uint16) uint8 {
	f := from & (Entries - 1)
	e := to & (Entries - 1)
	if s.Kind[e] != Empty {
		return NoRoom
	}
	d := s.Depth[f]
	p := s.Parent[f]
	child(s, f, e)
	s.Parent[e] = p
	s.Depth[e] = d
	s.Size[e] = s.Size[f]
	s.Used[e] = s.Used[f]
	for i := range Entries {
		if s.Parent[i] == f && s.Kind[i] != Empty {
			s.Parent[i] = e
		}
	}
	unmap(s, f)
	blank(s, f)
	return OK
}

// blank empties a place.
func blank(s *State, e uint16) {
	f := e & (Entries - 1)
	s.Kind[f] = Empty
	s.Object[f] = 0
	s.Parent[f] = Entries
	s.Depth[f] = 0
	s.MayRead[f] = false
	s.MayWrite[f] = false
	s.MayRun[f] = false
	s.MayGive[f] = false
	s.Badge[f] = 0
	s.Size[f] = 0
	s.Used[f] = 0
}

// remove deletes a capability from which none is derived.
func remove(s *State, e uint16) uint8 {
	f := e & (Entries - 1)
	for i := range Entries {
		if s.Kind[i] != Empty && s.Parent[i] == f {
			return Busy
		}
	}
	drop(s, f)
	return OK
}

// revoke deletes all that is derived from a capability, leaves first or not:
// when it returns none is left. Memory that was given away is whole again.
func revoke(s *State, e uint16) {
	f := e & (Entries - 1)
	var doomed [Entries]bool
	doomed[f] = true
	for n := range DepthTop * Entries {
		i := uint16(n) & (Entries - 1)
		if s.Kind[i] != Empty && s.Parent[i] < Entries && doomed[s.Parent[i]&(Entries-1)] {
			doomed[i] = true
		}
	}
	for i := range Entries {
		if doomed[i] && uint16(i) != f {
			drop(s, uint16(i))
		}
	}
	s.Used[f] = 0
}

// drop empties a place, and ends the object if this was its last capability.
func drop(s *State, e uint16) {
	f := e & (Entries - 1)
	k := s.Kind[f]
	o := s.Object[f]
	unmap(s, f)
	blank(s, f)
	if k < Frame || k > Domain {
		return
	}
	for i := range Entries {
		if s.Kind[i] == k && s.Object[i] == o {
			return
		}
	}
	end(s, o)
}

// unmap takes a frame out of sight of the domain that gives its capability up.
func unmap(s *State, e uint16) {
	f := e & (Entries - 1)
	p := s.Object[f] & (Pages - 1)
	if s.Kind[f] == Frame && s.Mapped[p] == uint8(f/Places)+1 {
		s.Mapped[p] = 0
		s.MapW[p] = false
		s.MapX[p] = false
	}
}

// --- Objects ---

// end is the end of an object: its page is nobody's, and who waited for it
// learns that it is gone.
func end(s *State, page uint16) {
	p := page & (Pages - 1)
	k := s.Holds[p]
	i := s.Index[p]
	s.Holds[p] = Empty
	s.Index[p] = 0
	s.Mapped[p] = 0
	s.MapW[p] = false
	s.MapX[p] = false
	if k == Endpoint || k == Notification {
		endQueue(s, p, i)
	} else if k == Thread {
		endThread(s, i)
		s.Slot[i&(Threads-1)] = false
	} else if k == Domain {
		endDomain(s, i)
	}
}

func endQueue(s *State, page uint16, q uint8) {
	rest := s.Queue[q&(Queues-1)]
	for i := range Threads {
		if (rest>>(uint8(i)&63))&1 == 1 {
			s.Result[i] = Gone
			settle(s, uint8(i), Ready)
		}
	}
	s.Pending[q&(Queues-1)] = 0
	s.Taken &^= uint64(1) << (q & 63)
	for i := range Interrupts {
		if s.Wakes[i] == page {
			s.Wakes[i] = Pages
		}
	}
}

// endThread stops a thread. Its client learns that there is no reply; its
// server owes none any more.
func endThread(s *State, t uint8) {
	i := t & (Threads - 1)
	abandon(s, i)
	v := s.Server[i]
	s.Server[i] = Threads
	if v < Threads {
		s.Client[v] = Threads
	}
	settle(s, i, Absent)
	s.Accept[i] = Places
	s.Bits[i] = 0
	s.Result[i] = OK
	prioritise(s, i, 0)
}

func endDomain(s *State, d uint8) {
	s.Alive[d&(Domains-1)] = false
	for i := range Threads {
		if s.Where[i] != Absent && s.Home[i] == d {
			endThread(s, uint8(i))
			if s.Slot[i] {
				s.Where[i] = Idle
			}
		}
	}
}

// prioritise sets the priority of a thread.
func prioritise(s *State, t, prio uint8) {
	bit := uint64(1) << (t & 63)
	s.Prio[t&(Threads-1)] = prio & 7
	s.High &^= bit
	s.Mid &^= bit
	s.Low &^= bit
	if prio&4 != 0 {
		s.High |= bit
	}
	if prio&2 != 0 {
		s.Mid |= bit
	}
	if prio&1 != 0 {
		s.Low |= bit
	}
}

// object does the system calls on other objects than queues.
func object(s *State, in *Input, t uint8, e uint16) (code uint8, value uint64) {
	f := e & (Entries - 1)
	switch in.Op {
	case Retype:
		c := retype(s, in, t, f)
		return c, 0
	case Map:
		c := mapFrame(s, in, t, f)
		return c, 0
	case Unmap:
		if s.Mapped[s.Object[f]&(Pages-1)] != s.Home[t&(Threads-1)]+1 {
			return Denied, 0
		}
		unmap(s, f)
		return OK, 0
	case Start:
		c := start(s, in, t, f)
		return c, 0
	case Stop:
		i := s.Index[s.Object[f]&(Pages-1)] & (Threads - 1)
		endThread(s, i)
		s.Where[i] = Idle
		return OK, 0
	case Give:
		c := give(s, in, t, f)
		return c, 0
	case Bind:
		c := bind(s, in, t, f)
		return c, 0
	}
	return OK, uint64(s.Kind[f])
}

// Room is the index in its table that a new object would get; Pages when there
// is none.
func Room(s *State, kind uint8) uint16 {
	switch kind {
	case Untyped, Frame:
		return 0
	case Endpoint, Notification:
		left := QueueSet &^ s.Taken
		if left == 0 {
			return Pages
		}
		return uint16(uint8(bits.TrailingZeros64(left)))
	case Thread:
		return freeThread(s)
	case Domain:
		return freeDomain(s)
	}
	return Pages
}

func freeThread(s *State) uint16 {
	for i := range Threads {
		if !s.Slot[i] && s.Where[i] == Absent {
			return uint16(i)
		}
	}
	return Pages
}

// freeDomain is a domain that is no more, and whose places are all empty.
func freeDomain(s *State) uint16 {
	var full [Domains]bool
	for i := range Entries {
		if s.Kind[i] != Empty {
			full[i/Places] = true
		}
	}
	for i := range Domains {
		if !full[i] && !s.Alive[i] {
			return uint16(i)
		}
	}
	return Pages
}

// retype makes an object of untyped memory.
func retype(s *State, in *Input, t uint8, e uint16) uint8 {
	if in.Kind < Untyped || in.Kind > Domain || in.To >= Places || (in.Kind != Untyped && in.Count != 1) {
		return Bad
	}
	if in.MemCode != OK {
		return min(in.MemCode, CodeTop)
	}
	f := e & (Entries - 1)
	to := Entry(s, t, in.To) & (Entries - 1)
	i := Room(s, in.Kind)
	if s.Kind[to] != Empty || i >= Pages || s.Depth[f] >= DepthTop || !inside(s, in, f) {
		return Module
	}
	page := in.At & (Pages - 1)
	if in.Kind != Untyped && s.Holds[page] != Empty {
		return Module
	}
	s.Used[f] = in.Used
	child(s, f, to)
	s.Kind[to] = in.Kind
	s.Object[to] = page
	if in.Kind == Untyped {
		s.Size[to] = in.Count
	} else {
		begin(s, in.Kind, page, uint8(i&(Threads-1)))
	}
	return OK
}

// inside: the pages are of the part of the untyped memory that is not given
// away.
func inside(s *State, in *Input, e uint16) bool {
	f := e & (Entries - 1)
	base := uint32(s.Object[f])
	at := uint32(in.At)
	return in.Count > 0 && at >= base+uint32(s.Used[f]) && at+uint32(in.Count) <= base+uint32(in.Used) && in.Used <= s.Size[f]
}

// begin is the beginning of an object.
func begin(s *State, kind uint8, page uint16, i uint8) {
	p := page & (Pages - 1)
	s.Holds[p] = kind
	s.Index[p] = i & (Threads - 1)
	if kind == Endpoint || kind == Notification {
		s.Taken |= uint64(1) << (i & 63)
		s.Pending[i&(Queues-1)] = 0
	} else if kind == Thread {
		s.Slot[i&(Threads-1)] = true
		s.Where[i&(Threads-1)] = Idle
	} else if kind == Domain {
		s.Alive[i&(Domains-1)] = true
	}
}

// mapFrame makes a frame visible in the domain of a thread.
func mapFrame(s *State, in *Input, t uint8, e uint16) uint8 {
	if in.MemCode != OK {
		return min(in.MemCode, CodeTop)
	}
	p := s.Object[e&(Entries-1)] & (Pages - 1)
	if exceeds(s, in, e) || (in.Write && in.Run) || s.Mapped[p] != 0 {
		return Module
	}
	s.Mapped[p] = s.Home[t&(Threads-1)]&(Domains-1) + 1
	s.MapW[p] = in.Write
	s.MapX[p] = in.Run
	return OK
}

// second checks the other capability that a system call needs.
func second(s *State, in *Input, t, kind uint8) uint8 {
	if in.To >= Places {
		return Bad
	}
	if in.PassCode != OK {
		return min(in.PassCode, CodeTop)
	}
	e := Entry(s, t, in.To) & (Entries - 1)
	if s.Kind[e] != kind || !s.MayWrite[e] {
		return Module
	}
	return OK
}

// start has a thread begin in a domain.
func start(s *State, in *Input, t uint8, e uint16) uint8 {
	c := second(s, in, t, Domain)
	if c != OK {
		return c
	}
	i := s.Index[s.Object[e&(Entries-1)]&(Pages-1)] & (Threads - 1)
	d := s.Index[s.Object[Entry(s, t, in.To)&(Entries-1)]&(Pages-1)] & (Domains - 1)
	if s.Where[i] != Idle || in.Arg < 8 {
		return Bad
	}
	s.Home[i] = d
	prioritise(s, i, uint8(in.Arg&7))
	s.Quota[i] = in.Arg / 8
	s.Budget[i] = in.Arg / 8
	s.Spent &^= uint64(1) << (i & 63)
	s.Accept[i] = Places
	s.Result[i] = OK
	settle(s, i, Ready)
	return OK
}

// give puts a capability into another domain: untyped memory moves there, of
// all else a derived one goes.
func give(s *State, in *Input, t uint8, e uint16) uint8 {
	if in.To >= Places || in.Arg >= Places {
		return Bad
	}
	d := s.Index[s.Object[e&(Entries-1)]&(Pages-1)] & (Domains - 1)
	from := Entry(s, t, in.To) & (Entries - 1)
	to := (uint16(d)*Places + uint16(in.Arg&(Places-1))) & (Entries - 1)
	if in.PassCode != OK {
		return min(in.PassCode, CodeTop)
	}
	if s.Kind[from] == Empty {
		return Module
	}
	if s.Kind[from] == Untyped {
		return move(s, from, to)
	}
	able := derivable(s, from)
	if !able || s.Kind[to] != Empty {
		return Module
	}
	if exceeds(s, in, from) {
		return Module
	}
	child(s, from, to)
	limit(s, in, to)
	return OK
}

// bind has an interrupt signal a notification.
func bind(s *State, in *Input, t uint8, e uint16) uint8 {
	c := second(s, in, t, Notification)
	if c != OK {
		return c
	}
	s.Wakes[s.Object[e&(Entries-1)]&(Interrupts-1)] = s.Object[Entry(s, t, in.To)&(Entries-1)]
	return OK
}

// --- Events ---

func event(s *State, in *Input) (code, peer uint8) {
	switch in.Op {
	case Pick:
		return pick(s, in.Next)
	case Raise:
		return raise(s, in.Arg)
	case Charge:
		charge(s, in.Thread, in.Arg)
		return OK, Threads
	case Park:
		return leave(s, in.Thread, Ready)
	case Exit:
		return leave(s, in.Thread, Idle)
	case Refill:
		s.Spent = 0
		for i := range Threads {
			s.Budget[i] = s.Quota[i]
		}
		return OK, Threads
	}
	return Bad, Threads
}

// leave has a thread that runs stop: until the scheduler chooses it, or for good.
func leave(s *State, t, where uint8) (code, peer uint8) {
	if t >= Threads || s.Where[t&(Threads-1)] != Running {
		return Bad, Threads
	}
	if where == Idle {
		endThread(s, t)
	}
	settle(s, t, where)
	return OK, t
}

// pick has the thread run that the scheduler chose.
func pick(s *State, next uint8) (code, peer uint8) {
	can := s.ReadySet &^ s.Spent
	if next >= Threads {
		if can != 0 {
			return Module, Threads
		}
		return OK, Threads
	}
	bit := uint64(1) << (next & 63)
	if can&bit == 0 || (can&s.Late != 0 && s.Late&bit == 0) {
		return Module, Threads
	}
	settle(s, next, Running)
	s.Epoch++
	if s.Epoch >= WaitTop {
		s.Epoch = 0
		s.Late |= s.Seen & s.ReadySet
		s.Seen = s.ReadySet
	}
	return OK, next
}

// raise signals the notification that an interrupt is bound to.
func raise(s *State, number uint32) (code, peer uint8) {
	if number >= Interrupts {
		return Bad, Threads
	}
	page := s.Wakes[number&(Interrupts-1)]
	if page >= Pages {
		return Gone, Threads
	}
	q := s.Index[page&(Pages-1)] & (Queues - 1)
	bit := uint64(1) << (uint8(number) & 15)
	set := Opposite(s, Signal, q)
	if set == 0 {
		s.Pending[q] |= bit
		return OK, Threads
	}
	first := Highest(s, set)
	p := Oldest(s, first)
	s.Bits[p&(Threads-1)] = bit
	wake(s, p, false)
	return OK, p
}

// charge takes time from the budget of a thread.
func charge(s *State, t uint8, micros uint32) {
	i := t & (Threads - 1)
	s.Budget[i] -= min(s.Budget[i], micros)
	if s.Budget[i] == 0 {
		s.Spent |= uint64(1) << i
	}
}

// --- The invariant of the system ---

// Inv holds at the start and is kept by every step: each thread is in exactly
// the queue that its state says, authority only shrinks on its way, and no
// memory has two owners.
func Inv(s *State) bool {
	if !threads(s) {
		return false
	}
	if !queues(s) {
		return false
	}
	if !replies(s) {
		return false
	}
	if !confined(s) {
		return false
	}
	if !owned(s) {
		return false
	}
	return mapped(s)
}

// threads: states and priorities are what the sets say.
func threads(s *State) bool {
	for i := range Threads {
		bit := uint8(i) & 63
		if s.Where[i] > Awaiting || s.Home[i] >= Domains || s.On[i] >= Queues || s.Prio[i] > 7 {
			return false
		}
		if ((s.ReadySet>>bit)&1 == 1) != (s.Where[i] == Ready) {
			return false
		}
		if ((s.High>>bit)&1 == 1) != (s.Prio[i]&4 != 0) || ((s.Mid>>bit)&1 == 1) != (s.Prio[i]&2 != 0) || ((s.Low>>bit)&1 == 1) != (s.Prio[i]&1 != 0) {
			return false
		}
	}
	return s.Late&^s.ReadySet == 0 && s.Seen&^s.ReadySet == 0 && (s.ReadySet|s.High|s.Mid|s.Low)&^ThreadSet == 0
}

// queues: a thread is in the queue that it waits in and in no other.
func queues(s *State) bool {
	for q := range Queues {
		if s.Queue[q]&^ThreadSet != 0 {
			return false
		}
		for i := range Threads {
			in := s.Where[i] >= Sending && s.Where[i] <= Waiting && s.On[i] == uint8(q)
			if ((s.Queue[q]>>(uint8(i)&63))&1 == 1) != in {
				return false
			}
		}
	}
	return true
}

// replies: a client and its server know each other; who receives owes nobody a
// reply.
func replies(s *State) bool {
	for i := range Threads {
		if (s.Where[i] == Awaiting) != (s.Server[i] < Threads) {
			return false
		}
		if s.Where[i] == Receiving && s.Client[i] < Threads {
			return false
		}
		if s.Server[i] < Threads && s.Client[min(s.Server[i], Threads-1)] != uint8(i) {
			return false
		}
		if s.Client[i] < Threads && s.Server[min(s.Client[i], Threads-1)] != uint8(i) {
			return false
		}
	}
	return true
}

// confined: a derived capability can do no more than the one that it came from,
// which is still there; derivations go down.
func confined(s *State) bool {
	for i := range Entries {
		p := min(s.Parent[i], Entries-1)
		if s.Kind[i] != Empty && s.Parent[i] < Entries {
			if s.Kind[p] == Empty || s.Depth[i] <= s.Depth[p] || s.Depth[i] > DepthTop {
				return false
			}
			if (s.MayRead[i] && !s.MayRead[p]) || (s.MayWrite[i] && !s.MayWrite[p]) || (s.MayRun[i] && !s.MayRun[p]) || (s.MayGive[i] && !s.MayGive[p]) {
				return false
			}
			if s.Kind[p] != Untyped && (s.Kind[i] != s.Kind[p] || s.Object[i] != s.Object[p] || (s.Badge[p] != 0 && s.Badge[i] != s.Badge[p])) {
				return false
			}
		}
	}
	return true
}

// owned: a capability names an object that is there; what is made of untyped
// memory is of the part that was given away.
func owned(s *State) bool {
	for i := range Entries {
		p := min(s.Parent[i], Entries-1)
		o := min(s.Object[i], Pages-1)
		if s.Kind[i] > Clock || s.Kind[i] == Empty && (s.MayRead[i] || s.MayWrite[i] || s.MayRun[i] || s.MayGive[i] || s.Parent[i] != Entries) {
			return false
		}
		if s.Kind[i] == Untyped && (s.Used[i] > s.Size[i] || uint32(s.Object[i])+uint32(s.Size[i]) > Pages) {
			return false
		}
		if s.Kind[i] >= Frame && s.Kind[i] <= Domain && (s.Object[i] >= Pages || s.Holds[o] != s.Kind[i]) {
			return false
		}
		if s.Kind[i] != Empty && s.Parent[i] < Entries && s.Kind[p] == Untyped {
			if s.Object[i] < s.Object[p] || uint32(s.Object[i])+max(uint32(s.Size[i]), 1) > uint32(s.Object[p])+uint32(s.Used[p]) {
				return false
			}
		}
	}
	return true
}

// mapped: only frames are visible, each in one domain, none writable and
// executable.
func mapped(s *State) bool {
	for i := range Pages {
		if s.Mapped[i] > Domains || (s.Mapped[i] != 0 && s.Holds[i] != Frame) || (s.MapW[i] && s.MapX[i]) || s.Index[i] >= Threads {
			return false
		}
	}
	return true
}
