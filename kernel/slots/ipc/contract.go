// Package ipc is the contract of the slot ipc: what any module must satisfy
// that decides whether a message passes an endpoint now, later or never, and who
// is on the other side.
//
// It is written in Tile Go, so the same text is compiled by Go, proven in Coq,
// model-checked with the surroundings in env.go, fuzzed against, and watched at
// run time. The queues belong to the nucleus: within a priority it takes the
// thread that came first, so a module chooses a priority and never a thread.
package ipc

// Input is one question.
type Input struct {
	Op      uint8 // Send, Call, Receive, Reply, Signal or Wait
	Allowed bool  // the capability permits the operation
	Grant   bool  // it permits to send a capability along
	Words   uint8 // length of the message
	Caps    uint8 // capabilities that go along
	Peers   uint8 // bit p: a thread of priority p waits on the other side
	Patient bool  // the thread may be blocked
	Owed    bool  // a reply of the thread is outstanding
}

// What can be asked.
const (
	Send    = 0
	Call    = 1 // send, and wait for one reply
	Receive = 2
	Reply   = 3
	Signal  = 4 // wake who waits, else remember
	Wait    = 5
)

// Limits of a message.
const (
	WordsTop = 8 // of 64 bits
	CapsTop  = 1
)

// Top is the highest priority, and None the answer when there is no peer.
const (
	Top  = 7
	None = 8
)

// What becomes of the operation.
const (
	Nothing = 0 // it is refused
	Match   = 1 // it is done, with the peer
	Block   = 2 // the thread waits until there is a peer
	Keep    = 3 // a signal is remembered
)

// The answers; the numbers are those of the system calls.
const (
	OK         = 0
	Denied     = 3 // a right is missing
	Bad        = 6 // the message is too long
	WouldBlock = 7 // there is no peer, and the thread may not be blocked
	NoReply    = 8 // nobody waits for a reply of this thread
)

// Wf says which inputs can occur.
func Wf(in *Input) bool { return in.Op <= Wait && in.Caps <= 4 }

// Post is the promise: nothing without the right; a message passes whole or not
// at all; whoever has waited at the highest priority is next; a thread is
// blocked exactly when there is no peer and it may be; a reply is used once.
func Post(in *Input, code, act, level, words, caps uint8) bool {
	if code != OK {
		return act == Nothing && level == None && words == 0 && caps == 0 && reason(in, code)
	}
	if !permitted(in) || words != in.Words || caps != in.Caps {
		return false
	}
	if in.Op == Reply {
		return act == Match && level == None && in.Owed
	}
	if in.Peers != 0 {
		return act == Match && highest(in.Peers, level)
	}
	if level != None {
		return false
	}
	if in.Op == Signal {
		return act == Keep
	}
	return act == Block && in.Patient
}

// floor is the least set whose highest bit is the given one.
var floor = [Top + 2]uint16{1, 2, 4, 8, 16, 32, 64, 128, 256}

// highest: level is the highest bit of a set.
func highest(set, level uint8) bool {
	l := min(level, Top)
	return level <= Top && uint16(set) >= floor[l] && uint16(set) < floor[l+1]
}

// permitted: the rights are there, and the message is one.
func permitted(in *Input) bool {
	return in.Allowed && (in.Caps == 0 || in.Grant) && in.Words <= WordsTop && in.Caps <= CapsTop
}

// reason: the code is the first thing that speaks against it.
func reason(in *Input, code uint8) bool {
	if !in.Allowed || (in.Caps != 0 && !in.Grant) {
		return code == Denied
	}
	if in.Words > WordsTop || in.Caps > CapsTop {
		return code == Bad
	}
	if in.Op == Reply {
		return code == NoReply && !in.Owed
	}
	return code == WouldBlock && in.Peers == 0 && !in.Patient && in.Op != Signal
}
