// Package abi is what the nucleus and the programs on it agree on: the numbers
// of system calls, error codes, kinds of objects, and limits; and the contract
// of the nucleus's own step, written like that of a slot.
//
// The step takes what a thread asked for and what the modules of the kernel
// slots answered. It believes no answer: one that breaks the contract of its
// slot is [Module] and changes nothing. So what is said of a step holds whatever
// the modules are.
package abi

// Input is a system call or an event, with the answers of the modules.
type Input struct {
	Op     uint8
	Thread uint8  // that asks; of events, that it is about
	Place  uint8  // of the capability that is used, in the domain of the thread
	To     uint8  // another place: of a new capability, or of one that is needed too
	Kind   uint8  // of a new object
	Count  uint16 // pages
	Arg    uint32 // see the system call
	// The rights that are asked for.
	Read  bool
	Write bool
	Run   bool
	Grant bool
	// Of messages.
	Words   uint8
	Carry   uint8 // place of a capability that goes along; Places for none
	Patient bool  // the thread may be blocked
	Direct  bool  // the peer runs at once, on this stack
	// Answers of the modules, 0 where none was asked.
	CapCode  uint8 // about the capability that is used, or derived
	PassCode uint8 // about the capability that goes along
	MemCode  uint8
	At       uint16
	Used     uint16
	IpcCode  uint8
	Act      uint8
	Level    uint8
	Next     uint8 // thread
}

// System calls. Those up to Wait have the numbers of the slot ipc.
const (
	Send    = 0  // Place: endpoint (write)
	Call    = 1  // Place: endpoint (write); To: where a capability in the reply goes
	Receive = 2  // Place: endpoint (read); To: where a capability goes
	Reply   = 3  // to the thread whose call was received
	Signal  = 4  // Place: notification (write); sets the bits of the badge
	Wait    = 5  // Place: notification (read); takes the bits
	Copy    = 6  // Place to To, with the rights that are asked for
	Mint    = 7  // the same, with the badge Arg
	Move    = 8  // Place to To
	Delete  = 9  // Place
	Revoke  = 10 // what is derived from Place
	Retype  = 11 // Place: untyped; To: the new capability
	Map     = 12 // Place: frame; the rights that are asked for
	Unmap   = 13 // Place: frame
	Start   = 14 // Place: thread (write); To: its domain (write); Arg: priority + 8 * budget
	Stop    = 15 // Place: thread (write)
	Give    = 16 // Place: domain (write, grant); To: what is given; Arg: its place there
	Bind    = 17 // Place: interrupt (write); To: notification (write)
	Now     = 18 // Place: clock (read)
	Look    = 19 // Place: any; asks what it is
	CallTop = 19
)

// Events: what happens by itself, not what a thread asks for.
const (
	Pick   = 32 // Next runs, as the scheduler chose
	Raise  = 33 // interrupt Arg
	Charge = 34 // Thread has used Arg microseconds of its budget
	Refill = 35 // a period begins
	Park   = 36 // Thread has something to do, when it is chosen
	Exit   = 37 // Thread has nothing left to do
)

// Codes of answers. OK to Busy are those of the slots.
const (
	OK         = 0
	NoCap      = 1  // the place is empty, or is none
	WrongKind  = 2  // the object is not of the kind that is needed
	Denied     = 3  // a right is missing
	NoRoom     = 4  // the new place is not free, or a table is full
	NoMemory   = 5  // the untyped memory is used up
	Bad        = 6  // an argument is out of range
	WouldBlock = 7  // there is no peer
	NoReply    = 8  // nobody waits for a reply of this thread
	Busy       = 9  // something is derived from it, or it is mapped already
	Gone       = 10 // what the thread waited for is no more
	Module     = 11 // the answer of a module breaks its contract
	CodeTop    = 11
)

// Kinds of objects; 0 is an empty place, and a page that is nobody's.
const (
	Empty        = 0
	Untyped      = 1
	Frame        = 2
	Endpoint     = 3
	Notification = 4
	Thread       = 5
	Domain       = 6
	Interrupt    = 7
	Clock        = 8
)

// Limits of a tile.
const (
	Domains    = 16
	Places     = 32 // of capabilities in a domain
	Entries    = Domains * Places
	Threads    = 64
	Queues     = 64 // endpoints and notifications
	Pages      = 1024
	Interrupts = 16
	DepthTop   = 15 // derivations of a capability
	WordsTop   = 8  // of a message
	WaitTop    = 128
)

// The sets of all threads and of all queues.
const (
	ThreadSet = 1<<Threads - 1
	QueueSet  = 1<<Queues - 1
)

// What a thread does.
const (
	Absent    = 0 // there is none
	Idle      = 1 // not started, or stopped
	Ready     = 2
	Running   = 3
	Sending   = 4 // queued at an endpoint
	Calling   = 5 // queued at an endpoint, and wants a reply
	Receiving = 6 // queued at an endpoint
	Waiting   = 7 // queued at a notification
	Awaiting  = 8 // its call was received; the reply is outstanding
)

// Answers of the slot ipc.
const (
	Match = 1
	Block = 2
	Keep  = 3
	None  = 8
)

// Wf says which inputs can occur: any. No argument can do harm.
func Wf(in *Input) bool { return true }

// Post is the promise on the results: a code that is documented, a peer that is
// a thread or none.
func Post(in *Input, code, peer uint8, value uint64) bool {
	return code <= CodeTop && peer <= Threads
}
