package nucleus

import (
	"errors"

	"github.com/genesis-network/genesis/kernel/nucleus/abi"
	"github.com/genesis-network/genesis/kernel/slots/cap"
	"github.com/genesis-network/genesis/kernel/slots/ipc"
	"github.com/genesis-network/genesis/kernel/slots/mem"
	"github.com/genesis-network/genesis/kernel/slots/sched"
)

// Slot is a kernel slot.
type Slot uint8

// The kernel slots.
const (
	Sched Slot = iota
	IPC
	Cap
	Mem
	slots
)

// String is the name of the slot.
func (s Slot) String() string { return [slots]string{"sched", "ipc", "cap", "mem"}[s] }

// of is the place of a slot's module.
func (m *Modules) of(s Slot) *Module { return [slots]*Module{&m.Sched, &m.IPC, &m.Cap, &m.Mem}[s] }

// Takeover tells that the resident module of a slot took the place of another.
type Takeover struct {
	Slot  Slot
	At    int64 // nanoseconds, by the nucleus's clock
	Cause error // what the module did
}

// Causes of a takeover.
var (
	// ErrTrap is a module that did not answer.
	ErrTrap = errors.New("nucleus: the module gave no answer")
	// ErrContract is an answer that breaks the contract of the slot.
	ErrContract = errors.New("nucleus: an answer of the module breaks the contract of its slot")
)

// Keep names the modules that stay resident: when the module of a slot gives no
// answer, or one that breaks its contract, the resident one takes its place
// before anything was done, the question is put again, and tell is told. A
// resident module starts with the state that it has. Slots without one refuse
// such calls, as without Keep. Modules that answer within their contracts are
// never replaced.
func (n *Nucleus) Keep(resident Modules, tell func(Takeover)) {
	n.resident, n.tell = resident, tell
}

// attempt asks what a call or a choice needs, and does the step; again with the
// resident modules when the answers of others were at fault.
func (n *Nucleus) attempt(in *abi.Input) (Code, uint8, uint64) {
	for {
		n.asked.begin()
		n.ask(in)
		code, peer, value := BadModule, uint8(abi.Threads), uint64(0)
		if n.asked.trapped == 0 {
			code, peer, value = n.step(in)
		}
		if code == OK || !n.takeOver() {
			return code, peer, value
		}
		in.CapCode, in.PassCode, in.MemCode, in.At, in.Used, in.IpcCode, in.Act, in.Level = 0, 0, 0, 0, 0, 0, 0, 0
	}
}

// takeOver judges the answers behind a refusal, and puts resident modules into
// the slots of those that are at fault. It reports whether there were any: each
// can lose its slot once, so that a call ends.
func (n *Nucleus) takeOver() bool {
	any := false
	for s := range slots {
		cause := n.asked.fault(s)
		now, resident := n.modules.of(s), *n.resident.of(s)
		if cause == nil || resident == nil || *now == resident {
			continue
		}
		*now, any = resident, true
		if n.tell != nil {
			n.tell(Takeover{Slot: s, At: n.clock(), Cause: cause})
		}
	}
	return any
}

// fault is what the module of a slot did wrong in this call; nil for nothing.
func (q *questions) fault(s Slot) error {
	if q.trapped>>s&1 == 1 {
		return ErrTrap
	}
	kept := true
	for i := range q.count[s] {
		kept = kept && q.meets(s, i)
	}
	if !kept {
		return ErrContract
	}
	return nil
}

// meets reports whether the answer to a question is one that the contract of
// the slot permits.
func (q *questions) meets(s Slot, i uint8) bool {
	switch s {
	case Sched:
		in, out := &q.sched, &q.schedReply
		return sched.Post(&sched.Input{Ready: in[0], Spent: in[1], Late: in[2], High: in[3], Mid: in[4], Low: in[5]}, uint8(out[0]), uint16(out[1]))
	case IPC:
		in, out := &q.ipc, &q.ipcAnswer
		return ipc.Post(&ipc.Input{
			Op: uint8(in[0]), Allowed: in[1] != 0, Grant: in[2] != 0, Words: uint8(in[3]), Caps: uint8(in[4]), Peers: uint8(in[5]), Patient: in[6] != 0, Owed: in[7] != 0,
		}, uint8(out[0]), uint8(out[1]), uint8(out[2]), uint8(out[3]), uint8(out[4]))
	case Cap:
		in, out := &q.cap[i], &q.capAnswer[i]
		return cap.Post(&cap.Input{
			Op: uint8(in[0]), Present: in[1] != 0, Kind: uint8(in[2]), Need: uint8(in[3]), Rights: uint8(in[4]), Ask: uint8(in[5]),
			Badge: uint32(in[6]), NewBadge: uint32(in[7]), Depth: uint8(in[8]), Room: in[9] != 0,
		}, uint8(out[0]), uint8(out[1]), uint32(out[2]), uint8(out[3]))
	default:
		in, out := &q.mem, &q.memAnswer
		return mem.Post(&mem.Input{
			Op: uint8(in[0]), Base: uint16(in[1]), Size: uint16(in[2]), Used: uint16(in[3]), Count: uint16(in[4]), Room: in[5] != 0,
			Read: in[6] != 0, Write: in[7] != 0, Run: in[8] != 0, AskRead: in[9] != 0, AskWrite: in[10] != 0, AskRun: in[11] != 0, Mapped: in[12] != 0,
		}, uint8(out[0]), uint16(out[1]), uint16(out[2]))
	}
}
