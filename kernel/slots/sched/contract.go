// Package sched is the contract of the slot sched: what any module must satisfy
// that decides which thread of a tile runs next, and for how long.
//
// It is written in Tile Go, so the same text is compiled by Go, proven in Coq,
// model-checked with the surroundings in env.go, fuzzed against, and watched at
// run time. It promises safety and that nobody is forgotten; how soon threads
// run is for a simulator to measure.
package sched

// Input is what the nucleus knows of its threads. Bit t of each set is thread t.
type Input struct {
	Ready uint64 // can run
	Spent uint64 // have used up their budget of this period
	Late  uint64 // have waited for WaitTop decisions or more
	// Bits 2, 1 and 0 of the priorities; 7 goes first.
	High uint64
	Mid  uint64
	Low  uint64
}

// Threads is how many threads a tile has, and the answer when none is to run.
const Threads = 64

// WaitTop is the number of decisions for which a ready thread waits before it
// is late.
const WaitTop = 128

// Bounds of a slice, in microseconds.
const (
	SliceMin = 100
	SliceMax = 10_000
)

// Wf says which inputs can occur: any.
func Wf(in *Input) bool { return true }

// Post is the promise: a thread that is ready and has budget, and none only if
// there is none; a late one before one that is not; a slice within its bounds.
func Post(in *Input, thread uint8, slice uint16) bool {
	can := in.Ready &^ in.Spent
	if slice < SliceMin || slice > SliceMax {
		return false
	}
	if can == 0 {
		return thread == Threads
	}
	if thread >= Threads || (can>>(thread&63))&1 != 1 {
		return false
	}
	return can&in.Late == 0 || (in.Late>>(thread&63))&1 == 1
}
