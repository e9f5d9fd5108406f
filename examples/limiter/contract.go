// Package limiter is the contract of the slot limiter: what any policy must
// satisfy that decides which requests of which clients a service lets through
// to a small backend.
//
// It is written in Tile Go, so the same text is compiled by Go, proven in Coq,
// model-checked with the surroundings in env.go, fuzzed against, and watched at
// run time. It promises safety only: how much a policy refuses is for the
// simulator in sim.go to measure.
package limiter

// Input is what the service knows when a request comes.
type Input struct {
	Class   uint8  // of the client: Gold, Silver or Bulk
	Busy    uint16 // requests that the backend has not finished
	Elapsed uint32 // microseconds since the request before, of any class; at most ElapsedTop
}

// The classes of clients.
const (
	Gold   = 0 // pays for an answer
	Silver = 1
	Bulk   = 2 // can come back later
)

// BusyTop is how many requests the backend takes: its pool of connections.
const BusyTop = 64

// ElapsedTop is the longest time that is told apart, in microseconds.
const ElapsedTop = 1_000_000

// Times in microseconds, for silver and bulk together: on average one request a
// MeterCost may pass, and MeterTop/MeterCost of them at once.
const (
	MeterCost = 5_000
	MeterTop  = 500_000
)

// IdleTop is a pause, in microseconds, after which an idle backend refuses
// nobody.
const IdleTop = 100_000

// RetryTop is the longest time that a client is told to wait, in milliseconds.
const RetryTop = 5_000

// Wf says which inputs can occur.
func Wf(in *Input) bool {
	return in.Class <= Bulk && in.Busy <= BusyTop && in.Elapsed <= ElapsedTop
}

// Post is the promise: the backend is never asked for more than it takes; gold
// is refused for no other reason, and nobody is when nothing was going on; who
// is refused is told when to come back.
func Post(in *Input, admit bool, retry uint16) bool {
	if in.Busy >= BusyTop {
		return !admit && retry >= 1 && retry <= RetryTop
	}
	if in.Class == Gold || (in.Busy == 0 && in.Elapsed >= IdleTop) {
		return admit && retry == 0
	}
	if admit {
		return retry == 0
	}
	return retry >= 1 && retry <= RetryTop
}

// Rel relates two requests of a class, the second after a longer pause and to a
// backend that is no busier.
func Rel(a, b *Input) bool {
	return a.Class == b.Class && a.Elapsed <= b.Elapsed && a.Busy >= b.Busy
}

// RelPost is what holds of the decisions then, from one and the same state: the
// second is admitted if the first is, and told to wait no longer.
func RelPost(admitA bool, retryA uint16, admitB bool, retryB uint16) bool {
	return (!admitA || admitB) && retryB <= retryA
}
