// Package cap is the contract of the slot cap: what any module must satisfy
// that decides whether a capability may be used, and what one that is derived
// from it may do.
//
// It is written in Tile Go, so the same text is compiled by Go, proven in Coq,
// model-checked with the surroundings in env.go, fuzzed against, and watched at
// run time. The table of capabilities belongs to the nucleus, which asks about
// one entry at a time; a module never sees an object.
package cap

// Input is one question about one entry of a capability table.
type Input struct {
	Op      uint8 // Look, Copy or Mint
	Present bool  // the entry holds a capability
	Kind    uint8 // of its object
	Need    uint8 // the kind that is asked for; Any for no matter which
	Rights  uint8 // of the entry: Read, Write, Run and Grant
	// The rights that are asked for: those that a use needs, or those of the
	// derived capability.
	Ask      uint8
	Badge    uint32 // of the entry; 0 for none
	NewBadge uint32 // for Mint
	Depth    uint8  // derivations between the entry and a root
	Room     bool   // the place of the derived capability is free
}

// What can be asked.
const (
	Look = 0 // may the entry be used?
	Copy = 1 // derive a capability with the same badge
	Mint = 2 // derive one with a badge, from one that has none
)

// Rights are sets of these.
const (
	Read  = 1
	Write = 2
	Run   = 4
	Grant = 8 // to send capabilities along, to give them away
	All   = Read | Write | Run | Grant
)

// Any stands for every kind of object; Untyped memory is never derived, or two
// owners could divide it differently.
const (
	Any     = 0
	Untyped = 1
	KindTop = 8 // highest kind
)

// DepthTop is the longest chain of derivations.
const DepthTop = 15

// The answers; the numbers are those of the system calls.
const (
	OK        = 0
	NoCap     = 1 // the entry is empty
	WrongKind = 2 // its object is not of the kind that is needed, or cannot be derived
	Denied    = 3 // it lacks a right that is asked for, or has a badge already
	NoRoom    = 4 // no free place, or too long a chain
)

// Wf says which inputs can occur.
func Wf(in *Input) bool {
	return in.Op <= Mint && in.Kind <= KindTop && in.Need <= KindTop && in.Rights <= All && in.Ask <= All && in.Depth <= DepthTop
}

// Post is the promise: the answer is the one that the rules give; rights never
// grow; a badge is kept, or given to a capability that has none; a refusal
// yields nothing.
func Post(in *Input, code, rights uint8, badge uint32, depth uint8) bool {
	if code != OK {
		return rights == 0 && badge == 0 && depth == 0 && reason(in, code)
	}
	if !allowed(in) || rights&^in.Rights != 0 {
		return false
	}
	if in.Op == Look {
		return rights == in.Rights && badge == in.Badge && depth == in.Depth
	}
	if rights != in.Ask || depth > DepthTop || uint16(depth) != uint16(in.Depth)+1 {
		return false
	}
	if in.Op == Copy {
		return badge == in.Badge
	}
	return badge == in.NewBadge
}

// allowed: nothing speaks against it.
func allowed(in *Input) bool {
	return in.Present && kinds(in) && grows(in) == 0 && badges(in) && (in.Op == Look || (in.Room && in.Depth < DepthTop))
}

// kinds: the object is of the kind that is needed, and can be derived.
func kinds(in *Input) bool {
	return (in.Need == Any || in.Need == in.Kind) && (in.Op == Look || in.Kind != Untyped)
}

// grows is the rights that are asked for and that the entry lacks.
func grows(in *Input) uint8 { return in.Ask &^ in.Rights }

// badges: a badge is final, and one that is given is one.
func badges(in *Input) bool {
	return in.Op != Mint || (in.Badge == 0 && in.NewBadge != 0)
}

// reason: the code is the first thing that speaks against it.
func reason(in *Input, code uint8) bool {
	if !in.Present {
		return code == NoCap
	}
	if !kinds(in) {
		return code == WrongKind
	}
	if grows(in) != 0 || !badges(in) {
		return code == Denied
	}
	return code == NoRoom && in.Op != Look && (!in.Room || in.Depth >= DepthTop)
}
