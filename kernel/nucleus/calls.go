package nucleus

import (
	"github.com/genesis-network/genesis/kernel/nucleus/abi"
	"github.com/genesis-network/genesis/kernel/nucleus/core"
)

// Context is a thread, as its program sees it: the system calls. Places are
// those of its domain. While the thread does not run, every call is [Bad].
type Context struct {
	n      *Nucleus
	thread uint8
}

// Rights of a capability.
type Rights uint8

// The rights. What they permit depends on the kind of the object.
const (
	Read  Rights = 1 << iota // receive, wait; read a frame, the clock
	Write                    // send, signal; write a frame; control a thread or a domain
	Run                      // execute a frame
	Grant                    // send capabilities along; give them to a domain
	All   = Read | Write | Run | Grant
)

// Kind is the kind of an object.
type Kind uint8

// The kinds that can be made of untyped memory.
const (
	Untyped      = Kind(abi.Untyped)
	Frame        = Kind(abi.Frame)
	Endpoint     = Kind(abi.Endpoint)
	Notification = Kind(abi.Notification)
	Thread       = Kind(abi.Thread)
	Domain       = Kind(abi.Domain)
)

// NoPlace stands for no place: nothing is sent along, or accepted.
const NoPlace = abi.Places

// call does a system call: the modules are asked, then the step is done.
func (c Context) call(in *abi.Input) (Code, uint8, uint64) {
	n := c.n
	in.Thread = c.thread
	if in.Place >= abi.Places || n.state.Where[c.thread] != abi.Running {
		return n.step(in)
	}
	return n.attempt(in)
}

func (n *Nucleus) ask(in *abi.Input) {
	switch in.Op {
	case abi.Reply:
		n.askReply(in)
		return
	case abi.Pick:
		n.askSched(in)
		return
	}
	n.askUse(in)
	if in.CapCode != abi.OK {
		return
	}
	switch {
	case in.Op <= abi.Wait:
		n.askMessage(in)
	case in.Op == abi.Retype || in.Op == abi.Map:
		n.askMemory(in)
	case in.Op == abi.Start || in.Op == abi.Bind || in.Op == abi.Give:
		n.askOther(in)
	}
}

func (c Context) simple(in abi.Input) Code {
	code, _, _ := c.call(&in)
	return code
}

func (r Rights) ask(in abi.Input) abi.Input {
	in.Read, in.Write, in.Run, in.Grant = r&Read != 0, r&Write != 0, r&Run != 0, r&Grant != 0
	return in
}

// Copy derives a capability with some of the rights, in a free place.
func (c Context) Copy(from, to uint8, r Rights) Code {
	return c.simple(r.ask(abi.Input{Op: abi.Copy, Place: from, To: to}))
}

// Mint derives a capability with a badge, by which a receiver knows it.
func (c Context) Mint(from, to uint8, r Rights, badge uint32) Code {
	return c.simple(r.ask(abi.Input{Op: abi.Mint, Place: from, To: to, Arg: badge}))
}

// Move puts a capability into another place of the domain.
func (c Context) Move(from, to uint8) Code {
	return c.simple(abi.Input{Op: abi.Move, Place: from, To: to})
}

// Delete empties a place from which nothing is derived.
func (c Context) Delete(place uint8) Code { return c.simple(abi.Input{Op: abi.Delete, Place: place}) }

// Revoke deletes all that is derived from a capability, wherever it is.
func (c Context) Revoke(place uint8) Code { return c.simple(abi.Input{Op: abi.Revoke, Place: place}) }

// Retype makes an object of untyped memory; pages counts for untyped memory
// only, all else takes one.
func (c Context) Retype(memory, to uint8, k Kind, pages uint16) Code {
	code := c.simple(abi.Input{Op: abi.Retype, Place: memory, To: to, Kind: uint8(k), Count: pages})
	if code == OK {
		c.n.forget(c.thread, to, k)
	}
	return code
}

// Map makes a frame visible in the domain, never writable and executable.
func (c Context) Map(frame uint8, r Rights) Code {
	return c.simple(r.ask(abi.Input{Op: abi.Map, Place: frame, To: NoPlace}))
}

// Unmap takes a frame out of sight.
func (c Context) Unmap(frame uint8) Code { return c.simple(abi.Input{Op: abi.Unmap, Place: frame}) }

// Start has a thread begin in a domain, with a priority (7 goes first) and a
// budget in microseconds for each period. It is called with an empty message.
func (c Context) Start(thread, domain, priority uint8, budget uint32) Code {
	if priority > 7 || budget == 0 || budget >= 1<<28 {
		return Bad
	}
	code := c.simple(abi.Input{Op: abi.Start, Place: thread, To: domain, Arg: uint32(priority) + 8*budget})
	if code == OK {
		s := &c.n.state
		t := s.Index[s.Object[core.Entry(s, c.thread, thread)]]
		c.n.mail[t], c.n.service[t] = Message{}, abi.Places
	}
	return code
}

// Stop ends what a thread does.
func (c Context) Stop(thread uint8) Code { return c.simple(abi.Input{Op: abi.Stop, Place: thread}) }

// Give puts a capability into a place of another domain: untyped memory moves,
// of all else one with some of the rights is derived.
func (c Context) Give(domain, from, to uint8, r Rights) Code {
	return c.simple(r.ask(abi.Input{Op: abi.Give, Place: domain, To: from, Arg: uint32(to)}))
}

// Bind has an interrupt signal a notification.
func (c Context) Bind(interrupt, notification uint8) Code {
	return c.simple(abi.Input{Op: abi.Bind, Place: interrupt, To: notification})
}

// Now is the time, in nanoseconds.
func (c Context) Now(clock uint8) (int64, Code) {
	if code := c.simple(abi.Input{Op: abi.Now, Place: clock}); code != OK {
		return 0, code
	}
	return c.n.clock(), OK
}

// Look is the kind of the object in a place.
func (c Context) Look(place uint8) (Kind, Code) {
	code, _, kind := c.call(&abi.Input{Op: abi.Look, Place: place})
	return Kind(kind), code
}

// Load says what runs in a domain. It takes a capability for it that may write.
func (c Context) Load(domain uint8, p Program) Code {
	kind, code := c.Look(domain)
	if code != OK {
		return code
	}
	if kind != Domain {
		return WrongKind
	}
	s := &c.n.state
	e := core.Entry(s, c.thread, domain)
	if !s.MayWrite[e] {
		return Denied
	}
	c.n.programs[s.Index[s.Object[e]]] = p
	return OK
}
