// Package mem is the contract of the slot mem: what any module must satisfy
// that decides which pages of untyped memory a new object gets, and whether a
// frame may be mapped.
//
// It is written in Tile Go, so the same text is compiled by Go, proven in Coq,
// model-checked with the surroundings in env.go, fuzzed against, and watched at
// run time. The pages belong to the nucleus, which asks about one piece of
// untyped memory, or one frame, at a time.
package mem

// Input is one question. Sizes and places are in pages.
type Input struct {
	Op    uint8  // Retype or Map
	Base  uint16 // first page of the untyped memory
	Size  uint16 // its pages
	Used  uint16 // pages that are given away; all in front
	Count uint16 // pages that are asked for
	Room  bool   // there is a place for the new capability
	// For Map: what the capability of the frame permits, what is asked for, and
	// whether the frame is mapped.
	Read     bool
	Write    bool
	Run      bool
	AskRead  bool
	AskWrite bool
	AskRun   bool
	Mapped   bool
}

// What can be asked.
const (
	Retype = 0 // give pages to a new object
	Map    = 1 // make a frame visible in a domain
)

// Pages is how many pages a tile has.
const Pages = 1024

// The answers; the numbers are those of the system calls.
const (
	OK       = 0
	Denied   = 3 // a right is asked for that the capability lacks
	NoRoom   = 4 // no place for the new capability
	NoMemory = 5 // fewer pages are left than asked for
	Bad      = 6 // no page, or nothing, or writable and executable at once
	Busy     = 9 // the frame is mapped already
)

// Wf says which inputs can occur.
func Wf(in *Input) bool {
	return in.Op <= Map && in.Size <= Pages && in.Base <= Pages && uint32(in.Base)+uint32(in.Size) <= Pages && in.Used <= in.Size && in.Count <= Pages
}

// Post is the promise. Retype: pages are given only from the part that is not
// given away, exactly as many as asked, and then they are; so what is given is
// disjoint from all that was given before. Map: never twice, never writable and
// executable, never more than the capability permits. A refusal changes nothing
// and has a reason.
func Post(in *Input, code uint8, at, used uint16) bool {
	if code != OK {
		return at == 0 && used == in.Used && reason(in, code)
	}
	if in.Op == Map {
		return at == 0 && used == in.Used && !denied(in) && !bad(in) && !in.Mapped
	}
	return in.Room && in.Count > 0 && at >= in.Base && uint32(at) >= uint32(in.Base)+uint32(in.Used) &&
		uint32(at)+uint32(in.Count) <= uint32(in.Base)+uint32(used) && used <= in.Size
}

// denied: more is asked for than the capability permits.
func denied(in *Input) bool {
	return (in.AskRead && !in.Read) || (in.AskWrite && !in.Write) || (in.AskRun && !in.Run)
}

// bad: nothing is asked for, or what no mapping may be.
func bad(in *Input) bool {
	if in.Op == Retype {
		return in.Count == 0
	}
	return (in.AskWrite && in.AskRun) || (!in.AskRead && !in.AskWrite && !in.AskRun)
}

// reason: the code is the first thing that speaks against it.
func reason(in *Input, code uint8) bool {
	if bad(in) {
		return code == Bad
	}
	if in.Op == Map {
		if denied(in) {
			return code == Denied
		}
		return code == Busy && in.Mapped
	}
	if !in.Room {
		return code == NoRoom
	}
	return code == NoMemory && uint32(in.Count)+uint32(in.Used) > uint32(in.Size)
}
