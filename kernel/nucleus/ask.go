package nucleus

import (
	"github.com/genesis-network/genesis/kernel/nucleus/abi"
	"github.com/genesis-network/genesis/kernel/nucleus/core"
	"github.com/genesis-network/genesis/kernel/slots/cap"
	"github.com/genesis-network/genesis/kernel/slots/ipc"
	"github.com/genesis-network/genesis/kernel/slots/mem"
	"github.com/genesis-network/genesis/kernel/slots/sched"
)

// questions are the inputs and results of the modules, kept so that a call
// allocates nothing. Their order is that of the contracts' Input and Post.
type questions struct {
	cap        [2][10]uint64 // a call may be about two capabilities
	capAnswer  [2][4]uint64
	ipc        [8]uint64
	ipcAnswer  [5]uint64
	mem        [13]uint64
	memAnswer  [3]uint64
	sched      [6]uint64
	schedReply [2]uint64
	count      [slots]uint8 // questions of this call
	trapped    uint8        // slots whose module gave no answer
}

// begin forgets the questions of the call before.
func (q *questions) begin() { q.count, q.trapped = [slots]uint8{}, 0 }

// rights of a capability.
type rights struct{ read, write, run, grant bool }

// set is the rights as the contract has them.
func (r rights) set() uint64 {
	return bit(r.read)*cap.Read | bit(r.write)*cap.Write | bit(r.run)*cap.Run | bit(r.grant)*cap.Grant
}

func (n *Nucleus) rights(e uint16) rights {
	s := &n.state
	return rights{s.MayRead[e], s.MayWrite[e], s.MayRun[e], s.MayGive[e]}
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// failed notes a module that did not answer.
func (n *Nucleus) failed(s Slot) uint8 {
	n.faults++
	n.asked.trapped |= 1 << s
	return abi.Module
}

// askCap asks what the slot cap says of an entry.
func (n *Nucleus) askCap(op uint8, e uint16, need uint8, r rights, badge uint32, room bool) uint8 {
	s, i := &n.state, n.asked.count[Cap]&1
	n.asked.count[Cap] = i + 1
	q, answer := &n.asked.cap[i], &n.asked.capAnswer[i]
	q[0], q[1], q[2], q[3] = uint64(op), bit(s.Kind[e] != abi.Empty), uint64(s.Kind[e]), uint64(need)
	q[4], q[5] = n.rights(e).set(), r.set()
	q[6], q[7], q[8], q[9] = uint64(s.Badge[e]), uint64(badge), uint64(s.Depth[e]), bit(room)
	if n.modules.Cap.Step(q[:], answer[:]) != nil {
		return n.failed(Cap)
	}
	return uint8(answer[0])
}

// askUse asks whether a system call may use its capability, or derive from it.
func (n *Nucleus) askUse(in *abi.Input) {
	e := core.Entry(&n.state, in.Thread, in.Place)
	switch in.Op {
	case abi.Copy, abi.Mint:
		op := uint8(cap.Copy)
		if in.Op == abi.Mint {
			op = cap.Mint
		}
		in.CapCode = n.askCap(op, e, cap.Any, asked(in), in.Arg, n.free(in.Thread, in.To))
	default:
		r := rights{read: core.Reads(in.Op), write: core.Writes(in.Op), grant: in.Op == abi.Give}
		in.CapCode = n.askCap(cap.Look, e, core.Needs(in.Op), r, 0, false)
	}
}

func asked(in *abi.Input) rights { return rights{in.Read, in.Write, in.Run, in.Grant} }

// free: a place of a thread's domain is one, and empty.
func (n *Nucleus) free(t, place uint8) bool {
	return place < abi.Places && n.state.Kind[core.Entry(&n.state, t, place)] == abi.Empty
}

// askOther asks about the second capability of a system call.
func (n *Nucleus) askOther(in *abi.Input) {
	if in.To >= abi.Places {
		return // the step refuses it
	}
	e := core.Entry(&n.state, in.Thread, in.To)
	switch in.Op {
	case abi.Start:
		in.PassCode = n.askCap(cap.Look, e, abi.Domain, rights{write: true}, 0, false)
	case abi.Bind:
		in.PassCode = n.askCap(cap.Look, e, abi.Notification, rights{write: true}, 0, false)
	case abi.Give:
		n.askGiven(in, e)
	}
}

// askGiven asks about a capability that goes to another domain. Untyped memory
// moves there, so nothing is derived.
func (n *Nucleus) askGiven(in *abi.Input, e uint16) {
	s := &n.state
	if s.Kind[e] == abi.Untyped {
		return
	}
	d := uint16(s.Index[s.Object[core.Entry(s, in.Thread, in.Place)]%abi.Pages]) % abi.Domains // a lying module may have let another kind pass
	room := in.Arg < abi.Places && s.Kind[d*abi.Places+uint16(in.Arg)] == abi.Empty
	in.PassCode = n.askCap(cap.Copy, e, cap.Any, asked(in), 0, room)
}

// askMessage asks the slot ipc what becomes of a message, and the slot cap about
// the capability that goes along.
func (n *Nucleus) askMessage(in *abi.Input) {
	s := &n.state
	e := core.Entry(s, in.Thread, in.Place)
	q := s.Index[s.Object[e]%abi.Pages]
	set := core.Opposite(s, in.Op, q)
	peers := uint8(0)
	if in.Op == abi.Wait && s.Pending[q] != 0 {
		peers = 1
	}
	if set != 0 {
		peers = n.levels(set)
	}
	n.askIPC(in, s.MayGive[e], peers, in.Patient && in.Carry >= abi.Places, false)
	if in.Carry < abi.Places && in.IpcCode == abi.OK && set != 0 {
		n.askPassed(in, core.Oldest(s, core.Highest(s, set)))
	}
}

// levels are the priorities of a set of threads.
func (n *Nucleus) levels(set uint64) uint8 {
	s, out := &n.state, uint8(0)
	for p := range uint8(ipc.Top + 1) {
		at := set
		for i, plane := range [3]uint64{s.Low, s.Mid, s.High} {
			if p>>i&1 == 1 {
				at &= plane
			} else {
				at &^= plane
			}
		}
		if at != 0 {
			out |= 1 << p
		}
	}
	return out
}

func (n *Nucleus) askIPC(in *abi.Input, grant bool, peers uint8, patient, owed bool) {
	q := &n.asked.ipc
	n.asked.count[IPC] = 1
	q[0], q[1], q[2], q[3] = uint64(in.Op), 1, bit(grant), uint64(in.Words)
	q[4], q[5], q[6], q[7] = bit(in.Carry < abi.Places), uint64(peers), bit(patient), bit(owed)
	if n.modules.IPC.Step(q[:], n.asked.ipcAnswer[:]) != nil {
		in.IpcCode = n.failed(IPC)
		return
	}
	in.IpcCode, in.Act, in.Level = uint8(n.asked.ipcAnswer[0]), uint8(n.asked.ipcAnswer[1]), uint8(n.asked.ipcAnswer[2])
}

// askPassed asks whether the capability that goes along can be derived for its
// receiver.
func (n *Nucleus) askPassed(in *abi.Input, to uint8) {
	s := &n.state
	e := core.Entry(s, in.Thread, in.Carry)
	in.PassCode = n.askCap(cap.Copy, e, cap.Any, n.rights(e), 0, n.free(to, s.Accept[to]))
}

// askReply asks about a reply.
func (n *Nucleus) askReply(in *abi.Input) {
	client := n.state.Client[in.Thread]
	n.askIPC(in, n.state.Gives[in.Thread], 0, false, client < abi.Threads)
	if in.Carry < abi.Places && in.IpcCode == abi.OK && client < abi.Threads {
		n.askPassed(in, client)
	}
}

// askMemory asks the slot mem about a new object, or a frame to be mapped.
func (n *Nucleus) askMemory(in *abi.Input) {
	s, q := &n.state, &n.asked.mem
	e := core.Entry(s, in.Thread, in.Place)
	*q = [13]uint64{}
	n.asked.count[Mem] = 1
	q[1], q[2], q[3], q[4] = uint64(s.Object[e]), uint64(s.Size[e]), uint64(s.Used[e]), uint64(min(in.Count, mem.Pages))
	q[5] = bit(n.free(in.Thread, in.To) && core.Room(s, in.Kind) < abi.Pages && s.Depth[e] < abi.DepthTop)
	if in.Op == abi.Map {
		q[0], q[2], q[3], q[1] = mem.Map, 0, 0, 0
		q[6], q[7], q[8] = bit(s.MayRead[e]), bit(s.MayWrite[e]), bit(s.MayRun[e])
		q[9], q[10], q[11] = bit(in.Read), bit(in.Write), bit(in.Run)
		q[12] = bit(s.Mapped[s.Object[e]%abi.Pages] != 0)
	}
	if n.modules.Mem.Step(q[:], n.asked.memAnswer[:]) != nil {
		in.MemCode = n.failed(Mem)
		return
	}
	in.MemCode, in.At, in.Used = uint8(n.asked.memAnswer[0]), uint16(n.asked.memAnswer[1]), uint16(n.asked.memAnswer[2])
}

// Decide asks the slot sched which thread runs next, and has it run; abi.Threads
// when none can.
func (n *Nucleus) Decide() (uint8, Code) {
	code, peer, _ := n.attempt(&abi.Input{Op: abi.Pick})
	return peer, code
}

// askSched asks which thread runs next.
func (n *Nucleus) askSched(in *abi.Input) {
	s, q := &n.state, &n.asked.sched
	n.asked.count[Sched] = 1
	q[0], q[1], q[2], q[3], q[4], q[5] = s.ReadySet, s.Spent, s.Late, s.High, s.Mid, s.Low
	if n.modules.Sched.Step(q[:], n.asked.schedReply[:]) != nil {
		n.failed(Sched)
		return
	}
	in.Next = uint8(min(n.asked.schedReply[0], sched.Threads))
}
