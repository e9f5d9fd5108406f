// Package mem is alder's memory manager: pages are given from front to back,
// and come back all at once.
package mem

import . "github.com/genesis-network/genesis/kernel/slots/mem"

// State is the most pages that a piece of memory had given away, for people.
type State struct {
	Peak uint16
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Peak <= Pages }

// Step answers a question.
func Step(s *State, in *Input) (code uint8, at, used uint16) {
	if in.Op == Map {
		if (in.AskWrite && in.AskRun) || (!in.AskRead && !in.AskWrite && !in.AskRun) {
			return Bad, 0, in.Used
		}
		if (in.AskRead && !in.Read) || (in.AskWrite && !in.Write) || (in.AskRun && !in.Run) {
			return Denied, 0, in.Used
		}
		if in.Mapped {
			return Busy, 0, in.Used
		}
		return OK, 0, in.Used
	}
	if in.Count == 0 {
		return Bad, 0, in.Used
	}
	if !in.Room {
		return NoRoom, 0, in.Used
	}
	if in.Count > in.Size-in.Used {
		return NoMemory, 0, in.Used
	}
	next := in.Used + in.Count
	s.Peak = max(s.Peak, next)
	return OK, in.Base + in.Used, next
}
