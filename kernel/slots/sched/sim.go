package sched

import "math/bits"

// Sim is a model of one processor with the threads of a recording. Each row of
// the trace says that a thread wakes with so much work to do. A module is asked
// whenever the processor is free and some thread can run: when a thread has done
// its work, when its slice is over, and when a thread wakes an idle processor.
// A thread that runs is not disturbed by one that wakes.
//
// Times are whole microseconds. Wake-ups come when they were recorded, however
// late a module made what came before (an open replay).
type Sim struct {
	now  uint64 // when the processor is free
	next uint64 // when the thread of this row wakes
	row  uint32 // of the block

	// The row.
	thread uint8
	prio   uint8
	run    uint32
	wake   bool

	// The threads. Those that wait for the processor are ready.
	ready, high, mid, low uint64
	late, seen            uint64 // as the nucleus has them
	epoch                 uint8
	fresh                 uint64 // woken, and not run since
	begun                 uint64 // run since they woke
	left                  [Threads]uint32
	since                 [Threads]uint64 // ready

	// The processor.
	current uint8 // thread that runs; Threads for none
	last    uint8
	begin   uint64
	end     uint64

	// The block.
	served  [Threads]uint32
	waited  [Threads]uint32
	count   [Buckets]uint16 // latencies
	samples uint32
	half    uint32 // figures of the block so far, which the counters hold
	tail    uint32
	jain    uint32

	Blocks    uint64
	Elapsed   uint64 // microseconds
	Wakeups   uint64
	Merged    uint64 // wake-ups of threads that still had work to do
	WakeHalf  uint64 // median latency of a wake-up, summed over blocks
	WakeTail  uint64 // 99th percentile
	Fairness  uint64 // Jain's index in thousandths, summed over blocks
	Served    uint64 // microseconds that threads worked
	Spent     uint64 // microseconds that they worked, or waited for the processor
	Occupied  uint64 // microseconds that they worked, and that deciding and switching took
	Overhead  uint64 // microseconds that deciding and switching took
	Decisions uint64
	Switches  uint64
}

// What a block is: figures are taken every BlockRows rows. What they are so far
// is counted every CheckRows, so that a short run has some too.
const (
	BlockRows = 2048
	CheckRows = 256
)

// What deciding costs when the same thread goes on, and when another takes over
// whose work was interrupted, in microseconds. Both are assumed; the second
// stands for cold caches as well. The first switch to a thread that woke is in
// its recorded work.
const (
	DecideCost = 1
	SwitchCost = 5
)

// Latencies are counted in buckets: each microsecond below 32, then 32 for each
// doubling, up to 67 seconds. So a percentile is at most 3.2 % too large.
const (
	Buckets    = 704
	LatencyTop = 67_108_863
)

// SimStart sets a processor on which nothing runs.
func SimStart(s *Sim) {
	s.current = Threads
	s.last = Threads
}

// SimTick begins a row: after gap microseconds a thread wakes, with a priority
// and with run microseconds to do. Without wake it is no wake-up that counts: it
// goes on after a pause that was not its own, or nobody knows since when it was
// ready. A row without work lets time pass. All in thousandths.
func SimTick(s *Sim, run, gap, thread, prio, wake int32) {
	if s.row == 0 {
		s.Blocks++
	}
	pause := whole(gap)
	s.next += uint64(pause)
	s.Elapsed += uint64(pause)
	s.thread = uint8(whole(thread) & 63)
	s.prio = uint8(whole(prio) & 7)
	s.run = whole(run)
	s.wake = wake > 0
}

// whole is a count from thousandths.
func whole(thousandths int32) uint32 { return uint32(max(thousandths, 0)) / 1000 }

// SimDue reports whether a thread is to be chosen before the row's thread wakes.
func SimDue(s *Sim) bool {
	if s.current < Threads {
		if s.end > s.next {
			arrive(s)
			return false
		}
		stop(s)
	}
	if s.ready == 0 {
		s.now = max(s.now, s.next)
	}
	if s.now >= s.next {
		arrive(s)
		return false
	}
	return true
}

// SimSense is what the nucleus knows.
func SimSense(s *Sim) (ready, spent, late, high, mid, low uint64) {
	return s.ready, 0, s.late, s.high, s.mid, s.low
}

// SimReact lets the chosen thread run for a slice, or until its work is done. A
// choice that breaks the contract wastes the shortest slice.
func SimReact(s *Sim, thread uint8, slice uint16) {
	s.Decisions++
	t := thread & 63
	bit := uint64(1) << t
	if thread >= Threads || s.ready&bit == 0 {
		s.now += SliceMin
		s.Overhead += SliceMin
		s.Occupied += SliceMin
		return
	}
	cost := uint64(0)
	if t == s.last && s.begun&bit != 0 {
		cost = DecideCost
	} else if s.begun&bit != 0 {
		cost = SwitchCost
	}
	if t != s.last {
		s.Switches++
	}
	s.Overhead += cost
	s.Occupied += cost
	waits(s, t)
	s.ready &^= bit
	s.late &^= bit
	s.begun |= bit
	s.current = t
	s.begin = s.now + cost
	s.end = s.begin + uint64(min(s.left[t], uint32(slice)))
	s.epoch++
	if s.epoch >= WaitTop {
		s.epoch = 0
		s.late |= s.seen & s.ready
		s.seen = s.ready
	}
}

// waits counts for how long a thread has waited that runs now.
func waits(s *Sim, t uint8) {
	d := uint32(min(s.now-min(s.since[t&63], s.now), LatencyTop))
	s.waited[t&63] += d
	s.Spent += uint64(d)
	if s.fresh>>(t&63)&1 == 1 {
		s.fresh &^= uint64(1) << (t & 63)
		b := bucket(d)
		if b < Buckets {
			s.count[b]++
		}
		s.samples++
		s.Wakeups++
	}
}

// stop ends the slice of the thread that runs.
func stop(s *Sim) {
	t := s.current & 63
	ran := uint32(s.end - min(s.begin, s.end))
	s.left[t] -= min(ran, s.left[t])
	s.served[t] += ran
	s.Served += uint64(ran)
	s.Spent += uint64(ran)
	s.Occupied += uint64(ran)
	s.now = s.end
	s.last = t
	s.current = Threads
	bit := uint64(1) << t
	if s.left[t] > 0 {
		s.ready |= bit
		s.since[t] = s.now
	} else {
		s.begun &^= bit
	}
}

// arrive wakes the thread of the row, and ends the row.
func arrive(s *Sim) {
	if s.run > 0 {
		enter(s)
	}
	s.row++
	if s.row%CheckRows == 0 {
		measure(s)
	}
	if s.row >= BlockRows {
		s.row = 0
		forget(s)
	}
}

// enter gives the thread of the row its work. One that still has some is awake.
func enter(s *Sim) {
	t := s.thread & 63
	bit := uint64(1) << t
	if s.left[t] > 0 {
		s.left[t] += min(s.run, LatencyTop)
		if s.wake {
			s.Merged++
		}
		return
	}
	s.left[t] = s.run
	s.since[t] = s.next
	s.ready |= bit
	s.seen &^= bit
	s.fresh &^= bit
	s.begun &^= bit
	if s.wake {
		s.fresh |= bit
	} else {
		s.begun |= bit
	}
	s.high &^= bit
	s.mid &^= bit
	s.low &^= bit
	s.high |= uint64(s.prio>>2&1) << t
	s.mid |= uint64(s.prio>>1&1) << t
	s.low |= uint64(s.prio&1) << t
}

// measure puts the figures of the block so far in the place of what the counters
// hold of it.
func measure(s *Sim) {
	half := rank(s, s.samples-s.samples/2)
	tail := rank(s, s.samples-s.samples/100)
	s.WakeHalf += uint64(half) - uint64(s.half)
	s.WakeTail += uint64(tail) - uint64(s.tail)
	s.half = half
	s.tail = tail
	fair := jain(s)
	s.Fairness += uint64(fair) - uint64(s.jain)
	s.jain = fair
}

// rank is the latency that so many of the block do not pass: the end of its
// bucket, in microseconds.
func rank(s *Sim, place uint32) uint32 {
	below := uint32(0)
	for i := range Buckets {
		below += uint32(s.count[i])
		if below >= place && below > 0 {
			return edge(uint32(i))
		}
	}
	return 0
}

// jain is Jain's index, in thousandths, of the share that threads got of the
// time that they wanted: 1,000 when all got the same share.
func jain(s *Sim) uint32 {
	n := uint64(0)
	sum := uint64(0)
	squares := uint64(0)
	for i := range Threads {
		if s.served[i] > 0 {
			x := uint64(s.served[i]) * 1000 / max(uint64(s.served[i])+uint64(s.waited[i]), 1)
			n++
			sum += x
			squares += x * x
		}
	}
	if squares == 0 {
		return 0
	}
	return uint32(sum * sum * 1000 / (n * squares))
}

// forget begins a block.
func forget(s *Sim) {
	for i := range Threads {
		s.served[i] = 0
		s.waited[i] = 0
	}
	for i := range Buckets {
		s.count[i] = 0
	}
	s.samples = 0
	s.half = 0
	s.tail = 0
	s.jain = 0
}

// bucket is where a latency is counted.
func bucket(d uint32) uint32 {
	if d < 32 {
		return d
	}
	e := uint32(bits.Len32(d))
	return 32*(e-5) + (d >> ((e - 6) & 31) & 31)
}

// edge is the longest latency of a bucket.
func edge(b uint32) uint32 {
	if b < 32 {
		return b
	}
	e := b/32 + 5
	return (33+b%32)<<((e-6)&31) - 1
}
