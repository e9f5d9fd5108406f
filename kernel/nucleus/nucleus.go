package nucleus

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"reflect"

	"github.com/genesis-network/genesis/kernel/nucleus/abi"
	"github.com/genesis-network/genesis/kernel/nucleus/core"
)

// Module answers the questions of a slot: in and out are flattened as package
// host says. A host.Instance and a host.Swapper are Modules.
type Module interface {
	Step(in, out []uint64) error
}

// Modules are what fills the kernel slots.
type Modules struct{ Sched, IPC, Cap, Mem Module }

// Program is what runs in a domain: it is called with each message that one of
// the domain's threads gets, and returns when it has dealt with it. It may keep
// the Context, but it can use it only while it runs.
type Program func(c Context, m *Message)

// Message is what passes between domains.
type Message struct {
	Words [abi.WordsTop]uint64
	Len   uint8  // words that count
	Badge uint64 // of the capability that it was sent with; bits of a signal
	Code  Code   // of the system call that the thread waited in
}

// Nucleus is a tile. It belongs to one goroutine at a time.
type Nucleus struct {
	state    core.State
	modules  Modules
	resident Modules // that take over
	tell     func(Takeover)
	clock    func() int64
	mail     [abi.Threads]Message // that a thread gets next, or has queued
	desk     [abi.Threads]Message // that its handler works on
	service  [abi.Threads]uint8   // place of the endpoint that a thread serves; Places for none
	programs [abi.Domains]Program
	frames   frames
	stack    uint64 // threads that wait on the stack for a direct call
	asked    questions
	faults   uint64
}

// New makes a tile with one domain, whose thread runs. Its places hold all
// memory (0), the clock (1), the domain itself (2), the thread (3) and the
// interrupts (from 4). The clock tells nanoseconds.
func New(m Modules, clock func() int64) *Nucleus {
	n := &Nucleus{modules: m, clock: clock}
	core.Init(&n.state)
	for i := range n.service {
		n.service[i] = abi.Places
	}
	return n
}

// Places of the first domain.
const (
	RootMemory    = 0
	RootClock     = 1
	RootDomain    = 2
	RootThread    = 3
	RootInterrupt = 4 // and those behind it
)

// Root is the first thread. Who makes a tile runs it.
func (n *Nucleus) Root() Context { return Context{n, 0} }

// Replace puts modules into the slots, between two system calls. Those that are
// nil stay.
func (n *Nucleus) Replace(m Modules) {
	for _, slot := range []struct{ to, from *Module }{
		{&n.modules.Sched, &m.Sched}, {&n.modules.IPC, &m.IPC}, {&n.modules.Cap, &m.Cap}, {&n.modules.Mem, &m.Mem},
	} {
		if *slot.from != nil {
			*slot.to = *slot.from
		}
	}
}

// Faults is how often a module failed, or gave an answer that breaks the
// contract of its slot. Each such call was refused.
func (n *Nucleus) Faults() uint64 { return n.faults }

// Interrupt tells of an interrupt from the hardware layer: what it is bound to
// is signalled. An interrupt that is not bound is [Gone].
func (n *Nucleus) Interrupt(number int) Code {
	code, peer, _ := n.step(&abi.Input{Op: abi.Raise, Arg: uint32(number)})
	n.signalled(code, peer)
	return code
}

// Refill begins a period: every thread has its whole budget again.
func (n *Nucleus) Refill() { n.step(&abi.Input{Op: abi.Refill}) }

// Run lets threads go on, as the scheduler chooses, until none can or it has
// chosen so many times. It returns how often it did.
func (n *Nucleus) Run(most int) (int, error) {
	for i := range most {
		t, code := n.Decide()
		if code != OK {
			return i, fmt.Errorf("nucleus: choice of the next thread: %w", code)
		}
		if t == abi.Threads {
			return i, nil
		}
		n.enter(t)
	}
	return most, nil
}

// enter runs the handler of a thread that was chosen, charges it for the time,
// and has it wait for the next message.
func (n *Nucleus) enter(t uint8) {
	p := n.programs[n.state.Home[t]]
	if p == nil {
		return // it runs on a stack of its own
	}
	begin := n.clock()
	p(Context{n, t}, n.taken(t))
	n.leave(t)
	n.step(&abi.Input{Op: abi.Charge, Thread: t, Arg: uint32(max(0, n.clock()-begin) / 1000)})
}

// taken is the message that a thread was woken with. It is taken once.
func (n *Nucleus) taken(t uint8) *Message {
	m := &n.desk[t]
	*m = n.mail[t]
	m.Code = Code(n.state.Result[t])
	n.mail[t] = Message{}
	return m
}

// leave is the end of a handler: the thread waits at the endpoint that it
// serves, and if somebody waits there already it goes on when it is chosen.
func (n *Nucleus) leave(t uint8) {
	if n.state.Where[t] != abi.Running {
		return
	}
	op := uint8(abi.Exit)
	if n.service[t] < abi.Places {
		code, peer := Context{n, t}.receive(n.service[t], n.state.Accept[t])
		if code == OK && peer == abi.Threads {
			return
		}
		if code == OK {
			op = abi.Park
		}
	}
	n.step(&abi.Input{Op: op, Thread: t})
}

func (n *Nucleus) step(in *abi.Input) (Code, uint8, uint64) {
	code, peer, value := core.Step(&n.state, in)
	if code == abi.Module {
		n.faults++
	}
	return Code(code), peer, value
}

// Check reports whether the invariant of the system holds.
func (n *Nucleus) Check() bool { return core.Inv(&n.state) }

// Digest names all that the nucleus keeps: tables, messages, who serves what, and
// what frames hold.
func (n *Nucleus) Digest() [sha256.Size]byte {
	h := sha256.New()
	tables := reflect.ValueOf(&n.state).Elem()
	for i := range tables.NumField() {
		f := tables.Field(i)
		if f.Kind() == reflect.Array {
			f = f.Slice(0, f.Len()) // written without a look at each element
		}
		put(h, f.Interface())
	}
	put(h, &n.mail)
	put(h, n.service[:])
	for page, held := range n.frames {
		if held != nil {
			put(h, uint16(page))
			put(h, held[:])
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// put writes values of fixed size; a hash does not fail.
func put(h hash.Hash, v any) {
	if err := binary.Write(h, binary.LittleEndian, v); err != nil {
		panic("nucleus: " + err.Error())
	}
}
