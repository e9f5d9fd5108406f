package wakeups

import "errors"

// Kind says what an event tells.
type Kind uint8

// The kinds of events.
const (
	Switch  Kind = iota // Thread leaves the processor, Next takes it
	Wakeup              // Thread can run on processor Target
	Migrate             // Thread, which is not running, belongs to processor Target
)

// Event is a tracepoint of the scheduler. Thread 0 is the idle processor.
type Event struct {
	At     int64 // nanoseconds, from any origin
	CPU    int   // that told it
	Kind   Kind
	Thread int
	Prio   int  // as the kernel counts: 0 to 99 real time, 100 to 139 nice -20 to 19
	Blocks bool // Switch: Thread cannot run on
	Next   int
	// NextPrio is the priority of Next.
	NextPrio int
	Target   int
}

// Log is what was read.
type Log struct {
	Events []Event
	Lost   int64 // events that the host dropped
	Other  int   // lines that are no event of the scheduler
}

// Limits of what is read.
const (
	MaxEvents = 20_000_000
	maxLine   = 4096
)

// The kinds of failure, to be tested with errors.Is.
var (
	ErrEvent = errors.New("malformed event")
	ErrLarge = errors.New("too many events")
	ErrEmpty = errors.New("nothing to make a trace of")
)
