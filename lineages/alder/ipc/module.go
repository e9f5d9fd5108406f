// Package ipc is alder's endpoint: one question after the other, and the
// highest priority by a search in halves.
package ipc

import . "github.com/genesis-network/genesis/kernel/slots/ipc"

// State is the last answer, for people: no decision rests on it.
type State struct {
	Last uint8
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Last <= NoReply }

// Step answers a question.
func Step(s *State, in *Input) (code, act, level, words, caps uint8) {
	if !in.Allowed || (in.Caps != 0 && !in.Grant) {
		return refuse(s, Denied)
	}
	if in.Words > WordsTop || in.Caps > CapsTop {
		return refuse(s, Bad)
	}
	if in.Op == Reply {
		if !in.Owed {
			return refuse(s, NoReply)
		}
		s.Last = OK
		return OK, Match, None, in.Words, in.Caps
	}
	if in.Peers == 0 && !in.Patient && in.Op != Signal {
		return refuse(s, WouldBlock)
	}
	s.Last = OK
	if in.Peers != 0 {
		return OK, Match, highest(in.Peers), in.Words, in.Caps
	}
	if in.Op == Signal {
		return OK, Keep, None, in.Words, in.Caps
	}
	return OK, Block, None, in.Words, in.Caps
}

// refuse lets nothing pass.
func refuse(s *State, why uint8) (code, act, level, words, caps uint8) {
	s.Last = why
	return why, Nothing, None, 0, 0
}

// highest is the highest bit of a set that is not empty.
func highest(set uint8) uint8 {
	if set >= 16 {
		if set >= 64 {
			if set >= 128 {
				return 7
			}
			return 6
		}
		if set >= 32 {
			return 5
		}
		return 4
	}
	if set >= 4 {
		if set >= 8 {
			return 3
		}
		return 2
	}
	if set >= 2 {
		return 1
	}
	return 0
}
