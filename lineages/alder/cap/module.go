// Package cap is alder's rule book of capabilities: one question after the
// other, the cheapest first.
package cap

import . "github.com/genesis-network/genesis/kernel/slots/cap"

// State is the last answer, for people: no decision rests on it.
type State struct {
	Last uint8
}

// Inv holds at the start and is kept by every step.
func Inv(s *State) bool { return s.Last <= NoRoom }

// Step answers a question.
func Step(s *State, in *Input) (code, rights uint8, badge uint32, depth uint8) {
	if !in.Present {
		return refuse(s, NoCap)
	}
	if in.Need != Any && in.Need != in.Kind {
		return refuse(s, WrongKind)
	}
	if in.Op != Look && in.Kind == Untyped {
		return refuse(s, WrongKind)
	}
	if in.Ask&^in.Rights != 0 {
		return refuse(s, Denied)
	}
	if in.Op == Mint && (in.Badge != 0 || in.NewBadge == 0) {
		return refuse(s, Denied)
	}
	if in.Op != Look && (!in.Room || in.Depth >= DepthTop) {
		return refuse(s, NoRoom)
	}
	s.Last = OK
	if in.Op == Look {
		return OK, in.Rights, in.Badge, in.Depth
	}
	if in.Op == Mint {
		return OK, in.Ask, in.NewBadge, in.Depth + 1
	}
	return OK, in.Ask, in.Badge, in.Depth + 1
}

// refuse yields nothing.
func refuse(s *State, why uint8) (code, rights uint8, badge uint32, depth uint8) {
	s.Last = why
	return why, 0, 0, 0
}
