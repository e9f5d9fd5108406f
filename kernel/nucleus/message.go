package nucleus

import "github.com/genesis-network/genesis/kernel/nucleus/abi"

// Send sends a message, and waits until it is received if nobody waits for it
// ([Blocked]). A capability goes along only to a receiver that waits.
func (c Context) Send(endpoint uint8, m *Message, carry uint8) Code {
	return c.send(&abi.Input{Op: abi.Send, Place: endpoint, Words: m.Len, Carry: carry, Patient: true}, m)
}

// TrySend sends a message if somebody waits for it, else it is [WouldBlock].
func (c Context) TrySend(endpoint uint8, m *Message, carry uint8) Code {
	return c.send(&abi.Input{Op: abi.Send, Place: endpoint, Words: m.Len, Carry: carry}, m)
}

func (c Context) send(in *abi.Input, m *Message) Code {
	code, peer, _ := c.call(in)
	if code != OK {
		return code
	}
	if peer == abi.Threads {
		c.n.mail[c.thread] = *m
		return Blocked
	}
	c.n.deliver(peer, m)
	return OK
}

// deliver is where a message arrives; its badge is the nucleus's word, not the
// sender's.
func (n *Nucleus) deliver(t uint8, m *Message) {
	to := &n.mail[t]
	to.Words, to.Len = m.Words, m.Len
	to.Badge = n.state.Bits[t]
}

// Call sends a message and waits for the reply, which takes its place in m. If
// the server waits, its handler runs at once. If it does not, or keeps the
// caller waiting, the call is [Blocked] and the reply is the thread's next
// message. A capability in the reply goes to the place accept.
func (c Context) Call(endpoint uint8, m *Message, carry, accept uint8) Code {
	n := c.n
	in := abi.Input{Op: abi.Call, Place: endpoint, To: accept, Words: m.Len, Carry: carry, Patient: true, Direct: true}
	code, server, _ := c.call(&in)
	if code != OK {
		return code
	}
	if server == abi.Threads {
		n.mail[c.thread] = *m
		return Blocked
	}
	n.deliver(server, m)
	n.direct(c.thread, server)
	if n.state.Where[c.thread] != abi.Running {
		return Blocked
	}
	r := n.taken(c.thread)
	m.Words, m.Len = r.Words, r.Len
	return r.Code
}

// direct runs the handler of a server on the stack of its client.
func (n *Nucleus) direct(client, server uint8) {
	p := n.programs[n.state.Home[server]]
	if p == nil {
		return
	}
	on := uint64(1) << client
	outer := n.stack & on
	n.stack |= on
	p(Context{n, server}, n.taken(server))
	n.leave(server)
	n.stack = n.stack&^on | outer
}

// Receive waits for a message at an endpoint, from now on: when the handler
// returns the thread waits there again. A message that waits already is in m;
// else the call is [Blocked]. A capability that is sent goes to the place accept.
func (c Context) Receive(endpoint uint8, m *Message, accept uint8) Code {
	code, peer := c.receive(endpoint, accept)
	if code != OK {
		return code
	}
	c.n.service[c.thread] = endpoint
	if peer == abi.Threads {
		return Blocked
	}
	*m = *c.n.taken(c.thread)
	return OK
}

func (c Context) receive(endpoint, accept uint8) (Code, uint8) {
	code, peer, _ := c.call(&abi.Input{Op: abi.Receive, Place: endpoint, To: accept, Carry: NoPlace, Patient: true})
	if code == OK && peer != abi.Threads {
		c.n.deliver(c.thread, &c.n.mail[peer])
		c.n.mail[peer] = Message{}
	}
	return code, peer
}

// Reply answers the call that the thread received last; once.
func (c Context) Reply(m *Message, carry uint8) Code {
	n := c.n
	client := n.state.Client[c.thread]
	in := abi.Input{Op: abi.Reply, Words: m.Len, Carry: carry, Direct: client < abi.Threads && n.stack>>client&1 == 1}
	code, peer, _ := c.call(&in)
	if code != OK {
		return code
	}
	to := &n.mail[peer]
	to.Words, to.Len, to.Badge = m.Words, m.Len, 0
	return OK
}

// Signal wakes who waits at a notification, or is remembered.
func (c Context) Signal(notification uint8) Code {
	code, peer, _ := c.call(&abi.Input{Op: abi.Signal, Place: notification, Carry: NoPlace})
	c.n.signalled(code, peer)
	return code
}

// signalled puts the bits of a signal into the mail of who was woken.
func (n *Nucleus) signalled(code Code, peer uint8) {
	if code == OK && peer < abi.Threads {
		n.mail[peer] = Message{Badge: n.state.Bits[peer]}
	}
}

// Wait takes the bits of a notification; if there are none it waits for them
// ([Blocked]), and they are the badge of the next message.
func (c Context) Wait(notification uint8) (uint64, Code) {
	code, _, value := c.call(&abi.Input{Op: abi.Wait, Place: notification, Carry: NoPlace, Patient: true})
	if code == OK && value == 0 {
		return 0, Blocked
	}
	return value, code
}

// Mail is the message that a thread without a program was woken with.
func (c Context) Mail() (Message, Code) {
	if c.n.state.Where[c.thread] != abi.Running {
		return Message{}, Blocked
	}
	return *c.n.taken(c.thread), OK
}
